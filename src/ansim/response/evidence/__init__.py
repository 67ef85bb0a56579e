"""watched, kept: stretches of recordings for a case, signed so that a court can check them without us."""
