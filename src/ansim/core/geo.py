"""Places on the WGS 84 ellipsoid, treated as a sphere: good to 0.5 % over the few hundred metres that matter here."""

from __future__ import annotations

from math import asin, atan2, cos, degrees, radians, sin, sqrt

EARTH_RADIUS_M = 6_371_008.8


def distance_m(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Great-circle distance in metres (haversine)."""
    a, b = radians(latitude), radians(other_latitude)
    half = sin((b - a) / 2) ** 2 + cos(a) * cos(b) * sin(radians(other_longitude - longitude) / 2) ** 2
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(half)))


def bearing_deg(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Initial bearing in degrees clockwise from north, 0 <= bearing < 360."""
    a, b, turn = radians(latitude), radians(other_latitude), radians(other_longitude - longitude)
    found = degrees(atan2(sin(turn) * cos(b), cos(a) * sin(b) - sin(a) * cos(b) * cos(turn)))
    # Once more, because a hair west of north is rounded up to 360.
    return found % 360 % 360


def destination(latitude: float, longitude: float, bearing: float, metres: float) -> tuple[float, float]:
    """The point that many metres away on that bearing (degrees)."""
    north = metres * cos(radians(bearing)) / EARTH_RADIUS_M
    east = metres * sin(radians(bearing)) / (EARTH_RADIUS_M * cos(radians(latitude)))
    return latitude + degrees(north), longitude + degrees(east)
