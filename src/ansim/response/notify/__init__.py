"""Guardians are told at once, with a receipt for every channel."""
