"""walls: blurred key-frame pictures of many cameras outside incidents, under a routine right and in the ledger."""
