"""wards: whoever somebody else answers for is watched by zones, silence and a daily question, and seen by nobody."""
