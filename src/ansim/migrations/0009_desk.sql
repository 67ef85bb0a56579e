-- The desk of an agency that has no system of its own: what it was told. What it answered stands in `dispatch`.

-- One request as it came over the agency's line.
CREATE TABLE desk_request (
    -- the dispatch
    id        text PRIMARY KEY REFERENCES dispatch,
    -- the desk's own count, from which it makes its reference
    seq       bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    incident  text NOT NULL REFERENCES incident,
    -- whose desk: 112, 119
    agency    text NOT NULL,
    -- of the case
    number    text NOT NULL,
    -- what the centre that asks is called
    centre    text NOT NULL,
    kind      text NOT NULL,
    -- nobody may telephone her
    silent    boolean NOT NULL,
    -- {place, position, link} under the track key; null once the agency has nothing more to do there
    sealed    bytea,
    -- when the agency heard that the case is over
    closed_at timestamptz
);

CREATE INDEX desk_request_agency ON desk_request (agency, seq);
CREATE INDEX desk_request_incident ON desk_request (incident);

-- The right whose link is on its way to the agency; null when none is, or when it has arrived
ALTER TABLE dispatch ADD COLUMN handing text;
