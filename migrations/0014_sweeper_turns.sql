-- The sweeper takes one row of each user before a second row of any, and of each user's the row that waited
-- longest for it. So it finds users, and each user's next row, without reading what else a user has waiting.
create index items_waiting on items (status, user_id, greatest(stage_at, swept_at))
  where status in ('pending', 'uploaded', 'processed', 'analyzed');

create index requests_waiting_of_user on requests (kind, user_id, greatest(touched_at, swept_at))
  where status = 'pending';
-- Only the sweeper read it.
drop index requests_waiting;

create index outbox_of_user on outbox (user_id, created_at);
drop index outbox_oldest_first;

alter table tombstones add column swept_at timestamptz;
create index tombstones_of_user on tombstones (user_id, greatest(deleted_at, swept_at));
drop index tombstones_oldest_first;
