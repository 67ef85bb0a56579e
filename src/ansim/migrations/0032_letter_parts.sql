-- Parts of a long letter from another centre, until all of them have come.

CREATE TABLE letter_part (
    sender  text NOT NULL,
    letter  text NOT NULL,
    n       int NOT NULL,
    id      text NOT NULL,
    sealed  bytea NOT NULL,
    came_at timestamptz NOT NULL,
    PRIMARY KEY (sender, letter, n)
);
