"""Streets as a graph: where lines meet one can turn, and how far it is along them is known from everywhere around."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
import shapely

from ansim.city.ways.roads import Roads
from ansim.core.geo import destination

HERE = (37.5, 127.0)


def place(east_m: float, north_m: float) -> tuple[float, float]:
    """Latitude and longitude so many metres from HERE."""
    return destination(*destination(*HERE, 0, north_m), 90, east_m)


def roads(*lines: Sequence[tuple[float, float]]) -> Roads:
    return Roads([shapely.LineString([place(*at)[::-1] for at in line]) for line in lines])


def far(of: Roads, start: tuple[float, float], end: tuple[float, float]) -> float | None:
    field = of.toward(*place(*end))
    assert field is not None
    return field.remaining(*place(*start))


CROSS = ([(0, 0), (1000, 0)], [(500, -400), (500, 400)])


def test_streets_that_cross_are_joined() -> None:
    assert far(roads(*CROSS), (0, 0), (500, 400)) == pytest.approx(900, abs=2)


def test_a_side_street_that_ends_at_the_kerb_leads_into_the_street() -> None:
    assert far(roads([(0, 0), (1000, 0)], [(500, 12), (500, 400)]), (0, 0), (500, 400)) == pytest.approx(900, abs=2)


def test_a_street_that_passes_by_is_not_joined() -> None:
    parallel = roads([(0, 0), (1000, 0)], [(0, 14), (1000, 14)], [(1000, 0), (1300, 0), (1300, 200)])
    assert far(parallel, (1300, 200), (0, 14)) is not None
    assert far(roads([(0, 0), (400, 0)], [(0, 90), (400, 90)]), (200, 90), (200, 0)) is None


def test_on_one_piece_it_is_as_far_as_it_is() -> None:
    assert far(roads([(0, 0), (1000, 0)]), (300, 8), (350, -6)) == pytest.approx(64, abs=1)


def test_off_the_network_nothing_is_said() -> None:
    assert far(roads(*CROSS), (250, 200), (500, 400)) is None
    assert roads(*CROSS).toward(*place(250, 200)) is None


def test_what_hangs_together_and_leads_nowhere_is_left_out() -> None:
    island = roads(*CROSS, [(100, 100), (250, 100)])
    assert island.toward(*place(170, 170)) is None


def test_what_remains_grows_no_faster_than_one_walks() -> None:
    """Round a block of streets, each five metres."""
    grid = roads(*([(x, 0), (x, 600)] for x in range(0, 601, 100)), *([(0, y), (600, y)] for y in range(0, 601, 100)))
    field = grid.toward(*place(600, 600))
    assert field is not None
    at = [(step * 5.0, 0.0) for step in range(121)] + [(600.0, step * 5.0) for step in range(121)]
    left = [field.remaining(*place(*one)) or 0.0 for one in at]
    assert max(abs(b - a) for a, b in pairwise(left)) <= 5.2
    assert left[0] == pytest.approx(1200, rel=0.01) and left[-1] == pytest.approx(0, abs=1)
