-- Of the codes that are nearest, up to 200 vectors are compared: each out of line was four look-ups in another index and two
-- pieces to put together, a third of a search's time. Those written before stay out of line until they are written anew.
alter table embeddings alter column embedding set storage plain;
-- Three rows on a page, none of whose short texts is to be moved out of line instead.
alter table embeddings set (toast_tuple_target = 8160);
