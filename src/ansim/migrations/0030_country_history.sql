-- What a hub keeps of how its centres were, for eight days. Nothing of a person: no case, no count of fewer than five.

CREATE TABLE centre_state (
    centre     text NOT NULL,
    from_at    timestamptz NOT NULL,
    state      text NOT NULL CHECK (state IN ('normal', 'overloaded', 'unstaffed', 'silent', 'unknown')),
    covered_by text,
    PRIMARY KEY (centre, from_at)
);
CREATE TABLE centre_load (
    centre   text NOT NULL,
    from_at  timestamptz NOT NULL,
    seen_at  timestamptz NOT NULL,
    open     int NOT NULL CHECK (open = 0 OR open >= 5),
    waited_s int NOT NULL CHECK (waited_s >= 0),
    PRIMARY KEY (centre, from_at)
);
