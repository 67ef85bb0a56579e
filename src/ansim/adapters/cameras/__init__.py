"""What is asked of cameras: what they are, what they send, where they look."""
