"""Points and short lines on a plane that touches the earth at the point: good to 0.1 % over some kilometres.

A line is [longitude, latitude, longitude, latitude, ...] in degrees; more may follow and is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import cos, hypot, radians

DEGREE_M = 111_195.0  # of latitude anywhere, of longitude at the equator
Line = Sequence[float]
Distance = tuple[float, float, Line]


def distances(lines: Iterable[Line], latitude: float, longitude: float) -> list[Distance]:
    """(metres from the point, where along the line the nearest point of it lies, line) of each line.

    `where` is below 0 or above 1 when that is the line's first or last point.
    """
    across = cos(radians(latitude))
    found = []
    for line in lines:
        x0, y0, x1, y1, *_ = line
        ax, ay, dx, dy = (x0 - longitude) * across, y0 - latitude, (x1 - x0) * across, y1 - y0
        where = -(ax * dx + ay * dy) / (dx * dx + dy * dy)
        if where >= 1:
            ax, ay = ax + dx, ay + dy
        elif where > 0:
            ax, ay = ax + where * dx, ay + where * dy
        found.append((DEGREE_M * hypot(ax, ay), where, line))
    return found


def between(line: Line, where: float) -> tuple[float, float]:
    """(latitude, longitude) of the point so far along the line: 0 its first, 1 its last."""
    x0, y0, x1, y1, *_ = line
    return y0 + where * (y1 - y0), x0 + where * (x1 - x0)


def on_the_right(line: Line, latitude: float, longitude: float) -> bool:
    """Whether the point lies on the right of the line; meaningless within rounding of it."""
    x0, y0, x1, y1, *_ = line
    return (x1 - x0) * (latitude - y0) < (y1 - y0) * (longitude - x0)
