-- Whoever oversees a centre sees whose look has just ended, too: the index holds ended rights as well.

DROP INDEX routine_right_live;
CREATE INDEX routine_right_live ON routine_right (centre, ended_at);
