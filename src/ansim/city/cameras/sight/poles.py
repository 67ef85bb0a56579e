"""Where poles stand, in rows of cells: those within some metres of a place are a few runs of one sorted list."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ansim.core.geo import EARTH_RADIUS_M

DEGREE_M = EARTH_RADIUS_M * math.pi / 180
_CELL = 0.001
_COLUMNS = int(360 / _CELL)
Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


class Poles:
    """`order` is how the places that were given are numbered from now on."""

    def __init__(self, latitude: Floats, longitude: Floats) -> None:
        cell = np.floor(latitude / _CELL).astype(np.int64) * _COLUMNS + np.floor(longitude / _CELL).astype(np.int64)
        self.order = np.argsort(cell, kind="stable")
        self._cells = cell[self.order]
        self.latitude, self.longitude = latitude[self.order], longitude[self.order]

    def __len__(self) -> int:
        return len(self.latitude)

    def near(self, latitude: float, longitude: float, reach_m: float) -> tuple[Ints, Floats]:
        """Their numbers and how far away they are, metres."""
        east_m = DEGREE_M * math.cos(math.radians(latitude))
        high, wide = reach_m / DEGREE_M, reach_m / east_m
        rows = np.arange(math.floor((latitude - high) / _CELL), math.floor((latitude + high) / _CELL) + 1)
        ends = [math.floor((longitude - wide) / _CELL), math.floor((longitude + wide) / _CELL) + 1]
        runs = np.searchsorted(self._cells, rows[:, None] * _COLUMNS + ends)
        found = np.concatenate([np.arange(first, last) for first, last in runs.tolist()])
        east, north = (self.longitude[found] - longitude) * east_m, (self.latitude[found] - latitude) * DEGREE_M
        away = np.sqrt(east * east + north * north)
        within = away < reach_m
        return found[within], away[within]
