-- Everything that a list filters by stands in one index of a person's items: pages and counts read it alone, and then the
-- items of the page. The few that are in the trash have an index of their own.
create index items_listed on items (user_id, created_at desc, id desc)
  include (status, trashed_at, dated_at, taken_at, favorite, edited_category, analysis_category, analysis_provider);
drop index items_newest_first;

-- The timeline.
create index items_by_date on items (user_id, dated_at desc, id desc) where trashed_at is null;
create index items_by_name on items (user_id, (lower(original_filename) collate "C"), id) where trashed_at is null;
