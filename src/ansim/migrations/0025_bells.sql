-- Emergency bells: poles, lockers and shelters that call for help from a place that is known. A bell is nobody's: nothing here is
-- about a person. What is spoken at one never comes here at all.

-- The register.
CREATE TABLE bell (
    id            text PRIMARY KEY,               -- municipality and number, or municipality and place
    centre        text NOT NULL,                  -- who looks after it
    number        text NOT NULL,                  -- as its register calls it; empty = it has none
    kind          text NOT NULL CHECK (kind IN ('pole', 'locker', 'shelter', 'restroom', 'parking')),  -- what it hangs on
    name          text NOT NULL CHECK (name <> ''),                              -- where it stands, as its people say it
    address       text NOT NULL,                  -- road or lot; may be empty
    purpose       text NOT NULL,                  -- what it was put up for, as its register says
    latitude      double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),     -- WGS 84
    longitude     double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),  -- WGS 84
    two_way       boolean NOT NULL,               -- whether one can speak through it
    cameras       text[],                         -- what an administrator set; null = those of its own pole
    registered_at timestamptz NOT NULL            -- when it was last brought in
);
CREATE INDEX bell_centre ON bell (centre);

-- A code by which a bell's own page gets its right; used once.
CREATE TABLE bell_code (
    hash       bytea PRIMARY KEY,                 -- SHA-256
    bell       text NOT NULL REFERENCES bell,     -- whose
    expires_at timestamptz NOT NULL,              -- then it opens nothing
    used_at    timestamptz                        -- null = not yet
);

-- What stands at a bell and speaks for it: a page with a key of its own, or a device with a secret.
CREATE TABLE bell_terminal (
    id         text PRIMARY KEY,                  -- as everywhere
    bell       text NOT NULL REFERENCES bell,     -- for which it speaks
    kind       text NOT NULL CHECK (kind IN ('page', 'device')),  -- how it proves that it is the one
    x          text,                              -- of the page's public key (P-256), base64url
    y          text,                              -- the other half of it
    made_at    timestamptz NOT NULL,              -- when it was commissioned
    heard_at   timestamptz NOT NULL,              -- when it last said that it works
    revoked_at timestamptz,                       -- replaced or lost: its word proves nothing any more
    CHECK ((kind = 'page') = (x IS NOT NULL AND y IS NOT NULL))
);
CREATE UNIQUE INDEX bell_terminal_now ON bell_terminal (bell) WHERE revoked_at IS NULL;

-- Something is wrong with a bell, until somebody has mended it.
CREATE TABLE bell_fault (
    id        text PRIMARY KEY,                   -- as everywhere
    bell      text NOT NULL REFERENCES bell,      -- which
    kind      text NOT NULL CHECK (kind IN ('silent', 'microphone', 'button', 'power', 'door', 'sound', 'light', 'damaged', 'other')),  -- what
    source    text NOT NULL CHECK (source IN ('watch', 'self-test', 'citizen')),     -- who noticed
    state     text NOT NULL CHECK (state IN ('open', 'sent', 'mended')),             -- sent: somebody is on the way to it
    times     int NOT NULL DEFAULT 1,             -- how often it was reported
    opened_at timestamptz NOT NULL,               -- the first time
    last_at   timestamptz NOT NULL,               -- the last time
    sent_at   timestamptz,                        -- when somebody was sent
    mended_at timestamptz,                        -- when it was said to be mended, or was well again
    changed_by text                               -- account of whoever said so last; null = the bell itself
);
CREATE UNIQUE INDEX bell_fault_open ON bell_fault (bell, kind) WHERE state <> 'mended';

-- That somebody spoke through a bell, and how long; never what.
CREATE TABLE bell_talk (
    id           text PRIMARY KEY,                -- as everywhere
    bell         text NOT NULL REFERENCES bell,   -- through which
    incident     text NOT NULL REFERENCES incident,      -- for which case
    grant_id     text NOT NULL REFERENCES access_grant,  -- by which right: it ends with it
    account      text NOT NULL,                   -- the operator
    began_at     timestamptz NOT NULL,            -- when she asked for it
    connected_at timestamptz,                     -- when both sides could hear; null = they never could
    ended_at     timestamptz,                     -- null = now
    ended_why    text                             -- operator, bell, lost, released, closed, revoked, expired, replaced, signed-out, restarted
);
CREATE UNIQUE INDEX bell_talk_now ON bell_talk (bell) WHERE ended_at IS NULL;
CREATE INDEX bell_talk_incident ON bell_talk (incident);
