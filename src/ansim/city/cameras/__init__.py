"""The register of cameras, and which of them are likely to see a place."""
