-- What the numbered files beside this one add up to; a test applies both and compares. Nothing runs this file: it is for reading.
--
-- Ids are text made by core.world; times are instants, `…_at`; durations end in `_s`, distances in `_m`, angles in `_deg`.
-- A bytea that is said to be sealed is ciphertext (AES-256-GCM) under a key that lives outside the database: its slot number
-- says which. Destroying the key destroys every copy of the row, also those in the write-ahead log and in back-ups.


-- == Core ==============================================================================================================

-- Which numbered files have been applied here.
CREATE TABLE migration (
    number     int PRIMARY KEY,                     -- the number before the file's first underscore
    name       text NOT NULL,                       -- the rest of its name
    sha256     text NOT NULL,                       -- of its text, hex: a file that was changed afterwards is refused
    applied_at timestamptz NOT NULL DEFAULT now()   -- when
);

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
    reaction text NOT NULL,         -- its name in flow.FLOW
    fact     text NOT NULL,         -- the fact's id
    at       timestamptz NOT NULL,  -- when it was answered
    PRIMARY KEY (reaction, fact)
);

-- Promises to do something later. The row is deleted in the transaction that keeps the promise.
CREATE TABLE timer (
    kind    text NOT NULL,          -- which reaction of flow.TIMERS
    subject text NOT NULL,          -- the id it is about
    due_at  timestamptz NOT NULL,   -- when, by the wall clock
    PRIMARY KEY (kind, subject)
);
CREATE INDEX timer_due ON timer (due_at);  -- what is due soon is read every five seconds


-- == Ledger and destruction ============================================================================================
-- Append-only; holds no personal data and no coordinates, so nothing is ever erased here. docs/design/ledger.md says more.

-- An act, written in the act's own transaction ("accepted"). Its canonical JSON, made of these columns, is what is hashed.
CREATE TABLE ledger_entry (
    id          text PRIMARY KEY,             -- made by whoever acts; sorts by time
    at          timestamptz NOT NULL,         -- the instant of the act
    actor       text NOT NULL,                -- id of the account, person, node or part of the system that acted
    act         text NOT NULL,                -- dotted words, for example view.opened
    object      text NOT NULL,                -- id of what it was done to
    incident    text,                         -- id of the incident it belongs to, if any
    purpose     text NOT NULL DEFAULT '',     -- why, one of a few fixed words; never free text
    subject_tag text,                         -- HMAC-SHA256(secret of her receipt, incident id), base64url: only she finds it
    sealed_hash text,                         -- SHA-256, hex, of the sealed body that the act was about
    details     jsonb NOT NULL DEFAULT '{}'   -- a few more words and whole numbers from a fixed list of members
);
CREATE INDEX ledger_entry_incident ON ledger_entry (incident, at) WHERE incident IS NOT NULL;
CREATE INDEX ledger_entry_actor ON ledger_entry (actor, at);
CREATE INDEX ledger_entry_subject_tag ON ledger_entry (subject_tag) WHERE subject_tag IS NOT NULL;

-- Accepted entries that have no place in the tree yet. A row stays for about a second; `ansim check` fails on older ones.
CREATE TABLE ledger_waiting (
    entry    text PRIMARY KEY,                    -- id of a ledger_entry; no foreign key, because it is on the hot path
    accepted bigint GENERATED ALWAYS AS IDENTITY  -- order of acceptance, which is the order of the leaves
);

-- The place of an entry in the tree ("integrated").
CREATE TABLE ledger_leaf (
    seq   bigint PRIMARY KEY CHECK (seq >= 0),             -- number of the leaf, from 0, without gaps
    entry text NOT NULL UNIQUE REFERENCES ledger_entry,    -- the entry that stands there
    hash  bytea NOT NULL CHECK (length(hash) = 32)         -- SHA-256(0x00 || canonical JSON), RFC 6962 section 2.1
);

-- Hashes of the complete subtrees above the leaves: the leaves [position << level, (position + 1) << level). Never change.
CREATE TABLE ledger_node (
    level    smallint NOT NULL CHECK (level > 0),          -- height above the leaves
    position bigint NOT NULL CHECK (position >= 0),        -- number within the level, from 0
    hash     bytea NOT NULL CHECK (length(hash) = 32),     -- SHA-256(0x01 || left || right)
    PRIMARY KEY (level, position)
);

-- Signed tree heads (C2SP tlog-checkpoint): one at least every 60 s while there is something new, or every 1,000 entries.
CREATE TABLE ledger_checkpoint (
    size bigint PRIMARY KEY CHECK (size > 0),  -- number of leaves it covers
    at   timestamptz NOT NULL,                 -- when it was signed
    note text NOT NULL                         -- the signed note: origin, size, root, the centre's signature
);

-- What witnesses at other organisations signed: "this tree extends the one I saw before" (C2SP tlog-cosignature).
CREATE TABLE ledger_cosignature (
    size    bigint NOT NULL REFERENCES ledger_checkpoint,  -- which checkpoint
    witness text NOT NULL,                                 -- the witness's name
    at      timestamptz NOT NULL,                          -- when it signed
    line    text NOT NULL,                                 -- the signature line
    PRIMARY KEY (size, witness)
);

-- A mistake in our own code must not rewrite history either. (An owner of the database can still: the witnesses are for that.)
CREATE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only: % on %', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_entry FOR EACH ROW EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_leaf FOR EACH ROW EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_node FOR EACH ROW EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_checkpoint FOR EACH ROW EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_cosignature FOR EACH ROW EXECUTE FUNCTION ledger_append_only();

-- A destruction: from the order to the certificate. Holds numbers of keys and counts of rows, nothing personal.
CREATE TABLE destruction (
    id           text PRIMARY KEY,               -- as in the ledger
    subject      text NOT NULL,                  -- the incident, trip or person whose traces these are
    scope        text NOT NULL,                  -- which key dies: track, case, person, camera-day
    incident     text,                           -- the incident it belongs to, if any
    subject_tag  text,                           -- the tag under which she finds it in the ledger
    actor        text NOT NULL,                  -- who or what ordered it
    why          text NOT NULL,                  -- the fixed word for why
    slots        bigint[] NOT NULL,              -- slots of the key file to be overwritten
    due_at       timestamptz NOT NULL,           -- when it must happen at the latest
    ordered_at   timestamptz,                    -- instant of the entries below; from here on nothing stops it
    ordered      text[] NOT NULL DEFAULT '{}',   -- ledger entries "<scope>.erase-ordered", one for each slot
    keys_at      timestamptz,                    -- the slots are overwritten on stable storage
    rows         jsonb,                          -- rows deleted or blanked, by table
    erased_at    timestamptz,                    -- instant of the entry below
    erased       text REFERENCES ledger_entry DEFERRABLE INITIALLY DEFERRED, -- ledger entry "<scope>.erased", written at the transaction's end
    certificate  text,                           -- signed JSON: what was destroyed, and the proof that the entries stand in the ledger
    certified_at timestamptz,                    -- when the certificate was signed
    UNIQUE (subject, scope)
);
CREATE INDEX destruction_incident ON destruction (incident) WHERE incident IS NOT NULL;
CREATE INDEX destruction_open ON destruction (due_at) WHERE certified_at IS NULL;


-- == Access ============================================================================================================
-- Who signs in, with what, from when until when. Secrets stand here only as hashes, or sealed.

-- One who signs in: an operator, supervisor, stationed officer, auditor, administrator, or an agency's desk.
CREATE TABLE account (
    id              text PRIMARY KEY,                 -- what the ledger names as actor
    account         text NOT NULL UNIQUE,             -- what is typed at sign-in, lower case
    name            text NOT NULL,                    -- shown on screens and in video watermarks
    role            text NOT NULL CHECK (role IN ('operator', 'supervisor', 'officer', 'auditor', 'administrator', 'agency')),  -- what she may do
    centre          text NOT NULL,                    -- her centre; for an agency, the centre whose requests it answers
    agency          text CHECK ((role = 'agency') = (agency IS NOT NULL)),  -- 112 or 119 for the role agency, else null
    password        text,                             -- argon2id in its encoded form; null until the person has set one
    totp_sealed     bytea,                            -- shared secret of the authenticator app, sealed; null where there is none
    totp_slot       bigint,                           -- slot of the key that seals it
    totp_confirmed  boolean NOT NULL DEFAULT false,   -- false until the first right code proved that the app holds the secret
    totp_step       bigint NOT NULL DEFAULT 0,        -- last 30 s step whose code was used: it and all before it are refused
    created_at      timestamptz NOT NULL,             -- when it was made
    disabled_at     timestamptz                       -- from then on nothing of this account works
);

-- A passkey: the public half of a key that stays in a person's authenticator.
CREATE TABLE passkey (
    id          bytea PRIMARY KEY,                  -- credential id chosen by the authenticator
    account     text NOT NULL REFERENCES account,   -- whose it is
    public_key  bytea NOT NULL,                     -- COSE key
    uses        bigint NOT NULL,                    -- the authenticator's own counter, 0 where it keeps none
    name        text NOT NULL,                      -- what the person calls it
    created_at  timestamptz NOT NULL                -- when it was added
);
CREATE INDEX passkey_account ON passkey (account);

-- A question put to somebody whose password was right (second-factor), or who adds a passkey (registration).
CREATE TABLE challenge (
    hash        bytea PRIMARY KEY,                  -- SHA-256 of the secret the browser sends back
    account     text NOT NULL REFERENCES account,   -- who is asked
    kind        text NOT NULL CHECK (kind IN ('second-factor', 'registration')),  -- what the answer is for
    nonce       bytea NOT NULL,                     -- what a passkey must sign
    failures    integer NOT NULL DEFAULT 0,         -- wrong answers so far
    expires_at  timestamptz NOT NULL                -- later answers are refused
);
CREATE INDEX challenge_expires_at ON challenge (expires_at);

-- A code that signs somebody in once: a new account's first sign-in, the printed sign-ins of a demonstration.
CREATE TABLE one_time_code (
    hash        bytea PRIMARY KEY,                  -- SHA-256 of the code
    account     text NOT NULL REFERENCES account,   -- whom it signs in
    expires_at  timestamptz NOT NULL,               -- unused until then, it is worth nothing
    used_at     timestamptz                         -- when it was used; it is not used again
);

-- A signed-in browser, or a script's bearer token.
CREATE TABLE session (
    id          text PRIMARY KEY,                   -- as in the ledger
    hash        bytea NOT NULL UNIQUE,              -- SHA-256 of the secret in the cookie or header
    account     text REFERENCES account,            -- whose; null for a token made on the machine itself
    kind        text NOT NULL CHECK (kind IN ('cookie', 'bearer')),  -- where the secret travels
    factor      text NOT NULL,                      -- how the person proved herself: totp, passkey, code; "token" for a bearer token
    role        text,                               -- of a token without account: who it speaks as
    centre      text,                               -- of a token without account: for which centre
    agency      text,                               -- of a token without account: for which agency
    created_at  timestamptz NOT NULL,               -- sign-in
    seen_at     timestamptz NOT NULL,               -- last use, written at most once a minute
    expires_at  timestamptz NOT NULL,               -- absolute end
    ended_at    timestamptz,                        -- earlier end
    ended_why   text,                               -- signed-out, revoked, disabled
    CHECK (account IS NOT NULL OR (role IS NOT NULL AND centre IS NOT NULL AND kind = 'bearer'))
);
CREATE INDEX session_account ON session (account) WHERE ended_at IS NULL;

-- Failed sign-ins, forgotten a quarter of an hour after the last one.
CREATE TABLE sign_in_failure (
    tag       bytea PRIMARY KEY,      -- keyed hash of what is limited: an account name, a network address, or both together
    failures  integer NOT NULL,       -- how many
    last_at   timestamptz NOT NULL    -- the last one
);
CREATE INDEX sign_in_failure_last_at ON sign_in_failure (last_at);

-- Secrets this centre needs for as long as it lives (signing keys, hashing keys), sealed.
CREATE TABLE site_secret (
    name        text PRIMARY KEY,       -- what it is for
    slot        bigint NOT NULL,        -- slot of the key that seals it
    sealed      bytea NOT NULL,         -- the secret, sealed
    created_at  timestamptz NOT NULL    -- when it was made
);


-- == People ============================================================================================================
-- Those who enrolled a phone here. No name, number or address stands in these tables.

-- One who enrolled. What is personal is ciphertext under her own key, which dies when she withdraws.
CREATE TABLE person (
    id              text PRIMARY KEY,       -- pseudonym, as in her credential
    thumbprint      bytea UNIQUE,           -- SHA-256 thumbprint (RFC 7638) of the phone's public key; null once she is forgotten
    slot            bigint NOT NULL,        -- slot of her key
    profile_sealed  bytea,                  -- name, phone, note and guardians, sealed; null where they stay on the phone
    enrolled_at     timestamptz NOT NULL,   -- when
    valid_until     timestamptz NOT NULL,   -- end of the credential; whoever has not renewed by then is forgotten
    withdrawn_at    timestamptz             -- she asked to be forgotten
);

-- What she agreed to, in which version of the terms.
CREATE TABLE consent (
    person   text NOT NULL REFERENCES person,   -- who
    item     text NOT NULL,                     -- which of the terms' items
    version  text NOT NULL,                     -- of which version
    at       timestamptz NOT NULL,              -- when she agreed
    PRIMARY KEY (person, item)
);

-- A device of hers that calls for help in her name: by the number of its maker, or by a random name that we gave it.
CREATE TABLE device (
    tag       bytea PRIMARY KEY,                 -- keyed hash of that number or name
    person    text NOT NULL REFERENCES person,   -- whose
    added_at  timestamptz NOT NULL               -- when she added it
);
CREATE INDEX device_person ON device (person);

-- Where one phone leaves sealed words for another: a guardian's browser says to the phone that invited it how it is reached.
-- Nobody's name is on it, and the key that opens what lies in it never leaves the phone it was made on.
CREATE TABLE mailbox (
    id           text PRIMARY KEY,       -- random; known to whoever was given the invitation
    secret_hash  bytea NOT NULL,         -- SHA-256 of the secret with which whoever opened it reads and closes it
    sealed       bytea,                  -- what was left, sealed to that phone's own key (HPKE); null while it is empty
    opened_at    timestamptz NOT NULL,   -- when
    expires_at   timestamptz NOT NULL    -- by then the row is gone, read or not
);


-- == Cameras ===========================================================================================================

-- The register of cameras. Where a picture comes from (address, credentials) is known to the media node alone.
CREATE TABLE camera (
    id            text PRIMARY KEY,                                         -- as in grants, views and the ledger
    centre        text NOT NULL,                                            -- who answers for it
    name          text NOT NULL,                                            -- as operators call it; a place, never a person
    latitude      double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),      -- of the pole, WGS 84
    longitude     double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),   -- of the pole, WGS 84
    azimuth_deg   real CHECK (azimuth_deg >= 0 AND azimuth_deg < 360),      -- middle of the view, from north; null = not known
    view_deg      real NOT NULL CHECK (view_deg > 0 AND view_deg <= 360),   -- how wide the view is
    range_m       real NOT NULL CHECK (range_m > 0),                        -- as far as a person can be told from a bush
    registered_at timestamptz NOT NULL,                                     -- when it came into the register, or last changed
    removed_at    timestamptz,                                              -- when it left
    turns         boolean NOT NULL DEFAULT false,                           -- can be turned and zoomed
    azimuth_source text NOT NULL DEFAULT 'register'                         -- who says where it looks
        CHECK (azimuth_source IN ('register', 'device', 'calibrated'))
);
CREATE INDEX camera_centre ON camera (centre) WHERE removed_at IS NULL;

-- How a head hangs: from what it says of itself to where it looks.
CREATE TABLE camera_calibration (
    camera         text PRIMARY KEY REFERENCES camera,  -- whose head
    azimuth_deg    double precision NOT NULL CHECK (azimuth_deg >= 0 AND azimuth_deg < 360),  -- where it looks at pan 0, from north
    clockwise      boolean NOT NULL,                     -- whether pan grows clockwise, seen from above
    pan_range_deg  double precision NOT NULL CHECK (pan_range_deg > 0),   -- from pan -1 to pan 1
    tilt_zero_deg  double precision NOT NULL,            -- above the horizon at tilt 0
    tilt_range_deg double precision NOT NULL CHECK (tilt_range_deg > 0),  -- from tilt -1 to tilt 1
    wide_deg       double precision NOT NULL,            -- horizontal view at zoom 0
    narrow_deg     double precision NOT NULL,            -- and at zoom 1
    height_m       double precision NOT NULL,            -- of the lens above the ground
    residual_deg   double precision NOT NULL,            -- by how much it misses the places it was made of (root mean square)
    latitude       double precision NOT NULL,            -- of the pole then: of one that was moved it is worth nothing
    longitude      double precision NOT NULL,            -- of the pole then
    east_m         double precision NOT NULL,            -- from there to where the lens truly hangs
    north_m        double precision NOT NULL,            -- and to the north
    calibrated_at  timestamptz NOT NULL,                 -- when
    calibrated_by  text                                  -- account; NULL of those from before it was written down
);

-- Layers of the city's map: what stands between a camera and somebody, and where one can walk. A sheet is what one file brings.
CREATE TABLE map_layer (
    sheet       text NOT NULL,                                              -- as whoever imported it calls it
    layer       text NOT NULL CHECK (layer IN ('roads', 'entrances', 'footprints', 'paths')),  -- what its shapes are
    shapes      bytea NOT NULL,                                             -- WKB collection, longitude and latitude
    count       integer NOT NULL CHECK (count > 0),                         -- how many shapes
    imported_at timestamptz NOT NULL,                                       -- when
    PRIMARY KEY (sheet, layer)
);

-- What makes a way safe: lights, and places of help.
CREATE TABLE facility (
    kind        text NOT NULL CHECK (kind IN ('light', 'police', 'shop', 'shelter')),  -- what it is
    id          text NOT NULL,             -- the register's number, else made of the place and the name
    sheet       text NOT NULL,             -- the file that it came with, as whoever imported it calls it
    name        text NOT NULL,             -- as its register has it
    latitude    double precision NOT NULL, -- degrees
    longitude   double precision NOT NULL, -- degrees
    hours       text,                      -- when somebody is there, as OpenStreetMap writes it; null is not known
    imported_at timestamptz NOT NULL,      -- when
    PRIMARY KEY (kind, id)
);

-- Who answers where, as far as it was imported: areas of one service each, over the packaged ones.
CREATE TABLE boundary (
    id           text PRIMARY KEY,     -- made of all that it says
    sheet        text NOT NULL,        -- the file that it came with, as whoever imported it calls it
    service      text NOT NULL,        -- what help it is about, a name of RFC 5031
    name_ko      text NOT NULL,        -- what the area is called
    name_en      text NOT NULL,        -- the same in English
    centre       text,                 -- who answers there: a centre's id
    uris         text[] NOT NULL,      -- or whoever is behind these
    number       text,                 -- what one dials
    civic        jsonb NOT NULL,       -- areas of addresses inside it
    municipality text,                 -- legal code, where it is one
    shape        bytea NOT NULL,       -- area over longitude and latitude, WKB
    valid_from   timestamptz NOT NULL, -- from when it holds
    valid_to     timestamptz,          -- from when it holds no longer; null is not known
    imported_at  timestamptz NOT NULL, -- when
    CHECK (valid_from < valid_to),
    CHECK ((centre IS NULL) <> (uris = '{}'))
);
CREATE INDEX boundary_sheet ON boundary (sheet);


-- == Rights and their use ==============================================================================================

-- Who may see what, for which case or trip, until when.
CREATE TABLE access_grant (
    id          text PRIMARY KEY,             -- as in the ledger
    incident    text NOT NULL,                -- the case, trip, escort or ward it is for
    centre      text NOT NULL,                -- that gave it
    holder_kind text NOT NULL CHECK (holder_kind IN ('operator', 'officer', 'guardian', 'scout', 'walker', 'person', 'ward', 'centre')),  -- what the holder is
    holder      text NOT NULL,                -- account id, or the id of the link that stands for somebody without one
    label       text NOT NULL,                -- how the holder is named on screens and watermarks: a role or call sign
    purpose     text NOT NULL,                -- why, a fixed word
    subject_tag text NOT NULL,                -- carried into every ledger entry, so that she finds who saw her
    video       boolean NOT NULL,             -- may open cameras; without it: position only
    cameras     text[] NOT NULL DEFAULT '{}', -- grows while she moves, never shrinks: they did see her
    from_at     timestamptz NOT NULL,         -- from when
    until_at    timestamptz NOT NULL,         -- until when, unless extended
    extensions  int NOT NULL DEFAULT 0,       -- how often it was extended
    ended_at    timestamptz,                  -- when it ended
    ended_why   text CHECK (ended_why IN ('expired', 'revoked', 'released', 'closed', 'replaced')),  -- why it ended
    CHECK ((ended_at IS NULL) = (ended_why IS NULL))
);
CREATE INDEX access_grant_incident ON access_grant (incident);
CREATE UNIQUE INDEX access_grant_once ON access_grant (incident, holder_kind, holder) WHERE ended_at IS NULL;

-- One camera watched under one grant by one browser, from the first frame to the last.
CREATE TABLE camera_view (
    id        text PRIMARY KEY,                        -- as in the ledger
    grant_id  text NOT NULL REFERENCES access_grant,   -- the right it uses
    incident  text NOT NULL,                           -- the grant's
    camera    text NOT NULL,                           -- which one
    viewer    text NOT NULL,                           -- account or link id
    opened_at timestamptz NOT NULL,                    -- committed before the first frame leaves
    until_at  timestamptz NOT NULL,                    -- the token's end; renewed while the viewer still may
    ended_at  timestamptz,                             -- when the last frame left
    seconds   real,                                    -- how long it was shown
    bytes     bigint,                                  -- how much left for the browser
    frames    int,                                     -- how many pictures
    ended_why text                                     -- why it ended
);
CREATE INDEX camera_view_open ON camera_view (grant_id) WHERE ended_at IS NULL;
CREATE INDEX camera_view_incident ON camera_view (incident);

-- A link is a grant for somebody without an account. It binds to the first browser that opens it.
CREATE TABLE link (
    id         text PRIMARY KEY,                        -- as in the ledger
    grant_id   text NOT NULL REFERENCES access_grant,   -- the right behind it
    incident   text NOT NULL,                           -- the grant's
    kind       text NOT NULL CHECK (kind IN ('officer', 'guardian', 'scout', 'walker', 'person', 'ward')),  -- whom it is for
    subject    text NOT NULL,                           -- what it was made for: a dispatch id, guardian-1, scout-1, walker-0, ward-0, the id of a notice to herself
    token_hash bytea NOT NULL UNIQUE,                   -- SHA-256 of the secret in the address
    issued_at  timestamptz NOT NULL,                    -- when it was made
    bound_hash bytea,                                   -- SHA-256 of the cookie of the browser that opened it
    opened_at  timestamptz,                             -- when it was first opened
    refused    int NOT NULL DEFAULT 0                   -- how often another browser tried
);
CREATE INDEX link_incident ON link (incident);

-- A grid of cameras that a centre looks at outside incidents.
CREATE TABLE wall (
    id         text PRIMARY KEY,                        -- as everywhere
    centre     text NOT NULL,                           -- whose it is
    name       text NOT NULL CHECK (name <> ''),        -- as its people call it
    columns    int NOT NULL CHECK (columns BETWEEN 1 AND 10),  -- how wide the grid is
    cameras    text[] NOT NULL CHECK (cardinality(cameras) BETWEEN 1 AND 64),  -- from the upper left, row by row
    changed_at timestamptz NOT NULL,                    -- when it was saved last
    changed_by text NOT NULL,                           -- account that saved it
    UNIQUE (centre, name)
);

-- The right to the blurred pictures of one wall: no case, no video, no extension; one person, one session.
CREATE TABLE routine_right (
    id        text PRIMARY KEY,                         -- as in the ledger
    wall      text NOT NULL,                            -- the wall, which may be deleted since
    centre    text NOT NULL,                            -- that gave it
    holder    text NOT NULL,                            -- account
    session   text NOT NULL,                            -- it ends with this session
    cameras   text[] NOT NULL,                          -- the wall's when it was given
    from_at   timestamptz NOT NULL,                     -- from when
    until_at  timestamptz NOT NULL,                     -- until when at the latest
    ended_at  timestamptz,                              -- when it ended
    ended_why text CHECK (ended_why IN ('expired', 'released', 'revoked', 'replaced', 'changed', 'signed-out')),  -- why it ended
    CHECK ((ended_at IS NULL) = (ended_why IS NULL))
);
CREATE UNIQUE INDEX routine_right_once ON routine_right (holder) WHERE ended_at IS NULL;
CREATE INDEX routine_right_live ON routine_right (centre, ended_at);

-- One look at a wall under one right, from the first picture to the last. How much of each camera stands in the ledger.
CREATE TABLE wall_view (
    id        text PRIMARY KEY,                         -- what the media node calls it
    right_id  text NOT NULL REFERENCES routine_right,   -- the right it uses
    opened_at timestamptz NOT NULL,                     -- committed before the first picture leaves
    until_at  timestamptz NOT NULL,                     -- the token's end; renewed while the right lives
    ended_at  timestamptz,                              -- when the last picture left
    ended_why text                                      -- why it ended
);
CREATE INDEX wall_view_open ON wall_view (right_id) WHERE ended_at IS NULL;


-- == The response ======================================================================================================
-- Everything personal is ciphertext under the incident's keys: track key (positions; dies when the incident closes) and
-- case key (words, names; dies at the case's retention).

-- What incidents are numbered by.
CREATE SEQUENCE incident_number;

-- One case, opened from one or more signals, until closed.
CREATE TABLE incident (
    id               text PRIMARY KEY,           -- as everywhere
    number           text NOT NULL UNIQUE,       -- what people say on the phone: SN-1122-0007
    centre           text NOT NULL,              -- who answers
    municipality     text,                       -- code of the municipality she was in at the first signal; null = outside all
    route            text NOT NULL CHECK (route IN ('exact', 'nearest', 'default', 'none', 'handed-over', 'rolled-over')),  -- how the centre was found
    kind             text NOT NULL,              -- of the first signal: sos, trip, escort, ward, bell
    trigger          text NOT NULL,              -- of the first signal: button, shake, silent, device, call (to 112 or 119), or what went wrong with a trip or a ward
    silent           boolean NOT NULL,           -- nobody may call her
    priority         smallint NOT NULL CHECK (priority BETWEEN 1 AND 3),  -- 1 first
    state            text NOT NULL CHECK (state IN ('received', 'claimed', 'confirmed', 'false_alarm', 'resolved', 'closed')),  -- where it stands
    marks            text[] NOT NULL DEFAULT '{}',   -- cancel_pending, duress, unverified, repeated
    person           text,                       -- pseudonym or device key: what repeats are folded by; null = nobody known
    verdict          text NOT NULL,              -- what her credential was worth when it was checked
    subject_tag      text NOT NULL,              -- HMAC(secret in her receipt, id): how she finds her entries in the ledger
    track_slot       bigint,                     -- slot of its track key; null once destroyed
    case_slot        bigint,                     -- slot of its case key; null once destroyed
    signals          int NOT NULL DEFAULT 1,     -- how many were folded into it
    received_at      timestamptz NOT NULL,       -- the first signal, by our clock
    owner            text,                       -- the operator who has claimed it
    claimed_at       timestamptz,                -- when she did
    confirmed_at     timestamptz,                -- when she found it real
    requested_at     timestamptz,                -- first dispatch asked for
    arrived_at       timestamptz,                -- first unit there
    resolved_at      timestamptz,                -- when the danger was over
    closed_at        timestamptz,                -- the end; rights and the track end with it
    close_code       smallint CHECK (close_code BETWEEN 1 AND 6),  -- 1 real, 2 mistake, 3 practice, 4 unverifiable, 5 duplicate, 6 another centre has it
    escalation       smallint NOT NULL DEFAULT 0,    -- 0 consoles of the centre, 1 leader, 2 neighbours
    escalated_to     text[] NOT NULL DEFAULT '{}',   -- neighbour centres that see it because nobody claimed it
    unclaimed_since  timestamptz,                -- when the escalation clock started; null while somebody has it
    destroyed_at     timestamptz,                -- the track key's death
    offered_to       text,                       -- the colleague its owner wants to pass it to; null = nobody
    offered_at       timestamptz,                -- since when
    CHECK ((closed_at IS NULL) = (state <> 'closed')),
    CHECK (state NOT IN ('claimed', 'confirmed') OR owner IS NOT NULL)
);
CREATE UNIQUE INDEX incident_one_open_per_person ON incident (person) WHERE person IS NOT NULL AND closed_at IS NULL;
CREATE INDEX incident_open ON incident (centre, received_at) WHERE closed_at IS NULL;

-- One thing that arrived. Immutable, but for what became of it.
CREATE TABLE signal (
    id           text PRIMARY KEY,               -- ours
    source       text NOT NULL,                  -- app, trip, escort, ward, osmand, owntracks, h02, gt06, watch, gps103, jt808, aml, bell
    client_id    text NOT NULL,                  -- the sender's own id: the same one again is the same signal
    incident     text NOT NULL REFERENCES incident,  -- the case it opened or joined
    receipt      text NOT NULL,                  -- what the phone shows
    kind         text NOT NULL,                  -- sos, trip, escort, ward, bell
    trigger      text NOT NULL,                  -- button, shake, silent, device, call (to 112 or 119), or what went wrong with a trip or a ward
    silent       boolean NOT NULL,               -- nobody may call her
    battery      smallint CHECK (battery BETWEEN 0 AND 100),  -- per cent; null = not said
    located      boolean NOT NULL,               -- whether it came with a position, which is a fix
    occurred_at  timestamptz NOT NULL,           -- by the sender's clock
    received_at  timestamptz NOT NULL,           -- by ours
    secret_hash  bytea NOT NULL,                 -- SHA-256 of the receipt's secret
    secret       bytea,                          -- the secret, sealed under the case key: a retry gets the same receipt
    contacts     bytea,                          -- what the phone sealed to us, sealed again under the case key
    cancelled_at timestamptz,                    -- when she gave her code
    went         int NOT NULL DEFAULT 0,         -- 0 = it is here; else the how-manieth time that the same went to another centre with its case
    UNIQUE (source, client_id, went)
);
CREATE INDEX signal_incident ON signal (incident);

-- Where she was.
CREATE TABLE fix (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,  -- order of arrival
    incident    text NOT NULL,                                    -- whose track: a case's, a trip's, or an hour of a ward's
    received_at timestamptz NOT NULL,                             -- by our clock
    sealed      bytea NOT NULL   -- under the track key: {latitude, longitude, accuracy_m, source, at, heading_deg?, speed_mps?}
);
CREATE INDEX fix_incident ON fix (incident, id);

-- What was done, in order.
CREATE TABLE timeline (
    id       text PRIMARY KEY,                    -- sorts by time
    incident text NOT NULL REFERENCES incident,   -- the case
    at       timestamptz NOT NULL,                -- when
    act      text NOT NULL,                       -- dotted words, as in the ledger
    actor    text NOT NULL,                       -- account id or part of the system
    sealed   bytea                                -- words, under the case key; null where there are none
);
CREATE INDEX timeline_incident ON timeline (incident, at);

-- Words between her and the operator.
CREATE TABLE message (
    id       text PRIMARY KEY,                    -- sorts by time
    incident text NOT NULL REFERENCES incident,   -- the case
    at       timestamptz NOT NULL,                -- when
    sender   text NOT NULL CHECK (sender IN ('person', 'operator')),  -- who wrote
    sealed   bytea NOT NULL                       -- the words, under the case key
);
CREATE INDEX message_incident ON message (incident, at);

-- The standard procedure's steps, laid out when somebody claims the incident.
CREATE TABLE procedure_step (
    incident text NOT NULL REFERENCES incident,   -- the case
    place    smallint NOT NULL,                   -- order in the list
    step     text NOT NULL,                       -- a fixed word; the screens know its name
    due_at   timestamptz,                         -- when it should be done; null = no hurry
    done_at  timestamptz,                         -- when it was
    done_by  text,                                -- account id, or the part of the system that saw it happen
    PRIMARY KEY (incident, step)
);

-- One guardian to be told, one row a channel that was tried.
CREATE TABLE guardian_notice (
    id        text PRIMARY KEY,                   -- what makes sending it twice one message
    incident  text NOT NULL,                      -- the case, trip, escort or ward
    guardian  smallint NOT NULL,                  -- order in the person's list, from 1; 0 is herself; of an escort then the scouts
    channel   text NOT NULL CHECK (channel IN ('push', 'mail', 'sms')),  -- the way
    state     text NOT NULL CHECK (state IN ('queued', 'sent', 'delivered', 'read', 'failed', 'quiet')),  -- what is known of it; quiet: kept back in her quiet hours
    reason    text,                               -- why it failed, in the channel's words, without addresses
    tries     smallint NOT NULL DEFAULT 0,        -- how often it was tried
    at        timestamptz NOT NULL,               -- of the state
    queued_at timestamptz NOT NULL,               -- when it was decided
    sealed    bytea NOT NULL                      -- name and address, under the case key
);
CREATE INDEX guardian_notice_incident ON guardian_notice (incident);

-- One way home that she asked us to watch.
CREATE TABLE trip (
    id           text PRIMARY KEY,               -- as everywhere
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
    mode         text NOT NULL CHECK (mode IN ('walk', 'bus', 'taxi', 'car', 'bicycle')),  -- how she travels
    background   boolean NOT NULL,               -- her phone promised a heartbeat: then its silence says something
    coded        boolean NOT NULL,               -- she has a code that only she knows
    guardians    smallint NOT NULL,              -- how many she wants told
    state        text NOT NULL CHECK (state IN ('walking', 'hint', 'asking', 'calling', 'signalled', 'ended')),  -- where it stands
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
    started_at   timestamptz NOT NULL,           -- by our clock
    promised_at  timestamptz NOT NULL,           -- when she wants to be there
    due_at       timestamptz,                    -- of the timer that looks after it; null = none
    outcome      text CHECK (outcome IN ('arrived', 'ended', 'signalled', 'expired')),  -- how it ended
    ended_at     timestamptz,                    -- when it ended
    destroyed_at timestamptz,                    -- the track key's death
    CHECK ((ended_at IS NULL) = (state <> 'ended')),
    CHECK ((ended_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX trip_open ON trip (centre, started_at) WHERE ended_at IS NULL;
CREATE INDEX trip_person ON trip (person) WHERE person IS NOT NULL AND ended_at IS NULL;
CREATE INDEX trip_incident ON trip (incident) WHERE incident IS NOT NULL;

-- The rota: a pair of scouts, and where and when it is on duty.
CREATE TABLE escort_duty (
    id        text PRIMARY KEY,  -- as everywhere
    centre    text NOT NULL,  -- whose it is
    area      text NOT NULL CHECK (area <> ''),          -- as its people call it
    latitude  double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),     -- of its post, a public place
    longitude double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),  -- of its post
    reach_m   int NOT NULL CHECK (reach_m > 0),          -- as far around its post as it goes
    starts_at timestamptz NOT NULL,  -- from when on they are on duty
    ends_at   timestamptz NOT NULL,  -- until when
    case_slot bigint,                                    -- slot of its key; null once destroyed
    scouts    bytea,                                     -- names and phone numbers of the two, under that key
    made_by   text NOT NULL,                             -- account of the leader
    ended_at  timestamptz,                               -- taken off the rota
    CHECK (ends_at > starts_at)
);
CREATE INDEX escort_duty_ends ON escort_duty (centre, ends_at) WHERE ended_at IS NULL;

-- One way home that two scouts walk with her.
CREATE TABLE escort (
    id                text PRIMARY KEY,  -- as everywhere
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
    booked_at         timestamptz NOT NULL,  -- when it was asked for
    meet_at           timestamptz NOT NULL,   -- when they meet
    walk_s            int NOT NULL CHECK (walk_s > 0),  -- how long they will walk
    state             text NOT NULL CHECK (state IN ('booked', 'assigned', 'walking', 'asking', 'signalled', 'ended')),  -- where it stands
    duty              text REFERENCES escort_duty,      -- the pair that has her
    incoming          text REFERENCES escort_duty,      -- the pair that is to take her over
    pairs             int NOT NULL,           -- how many pairs were sent so far
    pair              int NOT NULL,           -- which of them has her, from 1
    assigned_by       text,                   -- account
    assigned_at       timestamptz,  -- when
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
    signalled_at      timestamptz,  -- when it called for help
    incident          text,                   -- the case it became, or that she opened herself on the way
    outcome           text CHECK (outcome IN ('arrived', 'cancelled', 'no-show', 'unserved', 'signalled')),  -- how it ended
    ended_at          timestamptz,  -- when
    destroyed_at      timestamptz,            -- the track key's death
    CHECK ((ended_at IS NULL) = (state <> 'ended')),
    CHECK ((ended_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX escort_open ON escort (centre, meet_at) WHERE ended_at IS NULL;
CREATE INDEX escort_person ON escort (person) WHERE person IS NOT NULL AND ended_at IS NULL;
CREATE INDEX escort_incident ON escort (incident) WHERE incident IS NOT NULL;

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

-- What one phone films for a case, from when it begins until it stops or changes its picture.
CREATE TABLE take (
    id        text PRIMARY KEY,                       -- as in the ledger
    incident  text NOT NULL REFERENCES incident,      -- the case
    handset   text NOT NULL,                          -- what rights and the ledger call the phone
    client_id text NOT NULL,                          -- what the phone calls the take, so that it goes on after a cut
    media     text NOT NULL,                          -- as the browser names it (RFC 6381)
    began_at  timestamptz NOT NULL,                   -- when it began
    last_at   timestamptz,                            -- when its newest piece came
    ended_at  timestamptz,                            -- when it was over
    pieces    int NOT NULL DEFAULT 0,                 -- how many are kept; the number of the next
    size      bigint NOT NULL DEFAULT 0,              -- bytes of them, in the clear
    sha256    bytea,                                  -- of all pieces in order, once it has ended
    UNIQUE (handset, client_id),
    CHECK ((ended_at IS NULL) = (sha256 IS NULL))
);
CREATE INDEX take_incident ON take (incident, began_at);

-- A piece of a take, as it came: stored once, and never changed.
CREATE TABLE take_piece (
    take     text NOT NULL REFERENCES take,           -- the take
    number   int NOT NULL,                            -- from 0, without a gap
    incident text NOT NULL,                           -- the take's
    sealed   bytea NOT NULL,                          -- what the browser recorded, under the case key
    PRIMARY KEY (take, number)
);
ALTER TABLE take_piece ALTER COLUMN sealed SET STORAGE EXTERNAL;
CREATE INDEX take_piece_incident ON take_piece (incident);

-- One request for help to an agency. Its states are its own; they never become the incident's.
CREATE TABLE dispatch (
    id           text PRIMARY KEY,                    -- what makes asking twice one request
    incident     text NOT NULL REFERENCES incident,   -- the case
    agency       text NOT NULL,                       -- 112, 119
    state        text NOT NULL CHECK (state IN ('requested', 'acknowledged', 'refused', 'en_route', 'arrived', 'completed', 'no_answer')),  -- what the agency said last
    requested_by text NOT NULL,                       -- account id
    requested_at timestamptz NOT NULL,                -- when
    reference    text,                                -- the agency's own number
    answered_at  timestamptz,                         -- its first answer
    unit         text,                                -- call sign
    eta_s        int CHECK (eta_s >= 0),              -- how long the unit will take, as said at changed_at
    arrived_at   timestamptz,                         -- the unit is there
    completed_at timestamptz,                         -- the unit is free again
    reason       text,                                -- why it was refused
    phone_number text,                                -- asked by telephone instead
    changed_at   timestamptz NOT NULL,                -- of the state
    handing      text                                 -- the right whose link is on its way to the agency; null = none is, or it has arrived
);
CREATE INDEX dispatch_incident ON dispatch (incident);
CREATE UNIQUE INDEX dispatch_once ON dispatch (incident, agency) WHERE state NOT IN ('refused', 'completed');

-- The desk of an agency that has no system of its own: a request as it came over the line. What it answered stands in dispatch.
CREATE TABLE desk_request (
    id        text PRIMARY KEY REFERENCES dispatch,   -- the dispatch
    seq       bigint GENERATED ALWAYS AS IDENTITY UNIQUE,  -- the desk's own count, from which it makes its reference
    incident  text NOT NULL REFERENCES incident,      -- the case
    agency    text NOT NULL,                          -- whose desk: 112, 119
    number    text NOT NULL,                          -- of the case, as people say it
    centre    text NOT NULL,                          -- what the centre that asks is called
    kind      text NOT NULL,                          -- of the signal
    silent    boolean NOT NULL,                       -- nobody may telephone her
    sealed    bytea,                                  -- {place, position, link} under the track key; null once the agency has nothing more to do there
    closed_at timestamptz                             -- when the agency heard that the case is over
);
CREATE INDEX desk_request_agency ON desk_request (agency, seq);
CREATE INDEX desk_request_incident ON desk_request (incident);


-- == Recordings ========================================================================================================

-- The key of one camera's day. What was recorded lies in the media node's files; destroying the key destroys all of it.
CREATE TABLE camera_day (
    id        text PRIMARY KEY,                       -- camera/day, the subject of its destruction
    camera    text NOT NULL,                          -- whose pictures
    day       date NOT NULL,                          -- UTC
    slot      bigint NOT NULL,                        -- the key that seals what was recorded; the row goes when it is destroyed
    opened_at timestamptz NOT NULL,                   -- when the first picture of the day was to be sealed
    UNIQUE (camera, day)
);

-- A stretch of a camera's recording, kept for a case: a file beside the database, sealed under the case key.
CREATE TABLE clip (
    id       text PRIMARY KEY,                        -- also the file's name
    incident text NOT NULL REFERENCES incident,       -- the case
    camera   text NOT NULL,                           -- whose pictures
    from_at  timestamptz NOT NULL,                    -- as cut, so rounded out to key frames
    until_at timestamptz NOT NULL,                    -- end of its last picture
    bytes    bigint NOT NULL,                         -- of the pictures, as they will be downloaded
    saved_at timestamptz NOT NULL,                    -- when it was cut
    saved_by text NOT NULL,                           -- account
    sealed   bytea NOT NULL                           -- the signed statement and the reason, under the case key
);
CREATE INDEX clip_incident ON clip (incident, saved_at);


-- == Migration =========================================================================================================

-- A camera that comes from an old recording system, and how far it is. The row stays as the record of its move.
CREATE TABLE camera_migration (
    camera         text PRIMARY KEY,                    -- its id here
    old            text NOT NULL,                       -- what the old system calls it
    single         boolean NOT NULL,                    -- the camera gives one session: two cannot pull it
    state          text NOT NULL CHECK (state IN ('beside', 'compared', 'switched', 'released', 'back')),  -- both record, and ours is proven, and ours answers, and the old one ended; or the old one answers again
    beside_at      timestamptz NOT NULL,                -- since when both are to record
    compared_from  timestamptz,                         -- the stretch in which no picture of ours was missing
    compared_until timestamptz,                         -- its end
    why            text,                                -- why the last comparison did not prove it; empty = it did, null = none was made
    ours_gap_ms    bigint CHECK (ours_gap_ms >= 0),     -- largest gap of that stretch, or of the one that refuted it
    old_gap_ms     bigint CHECK (old_gap_ms >= 0),      -- the same of the old system, by its own account
    switched_at    timestamptz,                         -- when we began to answer for it
    released_at    timestamptz,                         -- when the old system's pull was stopped
    gap_ms         bigint CHECK (gap_ms >= 0),          -- what neither recorded around the switch; known with the release
    kept_at        timestamptz,                         -- when our media node last said that it keeps its pictures
    trouble        text NOT NULL DEFAULT ''             -- why it keeps none, or what is wrong with them
);

-- Who answers for a camera's recording: one at a time, without a pause.
CREATE TABLE recording_epoch (
    camera   text NOT NULL,                             -- whose recording
    epoch    int NOT NULL CHECK (epoch > 0),            -- from 1, without gaps; whoever changes it must name the one that is
    owner    text NOT NULL CHECK (owner IN ('old', 'ansim')),  -- which system answers
    from_at  timestamptz NOT NULL,                      -- the end of the epoch before
    until_at timestamptz CHECK (until_at >= from_at),   -- null = now
    actor    text NOT NULL,                             -- who made it so
    PRIMARY KEY (camera, epoch)
);
CREATE UNIQUE INDEX recording_epoch_now ON recording_epoch (camera) WHERE until_at IS NULL;


-- == Bells =============================================================================================================

-- Emergency bells: poles, lockers and shelters that call for help from a place that is known. A bell is nobody's.
CREATE TABLE bell (
    id            text PRIMARY KEY,               -- municipality and number, or municipality and place
    centre        text NOT NULL,                  -- who looks after it
    number        text NOT NULL,                  -- as its register calls it; empty = it has none
    kind          text NOT NULL CHECK (kind IN ('pole', 'locker', 'shelter', 'restroom', 'parking')),  -- what it hangs on
    name          text NOT NULL CHECK (name <> ''),                              -- where it stands, as its people say it
    address       text NOT NULL,                  -- road or lot; may be empty
    purpose       text NOT NULL,                  -- what it was put up for, as its register says
    latitude      double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),     -- WGS 84
    longitude     double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),  -- WGS 84
    two_way       boolean NOT NULL,               -- whether one can speak through it
    cameras       text[],                         -- what an administrator set; null = those of its own pole
    registered_at timestamptz NOT NULL            -- when it was last brought in
);
CREATE INDEX bell_centre ON bell (centre);

-- A code by which a bell's own page gets its right; used once.
CREATE TABLE bell_code (
    hash       bytea PRIMARY KEY,                 -- SHA-256
    bell       text NOT NULL REFERENCES bell,     -- whose
    expires_at timestamptz NOT NULL,              -- then it opens nothing
    used_at    timestamptz                        -- null = not yet
);

-- What stands at a bell and speaks for it: a page with a key of its own, or a device with a secret.
CREATE TABLE bell_terminal (
    id         text PRIMARY KEY,                  -- as everywhere
    bell       text NOT NULL REFERENCES bell,     -- for which it speaks
    kind       text NOT NULL CHECK (kind IN ('page', 'device')),  -- how it proves that it is the one
    x          text,                              -- of the page's public key (P-256), base64url
    y          text,                              -- the other half of it
    made_at    timestamptz NOT NULL,              -- when it was commissioned
    heard_at   timestamptz NOT NULL,              -- when it last said that it works
    revoked_at timestamptz,                       -- replaced or lost: its word proves nothing any more
    CHECK ((kind = 'page') = (x IS NOT NULL AND y IS NOT NULL))
);
CREATE UNIQUE INDEX bell_terminal_now ON bell_terminal (bell) WHERE revoked_at IS NULL;

-- Something is wrong with a bell, until somebody has mended it.
CREATE TABLE bell_fault (
    id        text PRIMARY KEY,                   -- as everywhere
    bell      text NOT NULL REFERENCES bell,      -- which
    kind      text NOT NULL CHECK (kind IN ('silent', 'microphone', 'button', 'power', 'door', 'sound', 'light', 'damaged', 'other')),  -- what
    source    text NOT NULL CHECK (source IN ('watch', 'self-test', 'citizen')),     -- who noticed
    state     text NOT NULL CHECK (state IN ('open', 'sent', 'mended')),             -- sent: somebody is on the way to it
    times     int NOT NULL DEFAULT 1,             -- how often it was reported
    opened_at timestamptz NOT NULL,               -- the first time
    last_at   timestamptz NOT NULL,               -- the last time
    sent_at   timestamptz,                        -- when somebody was sent
    mended_at timestamptz,                        -- when it was said to be mended, or was well again
    changed_by text                               -- account of whoever said so last; null = the bell itself
);
CREATE UNIQUE INDEX bell_fault_open ON bell_fault (bell, kind) WHERE state <> 'mended';

-- That somebody spoke through a bell, and how long; never what.
CREATE TABLE bell_talk (
    id           text PRIMARY KEY,                -- as everywhere
    bell         text NOT NULL REFERENCES bell,   -- through which
    incident     text NOT NULL REFERENCES incident,      -- for which case
    grant_id     text NOT NULL REFERENCES access_grant,  -- by which right: it ends with it
    account      text NOT NULL,                   -- the operator
    began_at     timestamptz NOT NULL,            -- when she asked for it
    connected_at timestamptz,                     -- when both sides could hear; null = they never could
    ended_at     timestamptz,                     -- null = now
    ended_why    text                             -- operator, bell, lost, released, closed, revoked, expired, replaced, signed-out, restarted
);
CREATE UNIQUE INDEX bell_talk_now ON bell_talk (bell) WHERE ended_at IS NULL;
CREATE INDEX bell_talk_incident ON bell_talk (incident);

-- A case that goes to another centre, or came from one.
CREATE TABLE handover (
    id          text PRIMARY KEY,                 -- the same at both ends
    incident    text NOT NULL REFERENCES incident,  -- the case at this end
    way         text NOT NULL CHECK (way IN ('out', 'in')),  -- which way it goes, seen from this end
    centre      text NOT NULL,                    -- the other end
    why         text NOT NULL CHECK (why IN ('place', 'overflow', 'moved', 'unclaimed', 'same')),  -- place: she is in the other's area; overflow: by policy; moved: she went there; unclaimed: nobody here claims it; same: both have a case of hers
    state       text NOT NULL CHECK (state IN ('offered', 'accepted', 'rejected', 'withdrawn', 'lapsed')),  -- lapsed: nobody answered in time
    offered_at  timestamptz NOT NULL,             -- by this end's clock
    answered_at timestamptz,                      -- when it had its end
    sealed      bytea                             -- what her phone needs to go on there, under the case's key
);
CREATE INDEX handover_incident ON handover (incident);

-- Parts of a long letter from another centre, until all of them have come.
CREATE TABLE letter_part (
    sender  text NOT NULL,                        -- the centre that writes
    letter  text NOT NULL,                        -- the letter that it is part of
    n       int NOT NULL,                         -- its place in it
    id      text NOT NULL,                        -- by which it was sealed
    sealed  bytea NOT NULL,                       -- as it came: to be opened by this centre alone
    came_at timestamptz NOT NULL,                 -- by this clock
    PRIMARY KEY (sender, letter, n)
);

-- That a neighbouring centre knows of a case near its border.
CREATE TABLE border_told (
    id       text PRIMARY KEY,                    -- the same as its border_case there
    incident text NOT NULL REFERENCES incident,   -- our case
    centre   text NOT NULL,                       -- who knows
    told_at  timestamptz NOT NULL,                -- when it last heard
    count    int NOT NULL,                        -- how often it has been told
    ended_at timestamptz,                         -- she left the border, or the case closed
    wish     text CHECK (wish IN ('help', 'take')),  -- what it would do: help, or take the case
    sealed   bytea,                               -- what it was last told, under the key of her track
    lent     bytea                                -- which of its cameras it lends, under the same
);
CREATE UNIQUE INDEX border_told_open ON border_told (incident, centre) WHERE ended_at IS NULL;

-- A neighbouring centre's case near our border.
CREATE TABLE border_case (
    id          text PRIMARY KEY,                 -- as that centre calls it to us
    centre      text NOT NULL,                    -- who has it
    number      text NOT NULL,                    -- its number there
    kind        text NOT NULL,                    -- what it is
    trigger     text NOT NULL,                    -- how it came
    priority    smallint NOT NULL,                -- how urgent it is there
    silent      boolean NOT NULL,                 -- nothing may be heard at her place
    claimed     boolean NOT NULL,                 -- whether somebody there has claimed it
    received_at timestamptz NOT NULL,             -- when it came there
    subject_tag text NOT NULL,                    -- by which she finds what the ledger here says of her
    said_at     timestamptz NOT NULL,             -- when that centre last said something, by its clock
    count       int NOT NULL,                     -- how often that centre has said something: what comes late changes nothing
    ended_at    timestamptz,                      -- when it was over for us
    wish        text CHECK (wish IN ('help', 'take')),  -- what we said that we would do
    slot        bigint,                           -- key of the cell; null when destroyed
    sealed      bytea,                            -- about where she is
    lends       boolean NOT NULL DEFAULT false    -- whether it gets the cameras that see her
);
CREATE INDEX border_case_open ON border_case (received_at) WHERE ended_at IS NULL;

-- Whether a centre takes new cases, where its leader has set it by hand.
CREATE TABLE centre_duty (
    centre   text PRIMARY KEY,                    -- its id
    state    text NOT NULL CHECK (state IN ('normal', 'unstaffed')),  -- open although its hours say otherwise, or closed
    until_at timestamptz NOT NULL,                -- then its hours hold again
    account  text NOT NULL                        -- of the leader
);

-- == The country, in a hub's database ==================================================================================

-- How a centre was, from then until its next row. Gone after eight days.
CREATE TABLE centre_state (
    centre     text NOT NULL,                     -- its id
    from_at    timestamptz NOT NULL,              -- since when
    state      text NOT NULL CHECK (state IN ('normal', 'overloaded', 'unstaffed', 'silent', 'unknown')),  -- silent: not heard; unknown: the hub was away
    covered_by text,                              -- who took its new cases; null = itself, or nobody
    PRIMARY KEY (centre, from_at)
);

-- How busy a centre was in ten minutes. Gone after eight days.
CREATE TABLE centre_load (
    centre   text NOT NULL,                       -- its id
    from_at  timestamptz NOT NULL,                -- the beginning of the ten minutes
    seen_at  timestamptz NOT NULL,                -- when the hub last looked in them
    open     int NOT NULL CHECK (open = 0 OR open >= 5),  -- most cases open at once; 0 = fewer than five, because one case in a small town is one person
    waited_s int NOT NULL CHECK (waited_s >= 0),  -- longest that one waited for an operator, in whole steps of twenty seconds
    PRIMARY KEY (centre, from_at)
);
