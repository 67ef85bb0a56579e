-- Wards: children, people with dementia, people under quarantine, each answered for by one official. Where a ward was in the last day
-- is sealed hour by hour, each hour under a key of its own; her zones under a track key that dies with the watch; names and
-- contacts are her profile (table person) and die a day later. What a fix is about may from now on be an hour of a ward, what a
-- notice, a right or a link is about may be a ward.

ALTER TABLE access_grant DROP CONSTRAINT access_grant_holder_kind_check,
    ADD CONSTRAINT access_grant_holder_kind_check CHECK (holder_kind IN ('operator', 'officer', 'guardian', 'scout', 'walker', 'person', 'ward'));
ALTER TABLE link DROP CONSTRAINT link_kind_check,
    ADD CONSTRAINT link_kind_check CHECK (kind IN ('officer', 'guardian', 'scout', 'walker', 'person', 'ward'));

-- Somebody for whom somebody else answers.
CREATE TABLE ward (
    id             text PRIMARY KEY,       -- as everywhere
    client_id      text NOT NULL UNIQUE,   -- the console's: the same one again is the same ward
    centre         text NOT NULL,          -- who watches
    kind           text NOT NULL CHECK (kind IN ('child', 'dementia', 'quarantine')),  -- why she is watched
    ground         text NOT NULL CHECK (ground IN ('representative', 'own', 'guardian', 'order')),  -- who allowed it
    person         text REFERENCES person, -- her pseudonym: devices, name and guardians; null = forgotten a day after the end
    subject_tag    text NOT NULL,          -- HMAC(secret, id): how whoever consented finds her entries in the ledger
    secret_hash    bytea NOT NULL,         -- SHA-256 of the secret on their paper
    track_slot     bigint,                 -- slot of her track key; null once destroyed
    case_slot      bigint,                 -- slot of her case key; null once destroyed
    secret         bytea,                  -- the secret, under the case key: a repeated enrolment gets the same answer
    words          bytea,                  -- number of the paper that allows it, her language; under the case key
    official       text NOT NULL,          -- account of the one who answers for her
    enrolled_by    text NOT NULL,          -- account
    enrolled_at    timestamptz NOT NULL,   -- when
    devices        smallint NOT NULL,      -- how many
    guardians      smallint NOT NULL,      -- how many
    own_page       boolean NOT NULL,       -- she was sent a link to a page of her own
    places         bytea,                  -- her zones, under the track key
    memory         bytea,                  -- newest fix and what is believed of each zone, under the track key
    zones          smallint NOT NULL,      -- how many
    until_at       timestamptz NOT NULL,   -- when the watch ends by itself
    silent_after_s int NOT NULL CHECK (silent_after_s >= 0),  -- nothing heard for so long is an alarm; 0 = never
    check_at       text,                   -- Korean time at which she is asked every day; null = never
    check_grace_s  int,                    -- how long she has to answer
    ask_at         timestamptz,            -- when she is asked next
    asked_at       timestamptz,            -- of the question that waits for her answer
    checked_at     timestamptz,            -- when she last answered
    heard_at       timestamptz,            -- when she was last heard
    alarm          text CHECK (alarm IN ('unchecked', 'silent', 'left', 'entered', 'help', 'missing', 'sos')),  -- what is wrong
    alarm_at       timestamptz,            -- since when
    told           smallint NOT NULL,      -- how many guardians were told
    step_at        timestamptz,            -- when help is called unless somebody answers
    answered_by    text,                   -- guardian-1, or the official's account
    answered_at    timestamptz,            -- when
    muted_until_at timestamptz,            -- how long the answer holds, or the hour after a case
    signalled_at   timestamptz,            -- when help was called
    incident       text,                   -- the case that has her
    due_at         timestamptz,            -- of the timer that looks after her; null = none
    outcome        text CHECK (outcome IN ('ended', 'taken-back', 'expired')),  -- how it ended
    ended_at       timestamptz,            -- when
    destroyed_at   timestamptz,            -- the track key's death
    CHECK ((ended_at IS NULL) = (outcome IS NULL)),
    CHECK ((alarm IS NULL) = (alarm_at IS NULL)),
    CHECK ((check_at IS NULL) = (check_grace_s IS NULL))
);
CREATE INDEX ward_open ON ward (centre, enrolled_at) WHERE ended_at IS NULL;
CREATE INDEX ward_person ON ward (person) WHERE person IS NOT NULL AND ended_at IS NULL;
CREATE INDEX ward_incident ON ward (incident) WHERE incident IS NOT NULL;

-- An hour of a ward's track, under a key of its own that dies when the hour is a day old. Its fixes lie with all others.
CREATE TABLE ward_hour (
    id         text PRIMARY KEY,            -- whose track it is in table fix
    ward       text NOT NULL REFERENCES ward,   -- hers
    began_at   timestamptz NOT NULL,        -- the hour's first instant
    track_slot bigint NOT NULL,             -- slot of its key; the row goes when that is destroyed
    UNIQUE (ward, began_at)
);

-- Somebody asked for the last day of a missing ward; a second person decides.
CREATE TABLE ward_search (
    id         text PRIMARY KEY,            -- as everywhere
    ward       text NOT NULL REFERENCES ward,   -- who is missing
    centre     text NOT NULL,               -- whose leader decides
    said       bytea,                       -- why, and the number of the police's case, under the ward's case key
    asked_by   text NOT NULL,               -- account
    asked_at   timestamptz NOT NULL,        -- when
    state      text NOT NULL CHECK (state IN ('asked', 'approved', 'refused', 'expired')),  -- where it stands
    decided_by text,                        -- account of the second person; null = nobody in time
    decided_at timestamptz,                 -- when
    until_at   timestamptz,                 -- how long recordings along the way may be opened
    incident   text,                        -- the case that got the track
    CHECK (decided_by <> asked_by),
    CHECK ((state = 'asked') = (decided_at IS NULL)),
    CHECK ((state = 'approved') = (until_at IS NOT NULL))
);
CREATE UNIQUE INDEX ward_search_one_asked ON ward_search (ward) WHERE state = 'asked';
CREATE INDEX ward_search_incident ON ward_search (incident) WHERE incident IS NOT NULL;
