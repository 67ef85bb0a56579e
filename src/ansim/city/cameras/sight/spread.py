"""Where she may be: equally likely points, weighted by what the map says about each of them.

Metres east and north of a place. `Position.sigma_m` knows whose kind of radius a fix carries.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

Level = Literal["none", "roads", "entrances", "footprints"]

POINTS = 64
_TURN = math.pi * (3.0 - math.sqrt(5.0))
_K = np.arange(POINTS) + 0.5
SUNFLOWER: Floats = (
    np.sqrt(-2.0 * np.log(1.0 - _K / POINTS)) * np.stack([np.cos(_K * _TURN), np.sin(_K * _TURN)])
).astype(np.float32)
"""Quantile points of a two-dimensional standard normal distribution, from its middle outwards: [axis, point]."""
ALIKE: Floats = np.full(POINTS, 1 / POINTS, dtype=np.float32)
"""The weights of points that are equally likely."""


class Spread(NamedTuple):
    """Points around a place (degrees), and how likely each is; the weights add up to 1."""

    latitude: float
    longitude: float
    east: Floats
    north: Floats
    weight: Floats
    level: Level = "none"
    """What the map knows around there."""

    def sigma_m(self) -> float:
        """How wide it is along one axis."""
        return self.extent()[1]

    def extent(self) -> tuple[tuple[float, float], float, float]:
        """Its middle, east and north; how wide it is along one axis; how far its farthest point is from the middle."""
        middle = float(self.weight @ self.east), float(self.weight @ self.north)
        east, north = self.east - np.float32(middle[0]), self.north - np.float32(middle[1])
        away = east * east + north * north
        return middle, math.sqrt(float(self.weight @ away) / 2), math.sqrt(float(away.max()))


def around(latitude: float, longitude: float, sigma_m: float) -> Spread:
    """A fix with nothing known but its radius."""
    east, north = SUNFLOWER * np.float32(sigma_m)
    return Spread(latitude, longitude, east, north, ALIKE)
