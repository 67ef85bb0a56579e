from ansim.trust.retention.holdings import Impersonal, Line

HOLDINGS: tuple[Line, ...] = (Impersonal(table="camera", why="poles and lenses"),)
