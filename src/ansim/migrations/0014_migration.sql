-- Cameras that come from an old recording system, one by one, and which of the two answers for each.

CREATE TABLE camera_migration (
    camera         text PRIMARY KEY,
    old            text NOT NULL,                       -- what the old system calls it
    single         boolean NOT NULL,                    -- the camera gives one session: two cannot pull it
    state          text NOT NULL CHECK (state IN ('beside', 'compared', 'switched', 'released', 'back')),
    beside_at      timestamptz NOT NULL,                -- since when both are to record
    compared_from  timestamptz,                         -- the stretch in which no picture of ours was missing
    compared_until timestamptz,
    why            text,                                -- why the last comparison did not prove it; empty = it did, null = none was made
    ours_gap_ms    bigint CHECK (ours_gap_ms >= 0),     -- largest gap of that stretch, or of the one that refuted it
    old_gap_ms     bigint CHECK (old_gap_ms >= 0),
    switched_at    timestamptz,
    released_at    timestamptz,                         -- when the old system's pull was stopped
    gap_ms         bigint CHECK (gap_ms >= 0),          -- what neither recorded around the switch; known with the release
    kept_at        timestamptz,                         -- when our media node last said that it keeps its pictures
    trouble        text NOT NULL DEFAULT ''             -- why it keeps none, or what is wrong with them
);

-- Who answers for a camera's recording: one at a time, without a pause.
CREATE TABLE recording_epoch (
    camera   text NOT NULL,
    epoch    int NOT NULL CHECK (epoch > 0),
    owner    text NOT NULL CHECK (owner IN ('old', 'ansim')),
    from_at  timestamptz NOT NULL,
    until_at timestamptz CHECK (until_at >= from_at),   -- null = now
    actor    text NOT NULL,
    PRIMARY KEY (camera, epoch)
);
CREATE UNIQUE INDEX recording_epoch_now ON recording_epoch (camera) WHERE until_at IS NULL;
