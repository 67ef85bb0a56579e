"""Where somebody is, in the shapes of a PIDF-LO (RFC 5491): each with its uncertainty, WGS 84, angles clockwise from north."""

from __future__ import annotations

from math import cos, hypot, isfinite, radians, sin

import numpy as np
import shapely
from msgspec import Struct
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from ansim.city.places.plane import DEGREE_M
from ansim.core.errors import Problem

LARGEST_M = 1_000_000.0
LARGEST_RING = 1_000
_CORNERS = 64
"""Of a round shape, when it is laid over polygons: wrong by a thousandth of its area."""


class Circle(Struct, frozen=True, kw_only=True):
    """A point where `radius_m` is 0."""

    latitude: float
    longitude: float
    radius_m: float = 0.0

    def __post_init__(self) -> None:
        _place(self.latitude, self.longitude)
        _length("radius", self.radius_m)


class Ellipse(Struct, frozen=True, kw_only=True):
    """`orientation_deg` is the bearing of the axis that is called major, whichever is longer."""

    latitude: float
    longitude: float
    major_m: float
    minor_m: float
    orientation_deg: float

    def __post_init__(self) -> None:
        _place(self.latitude, self.longitude)
        _length("semiMajorAxis", self.major_m)
        _length("semiMinorAxis", self.minor_m)
        _number("orientation", self.orientation_deg, -360, 360)


class ArcBand(Struct, frozen=True, kw_only=True):
    """What a mast knows: between two distances from it, in one sector."""

    latitude: float
    longitude: float
    inner_m: float
    outer_m: float
    start_deg: float
    opening_deg: float

    def __post_init__(self) -> None:
        _place(self.latitude, self.longitude)
        _length("innerRadius", self.inner_m)
        _length("outerRadius", self.outer_m)
        if self.inner_m > self.outer_m:
            raise unfit("innerRadius", "must not be larger than outerRadius")
        _number("startAngle", self.start_deg, -360, 360)
        _number("openingAngle", self.opening_deg, 0, 360)


class Polygon(Struct, frozen=True, kw_only=True):
    """`ring`: (latitude, longitude), closed or not."""

    ring: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        if not 3 <= len(self.ring) <= LARGEST_RING:
            raise unfit("Polygon", f"must have 3 to {LARGEST_RING} points")
        for latitude, longitude in self.ring:
            _place(latitude, longitude)


Shape = Circle | Ellipse | ArcBand | Polygon


def area(shape: Shape) -> BaseGeometry:
    """The shape over longitude and latitude; a point where it has no area.

    A ring that crosses itself becomes its convex hull: whoever asks by four corners in the wrong order means what lies between them, and
    `buffer(0)` would keep one half of it.
    """
    if isinstance(shape, Polygon):
        drawn: BaseGeometry = shapely.Polygon([(longitude, latitude) for latitude, longitude in shape.ring])
        return drawn if drawn.is_valid else drawn.convex_hull
    if isinstance(shape, Circle):
        shape = Ellipse(
            latitude=shape.latitude, longitude=shape.longitude, major_m=shape.radius_m, minor_m=shape.radius_m, orientation_deg=0.0
        )  # fmt: skip
    if isinstance(shape, Ellipse):
        if not shape.major_m or not shape.minor_m:
            return shapely.Point(shape.longitude, shape.latitude)
        around = np.radians(np.linspace(0, 360, _CORNERS, endpoint=False))
        along, beside = shape.major_m * np.cos(around), shape.minor_m * np.sin(around)
        turn = radians(shape.orientation_deg)
        return _drawn(shape, along * sin(turn) + beside * cos(turn), along * cos(turn) - beside * sin(turn))
    if not shape.outer_m or not shape.opening_deg:
        return shapely.Point(shape.longitude, shape.latitude)
    sector = np.radians(np.linspace(shape.start_deg, shape.start_deg + shape.opening_deg, _CORNERS))
    bearing = np.concatenate([sector, sector[::-1]])
    away = np.repeat([shape.outer_m, shape.inner_m], _CORNERS)
    return _drawn(shape, away * np.sin(bearing), away * np.cos(bearing))


def circle(shape: Shape) -> Circle:
    """The smallest circle around the shape: what a phone's position is."""
    if isinstance(shape, Circle):
        return shape
    drawn = area(shape)
    if isinstance(drawn, shapely.Point):
        return Circle(latitude=drawn.y, longitude=drawn.x)
    across = cos(radians(drawn.centroid.y))
    ring = shapely.get_coordinates(drawn.convex_hull) * (across, 1.0)
    around = shapely.minimum_bounding_circle(shapely.MultiPoint(ring))
    middle = around.centroid
    away = max(hypot(x - middle.x, y - middle.y) for x, y in ring.tolist())
    return Circle(latitude=middle.y, longitude=middle.x / across, radius_m=min(LARGEST_M, away * DEGREE_M))


def _drawn(at: Ellipse | ArcBand, east_m: NDArray[np.float64], north_m: NDArray[np.float64]) -> BaseGeometry:
    across = DEGREE_M * max(1e-6, cos(radians(at.latitude)))
    drawn: BaseGeometry = shapely.Polygon(
        np.column_stack([at.longitude + east_m / across, at.latitude + north_m / DEGREE_M])
    )
    return drawn if drawn.is_valid else shapely.make_valid(drawn)


def unfit(field: str, rule: str) -> Problem:
    return Problem(400, "place.coordinate", "This is no place on earth", f"{field} {rule}", field=field)


def _place(latitude: float, longitude: float) -> None:
    _number("latitude", latitude, -90, 90)
    _number("longitude", longitude, -180, 180)


def _length(field: str, metres: float) -> None:
    _number(field, metres, 0, LARGEST_M)


def _number(field: str, value: float, least: float, most: float) -> None:
    if not (isfinite(value) and least <= value <= most):
        raise unfit(field, f"must be a number from {least:g} to {most:g}")
