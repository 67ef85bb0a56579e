"""Systems that have recorded the cameras until now."""
