-- Two models describe an item for a comparison, which changes nothing of the item.
alter table requests
  drop constraint request_kind_is_known,
  add constraint request_kind_is_known check (kind in ('analyze', 'resize', 'embed', 'compare')),
  add column comparison jsonb,
  add constraint done_comparisons_are_kept check ((comparison is not null) = (kind = 'compare' and status = 'done'));
