-- What a picture looks like without its margins: five more hashes, 64 bits each. Null where it was processed before
-- there were any, until the image is resized.
alter table items add column crop_hashes bit(320);
-- A person's look-alikes are found in this index alone.
drop index items_hashes;
create index items_hashes on items (user_id) include (id, perceptual_hash, crop_hashes) where perceptual_hash is not null;

-- The brightness of a picture's 64 x 64 cells: compared where the hashes are near. A table of its own, since items are
-- read whole.
create table fingerprints (
  user_id text not null,
  item_id uuid not null,
  luma bytea not null,

  constraint one_fingerprint_per_item primary key (user_id, item_id),
  constraint fingerprint_is_64_by_64 check (octet_length(luma) = 4096),
  constraint fingerprints_belong_to_an_item foreign key (user_id, item_id) references items (user_id, id) on delete cascade
);
