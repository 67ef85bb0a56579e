-- A guardian may ask not to be told of ordinary trips at night: that she was not told is a state of its own.

ALTER TABLE guardian_notice DROP CONSTRAINT guardian_notice_state_check;
ALTER TABLE guardian_notice ADD CONSTRAINT guardian_notice_state_check
    CHECK (state IN ('queued', 'sent', 'delivered', 'read', 'failed', 'quiet'));
