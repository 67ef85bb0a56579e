"""Distances and directions over the few hundred metres that matter, and at the ends of the earth."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansim.core.geo import bearing_deg, destination, distance_m

KOREA = st.tuples(st.floats(33, 39), st.floats(124, 132))
WORLD = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


def test_known_distances() -> None:
    assert distance_m(37.5665, 126.9780, 35.1796, 129.0756) == pytest.approx(325_000, rel=0.005)  # Seoul - Busan
    assert distance_m(37, 127, 38, 127) == pytest.approx(111_195, rel=0.001)
    assert distance_m(0, 179.9995, 0, -179.9995) == pytest.approx(111.195, rel=0.001)
    assert distance_m(90, 0, -90, 77) == pytest.approx(20_015_115, rel=0.001)


@pytest.mark.parametrize(
    ("north", "east", "bearing"), [(1, 0, 0), (1, 1, 45), (0, 1, 90), (-1, 0, 180), (0, -1, 270), (1, -1, 315)]
)
def test_directions_go_clockwise_from_north(north: int, east: int, bearing: float) -> None:
    assert bearing_deg(0, 127, north * 1e-3, 127 + east * 1e-3) == pytest.approx(bearing, abs=0.001)


@given(KOREA, st.floats(0, 359.99), st.floats(1, 2000))
def test_going_there_is_that_far_and_that_way(start: tuple[float, float], bearing: float, metres: float) -> None:
    there = destination(*start, bearing, metres)
    assert distance_m(*start, *there) == pytest.approx(metres, rel=0.001, abs=0.001)
    turned = (bearing_deg(*start, *there) - bearing + 180) % 360 - 180
    assert abs(turned) < 0.1


@given(WORLD, WORLD)
def test_there_and_back_is_as_far(one: tuple[float, float], other: tuple[float, float]) -> None:
    there, back = distance_m(*one, *other), distance_m(*other, *one)
    assert 0 <= there == pytest.approx(back, abs=1e-3) and there <= 20_015_200
    assert 0 <= bearing_deg(*one, *other) < 360


@given(WORLD)
def test_here_is_no_distance(here: tuple[float, float]) -> None:
    assert distance_m(*here, *here) == 0
