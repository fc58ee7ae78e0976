-- When each stage last took up a person's work: people who wait are served in this order. The sweeper removes a row an
-- hour after the person's last claim.
create table recent_claims (
  user_id text not null,
  stage text not null,
  -- The first claim since the person paused.
  busy_since timestamptz not null,
  claimed_at timestamptz not null,

  constraint one_recent_claim_per_person_and_stage primary key (user_id, stage),
  constraint recent_claim_stage_is_known check (stage in ('process', 'analyze', 'embed'))
);
create index recent_claims_by_time on recent_claims (claimed_at);

-- When the message comes again, after a claim was put off. Until then nobody yields to it.
alter table items add column deferred_until timestamptz;
alter table requests add column deferred_until timestamptz;

create index items_unclaimed_by_time on items (status, user_id, greatest(stage_at, swept_at, arrived_at, deferred_until))
  where attempts = 0 and (status in ('uploaded', 'processed', 'analyzed') or (status = 'pending' and arrived_at is not null));
drop index items_unclaimed;
create index requests_unclaimed_by_time on requests (kind, user_id, greatest(touched_at, swept_at, deferred_until))
  where status = 'pending' and attempts = 0 and (kind <> 'embed' or swept_at is not null);
drop index requests_unclaimed;
