"""The media node: the only puller of cameras, and the place where grants are enforced."""
