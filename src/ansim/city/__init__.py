"""The city before anything happens: its places, its people, its cameras."""
