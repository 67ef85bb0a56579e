"""Who is asking: accounts, sign-in, sessions, what each role may do, and who goes first when many ask."""
