-- Cameras that a neighbour lends for a case at their border.

ALTER TABLE border_told ADD lent bytea;
ALTER TABLE border_case ADD lends boolean NOT NULL DEFAULT false;

ALTER TABLE access_grant DROP CONSTRAINT access_grant_holder_kind_check,
    ADD CONSTRAINT access_grant_holder_kind_check CHECK (holder_kind IN ('operator', 'officer', 'guardian', 'scout', 'walker', 'person', 'ward', 'centre'));
