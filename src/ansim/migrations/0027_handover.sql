-- Cases that go to another centre, or come from one.

CREATE TABLE handover (
    id          text PRIMARY KEY,          -- the same at both ends
    incident    text NOT NULL REFERENCES incident (id),
    way         text NOT NULL CHECK (way IN ('out', 'in')),
    centre      text NOT NULL,             -- the other end
    why         text NOT NULL CHECK (why IN ('place', 'moved', 'unclaimed')),
    state       text NOT NULL CHECK (state IN ('offered', 'accepted', 'rejected', 'withdrawn', 'lapsed')),
    offered_at  timestamptz NOT NULL,
    answered_at timestamptz,
    sealed      bytea                      -- what her phone needs to go on there, under the case's key
);

CREATE INDEX handover_incident ON handover (incident);

-- A signal that went to another centre with its case may come again: it opens a case of its own then.
ALTER TABLE signal ADD went int NOT NULL DEFAULT 0;
ALTER TABLE signal DROP CONSTRAINT signal_source_client_id_key;
ALTER TABLE signal ADD UNIQUE (source, client_id, went);

ALTER TABLE incident DROP CONSTRAINT incident_route_check;
ALTER TABLE incident ADD CONSTRAINT incident_route_check CHECK (route IN ('exact', 'nearest', 'default', 'none', 'handed-over'));
ALTER TABLE incident DROP CONSTRAINT incident_close_code_check;
ALTER TABLE incident ADD CONSTRAINT incident_close_code_check CHECK (close_code BETWEEN 1 AND 6);
