-- Who may see what, for which incident, until when; and every use of it.

CREATE TABLE access_grant (
    id          text PRIMARY KEY,
    incident    text NOT NULL,
    centre      text NOT NULL,
    holder_kind text NOT NULL CHECK (holder_kind IN ('operator', 'officer', 'guardian')),
    holder      text NOT NULL,                -- account id, or the id of the link that stands for somebody without one
    label       text NOT NULL,                -- how the holder is named on screens and watermarks: a role or call sign
    purpose     text NOT NULL,
    subject_tag text NOT NULL,                -- carried into every ledger entry, so that she finds who saw her
    video       boolean NOT NULL,             -- may open cameras; without it: position only
    cameras     text[] NOT NULL DEFAULT '{}', -- grows while she moves, never shrinks: they did see her
    from_at     timestamptz NOT NULL,
    until_at    timestamptz NOT NULL,
    extensions  int NOT NULL DEFAULT 0,
    ended_at    timestamptz,
    ended_why   text CHECK (ended_why IN ('expired', 'revoked', 'released', 'closed', 'replaced')),
    CHECK ((ended_at IS NULL) = (ended_why IS NULL))
);

CREATE INDEX access_grant_incident ON access_grant (incident);
CREATE UNIQUE INDEX access_grant_once ON access_grant (incident, holder_kind, holder) WHERE ended_at IS NULL;

-- One camera watched under one grant by one browser, from the first frame to the last.
CREATE TABLE camera_view (
    id        text PRIMARY KEY,
    grant_id  text NOT NULL REFERENCES access_grant,
    incident  text NOT NULL,
    camera    text NOT NULL,
    viewer    text NOT NULL,
    opened_at timestamptz NOT NULL,           -- committed before the first frame leaves
    until_at  timestamptz NOT NULL,           -- the token's end; renewed while the viewer still may
    ended_at  timestamptz,
    seconds   real,
    bytes     bigint,
    frames    int,
    ended_why text
);

CREATE INDEX camera_view_open ON camera_view (grant_id) WHERE ended_at IS NULL;
CREATE INDEX camera_view_incident ON camera_view (incident);

-- A link is a grant for somebody without an account. It binds to the first browser that opens it.
CREATE TABLE link (
    id         text PRIMARY KEY,
    grant_id   text NOT NULL REFERENCES access_grant,
    incident   text NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('officer', 'guardian')),
    subject    text NOT NULL,                 -- what it was made for: a dispatch id, a guardian's notice id
    token_hash bytea NOT NULL UNIQUE,         -- SHA-256 of the secret in the address
    issued_at  timestamptz NOT NULL,
    bound_hash bytea,                         -- SHA-256 of the cookie of the browser that opened it
    opened_at  timestamptz,
    refused    int NOT NULL DEFAULT 0         -- how often another browser tried
);

CREATE INDEX link_incident ON link (incident);
