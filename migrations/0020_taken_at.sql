-- When a picture was taken, by the clock of whoever took it, and where that is known from.
alter table items
  add column taken_at_local text check (taken_at_local ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$'),
  add column taken_at_offset text check (taken_at_offset ~ '^[+-]\d\d:\d\d$'),
  add column taken_at_source text check (taken_at_source in ('exif', 'filename', 'user')),
  -- The file ends early or is damaged, and what could be decoded is kept.
  add column damaged boolean not null default false;

-- Until an image is read again (resize-only), its clock counts as UTC.
update items set taken_at_local = to_char(taken_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS'), taken_at_source = 'exif' where taken_at is not null;

-- A function of the release before writes `taken_at` alone.
create function complete_taken_at() returns trigger language plpgsql as $$
begin
  if new.taken_at is distinct from old.taken_at and new.taken_at_local is not distinct from old.taken_at_local then
    new.taken_at_local := to_char(new.taken_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS');
    new.taken_at_offset := null;
    new.taken_at_source := case when new.taken_at is not null then 'exif' end;
  end if;
  return new;
end
$$;
create trigger taken_at_is_complete before update of taken_at on items for each row execute function complete_taken_at();
alter table items add constraint taken_at_is_whole
  check ((taken_at is null) = (taken_at_local is null) and (taken_at is null) = (taken_at_source is null)
    and (taken_at_offset is null or taken_at is not null));
