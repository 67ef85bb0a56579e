from ansim.trust.retention.holdings import Impersonal, Line

HOLDINGS: tuple[Line, ...] = (Impersonal(table="dispatch", why="agencies, call signs and times; nothing about her"),)
