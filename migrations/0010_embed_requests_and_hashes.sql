-- A rebuild of the vector index asks for one embedding an item; the embedder does them as it does what else is asked again.
alter table requests
  drop constraint request_kind_is_known,
  add constraint request_kind_is_known check (kind in ('analyze', 'resize', 'embed'));

-- What of a rebuild is given out, and what is next.
create index requests_of_rebuild on requests (user_id, swept_at, created_at, id) where kind = 'embed' and status = 'pending';

-- What the picture looks like (dHash): two that differ in few bits look the same. Null where it was processed
-- before there were hashes, until the image is resized.
alter table items add column perceptual_hash bit(64);
-- A person's look-alikes are found in this index alone.
create index items_hashes on items (user_id) include (id, perceptual_hash) where perceptual_hash is not null;
