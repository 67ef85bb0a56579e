"""What every stage stands on. Nothing here knows the domain."""
