"""Points and short lines on a plane that touches the earth at the point: good to 0.1 % over some kilometres.

A line is [longitude, latitude, longitude, latitude, ...] in degrees; more may follow and is not looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, hypot, radians

DEGREE_M = 111_195.0  # of latitude anywhere, of longitude at the equator
Line = Sequence[float]


def distances(lines: Sequence[Line], latitude: float, longitude: float) -> list[tuple[float, Line]]:
    """(metres from the point, line) of each."""
    across = cos(radians(latitude))
    found = []
    for line in lines:
        x0, y0, x1, y1, *_ = line
        ax, ay, dx, dy = (x0 - longitude) * across, y0 - latitude, (x1 - x0) * across, y1 - y0
        along = -(ax * dx + ay * dy) / (dx * dx + dy * dy)
        if along >= 1:
            ax, ay = ax + dx, ay + dy
        elif along > 0:
            ax, ay = ax + along * dx, ay + along * dy
        found.append((DEGREE_M * hypot(ax, ay), line))
    return found


def foot(line: Line, latitude: float, longitude: float) -> tuple[float, float] | None:
    """(latitude, longitude) where the perpendicular from the point meets the line; None beyond its ends."""
    across = cos(radians(latitude))
    x0, y0, x1, y1 = line[:4]
    ax, ay, dx, dy = (x0 - longitude) * across, y0 - latitude, (x1 - x0) * across, y1 - y0
    along = -(ax * dx + ay * dy) / (dx * dx + dy * dy)
    if not 0 < along < 1:
        return None
    return y0 + along * (y1 - y0), x0 + along * (x1 - x0)


def on_the_right(line: Line, latitude: float, longitude: float) -> bool:
    """Whether the point lies on the right of the line; meaningless within rounding of it."""
    x0, y0, x1, y1 = line[:4]
    return (x1 - x0) * (latitude - y0) < (y1 - y0) * (longitude - x0)
