-- Every table of tenants has user_id, its children the pair (item_id, user_id): a row can never hang on
-- another tenant's item. Times have milliseconds, what a JavaScript Date holds, so that a cursor is exact.

create table items (
  id uuid primary key,
  user_id text not null,
  original_filename text not null,
  mime_type text not null,
  file_size bigint not null,
  sha256 text,
  status text not null default 'pending',
  error_code text,
  error_detail text,
  duplicate_of uuid,
  width integer,
  height integer,
  taken_at timestamptz(3),
  camera text,
  colours text[] not null default '{}',
  correlation_id text not null,
  created_at timestamptz(3) not null default clock_timestamp(),
  updated_at timestamptz(3) not null default clock_timestamp(),

  -- The current analysis: the newest version.
  analysis_id uuid,

  -- A stage's exclusive right to the item, on this server's clock.
  lease_stage text,
  lease_token uuid,
  lease_expires_at timestamptz,
  -- Claims since the last commit.
  attempts integer not null default 0,
  -- When the item came to its status, and when the sweeper last gave it out.
  stage_at timestamptz not null default clock_timestamp(),
  swept_at timestamptz,

  constraint one_owner_per_item unique (id, user_id),
  constraint user_id_is_not_empty check (user_id <> ''),
  constraint file_size_is_not_negative check (file_size >= 0),
  constraint sha256_is_lower_case_hex check (sha256 ~ '^[0-9a-f]{64}$'),
  constraint status_is_known check (status in ('pending', 'uploaded', 'processed', 'analyzed', 'deferred', 'ready', 'failed')),
  constraint failed_items_say_why check ((status = 'failed') = (error_code is not null) and num_nulls(error_code, error_detail) in (0, 2)),
  constraint only_duplicates_name_another check (duplicate_of is null or error_code = 'duplicate'),
  constraint sizes_are_positive check (width > 0 and height > 0),
  constraint analyzed_items_have_an_analysis check (status not in ('analyzed', 'ready') or analysis_id is not null),
  constraint leases_are_whole check (num_nulls(lease_stage, lease_token, lease_expires_at) in (0, 3)),
  constraint lease_stage_is_known check (lease_stage in ('process', 'analyze', 'embed')),
  constraint attempts_are_counted check (attempts >= 0)
);

-- The same bytes of one user are one item.
create unique index items_same_bytes_once on items (user_id, sha256) where sha256 is not null;
create index items_newest_first on items (user_id, created_at desc, id desc);
-- The sweeper's, over all tenants: only items on their way are in it.
create index items_on_their_way on items (stage_at) where status in ('pending', 'uploaded', 'processed', 'analyzed');

create table analyses (
  id uuid primary key,
  item_id uuid not null,
  user_id text not null,
  version integer not null,
  category text not null,
  raw_response jsonb not null,
  provider_used text not null,
  model_used text not null,
  trace_id text,
  created_at timestamptz(3) not null default clock_timestamp(),

  constraint one_analysis_per_version unique (item_id, version),
  constraint one_item_per_analysis unique (id, item_id, user_id),
  constraint versions_count_from_one check (version >= 1),
  constraint analyses_belong_to_an_item foreign key (item_id, user_id) references items (id, user_id) on delete cascade
);
create index analyses_newest_first on analyses (user_id, item_id, version desc);

alter table items add constraint current_analysis_is_of_this_item
  foreign key (analysis_id, id, user_id) references analyses (id, item_id, user_id);

-- Events committed with the result they announce; gone when sent.
create table outbox (
  id text primary key,
  item_id uuid not null,
  user_id text not null,
  type text not null,
  detail jsonb not null,
  created_at timestamptz(3) not null default clock_timestamp(),

  constraint events_belong_to_an_item foreign key (item_id, user_id) references items (id, user_id) on delete cascade
);
create index outbox_of_item on outbox (user_id, item_id);
create index outbox_oldest_first on outbox (created_at);

-- Deleted items whose objects may still arrive or be left over.
create table tombstones (
  item_id uuid not null,
  user_id text not null,
  deleted_at timestamptz(3) not null default clock_timestamp(),

  constraint one_tombstone_per_item primary key (user_id, item_id)
);
create index tombstones_oldest_first on tombstones (deleted_at);
