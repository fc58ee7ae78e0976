-- What a person says of themselves; the row exists once they have said something.
create table profiles (
  user_id text not null,
  display_name text,
  -- BCP 47, as `pt-BR`.
  language text,
  -- As in the tz database: `Europe/Berlin`.
  time_zone text,
  updated_at timestamptz(3) not null default clock_timestamp(),

  constraint one_profile_per_person primary key (user_id),
  constraint display_names_have_1_to_100_characters check (char_length(display_name) between 1 and 100),
  constraint languages_have_at_most_50_characters check (char_length(language) between 2 and 50),
  constraint time_zones_have_at_most_50_characters check (char_length(time_zone) between 1 and 50)
);

-- Pages that show an item or an album to whoever has their address.
create table shares (
  user_id text not null,
  id uuid not null,
  -- SHA-256 of the token in the address, which is stored nowhere.
  token_hash bytea not null,
  item_id uuid,
  album_id uuid,
  -- The heading of the page, in the person's own words.
  title text,
  -- scrypt, with its salt and parameters.
  password_hash text,
  allow_download boolean not null default false,
  -- The download is the original as it is, place and camera included.
  keep_metadata boolean not null default false,
  views integer not null default 0,
  last_viewed_at timestamptz(3),
  expires_at timestamptz(3),
  created_at timestamptz(3) not null default clock_timestamp(),

  constraint one_share_per_id primary key (user_id, id),
  -- A visitor has a token and no user, so it is unique over all tenants.
  constraint one_share_per_token unique (token_hash),
  constraint token_hashes_are_sha256 check (octet_length(token_hash) = 32),
  constraint shares_show_an_item_or_an_album check (num_nonnulls(item_id, album_id) = 1),
  constraint share_titles_have_1_to_200_characters check (char_length(title) between 1 and 200),
  constraint metadata_is_in_downloads_alone check (allow_download or not keep_metadata),
  constraint views_are_counted check (views >= 0),
  constraint shared_items_are_of_the_person foreign key (user_id, item_id) references items (user_id, id) on delete cascade,
  constraint shared_albums_are_of_the_person foreign key (user_id, album_id) references albums (user_id, id) on delete cascade
);
create index shares_newest_first on shares (user_id, created_at desc, id desc);
create index shares_of_item on shares (user_id, item_id) where item_id is not null;
create index shares_of_album on shares (user_id, album_id) where album_id is not null;

-- People who deleted their account. The row refuses their tokens and their work until the last token has expired, and
-- until everything that was still under way is certainly removed.
create table deleted_accounts (
  user_id text not null,
  deleted_at timestamptz(3) not null default clock_timestamp(),
  -- When everything had been removed for the first time; what was under way may still have written something.
  emptied_at timestamptz(3),
  -- When the sweeper looks next.
  due_at timestamptz not null default clock_timestamp(),

  constraint one_deletion_per_account primary key (user_id)
);
create index deleted_accounts_due on deleted_accounts (due_at);
