"""routed: which centre answers there."""
