-- Who found out how a head hangs.

ALTER TABLE camera_calibration ADD COLUMN calibrated_by text;  -- account; NULL of those from before it was written down
