-- English stems without accents. A configuration of our own, since the function unaccent() is not immutable
-- and would not be allowed in a generated column; a dictionary is, and survives pg_dump.
create text search configuration collections (copy = english);
alter text search configuration collections
  alter mapping for word, hword, hword_part with unaccent, english_stem;

-- One row per item: the text of its current analysis.
create table documents (
  item_id uuid not null,
  user_id text not null,
  analysis_id uuid not null,
  category text not null,
  headline text not null,
  summary text not null,
  labels text not null,
  extracted_text text not null,
  -- The parser makes one word of "tokyo/osaka", "a.b" and "-12": cut them apart, here and in the query.
  search tsvector not null generated always as (
    setweight(to_tsvector('public.collections', translate(headline, '/._-@#:', '       ')), 'A') ||
    setweight(to_tsvector('public.collections', translate(summary, '/._-@#:', '       ')), 'B') ||
    setweight(to_tsvector('public.collections', translate(labels, '/._-@#:', '       ')), 'C') ||
    setweight(to_tsvector('public.collections', translate(extracted_text, '/._-@#:', '       ')), 'D')
  ) stored,

  constraint one_document_per_item primary key (item_id),
  constraint documents_belong_to_an_item foreign key (item_id, user_id) references items (id, user_id) on delete cascade,
  constraint documents_are_of_an_analysis foreign key (analysis_id, item_id, user_id) references analyses (id, item_id, user_id) on delete cascade
);
-- The tenant inside the index: 0.7 of the time of a search index and a user index together.
create index documents_words on documents using gin (user_id, search);
create index documents_of_user on documents (user_id, category);

-- One row per item and model, always of the current analysis.
create table embeddings (
  item_id uuid not null,
  user_id text not null,
  model text not null,
  analysis_id uuid not null,
  category text not null,
  embedding halfvec(1024) not null,
  code bit(1024) not null generated always as (binary_quantize(embedding)::bit(1024)) stored,
  created_at timestamptz(3) not null default clock_timestamp(),

  constraint one_embedding_per_item_and_model primary key (item_id, model),
  constraint embeddings_belong_to_an_item foreign key (item_id, user_id) references items (id, user_id) on delete cascade,
  constraint embeddings_are_of_an_analysis foreign key (analysis_id, item_id, user_id) references analyses (id, item_id, user_id) on delete cascade
);
-- Inline halfvecs make the scan of the codes 13 times slower.
alter table embeddings alter column embedding set storage external;
-- A search reads only this index, then 200 rows: it must stay an index-only scan.
create index embeddings_codes on embeddings (user_id, model) include (item_id, category, code);
-- An index-only scan needs a fresh visibility map: without it the search is 2.5 times slower.
alter table embeddings set (
  autovacuum_vacuum_insert_threshold = 500,
  autovacuum_vacuum_insert_scale_factor = 0.02,
  autovacuum_vacuum_threshold = 500,
  autovacuum_vacuum_scale_factor = 0.02
);
