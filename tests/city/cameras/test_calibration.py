"""Steering a head to places on the map tells how it hangs; what does not fit is refused with the reason."""

from __future__ import annotations

import math
import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansim.city.cameras.calibration import Calibration, Mount, Sighted, solve, turn
from ansim.city.cameras.model import Aim
from ansim.core.errors import Problem
from ansim.core.geo import bearing_deg, destination, distance_m

POLE = 37.5, 127.05


def head(azimuth: float = 130.0, clockwise: bool = True, wide: float = 360.0, **more: float) -> Calibration:
    fields = {"tilt_zero_deg": -45.0, "tilt_range_deg": 90.0, "wide_deg": 60.0, "narrow_deg": 5.0, "height_m": 5.0}
    return Calibration(
        azimuth_deg=azimuth, clockwise=clockwise, pan_range_deg=wide, residual_deg=0.0,
        latitude=POLE[0], longitude=POLE[1], **(fields | more),
    )  # fmt: skip


def seen(truth: Calibration, pan: float, away_m: float = 40.0, off_m: tuple[float, float] = (0, 0)) -> Sighted:
    """The head at this pan shows a place; whoever clicks misses it by so many metres east and north."""
    place = destination(*POLE, truth.looks(pan, 0).bearing_deg, away_m)
    clicked = destination(*destination(*place, 90, off_m[0]), 0, off_m[1])
    down = -math.degrees(math.atan2(truth.height_m, away_m))
    tilt = max(-1.0, min(1.0, (down - truth.tilt_zero_deg) / (truth.tilt_range_deg / 2)))
    return Sighted(pan=pan, tilt=tilt, latitude=clicked[0], longitude=clicked[1])


def refusal(*points: Sighted, mount: Mount | None = None) -> Problem:
    with pytest.raises(Problem) as refused:
        solve(*POLE, mount or Mount(), points)
    assert refused.value.status == 422
    return refused.value


@settings(deadline=None)
@given(
    azimuth=st.floats(0, 360, exclude_max=True), clockwise=st.booleans(), wide=st.floats(340, 360),
    first=st.floats(-0.9, -0.45), second=st.floats(-0.2, 0.2), third=st.floats(0.45, 0.9),
    seed=st.integers(0, 2**32), bearing=st.floats(0, 360, exclude_max=True),
)  # fmt: skip
def test_three_clicks_of_a_metre_aim_it_to_some_degrees(
    azimuth: float, clockwise: bool, wide: float, first: float, second: float, third: float, seed: int, bearing: float
) -> None:
    truth, rng = head(azimuth, clockwise, wide), random.Random(seed)
    points = [
        seen(truth, pan, rng.uniform(30, 90), (rng.uniform(-0.7, 0.7), rng.uniform(-0.7, 0.7)))
        for pan in (first, second, third)
    ]
    found = solve(*POLE, Mount(), points).calibration
    assert found.clockwise == clockwise
    assert found.residual_deg < 2 and found.stands_at(*POLE)
    aim = Aim(bearing_deg=bearing, view_deg=20)
    told, here = found.turned_to(aim, 40), truth.turned_to(aim, 40)
    if told is None or here is None:
        assert 360 - wide > 0 or told is here  # only behind the stop
        return
    if abs(told[0]) < 1:
        # a metre at thirty is 1.9 degrees, and the range is known from clicks alone
        assert abs(turn(truth.looks(told[0], 0).bearing_deg - bearing)) < 5
    assert abs(told[1] - here[1]) * 45 < 3


def test_two_exact_places_are_enough() -> None:
    truth = head(azimuth=359.0, clockwise=False)
    fit = solve(*POLE, Mount(), [seen(truth, 0.3), seen(truth, -0.2, 60)])
    assert abs(turn(fit.calibration.azimuth_deg - 359)) < 0.2 and not fit.calibration.clockwise
    assert fit.calibration.residual_deg < 0.2 and max(map(abs, fit.misses_deg)) < 0.2
    assert abs(fit.calibration.tilt_zero_deg + 45) < 0.2


def test_a_head_of_a_smaller_range_is_found_out_by_some_places_not_by_two() -> None:
    truth = head(wide=300.0)
    six = [seen(truth, pan, 40 + 40 * abs(pan)) for pan in (-0.9, -0.5, -0.2, 0.1, 0.5, 0.9)]
    found = solve(*POLE, Mount(), six).calibration
    assert abs(found.pan_range_deg - 300) < 8 and math.hypot(found.east_m, found.north_m) < 2
    assert refusal(six[0], six[4]).type == "calibration.points.misfit"
    assert solve(*POLE, Mount(pan_range_deg=300), [six[0], six[4]]).calibration.pan_range_deg == 300


def test_a_pole_that_stands_some_metres_off_its_place_in_the_register_is_found() -> None:
    truth, off = head(), (3.0, -2.0)
    # everything it looks at lies as much beside what a pole at the register's place would look at
    points = [seen(truth, pan, away, off) for pan, away in ((-0.7, 25), (-0.2, 60), (0.3, 20), (0.6, 50))]
    fit = solve(*POLE, Mount(), points)
    assert abs(fit.calibration.east_m - 3) < 1 and abs(fit.calibration.north_m + 2) < 1
    her = destination(*destination(*destination(*POLE, 90, 3), 180, 2), 75, 30)
    aim = Aim(bearing_deg=bearing_deg(*POLE, *her), view_deg=20)
    told = fit.calibration.turned_to(aim, distance_m(*POLE, *her))
    assert told is not None and abs(turn(truth.looks(told[0], 0).bearing_deg - 75)) < 2


def test_a_pole_that_would_have_to_stand_far_away_is_refused() -> None:
    points = [seen(head(), pan, away, (25, 10)) for pan, away in ((-0.7, 25), (-0.2, 60), (0.3, 20), (0.6, 50))]
    assert refusal(*points).type == "calibration.points.misfit"


def test_a_wrong_click_is_named_and_refused() -> None:
    truth = head()
    wrong = seen(truth, 0.5, 40, (12, -12))
    problem = refusal(seen(truth, -0.6), seen(truth, -0.1), seen(truth, 0.1), wrong, seen(truth, 0.9))
    assert (problem.type, problem.field) == ("calibration.points.misfit", "points[3]")
    assert max(map(abs, problem.extra["misses_deg"])) > 3


@pytest.mark.parametrize(
    ("pans", "away_m", "type", "field"),
    [
        ((0.1,), 40, "points.few", "points"),
        ((0.1, 0.12), 40, "points.spread", "points"),
        ((0.1, 0.5), 3, "points.distance", "points[0]"),
        ((0.1, 0.5), 700, "points.distance", "points[0]"),
        ((-0.5, 0.5), 40, "points.sense", "points"),
    ],
)
def test_places_that_tell_too_little_are_refused(pans: tuple[float, ...], away_m: float, type: str, field: str) -> None:
    problem = refusal(*(seen(head(), pan, away_m) for pan in pans))
    assert (problem.type, problem.field) == (f"calibration.{type}", field)


def test_a_tilt_that_cannot_be_is_refused() -> None:
    points = [seen(head(), -0.4, 20), seen(head(), 0.3, 60)]
    turned = msgspec.structs.replace(points[1], tilt=-0.9)
    assert refusal(points[0], turned).type == "calibration.points.tilt"


def test_what_it_is_told_is_what_it_looks_at() -> None:
    truth = head(azimuth=200, clockwise=False, wide=350)
    for bearing in range(0, 360, 7):
        told = truth.turned_to(Aim(bearing_deg=bearing, view_deg=20), 40)
        assert told is not None
        looks = truth.looks(told[0], told[2])
        assert abs(turn(looks.bearing_deg - bearing)) <= 5 and abs(looks.view_deg - 20) < 0.2


def test_behind_its_stop_it_does_not_turn() -> None:
    half = head(azimuth=0, wide=180)
    assert half.turned_to(Aim(bearing_deg=180, view_deg=20), 40) is None
    assert half.turned_to(Aim(bearing_deg=88, view_deg=20), 40) is not None


def test_nearer_is_lower_and_narrower_is_closer() -> None:
    aim = head().turned_to
    near, far = aim(Aim(bearing_deg=130, view_deg=20), 8), aim(Aim(bearing_deg=130, view_deg=20), 80)
    close = aim(Aim(bearing_deg=130, view_deg=10), 80)
    assert near and far and close and near[1] < far[1] and close[2] > far[2]


def test_it_is_never_aimed_finer_than_it_is_known() -> None:
    unsure = msgspec.structs.replace(head(), residual_deg=2.5)
    told = unsure.turned_to(Aim(bearing_deg=130, view_deg=5), 40)
    assert told is not None and unsure.looks(told[0], told[2]).view_deg >= 9.9


def test_a_pole_that_was_moved_is_another() -> None:
    assert head().stands_at(*destination(*POLE, 45, 0.5))
    assert not head().stands_at(*destination(*POLE, 45, 2))
    assert bearing_deg(*POLE, *destination(*POLE, 45, 2)) == pytest.approx(45, abs=0.1)
