-- Deleted items of which chats may still hold something. The deletion removes it at once where no turn is under way;
-- the sweeper looks again.
create table chat_redactions (
  user_id text not null,
  item_id uuid not null,
  -- When the sweeper looks: turns from before the deletion, of at most half a minute, are over by then.
  due_at timestamptz not null default clock_timestamp() + interval '1 minute',

  constraint one_redaction_per_item primary key (user_id, item_id)
);
create index redactions_due on chat_redactions (due_at);
