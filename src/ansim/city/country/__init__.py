"""The country: which centres there are, who is there just now, and how each is reached."""
