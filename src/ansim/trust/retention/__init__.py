"""What is kept, why, for how long, and how it is destroyed for certain."""
