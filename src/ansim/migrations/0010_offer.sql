-- An operator passes her case on: it is offered to a colleague and stays hers until the colleague takes it.

ALTER TABLE incident ADD COLUMN offered_to text;         -- the colleague; NULL = nobody
ALTER TABLE incident ADD COLUMN offered_at timestamptz;  -- since when
