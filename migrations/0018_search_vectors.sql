-- The application writes what full-text search looks for (packages/text): words and their stems in the language of each
-- text, numbers, dates, identifiers, pairs of Chinese and Japanese characters. PostgreSQL's parser has none of it.
alter table documents alter column search drop expression;
-- The version of the code that wrote `search`. The sweeper indexes documents of an earlier one anew.
alter table documents add column search_version smallint not null default 0;
create index documents_by_search_version on documents (search_version);

-- A function of the release before writes texts alone: English stems until the sweeper comes. A search finds these, too.
create function index_document() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.search is not null then return new; end if;
  elsif new.search is distinct from old.search or row(new.headline, new.summary, new.labels, new.extracted_text)
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
create trigger documents_are_indexed before insert or update on documents for each row execute function index_document();

-- Words that end as a word of the query does: the parts of a compound.
create index words_from_the_end on words (user_id, reverse(lexeme) collate "C");
