-- Addresses that a person wants told of changes of their items.
create table webhooks (
  user_id text not null,
  id uuid not null,
  url text not null,
  events text[] not null,
  -- Signs what is sent to this address and opens nothing else, so it stands here as it is: a signature needs it whole.
  secret text not null,
  created_at timestamptz(3) not null default clock_timestamp(),
  -- The failed attempts since the last one that succeeded, when the first of them was, and when the next is due.
  failures integer not null default 0,
  failing_since timestamptz(3),
  retry_at timestamptz(3) not null default clock_timestamp(),
  -- Switched off after a day of failures.
  disabled_at timestamptz(3),
  last_attempt_at timestamptz(3),
  last_status integer,
  last_error text,

  constraint one_webhook_per_id primary key (user_id, id),
  constraint webhook_urls_have_at_most_2000_characters check (char_length(url) between 1 and 2000),
  constraint webhooks_want_events check (cardinality(events) > 0),
  constraint webhook_failures_are_counted check (failures >= 0)
);

-- Announcements that wait to be delivered; a delivered one is deleted.
create table webhook_deliveries (
  user_id text not null,
  id uuid not null,
  webhook_id uuid not null,
  type text not null,
  item_id uuid,
  error_code text,
  attempts integer not null default 0,
  due_at timestamptz(3) not null default clock_timestamp(),
  created_at timestamptz(3) not null default clock_timestamp(),

  constraint one_delivery_per_id primary key (user_id, id),
  constraint deliveries_are_of_a_webhook_of_the_person foreign key (user_id, webhook_id) references webhooks (user_id, id)
    on delete cascade
);
create index deliveries_oldest_first on webhook_deliveries (user_id, webhook_id, created_at, id);
create index deliveries_due on webhook_deliveries (due_at);

-- Whatever makes an item ready, failed or deleted, its person's webhooks learn of it by the same transaction. An item
-- that goes on existing leaves an event that wakes the function; after a deletion the one who deletes sends it.
create function announce_to_webhooks() returns trigger language plpgsql as $$
declare
  subject items%rowtype;
  announced text;
begin
  if tg_op = 'DELETE' then
    subject := old;
    announced := 'item.deleted';
  else
    subject := new;
    announced := 'item.' || new.status;
  end if;
  insert into webhook_deliveries (user_id, id, webhook_id, type, item_id, error_code)
  select subject.user_id, gen_random_uuid(), webhooks.id, announced, subject.id,
    case when announced = 'item.failed' then subject.error_code end
  from webhooks
  where webhooks.user_id = subject.user_id and webhooks.disabled_at is null and announced = any(webhooks.events);
  if found and tg_op <> 'DELETE' then
    insert into outbox (id, item_id, user_id, type, detail)
    values (gen_random_uuid()::text, subject.id, subject.user_id, 'DeliveriesDue',
      jsonb_build_object('version', 1, 'correlation_id', subject.correlation_id, 'user_id', subject.user_id));
  end if;
  return null;
end
$$;
create trigger items_announce_their_end after update of status on items for each row
  when (new.status in ('ready', 'failed') and old.status is distinct from new.status)
  execute function announce_to_webhooks();
create trigger items_announce_their_deletion after delete on items for each row
  when (old.status <> 'pending')
  execute function announce_to_webhooks();
