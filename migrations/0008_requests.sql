-- What people asked to be done again for an item. The stage that does it ends the row in the transaction of its result.
create table requests (
  id uuid primary key,
  item_id uuid not null,
  user_id text not null,
  kind text not null,
  -- Whom to ask; null for the environment's own.
  provider text,
  model text,
  status text not null default 'pending',
  error_code text,
  error_detail text,
  analysis_id uuid,
  -- Claims so far.
  attempts integer not null default 0,
  -- When it was made or last claimed, and when the sweeper last gave it out.
  touched_at timestamptz not null default clock_timestamp(),
  swept_at timestamptz,
  created_at timestamptz(3) not null default clock_timestamp(),
  finished_at timestamptz(3),

  constraint request_kind_is_known check (kind in ('analyze', 'resize')),
  constraint request_status_is_known check (status in ('pending', 'done', 'failed')),
  constraint failed_requests_say_why check ((status = 'failed') = (error_code is not null) and num_nulls(error_code, error_detail) in (0, 2)),
  constraint ended_requests_say_when check ((status = 'pending') = (finished_at is null)),
  constraint done_analyses_are_named check ((analysis_id is not null) = (kind = 'analyze' and status = 'done')),
  constraint request_attempts_are_counted check (attempts >= 0),
  constraint requests_belong_to_an_item foreign key (item_id, user_id) references items (id, user_id) on delete cascade,
  constraint requests_name_an_analysis_of_the_item foreign key (analysis_id, item_id, user_id) references analyses (id, item_id, user_id) on delete cascade
);

-- The same asked again before it is done is the same request.
create unique index one_pending_request on requests (item_id, kind, provider, model) nulls not distinct where status = 'pending';
create index requests_of_item on requests (user_id, item_id);
-- The sweeper's, over all tenants.
create index requests_waiting on requests (touched_at) where status = 'pending';
