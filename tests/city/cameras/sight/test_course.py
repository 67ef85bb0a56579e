"""Where she will be in some seconds, from fixes as phones send them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from ansim.city.cameras.sight import Course
from ansim.core.geo import destination, distance_m
from ansim.core.position import Position

HOME = (37.5, 127.03)
AT = datetime(2026, 1, 2, 12, tzinfo=UTC)


def fix(metres: float, second: float, accuracy_m: float = 8) -> Position:
    """On a straight way north."""
    latitude, longitude = destination(*HOME, 0, metres)
    return Position(
        latitude=latitude, longitude=longitude, accuracy_m=accuracy_m, source="android",
        at=AT + timedelta(seconds=second),
    )  # fmt: skip


def north_of(course: Course) -> float:
    spread = course.ahead((4.0,))
    return float(np.mean(spread.north)) + distance_m(*HOME, spread.latitude, spread.longitude)


def walked(seconds: int = 60, speed: float = 1.4) -> Course:
    course = Course(fix(0, 0))
    for second in range(5, seconds + 1, 5):
        assert course.take(fix(speed * second, second))
    return course


def test_a_walker_is_looked_for_ahead_of_her_last_fix() -> None:
    assert north_of(walked()) == pytest.approx(60 * 1.4 + 4 * 1.4, abs=3)


def test_one_wild_fix_does_not_carry_her_away() -> None:
    course = walked()
    course.take(fix(60 * 1.4 + 90, 65))
    assert north_of(course) < 60 * 1.4 + 30


def test_somebody_who_is_elsewhere_is_followed_there() -> None:
    course = walked()
    course.take(fix(4000, 65))
    assert north_of(course) == pytest.approx(4000, abs=20)


def test_a_fix_that_is_known_or_late_changes_nothing() -> None:
    course = walked()
    before = course.ahead()
    assert not course.take(fix(60 * 1.4, 60)) and not course.take(fix(500, 30))
    assert np.array_equal(before.north, course.ahead().north)


def test_after_a_long_silence_her_old_speed_says_nothing() -> None:
    course = walked()
    course.take(fix(60 * 1.4, 300))
    assert north_of(course) == pytest.approx(60 * 1.4, abs=2)


def test_the_farther_ahead_the_wider() -> None:
    course = walked()
    assert course.ahead((2.0,)).sigma_m() < course.ahead((6.0,)).sigma_m() < course.ahead((20.0,)).sigma_m()
