"""The story: one folder a stage. Facts flow down it, calls go up it."""
