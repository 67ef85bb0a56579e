"""What cameras have recorded: a key for each camera's day, and the day on which it dies."""
