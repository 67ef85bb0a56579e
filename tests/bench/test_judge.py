"""The judge's truth is a truth: a wall hides, a turned lens sees, a dead one does not; and its figures can fail."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely

from ansim.bench import names
from ansim.bench.judge.city import City, Lenses

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture
def city() -> City:
    """One pole at the origin, one wall east of it."""
    made = City.__new__(City)
    made.poles = np.zeros((1, 2))
    made.lenses_on = np.array([1])
    made._west, made._south = -200.0, -200.0
    made._built = np.zeros((800, 800), dtype=np.uint8)
    made._built[380:420, 460:464] = 1
    return made


def lenses(*, turns: bool = True, azimuth: float = 0.0, dead: bool = False) -> Lenses:
    one = np.array
    return Lenses(
        one([0]), np.zeros((1, 2)), one([turns]), one([azimuth]), one([math.radians(60)]), one([1920.0]),
        one([dead]), one([False]),
    )  # fmt: skip


def pixels(city: City, truth: Lenses, at: tuple[float, float], aim: float = 0.0, half: float = 0.3) -> float:
    [size] = city.pixels(truth, np.array([at]), np.array([0]), np.array([aim]), np.array([half]), np.array([0]))
    return float(size)


def test_a_wall_hides_and_a_gap_shows(city: City) -> None:
    east = math.pi / 2
    assert pixels(city, lenses(), (60.0, 0.0), aim=east) == 0
    assert pixels(city, lenses(), (25.0, 0.0), aim=east) > 25
    assert pixels(city, lenses(), (0.0, 60.0)) > 25


def test_only_what_looks_at_her_sees_her(city: City) -> None:
    assert pixels(city, lenses(), (0.0, 40.0), aim=math.pi) == 0
    assert pixels(city, lenses(turns=False, azimuth=math.pi), (0.0, 40.0)) == 0
    assert pixels(city, lenses(turns=False), (0.0, 40.0)) > 25
    assert pixels(city, lenses(dead=True), (0.0, 40.0)) == 0


def test_closer_is_larger(city: City) -> None:
    assert pixels(city, lenses(), (0.0, 30.0)) > 1.8 * pixels(city, lenses(), (0.0, 60.0))


def test_who_is_seeable_is_so_by_a_lens_aimed_right(city: City) -> None:
    at = np.array([[0.0, 60.0], [60.0, 0.0]])
    city.__dict__["pole_tree"] = shapely.STRtree([shapely.Point(0, 0)])
    assert city.seeable(lenses(), at, np.zeros(2, dtype=np.int64)).tolist() == [True, False]


def test_the_judge_is_no_bench() -> None:
    assert "judge" not in names() and {"sight", "follow"} <= set(names())
