-- Trips. Where she is on her way is sealed under a track key that dies with the trip, names and words under a case key
-- that dies a day later. What a fix, a notice or a right is about is from now on a case or a trip (ADR 22).

ALTER TABLE fix DROP CONSTRAINT fix_incident_fkey;
ALTER TABLE guardian_notice DROP CONSTRAINT guardian_notice_incident_fkey;

-- One way home that she asked us to watch.
CREATE TABLE trip (
    id           text PRIMARY KEY,
    client_id    text NOT NULL UNIQUE,           -- the phone's own id: the same one again is the same trip
    centre       text NOT NULL,                  -- who watches
    person       text,                           -- pseudonym; null = nobody known, or forgotten a day after the end
    verdict      text NOT NULL,                  -- what her credential was worth when it was checked
    subject_tag  text NOT NULL,                  -- HMAC(secret, id): how she finds her entries in the ledger
    secret_hash  bytea NOT NULL,                 -- SHA-256 of the secret that only her phone has
    track_slot   bigint,                         -- slot of its track key; null once destroyed
    case_slot    bigint,                         -- slot of its case key; null once destroyed
    secret       bytea,                          -- the secret, under the case key: a retry gets the same answer
    contacts     bytea,                          -- what the phone sealed to us, sealed again under the case key
    words        bytea,                          -- what she calls her destination, and the vehicle, under the case key
    receipt      bytea,                          -- what its own signal was answered with, under the case key
    memory       bytea,                          -- destination, and what the watch remembers, under the track key
    mode         text NOT NULL CHECK (mode IN ('walk', 'bus', 'taxi', 'car', 'bicycle')),
    background   boolean NOT NULL,               -- her phone promised a heartbeat: then its silence says something
    coded        boolean NOT NULL,               -- she has a code that only she knows
    guardians    smallint NOT NULL,              -- how many she wants told
    state        text NOT NULL CHECK (state IN ('walking', 'hint', 'asking', 'calling', 'signalled', 'ended')),
    reason       text,                           -- what the question or the signal is about: late, away, stopped, fast, …
    ready        boolean NOT NULL,               -- may become a case at once: consoles are told
    question     text,                           -- id of the question that waits for her answer
    asked_at     timestamptz,                    -- when it was asked
    step_at      timestamptz,                    -- when the next step comes unless she answers
    grave_at     timestamptz,                    -- when she last went away from her way or was suddenly fast
    signalled_at timestamptz,                    -- when it called for help
    incident     text,                           -- the case it became, or that she opened herself on her way
    duress_at    timestamptz,                    -- when she gave the code that says she is forced
    pretended    text,                           -- what a forced end was called: her phone shows it
    pretended_at timestamptz,                    -- when
    battery      smallint CHECK (battery BETWEEN 0 AND 100),  -- per cent, as her phone last said
    heard_at     timestamptz,                    -- when her phone was last heard
    located_at   timestamptz,                    -- of the newest fix, by her clock but never after ours
    near_at      timestamptz,                    -- when a fix last showed her at her destination; null = not there
    started_at   timestamptz NOT NULL,
    promised_at  timestamptz NOT NULL,           -- when she wants to be there
    due_at       timestamptz,                    -- of the timer that looks after it; null = none
    outcome      text CHECK (outcome IN ('arrived', 'ended', 'signalled', 'expired')),
    ended_at     timestamptz,
    destroyed_at timestamptz,                    -- the track key's death
    CHECK ((ended_at IS NULL) = (state <> 'ended')),
    CHECK ((ended_at IS NULL) = (outcome IS NULL))
);

CREATE INDEX trip_open ON trip (centre, started_at) WHERE ended_at IS NULL;
CREATE INDEX trip_person ON trip (person) WHERE person IS NOT NULL AND ended_at IS NULL;
CREATE INDEX trip_incident ON trip (incident) WHERE incident IS NOT NULL;
