-- A link for herself: what comes in by it is hers, and it shows nothing of her case.
ALTER TABLE access_grant DROP CONSTRAINT access_grant_holder_kind_check,
    ADD CONSTRAINT access_grant_holder_kind_check CHECK (holder_kind IN ('operator', 'officer', 'guardian', 'scout', 'walker', 'person'));
ALTER TABLE link DROP CONSTRAINT link_kind_check,
    ADD CONSTRAINT link_kind_check CHECK (kind IN ('officer', 'guardian', 'scout', 'walker', 'person'));
