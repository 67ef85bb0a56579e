from ansim.trust.retention.holdings import Impersonal, Line

HOLDINGS: tuple[Line, ...] = (
    Impersonal(table="bell", why="places of the city"),
    Impersonal(table="bell_code", why="hashes of codes, and times"),
    Impersonal(table="bell_terminal", why="keys of devices that hang on poles"),
    Impersonal(table="bell_fault", why="what is broken, in fixed words; nobody who reports one is known"),
)
