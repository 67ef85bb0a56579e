"""Where a ward should be or should not, and what her fixes say of it. Pure: no clock, no I/O.

A stay zone is one of the places where she may be: she has left when she is outside of all that are in force. A keep-out zone is
one that she must not enter. One fix changes nothing that another would not confirm.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from math import cos, radians
from typing import Annotated, Literal

import msgspec
import shapely

from ansim.city.places.plane import DEGREE_M
from ansim.core.clock import KOREA
from ansim.core.geo import distance_m
from ansim.core.position import Instant, Latitude, Longitude, Position

Rule = Literal["stay", "keep-out"]
Breach = Literal["left", "entered"]

VAGUE_M = 200.0
"""A radius beyond this says nothing of zones."""
VAGUE_INSIDE_M = 100.0
"""One beyond this cannot say that she is inside a place that she must not enter."""
MARGIN_M = 30.0
"""She is outside when she is so far outside, or farther than her own radius if that is more."""
CONFIRM = timedelta(seconds=20), timedelta(seconds=600)
"""A second fix confirms the first when it is so much later."""
FAR_M = 300.0
"""So far outside one fix is enough, if the one before is older than `SPARSE` and she could have come there."""
SPARSE = timedelta(seconds=120)
FASTEST_MPS = 12.0
SET_BACK = timedelta(seconds=60)
"""For so long a fix that is older than the newest is dropped as a late one; then her device's clock was set back, and is followed."""

Clock = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""Korean time, hh:mm."""


class Circle(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag="Circle"):
    latitude: Latitude
    longitude: Longitude
    radius_m: Annotated[float, msgspec.Meta(ge=50, le=20_000)]


class Polygon(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag="Polygon"):
    """A polygon of RFC 7946 with one ring: longitude before latitude, the last point is the first."""

    coordinates: Annotated[
        list[Annotated[list[tuple[Longitude, Latitude]], msgspec.Meta(min_length=4, max_length=101)]],
        msgspec.Meta(min_length=1, max_length=1),
    ]

    def __post_init__(self) -> None:
        ring = self.coordinates[0]
        if ring[0] != ring[-1]:
            raise ValueError("the last point of a ring is its first")
        if not shapely.Polygon(ring).is_valid:
            raise ValueError("the sides of a polygon do not cross")
        (west, south), (east, north) = (
            (min(c) for c in zip(*ring, strict=True)),
            (max(c) for c in zip(*ring, strict=True)),
        )
        if distance_m(south, west, north, east) > LARGEST_M:
            raise ValueError(f"a polygon reaches over {LARGEST_M:.0f} m at most")


LARGEST_M = 40_000.0


class Hours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"begin": "from"}):
    """On these days of the week (1 is Monday). Past midnight where it ends before it begins, all day where both are the same."""

    days: Annotated[list[Annotated[int, msgspec.Meta(ge=1, le=7)]], msgspec.Meta(min_length=1, max_length=7)]
    begin: Clock
    until: Clock

    def hold(self, day: int, clock: time) -> bool:
        begin, until = time.fromisoformat(self.begin), time.fromisoformat(self.until)
        if begin < until:
            return day in self.days and begin <= clock < until
        return (day in self.days and clock >= begin) or ((day - 2) % 7 + 1 in self.days and clock < until)


class Zone(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`hours` empty: always. After `valid_until_at` it says nothing any more."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    rule: Rule
    shape: Circle | Polygon
    hours: Annotated[list[Hours], msgspec.Meta(max_length=14)] = []
    valid_until_at: Instant | None = None

    def in_force(self, at: datetime) -> bool:
        if self.valid_until_at is not None and at >= self.valid_until_at:
            return False
        local = at.astimezone(KOREA)
        return not self.hours or any(one.hold(local.isoweekday(), local.time()) for one in self.hours)


class Beside(msgspec.Struct, array_like=True):
    """What is believed of her and one zone: whether she is inside (None: not known) and since when, and the first fix that says
    otherwise."""

    inside: bool | None = None
    since: datetime | None = None
    doubt: datetime | None = None


class Memory(msgspec.Struct, array_like=True):
    """All that is remembered of her way: the newest fix, when it came, and what is believed of each zone."""

    zones: list[Beside]
    newest: Position | None = None
    came_at: datetime | None = None


def begin(zones: Sequence[Zone], newest: Position | None = None) -> Memory:
    """Nothing is known yet of these zones."""
    return Memory(zones=[Beside() for _ in zones], newest=newest)


def moved(memory: Memory, zones: Sequence[Zone], position: Position, now: datetime) -> bool:
    """One fix, in the order of arrival; False when it is an old one that came late."""
    at = min(position.at, now)
    before = memory.newest
    if before is not None and memory.came_at is not None:
        if at <= before.at and now - memory.came_at <= SET_BACK:
            return False
        if at <= before.at:
            for beside in memory.zones:
                beside.doubt = None
            before = None
    position = msgspec.structs.replace(position, at=at)
    for zone, beside in zip(zones, memory.zones, strict=True):
        _judge(zone, beside, position, before)
    memory.newest, memory.came_at = position, now
    return True


def breached(memory: Memory, zones: Sequence[Zone], at: datetime) -> tuple[Breach, datetime] | None:
    """What is wrong by the zones that are in force, and since when."""
    now = [(zone, beside) for zone, beside in zip(zones, memory.zones, strict=True) if zone.in_force(at)]
    for zone, beside in now:
        if zone.rule == "keep-out" and beside.inside:
            return "entered", beside.since or at
    stays = [beside for zone, beside in now if zone.rule == "stay"]
    if stays and all(beside.inside is False for beside in stays):
        return "left", max(beside.since or at for beside in stays)
    return None


def returned(memory: Memory, zones: Sequence[Zone], breach: Breach) -> bool:
    """She is where she may be again. That a zone is no longer in force is no return."""
    beside = list(zip(zones, memory.zones, strict=True))
    if breach == "left":
        return any(one.inside for zone, one in beside if zone.rule == "stay")
    return not any(one.inside for zone, one in beside if zone.rule == "keep-out")


def outside_m(zone: Zone, position: Position) -> float:
    """How far outside of the zone the fix lies, in metres; negative inside."""
    shape = zone.shape
    if isinstance(shape, Circle):
        return distance_m(shape.latitude, shape.longitude, position.latitude, position.longitude) - shape.radius_m
    across = cos(radians(position.latitude))
    polygon = shapely.Polygon(
        [
            ((longitude - position.longitude) * across * DEGREE_M, (latitude - position.latitude) * DEGREE_M)
            for longitude, latitude in shape.coordinates[0]
        ]
    )
    here = shapely.Point(0.0, 0.0)
    away = float(polygon.exterior.distance(here))
    return -away if polygon.contains(here) else away


def _judge(zone: Zone, beside: Beside, position: Position, before: Position | None) -> None:
    if position.accuracy_m > VAGUE_M:
        return
    away = outside_m(zone, position)
    inside = _says(zone, away, position.accuracy_m)
    if inside is None:
        return
    if inside is beside.inside:
        beside.doubt = None
        return
    harmless = inside is (zone.rule == "stay")
    if (harmless and beside.inside is None) or (not inside and _alone(away, position, before)):
        confirmed = True
    elif beside.doubt is None:
        confirmed = False
        beside.doubt = position.at
    else:
        soonest, latest = CONFIRM
        later = position.at - beside.doubt
        # Where fixes are rare, the two that say it are neighbours.
        confirmed = soonest <= later and (later <= latest or (before is not None and before.at == beside.doubt))
        if later > latest and not confirmed:
            beside.doubt = position.at
    if confirmed:
        beside.inside, beside.since, beside.doubt = inside, beside.doubt or position.at, None


def _says(zone: Zone, away: float, accuracy_m: float) -> bool | None:
    """Whether one fix says that she is inside; None: it cannot tell."""
    if zone.rule == "stay":
        if away <= 0:
            return True
        return False if away > max(MARGIN_M, accuracy_m) else None
    if away > 0:
        return False
    deep = accuracy_m <= VAGUE_INSIDE_M and -away >= min(accuracy_m, MARGIN_M) / 2
    return True if deep else None


def _alone(away: float, position: Position, before: Position | None) -> bool:
    """Far outside, no fix to wait for, and not a jump."""
    if away <= FAR_M or before is None or position.at - before.at <= SPARSE:
        return False
    gone = distance_m(before.latitude, before.longitude, position.latitude, position.longitude)
    return gone / (position.at - before.at).total_seconds() <= FASTEST_MPS
