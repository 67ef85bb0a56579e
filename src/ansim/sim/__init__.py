"""A city that lives: streets, walkers, cameras, a phone and an agency desk. It speaks only public
protocols."""
