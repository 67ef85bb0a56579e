-- Cases near a border: what the neighbours are told of ours, and what they tell us of theirs.

CREATE TABLE border_told (
    id       text PRIMARY KEY,
    incident text NOT NULL REFERENCES incident (id),
    centre   text NOT NULL,
    told_at  timestamptz NOT NULL,
    count    int NOT NULL,
    ended_at timestamptz,
    wish     text CHECK (wish IN ('help', 'take')),
    sealed   bytea
);

CREATE UNIQUE INDEX border_told_open ON border_told (incident, centre) WHERE ended_at IS NULL;

CREATE TABLE border_case (
    id          text PRIMARY KEY,
    centre      text NOT NULL,
    number      text NOT NULL,
    kind        text NOT NULL,
    trigger     text NOT NULL,
    priority    smallint NOT NULL,
    silent      boolean NOT NULL,
    claimed     boolean NOT NULL,
    received_at timestamptz NOT NULL,
    subject_tag text NOT NULL,
    said_at     timestamptz NOT NULL,
    count       int NOT NULL,
    ended_at    timestamptz,
    wish        text CHECK (wish IN ('help', 'take')),
    slot        bigint,
    sealed      bytea
);

CREATE INDEX border_case_open ON border_case (received_at) WHERE ended_at IS NULL;

-- Two centres find that they have a case of the same person: one of them gives its own to the other.
ALTER TABLE handover DROP CONSTRAINT handover_why_check;
ALTER TABLE handover ADD CONSTRAINT handover_why_check CHECK (why IN ('place', 'moved', 'unclaimed', 'same'));
