"""Parts that speak with the world outside, each independent of the others."""
