"""watched: the cameras near her, live, for whoever has the right and for no one else."""
