-- What is due soon is read every five seconds: without this the whole table was, which each trip under watch makes longer.

CREATE INDEX timer_due ON timer (due_at);
