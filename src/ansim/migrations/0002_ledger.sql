-- The ledger: who did what, when and why. Append-only; holds no personal data and no coordinates, so nothing is ever erased here.
-- How it is made and checked: docs/design/ledger.md.

-- An act, written in the act's own transaction ("accepted"). Its canonical JSON, made of these columns, is what is hashed.
CREATE TABLE ledger_entry (
    -- made by whoever acts; sorts by time
    id          text PRIMARY KEY,
    -- the instant of the act
    at          timestamptz NOT NULL,
    -- id of the account, person, node or part of the system that acted
    actor       text NOT NULL,
    -- dotted words, for example view.opened
    act         text NOT NULL,
    -- id of what it was done to
    object      text NOT NULL,
    incident    text,
    -- why, one of a few fixed words; never free text
    purpose     text NOT NULL DEFAULT '',
    -- HMAC-SHA256(secret of her receipt, incident id), base64url: she finds it, nobody else can tell whose it is
    subject_tag text,
    -- SHA-256, hex, of the sealed body that the act was about
    sealed_hash text,
    -- a few more words and whole numbers from a fixed list of members
    details     jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX ledger_entry_incident ON ledger_entry (incident, at) WHERE incident IS NOT NULL;
CREATE INDEX ledger_entry_actor ON ledger_entry (actor, at);
CREATE INDEX ledger_entry_subject_tag ON ledger_entry (subject_tag) WHERE subject_tag IS NOT NULL;

-- Accepted entries that have no place in the tree yet. A row stays for about a second; `ansim check` fails on older ones.
CREATE TABLE ledger_waiting (
    -- id of a ledger_entry; no foreign key, because the row is written in the entry's own statement, on the hot path
    entry    text PRIMARY KEY,
    -- order of acceptance, which is the order of the leaves: what was committed before something began comes before it,
    -- also when the wall clock was set back in between
    accepted bigint GENERATED ALWAYS AS IDENTITY
);

-- The place of an entry in the tree ("integrated"): leaf number seq, from 0, without gaps.
CREATE TABLE ledger_leaf (
    seq   bigint PRIMARY KEY CHECK (seq >= 0),
    entry text NOT NULL UNIQUE REFERENCES ledger_entry,
    -- SHA-256(0x00 || canonical JSON), RFC 6962 section 2.1
    hash  bytea NOT NULL CHECK (length(hash) = 32)
);

-- Hashes of the complete subtrees above the leaves: the leaves [position << level, (position + 1) << level). Never change.
CREATE TABLE ledger_node (
    level    smallint NOT NULL CHECK (level > 0),
    position bigint NOT NULL CHECK (position >= 0),
    -- SHA-256(0x01 || left || right)
    hash     bytea NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, position)
);

-- Signed tree heads (C2SP tlog-checkpoint): one at least every 60 s while there is something new, or every 1,000 entries.
CREATE TABLE ledger_checkpoint (
    -- number of leaves it covers
    size bigint PRIMARY KEY CHECK (size > 0),
    at   timestamptz NOT NULL,
    -- the signed note: origin, size, root, the centre's signature
    note text NOT NULL
);

-- What witnesses at other organisations signed: "this tree extends the one I saw before" (C2SP tlog-cosignature).
CREATE TABLE ledger_cosignature (
    size    bigint NOT NULL REFERENCES ledger_checkpoint,
    witness text NOT NULL,
    at      timestamptz NOT NULL,
    -- the signature line
    line    text NOT NULL,
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
    id           text PRIMARY KEY,
    -- the incident, trip or person whose traces these are
    subject      text NOT NULL,
    -- which key dies: track, case, person, camera-day
    scope        text NOT NULL,
    -- the incident it belongs to, and the tag under which she finds it in the ledger
    incident     text,
    subject_tag  text,
    -- who or what ordered it, and the fixed word for why
    actor        text NOT NULL,
    why          text NOT NULL,
    -- slots of the key file to be overwritten
    slots        bigint[] NOT NULL,
    -- when it must happen at the latest
    due_at       timestamptz NOT NULL,
    -- ledger entries "<scope>.erase-ordered", one for each slot, and their instant; from here on nothing stops it
    ordered_at   timestamptz,
    ordered      text[] NOT NULL DEFAULT '{}',
    -- the slots are overwritten on stable storage
    keys_at      timestamptz,
    -- rows deleted or blanked, by table, as JSON
    rows         jsonb,
    -- ledger entry "<scope>.erased" and its instant; the ledger is written at the transaction's end
    erased_at    timestamptz,
    erased       text REFERENCES ledger_entry DEFERRABLE INITIALLY DEFERRED,
    -- signed JSON: what was destroyed, and the proof that both entries stand in the ledger
    certificate  text,
    certified_at timestamptz,
    UNIQUE (subject, scope)
);
CREATE INDEX destruction_incident ON destruction (incident) WHERE incident IS NOT NULL;
CREATE INDEX destruction_open ON destruction (due_at) WHERE certified_at IS NULL;
