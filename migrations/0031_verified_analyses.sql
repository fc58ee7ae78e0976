-- What code found of an analysis in the picture's own text; null where there was nothing to compare it with, and of analyses
-- that were made before.
alter table analyses add column verification jsonb
  constraint verifications_have_a_risk check (verification ->> 'riskLevel' in ('low', 'medium', 'high', 'critical'));

-- Of the current analysis, by which lists are filtered.
alter table items add column analysis_risk text;

create or replace function copy_current_analysis() returns trigger language plpgsql as $$
begin
  select category, provider_used, verification ->> 'riskLevel'
  into new.analysis_category, new.analysis_provider, new.analysis_risk
  from analyses where user_id = new.user_id and id = new.analysis_id;
  return new;
end
$$;
