-- The parts of an archive that a job makes of everything that a person has.
create table job_parts (
  user_id text not null,
  job_id uuid not null,
  -- Parts are joined in the order of their names.
  name text collate "C" not null,
  -- The object that holds it.
  key text not null,
  size bigint not null,
  sha256 text not null,
  -- Path, size and digest of each file in it.
  entries jsonb not null,

  constraint one_part_per_name primary key (user_id, job_id, name),
  constraint parts_are_of_a_job_of_the_person foreign key (user_id, job_id) references jobs (user_id, id) on delete cascade,
  constraint parts_have_a_digest check (sha256 ~ '^[0-9a-f]{64}$'),
  constraint parts_have_bytes check (size > 0),
  constraint entries_are_lists check (jsonb_typeof(entries) = 'array')
);

-- A person's next export waits for the end of the one before.
create unique index one_export_at_a_time on jobs (user_id) where kind = 'export' and state in ('queued', 'running', 'paused');
