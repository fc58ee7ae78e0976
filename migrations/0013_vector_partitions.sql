-- The cells of 0011 get their standard name: partitions of an inverted file (IVF).
--
-- Functions of the release before run on this schema for a minute, so the former names work until a migration of the next
-- release drops them: `vector_cells` as a view that takes every statement, `embeddings.cell` as a column that a trigger keeps
-- equal to `partition`. Their searches find the same, slower: the index no longer covers `cell`.

alter table vector_cells rename to vector_partitions;
alter table vector_partitions rename column cell to partition;
-- The number of vectors that the partitions were built for: they are rebuilt when there are many more, or fewer.
alter table vector_partitions rename column made_for to built_for;
alter table vector_partitions rename constraint one_row_per_cell to one_row_per_partition;
alter sequence vector_cells_cell_seq rename to vector_partitions_partition_seq;

create view vector_cells with (security_invoker = true) as
  select user_id, model, partition as cell, centroid, built_for as made_for, outdated_at from vector_partitions;
-- The application's rights, which a new relation would have only after the migration.
do $$
declare
  application text;
begin
  for application in
    select distinct grantee from information_schema.role_table_grants
    where table_schema = 'public' and table_name = 'vector_partitions' and grantee <> current_user
  loop
    execute format('grant select, insert, update, delete on vector_cells to %I', application);
  end loop;
end
$$;

alter table embeddings drop constraint embeddings_are_in_a_cell_that_exists;
alter table embeddings add column partition integer;
update embeddings set partition = cell where cell is not null;
-- A vector in a partition that is not there would never be found.
alter table embeddings add constraint embeddings_are_in_a_partition_that_exists foreign key (user_id, model, partition)
  references vector_partitions (user_id, model, partition);

drop index embeddings_codes;
-- Vectors that no partition has yet are one range of it.
create index embeddings_codes on embeddings (user_id, model, partition) include (item_id, category, code);

-- Vectors are assigned to partitions later, many at a time: a write that chose its own would take a third longer. One that
-- changes is unassigned until then.
drop trigger changed_vectors_leave_their_cell on embeddings;
drop function leave_cell();
create function leave_partition() returns trigger language plpgsql as $$
begin
  new.partition := null;
  new.cell := null;
  return new;
end
$$;
create trigger changed_vectors_leave_their_partition before update of embedding on embeddings
  for each row when (old.partition is not null) execute function leave_partition();

-- Whichever of the two names a statement sets. No insert sets either.
create function copy_partition() returns trigger language plpgsql as $$
begin
  if new.cell is distinct from old.cell then
    new.partition := new.cell;
  else
    new.cell := new.partition;
  end if;
  return new;
end
$$;
create trigger assigned_partitions_have_both_names before update of cell, partition on embeddings
  for each row execute function copy_partition();
