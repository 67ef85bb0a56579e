-- The story's own state, one group of tables a stage. Everything personal is ciphertext under the incident's keys:
-- track key (positions; dies when the incident closes) and case key (words, names; dies at the case's retention).

CREATE SEQUENCE incident_number;

-- One case, opened from one or more signals, until closed.
CREATE TABLE incident (
    id               text PRIMARY KEY,
    number           text NOT NULL UNIQUE,       -- what people say on the phone: SN-1122-0007
    centre           text NOT NULL,              -- who answers
    municipality     text,                       -- code of the municipality she was in at the first signal
    route            text NOT NULL CHECK (route IN ('exact', 'nearest', 'default', 'none')),
    kind             text NOT NULL,
    trigger          text NOT NULL,
    silent           boolean NOT NULL,
    priority         smallint NOT NULL CHECK (priority BETWEEN 1 AND 3),
    state            text NOT NULL CHECK (state IN ('received', 'claimed', 'confirmed', 'false_alarm', 'resolved', 'closed')),
    marks            text[] NOT NULL DEFAULT '{}',   -- cancel_pending, duress, unverified, repeated
    person           text,                       -- pseudonym or device key: what repeats are folded by; NULL = nobody known
    verdict          text NOT NULL,              -- what her credential was worth when it was checked
    subject_tag      text NOT NULL,              -- HMAC(secret in her receipt, id): how she finds her entries in the ledger
    track_slot       bigint,                        -- NULL once destroyed
    case_slot        bigint,                        -- NULL once destroyed
    signals          int NOT NULL DEFAULT 1,
    received_at      timestamptz NOT NULL,
    owner            text,                       -- the operator who has claimed it
    claimed_at       timestamptz,
    confirmed_at     timestamptz,
    requested_at     timestamptz,                -- first dispatch asked for
    arrived_at       timestamptz,                -- first unit there
    resolved_at      timestamptz,
    closed_at        timestamptz,
    close_code       smallint CHECK (close_code BETWEEN 1 AND 5),
    escalation       smallint NOT NULL DEFAULT 0,    -- 0 consoles of the centre, 1 leader, 2 neighbours
    escalated_to     text[] NOT NULL DEFAULT '{}',   -- neighbour centres that see it because nobody claimed it
    unclaimed_since  timestamptz,                -- when the escalation clock started; NULL while somebody has it
    destroyed_at     timestamptz,                -- the track key's death
    CHECK ((closed_at IS NULL) = (state <> 'closed')),
    CHECK (state NOT IN ('claimed', 'confirmed') OR owner IS NOT NULL)
);

CREATE UNIQUE INDEX incident_one_open_per_person ON incident (person) WHERE person IS NOT NULL AND closed_at IS NULL;
CREATE INDEX incident_open ON incident (centre, received_at) WHERE closed_at IS NULL;

-- One thing that arrived. Immutable, but for what became of it.
CREATE TABLE signal (
    id           text PRIMARY KEY,
    source       text NOT NULL,                  -- app, osmand, owntracks
    client_id    text NOT NULL,                  -- the sender's own id: the same one again is the same signal
    incident     text NOT NULL REFERENCES incident,
    receipt      text NOT NULL,                  -- what the phone shows
    kind         text NOT NULL,
    trigger      text NOT NULL,
    silent       boolean NOT NULL,
    battery      smallint CHECK (battery BETWEEN 0 AND 100),
    located      boolean NOT NULL,
    occurred_at  timestamptz NOT NULL,           -- by the sender's clock
    received_at  timestamptz NOT NULL,           -- by ours
    secret_hash  bytea NOT NULL,                 -- SHA-256 of the receipt's secret
    secret       bytea,                          -- the secret, sealed under the case key: a retry gets the same receipt
    contacts     bytea,                          -- what the phone sealed to us, sealed again under the case key
    cancelled_at timestamptz,
    UNIQUE (source, client_id)
);

CREATE INDEX signal_incident ON signal (incident);

-- Where she was. Sealed under the track key: {latitude, longitude, accuracy_m, source, at, heading_deg?, speed_mps?}
CREATE TABLE fix (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident    text NOT NULL REFERENCES incident,
    received_at timestamptz NOT NULL,
    sealed      bytea NOT NULL
);

CREATE INDEX fix_incident ON fix (incident, id);

-- What was done, in order; words sealed under the case key.
CREATE TABLE timeline (
    id       text PRIMARY KEY,
    incident text NOT NULL REFERENCES incident,
    at       timestamptz NOT NULL,
    act      text NOT NULL,
    actor    text NOT NULL,
    sealed   bytea
);

CREATE INDEX timeline_incident ON timeline (incident, at);

-- Words between her and the operator, sealed under the case key.
CREATE TABLE message (
    id       text PRIMARY KEY,
    incident text NOT NULL REFERENCES incident,
    at       timestamptz NOT NULL,
    sender   text NOT NULL CHECK (sender IN ('person', 'operator')),
    sealed   bytea NOT NULL
);

CREATE INDEX message_incident ON message (incident, at);

-- The standard procedure's steps, laid out when somebody claims the incident.
CREATE TABLE procedure_step (
    incident text NOT NULL REFERENCES incident,
    place    smallint NOT NULL,                  -- order in the list
    step     text NOT NULL,
    due_at   timestamptz,
    done_at  timestamptz,
    done_by  text,
    PRIMARY KEY (incident, step)
);

-- One guardian to be told, one row a channel that was tried.
CREATE TABLE guardian_notice (
    id        text PRIMARY KEY,
    incident  text NOT NULL REFERENCES incident,
    guardian  smallint NOT NULL,                 -- her order in the person's list, from 1
    channel   text NOT NULL CHECK (channel IN ('push', 'mail', 'sms')),
    state     text NOT NULL CHECK (state IN ('queued', 'sent', 'delivered', 'read', 'failed')),
    reason    text,                              -- why it failed, in the channel's words, without addresses
    tries     smallint NOT NULL DEFAULT 0,
    at        timestamptz NOT NULL,              -- of the state
    queued_at timestamptz NOT NULL,
    sealed    bytea NOT NULL                     -- name and address, under the case key
);

CREATE INDEX guardian_notice_incident ON guardian_notice (incident);

-- One request for help to an agency. Its states are its own; they never become the incident's.
CREATE TABLE dispatch (
    id           text PRIMARY KEY,
    incident     text NOT NULL REFERENCES incident,
    agency       text NOT NULL,                  -- 112, 119
    state        text NOT NULL CHECK (state IN ('requested', 'acknowledged', 'refused', 'en_route', 'arrived', 'completed', 'no_answer')),
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL,
    reference    text,                           -- the agency's own number
    answered_at  timestamptz,
    unit         text,                           -- call sign
    eta_s        int CHECK (eta_s >= 0),
    arrived_at   timestamptz,
    completed_at timestamptz,
    reason       text,                           -- why it was refused
    phone_number text,                           -- asked by telephone instead
    changed_at   timestamptz NOT NULL
);

CREATE INDEX dispatch_incident ON dispatch (incident);
CREATE UNIQUE INDEX dispatch_once ON dispatch (incident, agency) WHERE state NOT IN ('refused', 'completed');
