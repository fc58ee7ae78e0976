-- A person's reviewed analyses of their own items, by which models are measured.
create table golden_entries (
  user_id text not null,
  item_id uuid not null,
  -- The reviewed description in the form of `analyses.raw_response`, with the analyses that it was made from.
  entry jsonb not null,
  reviewed_at timestamptz(3) not null default clock_timestamp(),

  constraint one_golden_entry_per_item primary key (user_id, item_id),
  constraint golden_entries_are_of_items_of_the_person foreign key (user_id, item_id) references items (user_id, id)
    on delete cascade,
  constraint golden_entries_are_objects check (jsonb_typeof(entry) = 'object')
);
