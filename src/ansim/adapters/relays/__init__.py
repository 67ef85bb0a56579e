"""Media servers of other makers, behind our node."""
