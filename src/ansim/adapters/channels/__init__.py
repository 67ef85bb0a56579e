"""Ways to reach a guardian."""
