-- A centre's new cases go to a neighbour by policy while it is closed or has more than it can claim.

CREATE TABLE centre_duty (
    centre   text PRIMARY KEY,
    state    text NOT NULL CHECK (state IN ('normal', 'unstaffed')),
    until_at timestamptz NOT NULL,
    account  text NOT NULL
);

ALTER TABLE incident DROP CONSTRAINT incident_route_check;
ALTER TABLE incident ADD CONSTRAINT incident_route_check
    CHECK (route IN ('exact', 'nearest', 'default', 'none', 'handed-over', 'rolled-over'));
ALTER TABLE handover DROP CONSTRAINT handover_why_check;
ALTER TABLE handover ADD CONSTRAINT handover_why_check CHECK (why IN ('place', 'overflow', 'moved', 'unclaimed', 'same'));
