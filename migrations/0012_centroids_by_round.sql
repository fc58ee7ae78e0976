-- Each round of it is a statement of its own now: of 60,000 vectors, all in one took most of the 15 s that a statement has.
drop function find_centroids(text, text, integer, integer, integer);
