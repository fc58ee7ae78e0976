-- What models billed: [{purpose, provider, model, input_tokens, output_tokens, cost_usd}], oldest first.
-- An attempt that fails has no analysis yet: the item keeps its share until one is committed.
alter table items add column usage jsonb not null default '[]'
  constraint usage_of_items_is_a_list check (jsonb_typeof(usage) = 'array');
alter table analyses add column usage jsonb not null default '[]'
  constraint usage_of_analyses_is_a_list check (jsonb_typeof(usage) = 'array');
