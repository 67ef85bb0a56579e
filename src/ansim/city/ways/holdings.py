from ansim.trust.retention.holdings import Impersonal, Line

HOLDINGS: tuple[Line, ...] = (Impersonal(table="facility", why="lights and public places, without who is there"),)
