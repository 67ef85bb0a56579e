"""Who is free and near, and when somebody will be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ansim.core.geo import destination
from ansim.response.escorts.model import (
    NOTICE,
    DutyRow,
    Engaged,
    Place,
    has_room,
    next_free,
    proposals,
    walk_of,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
STOP = (37.38, 127.12)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def duty(id: str, away_m: float, *, starts: float = 0, ends: float = 240, reach_m: int = 2000) -> DutyRow:
    latitude, longitude = destination(*STOP, 90.0, away_m)
    return DutyRow(
        id=id, centre="c", area="역", latitude=latitude, longitude=longitude, reach_m=reach_m,
        starts_at=NOON + minutes(starts), ends_at=NOON + minutes(ends), case_slot=1, scouts=b"", made_by="leader",
    )  # fmt: skip


def needed(from_at: float, until_at: float, duty: str | None = None) -> Engaged:
    return Engaged(duty=duty, from_at=NOON + minutes(from_at), until_at=NOON + minutes(until_at))


WANTED = needed(40, 75)


def test_the_free_ones_first_then_the_nearest_and_nobody_who_is_too_far_or_off_duty() -> None:
    rota = [
        duty("middle", 900), duty("near", 300), duty("busy", 10), duty("too far", 2500), duty("early", 5, ends=50),
        duty("late", 5, starts=45),
    ]  # fmt: skip
    found = proposals(rota, [needed(30, 45, "busy"), needed(80, 100, "near")], STOP, WANTED)
    assert [(one.duty, one.free) for one in found] == [("near", True), ("middle", True), ("busy", False)]
    assert [one.distance_m for one in found] == [300, 900, 10]


def test_who_asked_before_her_is_counted_before_a_pair_is_theirs() -> None:
    rota = [duty("a", 100), duty("b", 200)]
    assert has_room(rota, [needed(40, 75)], STOP, WANTED)
    assert not has_room(rota, [needed(40, 75), needed(60, 95)], STOP, WANTED)
    assert not has_room(rota, [needed(40, 75), needed(40, 75, "b")], STOP, WANTED)
    assert has_room(rota, [needed(80, 110), needed(0, 40, "b")], STOP, WANTED)


def test_the_next_time_somebody_is_free_is_said_in_steps_of_ten_minutes() -> None:
    rota = [duty("a", 100, ends=180)]
    assert next_free(rota, [needed(30, 73, "a")], STOP, WANTED, NOON) == NOON + minutes(80)
    assert next_free(rota, [], STOP, needed(5, 40), NOON) == NOON + NOTICE
    # after 180 minutes the pair is off duty; its way back does not count
    assert next_free(rota, [needed(0, 170, "a")], STOP, WANTED, NOON) is None
    assert next_free([], [], STOP, WANTED, NOON) is None


@pytest.mark.parametrize(("away_m", "expected_s"), [(50, 600), (1100, 1300)])
def test_how_long_they_walk(away_m: float, expected_s: float) -> None:
    latitude, longitude = destination(*STOP, 0.0, away_m)
    walk = walk_of(Place(latitude=STOP[0], longitude=STOP[1]), Place(latitude=latitude, longitude=longitude))
    assert walk.total_seconds() == pytest.approx(expected_s, abs=2)
