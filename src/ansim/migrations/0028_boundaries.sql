-- Who answers where, as far as it was imported: areas of one service each, from a day until a day, over the packaged ones.

CREATE TABLE boundary (
    id           text PRIMARY KEY,     -- made of all that it says
    sheet        text NOT NULL,        -- the file that it came with, as whoever imported it calls it
    service      text NOT NULL,        -- what help it is about, a name of RFC 5031
    name_ko      text NOT NULL,
    name_en      text NOT NULL,
    centre       text,                 -- who answers there: a centre's id
    uris         text[] NOT NULL,      -- or whoever is behind these
    number       text,                 -- what one dials
    civic        jsonb NOT NULL,       -- areas of addresses inside it
    municipality text,                 -- legal code, where it is one
    shape        bytea NOT NULL,       -- area over longitude and latitude, WKB
    valid_from   timestamptz NOT NULL, -- from when it holds
    valid_to     timestamptz,          -- from when it holds no longer; null is not known
    imported_at  timestamptz NOT NULL,
    CHECK (valid_from < valid_to),
    CHECK ((centre IS NULL) <> (uris = '{}'))
);
CREATE INDEX boundary_sheet ON boundary (sheet);
