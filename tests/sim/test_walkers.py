"""Walkers: where they are follows from the time, at the speed said, on the streets."""

from itertools import pairwise
from math import hypot
from random import Random

import pytest
from shapely.geometry import LineString

from ansim.sim.quarter import Quarter, generate
from ansim.sim.walkers import Behind, Pacer, Walker, Wanderer, Way, way_along


@pytest.fixture(scope="module")
def quarter() -> Quarter:
    return generate(7)


def test_a_way_is_walked_at_its_speed_and_ends() -> None:
    way = Way((0.0, 0.0))
    way.add((30.0, 0.0))
    way.add((30.0, 40.0))
    walker = Walker(way, 2.0, started_s=100.0)
    assert walker.spot(100.0)[:2] == (0.0, 0.0)
    assert walker.spot(110.0)[:2] == (20.0, 0.0)
    assert walker.spot(125.0)[:2] == (30.0, 20.0)
    end = walker.spot(1000.0)
    assert end[:2] == (30.0, 40.0) and not end.moving


def test_a_pause_keeps_her_where_she_is() -> None:
    way = Way((0.0, 0.0))
    way.add((100.0, 0.0))
    walker = Walker(way, 1.0, started_s=0.0)
    walker.pause(10.0)
    assert walker.spot(500.0).x == pytest.approx(10.0) and not walker.spot(500.0).moving
    walker.resume(500.0)
    assert walker.spot(505.0).x == pytest.approx(15.0)


def test_somebody_behind_walks_the_same_way_later() -> None:
    way = Way((0.0, 0.0))
    way.add((100.0, 0.0))
    her = Walker(way, 1.0, started_s=0.0)
    him = Behind(her, gap_m=11.0, side_m=0.0)
    assert him.spot(50.0).x == pytest.approx(39.0)
    assert not him.spot(5.0).moving


def test_she_turns_at_the_end_and_comes_back_without_a_jump(quarter: Quarter) -> None:
    nodes = list(quarter.safe_way)
    there, back = way_along(quarter, nodes), way_along(quarter, nodes[::-1])
    her = Pacer(there, back, 1.3, started_s=0.0)
    spots = [her.spot(float(second)) for second in range(0, 3600)]
    assert max(hypot(b.x - a.x, b.y - a.y) for a, b in pairwise(spots)) <= 1.31
    assert all(spot.moving for spot in spots)
    home = there.points[-1]
    assert sum(hypot(spot.x - home[0], spot.y - home[1]) < 1.0 for spot in spots) >= 3
    her.set_out(there, 4000.0)
    assert her.spot(1e6)[:2] == home and not her.spot(1e6).moving


def test_wanderers_stay_on_the_streets_and_never_jump(quarter: Quarter) -> None:
    walker = Wanderer(quarter, Random(5), 1.4, started_s=0.0)
    spots = [walker.spot(float(second)) for second in range(0, 3600, 2)]
    for a, b in pairwise(spots):
        assert hypot(b.x - a.x, b.y - a.y) <= 2.81
    for spot in spots[::20]:
        road = quarter.road_near(spot.x, spot.y)
        assert road.road_class in ("avenue", "street", "alley")
    again = Wanderer(quarter, Random(5), 1.4, started_s=0.0)
    assert again.spot(3000.0) == walker.spot(3000.0)


def test_people_do_not_walk_through_houses(quarter: Quarter) -> None:
    way = way_along(quarter, list(quarter.safe_way))
    line = LineString(way.points)
    tree = quarter.building_tree
    inside = sum(tree.geometries[k].intersection(line).length for k in tree.query(line))
    assert inside < 0.5
