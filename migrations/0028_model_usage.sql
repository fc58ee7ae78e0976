-- What models billed for a person, by day: kept when the items and chats that they were called for are deleted.
create table model_usage (
  user_id text not null,
  -- Of UTC.
  day date not null,
  provider text not null,
  model text not null,
  calls integer not null,
  input_tokens bigint not null,
  output_tokens bigint not null,
  -- US dollars of the calls whose price is known.
  cost_usd numeric(16, 9) not null,
  unpriced_calls integer not null,

  constraint one_row_per_person_day_and_model primary key (user_id, day, provider, model),
  constraint usage_is_counted_up check (calls > 0 and input_tokens >= 0 and output_tokens >= 0 and cost_usd >= 0),
  constraint unpriced_calls_are_calls check (unpriced_calls between 0 and calls)
);
