-- Which cameras see somebody: what can be turned, whose word a direction is, and the ground that stands between.

ALTER TABLE camera ADD COLUMN turns boolean NOT NULL DEFAULT false;  -- can be turned and zoomed
ALTER TABLE camera ADD COLUMN azimuth_source text NOT NULL DEFAULT 'register'
    CHECK (azimuth_source IN ('register', 'device', 'calibrated'));  -- who says where it looks

-- Layers of the city's map, as they were imported: a sheet is what one file brings, and the same sheet again replaces it.
CREATE TABLE map_layer (
    sheet       text NOT NULL,                       -- as whoever imported it calls it
    layer       text NOT NULL CHECK (layer IN ('roads', 'entrances', 'footprints')),
    shapes      bytea NOT NULL,                      -- WKB geometry collection, longitude and latitude in degrees
    count       integer NOT NULL CHECK (count > 0),  -- how many there are in it
    imported_at timestamptz NOT NULL,
    PRIMARY KEY (sheet, layer)
);
