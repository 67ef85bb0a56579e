-- What is kept of cameras: the key of each camera's day, and the clips that were cut for a case.

CREATE TABLE camera_day (
    id        text PRIMARY KEY,                       -- camera/day, the subject of its destruction
    camera    text NOT NULL,
    day       date NOT NULL,                          -- UTC
    slot      bigint NOT NULL,                        -- the key that seals what was recorded; the row goes when it is destroyed
    opened_at timestamptz NOT NULL,
    UNIQUE (camera, day)
);

CREATE TABLE clip (
    id       text PRIMARY KEY,
    incident text NOT NULL REFERENCES incident,
    camera   text NOT NULL,
    from_at  timestamptz NOT NULL,                    -- as cut, so rounded out to key frames
    until_at timestamptz NOT NULL,
    bytes    bigint NOT NULL,                         -- of the pictures, as they will be downloaded
    saved_at timestamptz NOT NULL,
    saved_by text NOT NULL,                           -- account
    sealed   bytea NOT NULL                           -- the signed statement and the reason, under the case key
);
CREATE INDEX clip_incident ON clip (incident, saved_at);
