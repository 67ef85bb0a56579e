"""A camera's way from an old recording system to this one: both record, are compared, and one answers for it at a time."""
