"""A city that judges: where things truly are, what truly sees whom. Those who are judged cannot import it."""
