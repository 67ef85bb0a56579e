"""Who may see what, for which incident, until when; links are grants for people without an account."""
