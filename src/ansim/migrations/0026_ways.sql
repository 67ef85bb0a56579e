-- Where one can walk, and what makes a way safe: middle lines of streets beside their areas, and places of light and help.

ALTER TABLE map_layer DROP CONSTRAINT map_layer_layer_check;
ALTER TABLE map_layer ADD CONSTRAINT map_layer_layer_check CHECK (layer IN ('roads', 'entrances', 'footprints', 'paths'));

CREATE TABLE facility (
    kind        text NOT NULL CHECK (kind IN ('light', 'police', 'shop', 'shelter')),
    id          text NOT NULL,             -- the register's number, else made of the place and the name
    sheet       text NOT NULL,             -- the file that it came with, as whoever imported it calls it
    name        text NOT NULL,
    latitude    double precision NOT NULL,
    longitude   double precision NOT NULL,
    hours       text,                      -- when somebody is there, as `ways.hours` writes it; null is not known
    imported_at timestamptz NOT NULL,
    PRIMARY KEY (kind, id)
);
