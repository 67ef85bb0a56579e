"""Where she may be: equally likely points, weighted by what the map says about each of them.

Metres east and north of a place. `Position.sigma_m` knows whose kind of radius a fix carries.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

Level = Literal["none", "roads", "entrances", "footprints"]

POINTS = 64
_TURN = math.pi * (3.0 - math.sqrt(5.0))
_K = np.arange(POINTS) + 0.5
SUNFLOWER: Floats = (
    np.sqrt(-2.0 * np.log(1.0 - _K / POINTS))[:, None] * np.stack([np.cos(_K * _TURN), np.sin(_K * _TURN)], axis=1)
).astype(np.float32)
"""Quantile points of a two-dimensional standard normal distribution, from its middle outwards."""


@dataclass(frozen=True)
class Spread:
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
        east, north = (axis - np.dot(self.weight, axis) for axis in (self.east, self.north))
        return float(np.sqrt(np.dot(self.weight, east * east + north * north) / 2))


def around(latitude: float, longitude: float, sigma_m: float) -> Spread:
    """A fix with nothing known but its radius."""
    east, north = (SUNFLOWER * np.float32(sigma_m)).T
    return Spread(latitude, longitude, east, north, np.full(POINTS, 1 / POINTS, dtype=np.float32))
