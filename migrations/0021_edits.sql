-- A person's own words about an item, apart from its analyses: no analysis changes them, and null leaves the model's.
alter table items
  add column edited_headline text,
  add column edited_summary text,
  add column edited_category text,
  add column note text,
  add column favorite boolean not null default false,
  -- The list of tags is the person's: no analysis adds to it.
  add column tags_edited boolean not null default false,
  -- The file's own time, while the person's stands in `taken_at`.
  add column file_taken_at_local text
    constraint file_taken_at_local_is_a_time check (file_taken_at_local ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$'),
  add column file_taken_at_offset text
    constraint file_taken_at_offset_is_hours_and_minutes check (file_taken_at_offset ~ '^[+-]\d\d:\d\d$'),
  add column file_taken_at_source text
    constraint file_taken_at_is_of_the_file check (file_taken_at_source in ('exif', 'filename')),
  -- Counts the edits of what is searched: a vector of the text before one is not written.
  add column text_revision integer not null default 0,
  add constraint file_taken_at_is_whole check ((file_taken_at_local is null) = (file_taken_at_source is null)
    and (file_taken_at_offset is null or file_taken_at_local is not null));

create table item_tags (
  user_id text not null,
  item_id uuid not null,
  -- By this two tags are equal: `name` in lower case.
  tag text not null,
  -- As the person writes it.
  name text not null,
  -- Whoever gave it. An analysis replaces the model's.
  source text not null,
  -- In the item's list.
  position smallint not null default 0,

  constraint one_row_per_item_and_tag primary key (user_id, item_id, tag),
  constraint tag_source_is_known check (source in ('person', 'model')),
  constraint tags_belong_to_an_item foreign key (user_id, item_id) references items (user_id, id) on delete cascade
);
create index items_of_tag on item_tags (user_id, tag, source);

-- Tags that a person took off an item: no model suggests them for it again.
create table removed_tags (
  user_id text not null,
  item_id uuid not null,
  tag text not null,

  constraint one_row_per_item_and_removed_tag primary key (user_id, item_id, tag),
  constraint removed_tags_belong_to_an_item foreign key (user_id, item_id) references items (user_id, id) on delete cascade
);

alter table documents
  -- The person's note, as it is searched.
  add column note text not null default '',
  -- When the application wrote it with `search`: a change of letters' case alone leaves `search` as it was.
  add column written_at timestamptz not null default now();

create or replace function index_document() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.search is not null then return new; end if;
  elsif new.search is distinct from old.search or new.written_at is distinct from old.written_at
      or row(new.headline, new.summary, new.labels, new.extracted_text)
      is not distinct from row(old.headline, old.summary, old.labels, old.extracted_text) then
    return new;
  end if;
  new.search :=
    setweight(to_tsvector('public.collections', translate(new.headline, '/._-@#:', '       ')), 'A') ||
    setweight(to_tsvector('public.collections', translate(new.summary, '/._-@#:', '       ')), 'B') ||
    setweight(to_tsvector('public.collections', translate(new.labels, '/._-@#:', '       ')), 'C') ||
    setweight(to_tsvector('public.collections', translate(new.extracted_text, '/._-@#:', '       ')), 'D');
  new.search_version := 0;
  return new;
end
$$;

-- Documents that a change of many items at once has left behind: they are written anew in batches, by whoever changed the
-- items or, after a crash, by the sweeper.
create table outdated_documents (
  user_id text not null,
  item_id uuid not null,

  constraint one_row_per_outdated_document primary key (user_id, item_id),
  constraint outdated_documents_belong_to_an_item foreign key (user_id, item_id) references items (user_id, id) on delete cascade
);
