"""What each person may see of the story now: operators, her phone, guardians, officers. Reads only; decides nothing."""
