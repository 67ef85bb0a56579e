"""What any tracker's frame means to us."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from ansim.core.errors import Problem
from ansim.core.position import Position, Source

KNOT_MPS = 0.514444
KMH_MPS = 1 / 3.6

Kind = Literal["sos", "position", "status", "heartbeat", "sign-in", "question", "nothing"]

CALLS = frozenset({"sos", "fallDown"})
"""Alarms that are calls for help: the button, and a wearable that felt its wearer fall."""

FUTURE = timedelta(minutes=5)
LONG_AGO = timedelta(days=5 * 365)


@dataclass(frozen=True, slots=True)
class Report:
    """One frame: which device ("" where it has not said), whether it calls for help, where it is (None: it does not say),
    when by its own clock, how full its battery is in per cent."""

    device: str
    sos: bool
    position: Position | None
    at: datetime
    battery: int | None
    kind: Kind = "position"
    fixed: bool = True
    """Whether `position` is a fix: without one devices repeat the last they had, or zeros."""
    alarms: tuple[str, ...] = ()
    values: Mapping[str, object] = field(default_factory=dict)
    """What else it says, under the names that Traccar gives it: whoever must debug a device finds it there."""
    stated: bool = True
    """Whether `at` was said by the device; ours otherwise."""
    checksum: bool | None = None
    """Whether the frame's checksum is right; None where the protocol has none. A wrong one is no reason to drop anything."""
    whole: bool = True
    """False when the frame was damaged or cut off; what it says up to there stands."""
    reply: bytes = b""
    """What the device waits for, to be sent once what it said is kept."""

    @property
    def place(self) -> Position | None:
        """Where she is, as far as it can be relied upon."""
        return self.position if self.fixed else None


def believed(at: datetime, now: datetime) -> datetime:
    """A device's time, unless its clock is plainly wrong: in the future, or years back as after a restart or at the end
    of the GPS week count. Then ours: it still moves, and still calls."""
    return at if now - LONG_AGO < at <= now + FUTURE else now


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
    return now if at > now + FUTURE else at


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
