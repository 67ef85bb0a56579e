"""bells: pressed at a pole, they call from a known place, and whoever has the case can speak through them."""
