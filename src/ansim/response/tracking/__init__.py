"""followed: where she is, under a key that dies with the rescue."""
