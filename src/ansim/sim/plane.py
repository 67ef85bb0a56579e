"""A flat patch of the Earth: metres east and north of one centre. Exact enough for a quarter of a kilometre
or two."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, degrees, radians

from ansim.core.geo import EARTH_RADIUS_M

Point = tuple[float, float]


@dataclass(frozen=True)
class Plane:
    latitude: float
    longitude: float

    def place(self, x: float, y: float) -> Point:
        """Metres (east, north) -> (latitude, longitude) in degrees."""
        east = EARTH_RADIUS_M * cos(radians(self.latitude))
        return self.latitude + degrees(y / EARTH_RADIUS_M), self.longitude + degrees(x / east)

    def point(self, latitude: float, longitude: float) -> Point:
        """(latitude, longitude) in degrees -> metres (east, north)."""
        east = EARTH_RADIUS_M * cos(radians(self.latitude))
        return radians(longitude - self.longitude) * east, radians(latitude - self.latitude) * EARTH_RADIUS_M
