"""Emergency bells: where they are, what speaks for each, and what is wrong with it."""
