-- Walls of key-frame pictures, and the routine right to look at one outside incidents.

CREATE TABLE wall (
    id         text PRIMARY KEY,
    centre     text NOT NULL,
    name       text NOT NULL CHECK (name <> ''),
    columns    int NOT NULL CHECK (columns BETWEEN 1 AND 10),
    cameras    text[] NOT NULL CHECK (cardinality(cameras) BETWEEN 1 AND 64),
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL,                           -- account
    UNIQUE (centre, name)
);

-- No case, no video, no extension: what it gives is blurred pictures of these cameras, to one person in one session.
CREATE TABLE routine_right (
    id        text PRIMARY KEY,
    wall      text NOT NULL,
    centre    text NOT NULL,
    holder    text NOT NULL,                            -- account
    session   text NOT NULL,                            -- it ends with it
    cameras   text[] NOT NULL,                          -- the wall's when it was given
    from_at   timestamptz NOT NULL,
    until_at  timestamptz NOT NULL,
    ended_at  timestamptz,
    ended_why text CHECK (ended_why IN ('expired', 'released', 'revoked', 'replaced', 'changed', 'signed-out')),
    CHECK ((ended_at IS NULL) = (ended_why IS NULL))
);
CREATE UNIQUE INDEX routine_right_once ON routine_right (holder) WHERE ended_at IS NULL;
CREATE INDEX routine_right_live ON routine_right (centre) WHERE ended_at IS NULL;

CREATE TABLE wall_view (
    id        text PRIMARY KEY,
    right_id  text NOT NULL REFERENCES routine_right,
    opened_at timestamptz NOT NULL,
    until_at  timestamptz NOT NULL,                     -- the token's end; renewed while the right lives
    ended_at  timestamptz,
    ended_why text
);
CREATE INDEX wall_view_open ON wall_view (right_id) WHERE ended_at IS NULL;
