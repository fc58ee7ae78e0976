-- What lists of items show and filter by, beside each item, so that a page of a large collection reads no other table.

alter table items
  -- In the trash since then; removed for good 30 days later.
  add column trashed_at timestamptz(3),
  -- A blurred picture of a few bytes (ThumbHash), shown until the thumbnail is loaded. Null where the image was processed
  -- before there were any, until it is resized.
  add column placeholder bytea
    constraint placeholder_is_a_thumbhash check (octet_length(placeholder) between 5 and 40),
  -- Of the current analysis.
  add column analysis_category text,
  add column analysis_provider text,
  -- When it was taken by the local clock, else when it was uploaded, in UTC: the day and the month that it belongs to.
  add column dated_at timestamp(3) not null generated always as (
    coalesce(
      make_timestamp(
        substr(taken_at_local, 1, 4)::int, substr(taken_at_local, 6, 2)::int, substr(taken_at_local, 9, 2)::int,
        substr(taken_at_local, 12, 2)::int, substr(taken_at_local, 15, 2)::int, substr(taken_at_local, 18, 2)::float8),
      created_at at time zone 'UTC')
  ) stored;

update items set analysis_category = analyses.category, analysis_provider = analyses.provider_used
from analyses
where analyses.id = items.analysis_id and analyses.user_id = items.user_id;

-- Functions of the release before write the id alone.
create function copy_current_analysis() returns trigger language plpgsql as $$
begin
  select category, provider_used into new.analysis_category, new.analysis_provider
  from analyses where user_id = new.user_id and id = new.analysis_id;
  return new;
end
$$;
create trigger current_analysis_is_copied before update of analysis_id on items
  for each row when (new.analysis_id is distinct from old.analysis_id) execute function copy_current_analysis();

-- The few that a search leaves out.
create index items_trashed on items (user_id, trashed_at) include (id) where trashed_at is not null;
-- The sweeper's, over all tenants.
create index items_longest_trashed on items (trashed_at) where trashed_at is not null;

-- A person's look-alikes are found in this index alone.
drop index items_hashes;
create index items_hashes on items (user_id) include (id, perceptual_hash, crop_hashes)
  where perceptual_hash is not null and trashed_at is null;
