-- An administrator asks for some days of everybody's usage.
create index usage_by_day on model_usage (day);
