-- The outcome was that of the same request before: nothing was searched for, and no model was asked.
alter table verifications add column cached boolean not null default false;
