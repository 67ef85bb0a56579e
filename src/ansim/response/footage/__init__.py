"""What her own phone films: live to whoever has the case, and kept as long as the case."""
