-- A person holds at most a share of a stage while another waits for it. A claim looks up who waits first and last, and
-- counts the person's own leases.

-- When storage announced the original of an item that is still `pending`, and a claim put it off.
alter table items add column arrived_at timestamptz;

create index items_unclaimed on items (status, user_id)
  where attempts = 0 and (status in ('uploaded', 'processed', 'analyzed') or (status = 'pending' and arrived_at is not null));
create index items_leased on items (user_id, lease_stage) where lease_stage is not null;
-- An embedding of a rebuild waits in its queue once it was given out.
create index requests_unclaimed on requests (kind, user_id)
  where status = 'pending' and attempts = 0 and (kind <> 'embed' or swept_at is not null);
