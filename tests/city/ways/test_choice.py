"""Of all ways the shortest is found, and the one that is lit, seen and near help, within bounds; what no register tells weighs nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import shapely

from ansim.bench.ways import _dijkstra
from ansim.city.cameras.model import Camera
from ansim.city.cameras.sight import Sight
from ansim.city.ways import choice
from ansim.city.ways.daylight import is_dark, sun_deg
from ansim.city.ways.model import Facility
from ansim.city.ways.roads import Roads
from ansim.city.ways.surroundings import Surroundings
from tests.city.ways.test_roads import place, roads

NIGHT, NOON = datetime(2026, 11, 23, 14, tzinfo=UTC), datetime(2026, 11, 23, 3, tzinfo=UTC)
Place = tuple[float, float]


def facility(kind: Any, at: Place, hours: str | None = None) -> Facility:
    latitude, longitude = place(*at)
    return Facility(kind=kind, id=f"{kind} {at}", name="x", latitude=latitude, longitude=longitude, hours=hours)


def around(of: Roads, *facilities: Facility, sight: Sight | None = None) -> Surroundings:
    sight = sight or Sight(())
    return Surroundings(of, facilities, sight.places, sight.covers)


def chosen(of: Roads, start: Place, end: Place, by: Surroundings, at: datetime) -> tuple[choice.Path, choice.Path]:
    a, b = (of.plane(*place(*one)) for one in (start, end))
    short = choice.shortest(of, a, b)
    assert short is not None
    dark = is_dark(37.5, 127.0, at)
    return short, choice.safest(of, a, b, by.costs(dark, by.open_at(at, dark)), short)


def ladder(rise_m: float) -> Roads:
    """Two ways from (0, 0) to (400, 0), the other one longer by twice the rise."""
    return roads(
        [(0, 0), (400, 0)], [(0, 0), (0, rise_m), (400, rise_m), (400, 0)], [(-200, 0), (0, 0)], [(400, 0), (600, 0)]
    )


def lamps(north_m: float) -> Sequence[Facility]:
    return [facility("light", (east, north_m)) for east in range(0, 401, 40)]


def test_at_night_the_lit_way_is_safe_and_by_day_the_short_one() -> None:
    of = ladder(80)
    by = around(of, *lamps(82))
    short, safe = chosen(of, (-50, 3), (450, 3), by, NIGHT)
    assert short.metres == pytest.approx(506, abs=2) and safe.metres == pytest.approx(666, abs=2)
    shares = [by.shares(one.stretches, by.open_at(NIGHT, True)) for one in (short, safe)]
    assert shares[0]["lit"] == 0 and (shares[1]["lit"] or 0) > 0.6 and shares[1]["seen"] is None
    assert chosen(of, (-50, 3), (450, 3), by, NOON)[1] == short


def test_a_way_round_may_cost_so_much_and_no_more() -> None:
    of = ladder(350)
    short, safe = chosen(of, (-50, 0), (450, 0), around(of, *lamps(350), facility("police", (200, 350))), NIGHT)
    assert safe == short and 500 * choice.LONGER + choice.LONGER_M < 1200


def test_a_register_that_is_not_here_weighs_nothing() -> None:
    of = ladder(80)
    elsewhere = around(of, facility("light", (5000, 0)))
    short, safe = chosen(of, (-50, 0), (450, 0), elsewhere, NIGHT)
    assert safe == short and elsewhere.shares(safe.stretches, elsewhere.open_at(NIGHT, True))["lit"] is None
    assert not elsewhere.knows("light", safe.line) and not elsewhere.knows("police", safe.line)


def test_a_shop_helps_while_it_is_open() -> None:
    of = ladder(60)
    by = around(of, *(facility("shop", (east, 70), "09:00-22:00") for east in (40, 120, 200, 280, 360)))
    assert chosen(of, (-20, 0), (420, 0), by, NOON)[1].metres == pytest.approx(560, abs=2)
    assert chosen(of, (-20, 0), (420, 0), by, NIGHT)[1].metres == pytest.approx(440, abs=2)


def test_a_broken_bell_is_no_help_and_a_shelter_without_hours_none_at_night() -> None:
    bell, shelter = facility("bell", (0, 0)), facility("shelter", (90, 0))
    by = around(ladder(60), bell, shelter, facility("shelter", (180, 0), "24/7"))
    assert by.open_at(NOON, False).tolist() == [True, True, True]
    assert by.open_at(NIGHT, True).tolist() == [True, False, True], "what was never said is not counted in the dark"
    assert by.open_at(NIGHT, True, {bell.id, shelter.id}).tolist() == [False, False, True]
    assert shelter.open_at(NIGHT, True) is None and not shelter.always


def test_a_camera_sees_as_far_as_it_reaches_and_where_it_looks() -> None:
    def camera(id: str, at: Place, azimuth: float | None) -> Camera:
        latitude, longitude = place(*at)
        return Camera(
            id=id, centre="c", name=id, latitude=latitude, longitude=longitude, azimuth_deg=azimuth, view_deg=60, range_m=60,
        )  # fmt: skip

    sight = Sight([camera("any", (0, 0), None), camera("east", (300, 0), 90.0)])
    spots = [(50, 0), (0, -50), (80, 0), (350, 0), (250, 0)]
    latitude, longitude = np.array([place(*spot) for spot in spots]).T
    assert sight.covers(latitude, longitude).tolist() == [True, True, False, True, False]


def test_the_way_leads_from_place_to_place_and_none_is_shorter() -> None:
    rng = np.random.default_rng(3)
    spots = rng.uniform(0, 900, (60, 2))
    of = roads(*([tuple(a), tuple(b)] for a in spots for b in spots[np.argsort(np.hypot(*(spots - a).T))[1:4]]))
    weights = (np.array(of.metres) * rng.uniform(1, 3.2, len(of))).tolist()
    compared = 0
    for _ in range(60):
        (a, b), (c, d) = rng.uniform(-400, 400, (2, 2)).tolist()
        start, end = (a, b), (c, d)
        way = choice._way(of, start, end, weights)
        if way is None or of.access(*start) is None or of.access(*end) is None:
            continue
        compared += 1
        spent = sum(abs(one.last - one.first) * weights[one.piece] / of.metres[one.piece] for one in way.stretches)
        assert spent == pytest.approx(_dijkstra(of, start, end, weights), rel=1e-6)
        corners = shapely.get_coordinates(way.line)
        assert math.dist(corners[0], start) < 0.1 and math.dist(corners[-1], end) < 0.1
        for one, other in pairwise(way.stretches):
            ends = [shapely.get_coordinates(shapely.line_interpolate_point(of.shapes[at.piece], along)) for at, along in ((one, one.last), (other, other.first))]  # fmt: skip
            assert np.hypot(*(ends[0] - ends[1])[0]) < 0.2
    assert compared > 30


@pytest.mark.parametrize(
    ("at", "degrees"),
    [("2026-06-21T10:57", -0.83), ("2026-12-21T22:43", -0.83), ("2026-03-20T03:40", 52.4), ("2026-12-22T03:30", 29.0)],
)
def test_the_sun_is_where_almanacs_say_over_seoul(at: str, degrees: float) -> None:
    assert sun_deg(37.5665, 126.978, datetime.fromisoformat(at + "+00:00")) == pytest.approx(degrees, abs=0.35)
