from ansim.trust.retention.holdings import Impersonal, Line

HOLDINGS: tuple[Line, ...] = (Impersonal(table="boundary", why="areas and who answers there, without who is in them"),)
