-- Who pays, as Stripe tells: a customer of Stripe is a person of ours.
create table payers (
  customer_id text not null,
  user_id text not null,
  -- The time of the event that told it: events come in any order.
  told_at timestamptz(3) not null,

  constraint one_person_per_payer primary key (customer_id)
);
create index payers_by_person on payers (user_id);

-- What a customer pays for. It may be known before the person is.
create table subscriptions (
  id text not null,
  customer_id text not null,
  -- `free` while nothing is paid.
  tier text not null,
  -- An ended subscription never begins again.
  has_ended boolean not null,
  told_at timestamptz(3) not null,

  constraint one_row_per_subscription primary key (id),
  constraint subscriptions_have_a_known_tier check (tier in ('free', 'pro', 'team'))
);
create index subscriptions_of_a_payer on subscriptions (customer_id);
