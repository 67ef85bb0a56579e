from ansim.trust.retention.holdings import Impersonal, Line

HOLDINGS: tuple[Line, ...] = (
    Impersonal(table="bell_talk", why="that somebody spoke and how long; what was said never comes here"),
)
