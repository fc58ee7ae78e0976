-- A collection of many vectors is divided into cells of near ones (an inverted file, IVF): a search reads the codes of
-- the cells near the query instead of all. Small collections have no cells, and their rows none.
create table vector_cells (
  user_id text not null,
  model text not null,
  cell integer not null generated always as identity,
  centroid halfvec(1024) not null,
  -- How many vectors there were when the division was made: it is made anew when they have become many more, or fewer.
  made_for integer not null,
  -- Set when a new division has come: its rows move away.
  outdated_at timestamptz(3),

  constraint one_row_per_cell primary key (user_id, model, cell)
  -- A search reads every centroid of a person: three beside each other on a page instead of one look-up each.
) with (toast_tuple_target = 8160);

alter table embeddings
  add column cell integer,
  -- What is in a cell that is not there would never be found.
  add constraint embeddings_are_in_a_cell_that_exists foreign key (user_id, model, cell)
    references vector_cells (user_id, model, cell);

drop index embeddings_codes;
-- What is in no cell yet is one range of it.
create index embeddings_codes on embeddings (user_id, model, cell) include (item_id, category, code);

-- Vectors are brought into cells later, many at a time: a write that chose its cell would take a third longer. One that
-- changes is in none until then.
create function leave_cell() returns trigger language plpgsql as $$
begin
  new.cell := null;
  return new;
end
$$;
create trigger changed_vectors_leave_their_cell before update of embedding on embeddings
  for each row when (old.cell is not null) execute function leave_cell();
