"""trips: the way home under watch, from the first fix to the door."""
