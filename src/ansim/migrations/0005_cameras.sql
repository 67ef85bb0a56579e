-- The register of cameras. Where a picture comes from (address, credentials) is known to the media node alone.

CREATE TABLE camera (
    id            text PRIMARY KEY,
    centre        text NOT NULL,                       -- who answers for it
    name          text NOT NULL,                       -- as operators call it; a place, never a person
    latitude      double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),
    longitude     double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),
    azimuth_deg   real CHECK (azimuth_deg >= 0 AND azimuth_deg < 360),   -- middle of the view; NULL = not known
    view_deg      real NOT NULL CHECK (view_deg > 0 AND view_deg <= 360),
    range_m       real NOT NULL CHECK (range_m > 0),   -- as far as a person can be told from a bush
    registered_at timestamptz NOT NULL,
    removed_at    timestamptz
);

CREATE INDEX camera_centre ON camera (centre) WHERE removed_at IS NULL;
