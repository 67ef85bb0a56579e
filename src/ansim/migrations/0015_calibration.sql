-- How a head hangs: from what it says of itself to where it looks.

CREATE TABLE camera_calibration (
    camera         text PRIMARY KEY REFERENCES camera,
    azimuth_deg    double precision NOT NULL CHECK (azimuth_deg >= 0 AND azimuth_deg < 360),  -- where it looks at pan 0, from north
    clockwise      boolean NOT NULL,                     -- whether pan grows clockwise, seen from above
    pan_range_deg  double precision NOT NULL CHECK (pan_range_deg > 0),   -- from pan -1 to pan 1
    tilt_zero_deg  double precision NOT NULL,            -- above the horizon at tilt 0
    tilt_range_deg double precision NOT NULL CHECK (tilt_range_deg > 0),  -- from tilt -1 to tilt 1
    wide_deg       double precision NOT NULL,            -- horizontal view at zoom 0
    narrow_deg     double precision NOT NULL,            -- and at zoom 1
    height_m       double precision NOT NULL,            -- of the lens above the ground
    residual_deg   double precision NOT NULL,            -- by how much it misses the places it was made of (root mean square)
    latitude       double precision NOT NULL,            -- of the pole then: of one that was moved it is worth nothing
    longitude      double precision NOT NULL,
    east_m         double precision NOT NULL,            -- from there to where the lens truly hangs
    north_m        double precision NOT NULL,
    calibrated_at  timestamptz NOT NULL
);
