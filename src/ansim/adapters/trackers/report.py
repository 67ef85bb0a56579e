"""What any tracker's frame means to us."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ansim.core.errors import Problem
from ansim.core.position import Position, Source

KNOT_MPS = 0.514444


@dataclass(frozen=True)
class Report:
    """One frame: which device, whether it calls for help, where it is (None: it does not say), how full its battery."""

    device: str
    sos: bool
    position: Position | None
    at: datetime
    battery: int | None


def unfit(field: str, rule: str) -> Problem:
    return Problem(400, "tracker.form", "This member does not fit", rule, field=field)


def instant(value: object, field: str, now: datetime) -> datetime:
    """Unix seconds or milliseconds, or ISO 8601 with or without offset (then UTC). Absent: now.

    A device whose clock is in the future or decades back still moves: its time is then ours.
    """
    if value in (None, ""):
        return now
    try:
        if isinstance(value, int | float) or str(value).lstrip("-").replace(".", "", 1).isdigit():
            number = float(str(value))
            at = datetime.fromtimestamp(number / 1000 if number > 1e11 else number, UTC)
        else:
            at = datetime.fromisoformat(str(value).replace(" ", "T"))
            at = at if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        raise unfit(field, "a time: Unix seconds, milliseconds or ISO 8601") from None
    return now if at > now + timedelta(minutes=5) else at


def number(value: object, field: str, low: float, high: float) -> float | None:
    """A finite number within bounds, None when absent. Raises Problem 400 otherwise."""
    if value in (None, ""):
        return None
    try:
        if isinstance(value, bool):
            raise ValueError
        found = float(str(value))
    except ValueError:
        raise unfit(field, "a number") from None
    if not math.isfinite(found) or not low <= found <= high:
        raise unfit(field, f"between {low:g} and {high:g}")
    return found


def known(value: float | None) -> float | None:
    """Negative numbers are how these apps say that they do not know."""
    return None if value is None or value < 0 else value


def position(
    latitude: float | None,
    longitude: float | None,
    *,
    accuracy_m: float | None,
    source: Source,
    at: datetime,
    heading_deg: float | None,
    speed_mps: float | None,
) -> Position | None:
    """None when the frame says no place; Problem 400 when it says half of one."""
    if latitude is None and longitude is None:
        return None
    if latitude is None or longitude is None:
        raise unfit("lat" if latitude is None else "lon", "latitude and longitude come together")
    return Position(
        latitude=latitude,
        longitude=longitude,
        accuracy_m=30.0 if accuracy_m is None or accuracy_m < 0 else accuracy_m,
        source=source,
        at=at,
        heading_deg=known(heading_deg),
        speed_mps=known(speed_mps),
    )
