"""Zones: left, entered, returned, expired; and what GPS invents, which alarms nobody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansim.core.geo import destination
from ansim.core.position import Position
from ansim.response.wards import zones
from ansim.response.wards.zones import Circle, Hours, Polygon, Zone, breached, moved, returned

HOME = (37.38, 127.12)
NOON = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)  # Monday, 12:00 in Korea
STAY = Zone(name="집", rule="stay", shape=Circle(latitude=HOME[0], longitude=HOME[1], radius_m=200))
POND = Zone(name="연못", rule="keep-out", shape=Circle(latitude=HOME[0], longitude=HOME[1], radius_m=60))


def at(metres: float, bearing: float = 90.0) -> tuple[float, float]:
    return destination(*HOME, bearing, metres)


def square(half_m: float) -> Polygon:
    corners = [destination(*HOME, bearing, half_m * 2**0.5) for bearing in (45.0, 135.0, 225.0, 315.0)]
    ring = [(longitude, latitude) for latitude, longitude in corners]
    return Polygon(coordinates=[[*ring, ring[0]]])


class Walk:
    """Somebody beside zones, told fix by fix."""

    def __init__(self, *places: Zone, start: datetime = NOON) -> None:
        self.zones, self.now = list(places), start
        self.memory = zones.begin(self.zones)
        self.seen: list[str] = []

    def fix(
        self,
        metres: float,
        *,
        after: float = 30,
        accuracy_m: float = 10,
        bearing: float = 90,
        at_: datetime | None = None,
    ) -> Walk:
        self.now += timedelta(seconds=after)
        latitude, longitude = at(metres, bearing)
        position = Position(latitude=latitude, longitude=longitude, accuracy_m=accuracy_m, at=at_ or self.now)
        moved(self.memory, self.zones, position, self.now)
        if (found := breached(self.memory, self.zones, self.now)) is not None:
            self.seen.append(found[0])
        return self

    @property
    def breach(self) -> str | None:
        found = breached(self.memory, self.zones, self.now)
        return None if found is None else found[0]


@pytest.mark.parametrize("shape", [STAY.shape, square(200)])
def test_she_leaves_when_a_second_fix_says_so_and_is_back_when_a_second_one_does(shape: Any) -> None:
    walk = Walk(msgspec.structs.replace(STAY, shape=shape)).fix(0).fix(260)
    assert walk.breach is None
    left_at = walk.now
    assert walk.fix(280, after=10).breach is None, "too soon after the first"
    assert walk.fix(290, after=15).breach == "left"
    found = breached(walk.memory, walk.zones, walk.now)
    assert found is not None and found[1] == left_at
    assert not returned(walk.fix(0).memory, walk.zones, "left")
    assert returned(walk.fix(5).memory, walk.zones, "left") and walk.breach is None


@pytest.mark.parametrize(("metres", "accuracy_m"), [(229, 10), (300, 101), (199, 0), (5_000, 201)])
def test_what_the_edge_and_a_vague_fix_say_is_nothing(metres: float, accuracy_m: float) -> None:
    walk = Walk(STAY).fix(0)
    for _ in range(20):
        walk.fix(metres, accuracy_m=accuracy_m)
    assert walk.seen == []


def test_a_fix_that_is_far_out_after_a_gap_is_enough_unless_it_is_a_jump() -> None:
    assert Walk(STAY).fix(0).fix(900, after=300).breach == "left"
    assert Walk(STAY).fix(0).fix(9_000, after=300).breach is None
    # with a next fix to wait for, one is never enough
    assert Walk(STAY).fix(0).fix(900, after=100).breach is None
    # and the first of all has nothing before it
    assert Walk(STAY).fix(9_000).breach is None


def test_a_device_that_speaks_rarely_is_believed_by_two_in_a_row() -> None:
    walk = Walk(STAY).fix(0).fix(400, after=900).fix(450, after=900)
    assert walk.breach == "left"
    walk = Walk(STAY).fix(0).fix(20_000, after=900)
    assert walk.breach is None and walk.fix(20_000, after=900).breach == "left"


def test_she_enters_a_place_that_she_must_not() -> None:
    walk = Walk(POND).fix(300).fix(20)
    assert walk.breach is None
    assert walk.fix(10).breach == "entered"
    assert not returned(walk.fix(200).memory, walk.zones, "entered")
    assert returned(walk.fix(200).memory, walk.zones, "entered")
    assert Walk(POND).fix(300).fix(0, accuracy_m=101).fix(0, accuracy_m=101).breach is None


def test_she_may_be_in_any_of_the_zones_in_force() -> None:
    there = destination(*HOME, 90.0, 2_000.0)
    school = Zone(
        name="학교", rule="stay", shape=Circle(latitude=there[0], longitude=there[1], radius_m=200),
        hours=[Hours(days=[1], begin="09:00", until="15:00")],
    )  # fmt: skip
    walk = Walk(STAY, school).fix(0).fix(1_000).fix(1_100)
    assert walk.breach == "left"
    assert walk.fix(2_000).fix(2_000).breach is None and returned(walk.memory, walk.zones, "left")
    # at three the school closes: who is still there is no longer where she should be
    walk.now = NOON + timedelta(hours=3)
    assert walk.breach == "left"


@pytest.mark.parametrize(
    ("hours", "when", "holds"),
    [
        ([], "2026-11-23T12:00", True),
        ([Hours(days=[1], begin="12:00", until="13:00")], "2026-11-23T12:00", True),
        ([Hours(days=[1], begin="12:00", until="13:00")], "2026-11-23T13:00", False),
        ([Hours(days=[2], begin="12:00", until="13:00")], "2026-11-23T12:30", False),
        ([Hours(days=[1], begin="21:00", until="06:00")], "2026-11-24T05:59", True),
        ([Hours(days=[1], begin="21:00", until="06:00")], "2026-11-23T05:59", False),
        ([Hours(days=[7], begin="21:00", until="06:00")], "2026-11-23T05:59", True),
        ([Hours(days=[1], begin="00:00", until="00:00")], "2026-11-23T23:59", True),
    ],
)
def test_hours_are_korean(hours: list[Hours], when: str, holds: bool) -> None:
    local = datetime.fromisoformat(when + "+09:00")
    assert msgspec.structs.replace(STAY, hours=hours).in_force(local.astimezone(UTC)) is holds


def test_an_expired_zone_alarms_never_and_its_end_is_no_return() -> None:
    walk = Walk(msgspec.structs.replace(STAY, valid_until_at=NOON)).fix(0)
    assert walk.fix(5_000, after=600).fix(5_000).seen == []
    assert not returned(walk.memory, walk.zones, "left")


def test_late_fixes_are_dropped_and_a_clock_that_was_set_back_is_followed() -> None:
    walk = Walk(STAY).fix(0)
    old = NOON - timedelta(hours=9)
    assert walk.fix(5_000, after=5, at_=old).fix(5_000, after=5, at_=old + timedelta(seconds=40)).breach is None
    for n in range(4):
        walk.fix(5_000, after=61, at_=old + timedelta(seconds=61 * n))
    assert walk.breach == "left"


@settings(max_examples=60, deadline=None)
@given(st.lists(
    st.tuples(
        st.floats(0, 180), st.floats(0, 360), st.floats(3, 60), st.floats(-1, 1), st.floats(5, 120),
        st.one_of(st.none(), st.floats(0, 20_000)),
    ), min_size=3, max_size=60,
))  # fmt: skip
def test_dirty_gps_alarms_nobody(steps: list[tuple[float, float, float, float, float, float | None]]) -> None:
    """She stays inside; fixes are off by as much as they say, and after each good one there may be a jump of any size."""
    walk = Walk(
        STAY, msgspec.structs.replace(POND, shape=Circle(latitude=at(2_000)[0], longitude=at(2_000)[1], radius_m=60))
    )
    for metres, bearing, accuracy_m, off, after, jump in steps:
        walk.fix(max(0.0, metres + off * accuracy_m), bearing=bearing, accuracy_m=accuracy_m, after=after)
        if jump is not None:
            walk.fix(jump, bearing=bearing, accuracy_m=5, after=after)
            walk.fix(metres, bearing=bearing, accuracy_m=accuracy_m, after=after)
    assert walk.seen == []


@settings(max_examples=60, deadline=None)
@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(0, 1_000_000), st.floats(-1e6, 1e6))
def test_no_fix_breaks_it(latitude: float, longitude: float, accuracy_m: float, seconds: float) -> None:
    walk = Walk(STAY, msgspec.structs.replace(STAY, shape=square(100)), POND)
    position = Position(
        latitude=latitude, longitude=longitude, accuracy_m=accuracy_m, at=NOON + timedelta(seconds=seconds)
    )
    moved(walk.memory, walk.zones, position, NOON)
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(walk.memory), type=zones.Memory)
    assert again == walk.memory and len(msgspec.msgpack.encode(again)) < 400


RING = [[127.0, 37.0], [127.01, 37.0], [127.01, 37.01], [127.0, 37.0]]


@pytest.mark.parametrize(
    "shape",
    [
        {"type": "Circle", "latitude": 37, "longitude": 127, "radius_m": 49},
        {"type": "Circle", "latitude": 37, "longitude": 127, "radius_m": 20_001},
        {"type": "Circle", "latitude": 91, "longitude": 127, "radius_m": 100},
        {"type": "Polygon", "coordinates": [RING[:3]]},
        {"type": "Polygon", "coordinates": [[*RING[:3], [127.0, 37.001]]]},
        {"type": "Polygon", "coordinates": [RING, RING]},
        {"type": "Polygon", "coordinates": [[RING[0]] * 4]},
        {"type": "Polygon", "coordinates": [[[127.0, 37.0], [127.01, 37.01], [127.01, 37.0], [127.0, 37.01], [127.0, 37.0]]]},
        {"type": "Polygon", "coordinates": [[[127.0, 37.0], [128.0, 37.0], [128.0, 38.0], [127.0, 37.0]]]},
        {"type": "Point", "coordinates": [127.0, 37.0]},
    ],
)  # fmt: skip
def test_a_shape_that_is_none_is_refused(shape: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"name": "집", "rule": "stay", "shape": shape}, Zone)
    assert msgspec.convert({"name": "집", "rule": "stay", "shape": {"type": "Polygon", "coordinates": [RING]}}, Zone)
