"""Metres of the Korean plane grids back to degrees, for registers that have them in the columns of degrees."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ansim.core.errors import Problem

_A, _F = 6378137.0, 1 / 298.257222101
"""GRS 80, which KGD2002 uses; against WGS 84 the difference is below a millimetre."""
_N = _F / (2 - _F)
_RADIUS = _A / (1 + _N) * (1 + _N**2 / 4 + _N**4 / 64)
_BETA = (_N / 2 - 2 * _N**2 / 3 + 37 * _N**3 / 96, _N**2 / 48 + _N**3 / 15, 17 * _N**3 / 480)
_DELTA = (2 * _N - 2 * _N**2 / 3 - 2 * _N**3, 7 * _N**2 / 3 - 8 * _N**3 / 5, 56 * _N**3 / 15)
_ALPHA = (_N / 2 - 2 * _N**2 / 3 + 5 * _N**3 / 16, 13 * _N**2 / 48 - 3 * _N**3 / 5, 61 * _N**3 / 240)


@dataclass(frozen=True)
class Grid:
    """A transverse Mercator grid; origin at 38 degrees north. `epsg` names it in the EPSG registry."""

    epsg: int
    longitude: float
    scale: float
    east_m: float
    north_m: float

    def degrees(self, east_m: float, north_m: float) -> tuple[float, float]:
        """Latitude and longitude, exact to a millimetre (Krüger 1912, series in the third flattening)."""
        xi = (north_m - self.north_m + self.scale * _meridian(38.0)) / (self.scale * _RADIUS)
        eta = (east_m - self.east_m) / (self.scale * _RADIUS)
        xi_, eta_ = xi, eta
        for j, beta in enumerate(_BETA, 1):
            xi_ -= beta * math.sin(2 * j * xi) * math.cosh(2 * j * eta)
            eta_ -= beta * math.cos(2 * j * xi) * math.sinh(2 * j * eta)
        chi = math.asin(max(-1.0, min(1.0, math.sin(xi_) / math.cosh(eta_))))
        latitude = chi + sum(delta * math.sin(2 * j * chi) for j, delta in enumerate(_DELTA, 1))
        longitude = math.radians(self.longitude) + math.atan2(math.sinh(eta_), math.cos(xi_))
        return math.degrees(latitude), math.degrees(longitude)


GRIDS = (
    Grid(5179, 127.5, 0.9996, 1_000_000, 2_000_000),
    Grid(5186, 127.0, 1.0, 200_000, 600_000),
    Grid(5187, 129.0, 1.0, 200_000, 600_000),
    Grid(5185, 125.0, 1.0, 200_000, 600_000),
    Grid(5181, 127.0, 1.0, 200_000, 500_000),
)
"""In the order of how often registers have them."""


def _meridian(latitude: float) -> float:
    """Metres along the meridian from the equator."""
    phi = math.radians(latitude)
    e = 2 * math.sqrt(_N) / (1 + _N)
    tau = math.sinh(math.atanh(math.sin(phi)) - e * math.atanh(e * math.sin(phi)))
    xi = math.atan(tau)
    return _RADIUS * (xi + sum(alpha * math.sin(2 * j * xi) for j, alpha in enumerate(_ALPHA, 1)))


def grid_named(crs: str, problem: str) -> Grid | None:
    """The grid that a coordinate system's name (EPSG:5179, urn:ogc:def:crs:EPSG::5179) stands for; None for degrees. Raises Problem 422 of
    that type for one that is not known here."""
    code = crs.rpartition(":")[2].upper()
    if code in ("", "CRS84", "4326", "4737", "4166"):
        return None
    for grid in GRIDS:
        if code == str(grid.epsg):
            return grid
    raise Problem(
        422, problem, "The coordinates are in a system that is not known here",
        "Degrees (CRS84, EPSG:4326), or EPSG:" + ", ".join(str(grid.epsg) for grid in GRIDS) + ".",
    )  # fmt: skip
