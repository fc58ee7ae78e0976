-- Sentences of headline and summary whose number or date the picture has otherwise: their words weigh least.
alter table documents add column refuted jsonb not null default '[]'
  constraint refuted_claims_are_a_list check (jsonb_typeof(refuted) = 'array');

-- The sweeper indexes these anew.
update documents set search_version = 0, refuted = (
  select jsonb_agg(claim -> 'text') from jsonb_array_elements(verification -> 'unsupported') as claims (claim)
  where claim ->> 'contradiction' in ('number', 'date'))
from analyses
where analyses.user_id = documents.user_id and analyses.id = documents.analysis_id
  and jsonb_path_exists(verification, '$.unsupported[*] ? (@.contradiction == "number" || @.contradiction == "date")');
