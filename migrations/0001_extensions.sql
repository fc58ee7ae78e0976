-- The extensions are created by the database's master user (on RDS only it may create pgvector), before
-- the migrations run as their own role. Say here what is missing rather than fail later at a type.
do $$
declare
  missing text;
begin
  select string_agg(wanted.name, ', ' order by wanted.name) into missing
  from unnest(array['btree_gin', 'pg_trgm', 'unaccent', 'vector']) as wanted (name)
  where not exists (select from pg_extension where extname = wanted.name);
  if missing is not null then
    raise exception 'The database lacks the extensions: %.', missing
      using hint = 'Run the migration function, which creates them as the master user; on a server of your own install postgresql-contrib and pgvector first.';
  end if;

  if (select string_to_array(substring(extversion from '^\d+\.\d+'), '.')::int[] < array[0, 8]
      from pg_extension where extname = 'vector') then
    raise exception 'pgvector % is too old: 0.8 or newer is needed.', (select extversion from pg_extension where extname = 'vector')
      using hint = 'Upgrade the server''s pgvector, then run: alter extension vector update';
  end if;
end
$$;
