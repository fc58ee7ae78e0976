-- Texts that a person had checked, claim by claim.
create table verifications (
  user_id text not null,
  id uuid not null,
  request_id text not null,
  text text not null,
  -- The item whose description the text is: it goes with the item.
  item_id uuid,
  sources text[] not null,
  -- Verdict and place of each claim; what it cites of items are rows of their own.
  claims jsonb not null,
  -- From 0 to 100; null without a claim.
  accuracy_score smallint,
  risk_level text not null,
  model text not null,
  duration_ms integer not null,
  cost_usd numeric,
  notices text[] not null,
  created_at timestamptz(3) not null default clock_timestamp(),

  constraint one_verification_per_id primary key (user_id, id),
  constraint verifications_are_of_items_of_the_person foreign key (user_id, item_id) references items (user_id, id)
    on delete cascade,
  constraint claims_are_lists check (jsonb_typeof(claims) = 'array'),
  constraint accuracy_scores_are_percentages check (accuracy_score between 0 and 100),
  constraint risk_levels_are_known check (risk_level in ('low', 'medium', 'high', 'critical'))
);
create index verifications_newest_first on verifications (user_id, created_at desc, id desc);
create index verifications_by_item on verifications (user_id, item_id) where item_id is not null;

-- What a verification cites of an item: it goes with the item, so that nothing of a deleted one remains.
create table verification_citations (
  user_id text not null,
  verification_id uuid not null,
  -- The claim, and the place among its citations, from 0.
  claim smallint not null,
  place smallint not null,
  item_id uuid not null,
  sentence text not null,
  box jsonb,
  difference jsonb,

  constraint one_citation_per_place primary key (user_id, verification_id, claim, place),
  constraint citations_are_of_a_verification_of_the_person foreign key (user_id, verification_id)
    references verifications (user_id, id) on delete cascade,
  constraint citations_are_of_items_of_the_person foreign key (user_id, item_id) references items (user_id, id)
    on delete cascade
);
create index verification_citations_by_item on verification_citations (user_id, item_id);
