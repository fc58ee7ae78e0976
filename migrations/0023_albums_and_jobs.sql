-- A person's albums. Items have an order in them; a smart album has a stored search instead, and its items are found
-- when somebody asks for them.
create table albums (
  user_id text not null,
  id uuid not null,
  name text not null,
  description text,
  -- Chosen by the person; else, or once that item is deleted, the first item is the cover. It refers to no row, since a
  -- deletion would then lock the album.
  cover_item_id uuid,
  smart jsonb,
  created_at timestamptz(3) not null default clock_timestamp(),
  updated_at timestamptz(3) not null default clock_timestamp(),

  constraint one_album_per_id primary key (user_id, id),
  constraint album_names_have_1_to_200_characters check (char_length(name) between 1 and 200),
  constraint album_descriptions_have_at_most_2000_characters check (char_length(description) <= 2000),
  constraint smart_albums_have_a_search check (jsonb_typeof(smart) = 'object')
);
create index albums_newest_first on albums (user_id, created_at desc, id desc);

create table album_items (
  user_id text not null,
  album_id uuid not null,
  item_id uuid not null,
  -- Orders the items of an album; it may have gaps.
  position integer not null,
  added_at timestamptz(3) not null default clock_timestamp(),

  constraint an_item_is_once_in_an_album primary key (user_id, album_id, item_id),
  constraint album_items_are_in_an_album_of_the_person foreign key (user_id, album_id) references albums (user_id, id)
    on delete cascade,
  constraint album_items_are_items_of_the_person foreign key (user_id, item_id) references items (user_id, id)
    on delete cascade
);
create index album_items_in_order on album_items (user_id, album_id, position, item_id);
create index album_items_of_item on album_items (user_id, item_id);

-- Work on many items, done slice by slice under a lease.
create table jobs (
  user_id text not null,
  id uuid not null,
  -- One of the registry of kinds, with what this kind needs to know.
  kind text not null,
  input jsonb not null,
  state text not null default 'queued',
  total integer not null default 0,
  done integer not null default 0,
  failed integer not null default 0,
  -- The object that a finished job made.
  result_key text,
  error_code text,
  error_detail text,
  -- A slice's exclusive right to the job, on this server's clock.
  lease_token uuid,
  lease_expires_at timestamptz,
  -- Claims since an item was last finished.
  attempts integer not null default 0,
  -- The job waits until then.
  due_at timestamptz not null default clock_timestamp(),
  -- When the person was last served, in all of the person's jobs: people take turns, and the jobs of each.
  turn_at timestamptz not null default clock_timestamp(),
  served_at timestamptz,
  swept_at timestamptz,
  created_at timestamptz(3) not null default clock_timestamp(),
  updated_at timestamptz(3) not null default clock_timestamp(),
  finished_at timestamptz(3),

  constraint one_job_per_id primary key (user_id, id),
  constraint job_state_is_known check (state in ('queued', 'running', 'paused', 'done', 'failed', 'canceled')),
  constraint failed_jobs_say_why check ((state = 'failed') = (error_code is not null) and num_nulls(error_code, error_detail) in (0, 2)),
  constraint ended_jobs_say_when check ((state in ('done', 'failed', 'canceled')) = (finished_at is not null)),
  constraint job_leases_are_whole check (num_nulls(lease_token, lease_expires_at) in (0, 2)),
  constraint job_progress_is_counted check (total >= 0 and done >= 0 and failed >= 0 and done + failed <= total and attempts >= 0)
);
create index jobs_newest_first on jobs (user_id, created_at desc, id desc);
create index jobs_in_turns on jobs (turn_at) where state in ('queued', 'running');
create index jobs_leased on jobs (user_id) where lease_token is not null;
create index jobs_by_end on jobs (finished_at) where finished_at is not null;

-- The items of a job: those that wait and those that failed. They are kept apart from `items`, since a job also says of a
-- deleted item that it failed.
create table job_items (
  user_id text not null,
  job_id uuid not null,
  place integer not null,
  item_id uuid not null,
  error_code text,
  error_detail text,

  constraint one_item_per_place primary key (user_id, job_id, place),
  constraint job_items_are_of_a_job_of_the_person foreign key (user_id, job_id) references jobs (user_id, id) on delete cascade,
  constraint failed_job_items_say_why check (num_nulls(error_code, error_detail) in (0, 2))
);
create index job_items_waiting on job_items (user_id, job_id, place) where error_code is null;
