-- Of the codes that are nearest, up to 200 vectors are compared: each out of line was four look-ups in another index and two
-- pieces to put together, a third of a search's time. Now they stay in their rows, three on a page, which the scan of the
-- codes does not mind as long as it reads its index alone. Those written before stay where they are until they are embedded anew.
alter table embeddings set (toast_tuple_target = 8160);
