"""The only wiring place: which parts a process has and how they hold each other."""
