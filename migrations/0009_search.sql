-- How many words describe an image beside its text: of one that only had its text read, a search demands less.
alter table documents add column label_words integer not null
  generated always as (length(to_tsvector('public.collections', translate(labels, '/._-@#:', '       ')))) stored;

-- In how many of a person's documents each word is: how rare it is decides what it weighs in a search, and a
-- misspelt word is looked for among these. The empty word is in every document, so its row is their number.
-- A lexeme compares byte by byte, so that a range of the primary key is all words of one first letter.
create table words (
  user_id text not null,
  lexeme text collate "C" not null,
  documents integer not null,

  constraint one_row_per_word primary key (user_id, lexeme)
) with (fillfactor = 80); -- counts change all the time: room for the new version beside the old one

-- Commits of one person's items meet at common words. Each takes its words in the same order, and after the
-- item's row, so none waits for another in a circle. Whole statements at once: a row of a common word, updated
-- once for each of many documents, would be as many versions to walk through.
create function count_words() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into words (user_id, lexeme, documents)
    select user_id, lexeme, count(*)
    from added, unnest(array_append(tsvector_to_array(search), '')) as lexeme
    group by user_id, lexeme
    order by user_id, lexeme collate "C"
    on conflict (user_id, lexeme) do update set documents = words.documents + excluded.documents;
    return null;
  end if;

  if tg_op = 'UPDATE' then
    insert into words (user_id, lexeme, documents)
    select user_id, lexeme, sum(change)
    from (
      select user_id, unnest(tsvector_to_array(search)) as lexeme, 1 as change from added
      union all
      select user_id, unnest(tsvector_to_array(search)), -1 from removed
    ) as changes
    group by user_id, lexeme
    having sum(change) <> 0
    order by user_id, lexeme collate "C"
    on conflict (user_id, lexeme) do update set documents = words.documents + excluded.documents;
  else
    insert into words (user_id, lexeme, documents)
    select user_id, lexeme, -count(*)
    from removed, unnest(array_append(tsvector_to_array(search), '')) as lexeme
    group by user_id, lexeme
    order by user_id, lexeme collate "C"
    on conflict (user_id, lexeme) do update set documents = words.documents + excluded.documents;
  end if;

  -- A deleted document leaves no word behind.
  delete from words
  using (select distinct user_id, unnest(array_append(tsvector_to_array(search), '')) as lexeme from removed) as gone
  where words.user_id = gone.user_id and words.lexeme = gone.lexeme collate "C" and words.documents = 0;
  return null;
end
$$;

-- Before the count, since they keep writers out until the migration is committed.
create trigger added_words_are_counted after insert on documents
  referencing new table as added for each statement execute function count_words();
create trigger changed_words_are_counted after update on documents
  referencing old table as removed new table as added for each statement execute function count_words();
create trigger removed_words_are_counted after delete on documents
  referencing old table as removed for each statement execute function count_words();

insert into words (user_id, lexeme, documents)
select user_id, lexeme, count(*)
from documents, unnest(array_append(tsvector_to_array(search), '')) as lexeme
group by user_id, lexeme;
