"""Who did what, when and why, in a log that nobody can rewrite unseen: not even its own keeper."""
