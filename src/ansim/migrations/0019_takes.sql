-- What her own phone films.

CREATE TABLE take (
    id        text PRIMARY KEY,
    incident  text NOT NULL REFERENCES incident,
    handset   text NOT NULL,                          -- what rights and the ledger call the phone
    client_id text NOT NULL,                          -- what the phone calls the take, so that it goes on after a cut
    media     text NOT NULL,                          -- as the browser names it (RFC 6381)
    began_at  timestamptz NOT NULL,
    last_at   timestamptz,                            -- when its newest piece came
    ended_at  timestamptz,
    pieces    int NOT NULL DEFAULT 0,                 -- how many are kept; the number of the next
    size      bigint NOT NULL DEFAULT 0,              -- bytes of them, in the clear
    sha256    bytea,                                  -- of all pieces in order, once it has ended
    UNIQUE (handset, client_id),
    CHECK ((ended_at IS NULL) = (sha256 IS NULL))
);
CREATE INDEX take_incident ON take (incident, began_at);
