-- People: those who enrolled a phone here. No name, number or address stands in these tables: what is personal is
-- ciphertext under the person's own key, which lives outside the database and dies when she withdraws.

CREATE TABLE person (
    -- pseudonym, as in her credential
    id              text PRIMARY KEY,
    -- SHA-256 thumbprint (RFC 7638) of the phone's public key; null once she has withdrawn or is forgotten
    thumbprint      bytea UNIQUE,
    -- slot of her key
    slot            bigint NOT NULL,
    -- name, phone, note and guardians, sealed; null where they stay on the phone
    profile_sealed  bytea,
    enrolled_at     timestamptz NOT NULL,
    -- end of the credential; whoever has not renewed by then is forgotten
    valid_until     timestamptz NOT NULL,
    -- she asked to be forgotten
    withdrawn_at    timestamptz
);

-- What she agreed to, in which version of the terms.
CREATE TABLE consent (
    person   text NOT NULL REFERENCES person,
    item     text NOT NULL,
    version  text NOT NULL,
    at       timestamptz NOT NULL,
    PRIMARY KEY (person, item)
);

-- A tracker of hers (OsmAnd, OwnTracks) that speaks under a random name we gave it.
CREATE TABLE device (
    -- keyed hash of that name
    tag       bytea PRIMARY KEY,
    person    text NOT NULL REFERENCES person,
    added_at  timestamptz NOT NULL
);
CREATE INDEX device_person ON device (person);
