"""Lines to agencies: 112, 119."""
