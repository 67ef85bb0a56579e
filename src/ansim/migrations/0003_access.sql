-- Access: who signs in, with what, and from when until when. Secrets stand here only as hashes,
-- or sealed under a key that lives outside the database.

-- One person who signs in: an operator, supervisor, stationed officer, auditor, administrator, or an agency's desk.
CREATE TABLE account (
    id              text PRIMARY KEY,
    -- what is typed at sign-in, lower case
    account         text NOT NULL UNIQUE,
    -- shown on screens and in video watermarks
    name            text NOT NULL,
    role            text NOT NULL CHECK (role IN ('operator', 'supervisor', 'officer', 'auditor', 'administrator', 'agency')),
    -- the centre (or, for an agency, the centre whose requests it answers)
    centre          text NOT NULL,
    -- "112" or "119" for the role agency, else null
    agency          text CHECK ((role = 'agency') = (agency IS NOT NULL)),
    -- argon2id in its encoded form; null until the person has set one
    password        text,
    -- shared secret of the authenticator app, sealed; null where there is none
    totp_sealed     bytea,
    -- slot of the key that seals it
    totp_slot       bigint,
    -- false until the first right code proved that the app holds the secret
    totp_confirmed  boolean NOT NULL DEFAULT false,
    -- last 30 s step whose code was used: it and all before it are refused
    totp_step       bigint NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL,
    -- from then on nothing of this account works
    disabled_at     timestamptz
);

-- A passkey: the public half of a key that stays in a person's authenticator.
CREATE TABLE passkey (
    -- credential id chosen by the authenticator
    id          bytea PRIMARY KEY,
    account     text NOT NULL REFERENCES account,
    -- COSE key
    public_key  bytea NOT NULL,
    -- the authenticator's own counter, 0 where it keeps none
    uses        bigint NOT NULL,
    -- what the person calls it
    name        text NOT NULL,
    created_at  timestamptz NOT NULL
);
CREATE INDEX passkey_account ON passkey (account);

-- A question put to somebody whose password was right (second-factor), or who adds a passkey (registration).
CREATE TABLE challenge (
    -- SHA-256 of the secret the browser sends back
    hash        bytea PRIMARY KEY,
    account     text NOT NULL REFERENCES account,
    kind        text NOT NULL CHECK (kind IN ('second-factor', 'registration')),
    -- what a passkey must sign
    nonce       bytea NOT NULL,
    -- wrong answers so far
    failures    integer NOT NULL DEFAULT 0,
    expires_at  timestamptz NOT NULL
);
CREATE INDEX challenge_expires_at ON challenge (expires_at);

-- A code that signs somebody in once: a new account's first sign-in, the printed sign-ins of a demonstration.
CREATE TABLE one_time_code (
    -- SHA-256 of the code
    hash        bytea PRIMARY KEY,
    account     text NOT NULL REFERENCES account,
    expires_at  timestamptz NOT NULL,
    used_at     timestamptz
);

-- A signed-in browser, or a script's bearer token.
CREATE TABLE session (
    id          text PRIMARY KEY,
    -- SHA-256 of the secret in the cookie or header
    hash        bytea NOT NULL UNIQUE,
    -- null for a token made on the machine itself
    account     text REFERENCES account,
    kind        text NOT NULL CHECK (kind IN ('cookie', 'bearer')),
    -- how the person proved herself: totp, passkey, code; "token" for a bearer token
    factor      text NOT NULL,
    -- of a token without account: who it speaks as
    role        text,
    centre      text,
    agency      text,
    created_at  timestamptz NOT NULL,
    -- last use, written at most once a minute
    seen_at     timestamptz NOT NULL,
    -- absolute end
    expires_at  timestamptz NOT NULL,
    ended_at    timestamptz,
    -- signed-out, revoked, disabled
    ended_why   text,
    CHECK (account IS NOT NULL OR (role IS NOT NULL AND centre IS NOT NULL AND kind = 'bearer'))
);
CREATE INDEX session_account ON session (account) WHERE ended_at IS NULL;

-- Failed sign-ins, forgotten a quarter of an hour after the last one.
CREATE TABLE sign_in_failure (
    -- keyed hash of what is limited: an account name, a network address, or both together
    tag       bytea PRIMARY KEY,
    failures  integer NOT NULL,
    last_at   timestamptz NOT NULL
);
CREATE INDEX sign_in_failure_last_at ON sign_in_failure (last_at);

-- Secrets this centre needs for as long as it lives (signing keys, hashing keys), sealed.
CREATE TABLE site_secret (
    name        text PRIMARY KEY,
    slot        bigint NOT NULL,
    sealed      bytea NOT NULL,
    created_at  timestamptz NOT NULL
);
