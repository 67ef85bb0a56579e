-- Escorts: two scouts walk her home. Places are sealed under a track key that dies with the escort, names and numbers under a
-- case key that dies a day later. What a notice, a right or a link is about may from now on be an escort, too.

ALTER TABLE access_grant DROP CONSTRAINT access_grant_holder_kind_check,
    ADD CONSTRAINT access_grant_holder_kind_check CHECK (holder_kind IN ('operator', 'officer', 'guardian', 'scout', 'walker'));
ALTER TABLE link DROP CONSTRAINT link_kind_check,
    ADD CONSTRAINT link_kind_check CHECK (kind IN ('officer', 'guardian', 'scout', 'walker'));

-- The rota: a pair of scouts, and where and when it is on duty.
CREATE TABLE escort_duty (
    id        text PRIMARY KEY,
    centre    text NOT NULL,
    area      text NOT NULL CHECK (area <> ''),          -- as its people call it
    latitude  double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),     -- of its post, a public place
    longitude double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),
    reach_m   int NOT NULL CHECK (reach_m > 0),          -- as far around its post as it goes
    starts_at timestamptz NOT NULL,
    ends_at   timestamptz NOT NULL,
    case_slot bigint,                                    -- slot of its key; null once destroyed
    scouts    bytea,                                     -- names and phone numbers of the two, under that key
    made_by   text NOT NULL,                             -- account of the leader
    ended_at  timestamptz,                               -- taken off the rota
    CHECK (ends_at > starts_at)
);
CREATE INDEX escort_duty_ends ON escort_duty (centre, ends_at) WHERE ended_at IS NULL;

-- One way home that two scouts walk with her.
CREATE TABLE escort (
    id                text PRIMARY KEY,
    client_id         text NOT NULL UNIQUE,   -- the phone's own id, or the console's: the same one again is the same escort
    centre            text NOT NULL,          -- who watches; another one after a hand-over at the border
    person            text,                   -- pseudonym; null = nobody known, or forgotten a day after the end
    verdict           text NOT NULL,          -- what her credential was worth when it was checked
    subject_tag       text NOT NULL,          -- HMAC(secret, id): how she finds her entries in the ledger
    secret_hash       bytea NOT NULL,         -- SHA-256 of the secret that only her phone has
    track_slot        bigint,                 -- slot of its track key; null once destroyed
    case_slot         bigint,                 -- slot of its case key; null once destroyed
    secret            bytea,                  -- the secret, under the case key: a retry gets the same answer
    contacts          bytea,                  -- what the phone sealed to us, sealed again under the case key
    words             bytea,                  -- names, telephone numbers, what the places are called, both numbers; under the case key
    places            bytea,                  -- where they meet, where she lives, where they were last heard; under the track key
    receipt           bytea,                  -- what its own signal was answered with, under the case key
    booked_by         text NOT NULL,          -- 'person', or the account of who took her call
    booked_at         timestamptz NOT NULL,
    meet_at           timestamptz NOT NULL,   -- when they meet
    walk_s            int NOT NULL CHECK (walk_s > 0),  -- how long they will walk
    state             text NOT NULL CHECK (state IN ('booked', 'assigned', 'walking', 'asking', 'signalled', 'ended')),
    duty              text REFERENCES escort_duty,      -- the pair that has her
    incoming          text REFERENCES escort_duty,      -- the pair that is to take her over
    pairs             int NOT NULL,           -- how many pairs were sent so far
    pair              int NOT NULL,           -- which of them has her, from 1
    assigned_by       text,                   -- account
    assigned_at       timestamptz,
    here_at           timestamptz,            -- when the scouts said that they are at the stop
    met_by_her_at     timestamptz,            -- when she had read their number
    met_by_scouts_at  timestamptz,            -- when they had read hers
    wrong             int NOT NULL,           -- wrong numbers so far, with this pair
    marks             text[] NOT NULL,        -- what a dispatcher should look at
    walking_at        timestamptz,            -- when both had met
    expected_at       timestamptz,            -- when they should be there
    asked_at          timestamptz,            -- when both sides were asked
    home_by_her_at    timestamptz,            -- when she said that she is home
    home_by_scouts_at timestamptz,            -- when they said so
    reason            text,                   -- why it called for help: button, late, sos
    signalled_at      timestamptz,
    incident          text,                   -- the case it became, or that she opened herself on the way
    outcome           text CHECK (outcome IN ('arrived', 'cancelled', 'no-show', 'unserved', 'signalled')),
    ended_at          timestamptz,
    destroyed_at      timestamptz,            -- the track key's death
    CHECK ((ended_at IS NULL) = (state <> 'ended')),
    CHECK ((ended_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX escort_open ON escort (centre, meet_at) WHERE ended_at IS NULL;
CREATE INDEX escort_person ON escort (person) WHERE person IS NOT NULL AND ended_at IS NULL;
CREATE INDEX escort_incident ON escort (incident) WHERE incident IS NOT NULL;
