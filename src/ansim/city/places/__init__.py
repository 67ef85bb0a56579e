"""Places: municipalities, the centres that answer for them, and the look-up from a point to both."""
