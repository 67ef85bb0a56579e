"""incident: the case, from the first signal until it is closed."""
