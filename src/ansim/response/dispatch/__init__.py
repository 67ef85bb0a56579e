"""dispatched: 112 and 119 are asked, answer, and see what they need for as long as they need it."""
