from ansim.trust.retention.holdings import Impersonal, Line

HOLDINGS: tuple[Line, ...] = (
    Impersonal(table="centre_duty", why="a state, a time and the id of the account that set it; one row for a centre"),
    Impersonal(table="centre_state", why="which centre was there, and who answered for it; gone after eight days"),
    Impersonal(
        table="centre_load",
        why="counts of five cases or more and waits in steps of twenty seconds, for ten minutes at a time; gone after eight days",
    ),
)
