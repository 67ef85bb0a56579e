"""escorts: two scouts meet her at a stop and walk with her to her door; both are under watch until they say so."""
