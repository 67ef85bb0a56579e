-- What the core needs: facts on their way out, facts already answered, timers.

-- Facts stated by a committed action that the bus has not accepted yet. Empty when all is well.
CREATE TABLE outbox (
    seq  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,  -- order of statement; gaps are normal
    id   text NOT NULL UNIQUE,                             -- the fact's id; what makes a second delivery harmless
    name text NOT NULL,                                    -- for example incident.opened
    body bytea NOT NULL,                                   -- JSON of ids and ciphertext; never personal data
    at   timestamptz NOT NULL                              -- when the action happened
);

-- Which reaction has answered which fact. A row here means: done, do not do it again.
CREATE TABLE inbox (
    reaction text NOT NULL,
    fact     text NOT NULL,
    at       timestamptz NOT NULL,
    PRIMARY KEY (reaction, fact)
);

-- Promises to do something later. The row is deleted in the transaction that keeps the promise.
CREATE TABLE timer (
    kind    text NOT NULL,          -- which reaction of flow.TIMERS
    subject text NOT NULL,          -- the id it is about
    due_at  timestamptz NOT NULL,
    PRIMARY KEY (kind, subject)
);
