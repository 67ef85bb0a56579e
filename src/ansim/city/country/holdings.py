from ansim.trust.retention.holdings import Impersonal, Line

HOLDINGS: tuple[Line, ...] = (
    Impersonal(table="centre_state", why="which centre was there, and who answered for it; gone after eight days"),
    Impersonal(
        table="centre_load",
        why="counts of five cases or more and waits in steps of twenty seconds, for ten minutes at a time; gone after eight days",
    ),
)
