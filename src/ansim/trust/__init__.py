"""Who may see what, what was seen, and that it is destroyed."""
