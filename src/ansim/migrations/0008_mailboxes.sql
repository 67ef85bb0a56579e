-- Mailboxes: where one phone leaves sealed words for another. Who opened one, who filled it and what lies in it is not
-- known here; the key that opens it never leaves the phone it was made on.

CREATE TABLE mailbox (
    -- random; known to whoever was given the invitation
    id           text PRIMARY KEY,
    -- SHA-256 of the secret with which whoever opened it reads and closes it
    secret_hash  bytea NOT NULL,
    -- what was left, sealed to the key of the phone that opened it (HPKE); null while it is empty
    sealed       bytea,
    opened_at    timestamptz NOT NULL,
    -- by then the row is gone, read or not
    expires_at   timestamptz NOT NULL
);
