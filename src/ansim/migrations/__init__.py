"""Numbered SQL. schema.sql is what they add up to; a test compares the two."""
