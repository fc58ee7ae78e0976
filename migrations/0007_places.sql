-- Where the owner's camera says the image was taken, in degrees. It is shown to the owner alone, and part
-- of neither search text nor what a model is told.
alter table items
  add column latitude double precision,
  add column longitude double precision,
  add constraint places_are_on_earth check (
    num_nulls(latitude, longitude) in (0, 2) and latitude between -90 and 90 and longitude between -180 and 180
  );
