-- The pieces in which it came.

CREATE TABLE take_piece (
    take     text NOT NULL REFERENCES take,
    number   int NOT NULL,                            -- from 0, without a gap
    incident text NOT NULL,
    sealed   bytea NOT NULL,                          -- under the case key
    PRIMARY KEY (take, number)
);
-- Ciphertext does not get smaller.
ALTER TABLE take_piece ALTER COLUMN sealed SET STORAGE EXTERNAL;
CREATE INDEX take_piece_incident ON take_piece (incident);
