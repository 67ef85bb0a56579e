"""Whether it is dark somewhere: where the sun stands (NOAA's short formulas, good to a quarter of a degree)."""

from __future__ import annotations

from datetime import UTC, datetime
from math import asin, cos, degrees, radians, sin
from typing import Final

DARK_DEG: Final = -4.0
"""The sun so far below the horizon: about when street lights are lit."""
_EPOCH = datetime(2000, 1, 1, 12, tzinfo=UTC)


def sun_deg(latitude: float, longitude: float, at: datetime) -> float:
    """The sun's height above the horizon."""
    days = (at - _EPOCH).total_seconds() / 86_400
    mean = radians((280.460 + 0.9856474 * days) % 360)
    anomaly = radians((357.528 + 0.9856003 * days) % 360)
    ecliptic = mean + radians(1.915 * sin(anomaly) + 0.020 * sin(2 * anomaly))
    tilt = radians(23.439 - 0.0000004 * days)
    declination = asin(sin(tilt) * sin(ecliptic))
    # minutes by which a sundial is ahead of the clock
    y = (sin(tilt / 2) / cos(tilt / 2)) ** 2
    ahead = 4 * degrees(y * sin(2 * mean) - 0.0334 * sin(anomaly) + 0.0668 * y * sin(anomaly) * cos(2 * mean))
    utc = at.astimezone(UTC)
    minute = utc.hour * 60 + utc.minute + utc.second / 60
    angle = radians((minute + ahead + 4 * longitude) / 4 - 180)
    return degrees(
        asin(sin(radians(latitude)) * sin(declination) + cos(radians(latitude)) * cos(declination) * cos(angle))
    )


def is_dark(latitude: float, longitude: float, at: datetime) -> bool:
    return sun_deg(latitude, longitude, at) < DARK_DEG
