"""The generated quarter: the same for a seed, whole, and inside the town it is said to be in."""

import json
from collections import Counter
from itertools import pairwise

import pytest
from shapely import STRtree
from shapely.geometry import LineString, Point, Polygon

from ansim.core.geo import distance_m
from ansim.sim.quarter import Quarter, compass, generate, house_number

SEEDS = (7, 1)


@pytest.fixture(scope="module", params=SEEDS)
def quarter(request: pytest.FixtureRequest) -> Quarter:
    return generate(request.param)


def test_same_seed_same_quarter(quarter: Quarter) -> None:
    again = generate(quarter.seed)
    assert json.dumps(again.geojson()) == json.dumps(quarter.geojson())
    assert again.sites == quarter.sites
    assert again.safe_way == quarter.safe_way
    assert generate(quarter.seed + 1).sites != quarter.sites


def test_every_junction_can_be_walked_to(quarter: Quarter) -> None:
    seen, todo = {0}, [0]
    while todo:
        for other, length, _ in quarter.edges[todo.pop()]:
            assert length > 0
            if other not in seen:
                seen.add(other)
                todo.append(other)
    assert len(seen) == len(quarter.nodes)


def test_no_house_stands_on_a_road_or_in_another_house(quarter: Quarter) -> None:
    houses = [Polygon(building.ring) for building in quarter.buildings]
    tree = STRtree(houses)
    for road in quarter.roads:
        for line in road.lines:
            road_way = LineString(line).buffer(road.width_m / 2 - 0.3, cap_style="flat")
            assert all(houses[k].intersection(road_way).area < 0.5 for k in tree.query(road_way))
    for k, house in enumerate(houses):
        assert house.is_valid and house.exterior.is_ccw
        assert all(houses[j].intersection(house).area < 0.1 for j in tree.query(house) if j != k)


def test_it_has_what_a_quarter_has(quarter: Quarter) -> None:
    kinds = Counter(feature["properties"]["kind"] for feature in quarter.geojson()["features"])
    assert kinds["park"] == 1 and kinds["pole"] == 60 and kinds["building"] > 800
    assert Counter(road.road_class for road in quarter.roads)["avenue"] == 2
    assert {"station", "police-box", "safe-shop"} <= {place.kind for place in quarter.places}
    names = [road.name for road in quarter.roads]
    assert len(set(names)) == len(names)


def test_it_lies_within_a_kilometre_of_its_centre(quarter: Quarter) -> None:
    def points(coordinates: list) -> list:  # type: ignore[type-arg]
        return [coordinates] if isinstance(coordinates[0], float) else [p for c in coordinates for p in points(c)]

    for feature in quarter.geojson()["features"]:
        for longitude, latitude in points(feature["geometry"]["coordinates"]):
            assert distance_m(latitude, longitude, 37.38, 127.12) < 1000


def test_the_register_says_what_stands_there_except_what_was_not_surveyed(quarter: Quarter) -> None:
    rows = {row["id"]: row for row in quarter.cameras()}
    assert len(rows) == len(quarter.sites) >= 60
    for site in quarter.sites:
        row = rows[site.id]
        x, y = quarter.plane.point(row["latitude"], row["longitude"])
        assert abs(x - site.x) < 0.1 and abs(y - site.y) < 0.1
        if site.turns:
            assert (row["azimuth_deg"], row["view_deg"], row["direction"]) == (None, 360.0, "360도")
        elif site.surveyed:
            assert row["azimuth_deg"] == pytest.approx(site.azimuth_deg)
            assert row["direction"] == compass(site.azimuth_deg) + "향"
        else:
            assert (row["azimuth_deg"], row["direction"]) == (None, "")


def test_cameras_stand_outside_houses(quarter: Quarter) -> None:
    for site in quarter.sites:
        foot = Point(site.x, site.y)
        houses = quarter.building_tree
        assert not any(houses.geometries[k].contains(foot) for k in houses.query(foot))


def test_most_of_the_safe_way_home_is_before_a_camera(quarter: Quarter) -> None:
    way = quarter.axis(quarter.safe_way)
    assert 300 < way.length < 800
    points = [way.interpolate(metres) for metres in range(0, int(way.length), 10)]
    seen = sum(any(quarter.covers(site, point.x, point.y) for site in quarter.sites) for point in points)
    assert seen / len(points) > 0.8
    for a, b in pairwise(quarter.safe_way):
        assert b in {other for other, _, _ in quarter.edges[a]}


def test_an_address_is_the_nearest_road_and_its_number(quarter: Quarter) -> None:
    road = next(road for road in quarter.roads if road.road_class == "avenue")
    (ax, ay), (bx, by) = road.lines[0][0], road.lines[0][1]
    length = LineString(road.lines[0][:2]).length
    x, y = (ax + bx) / 2 - (by - ay) / length * 9, (ay + by) / 2 + (bx - ax) / length * 9
    name = quarter.address(x, y)
    assert name.rsplit(" ", 1)[0] == road.name
    assert int(name.rsplit(" ", 1)[1]) % 2 == 1
    latitude, longitude = quarter.plane.place(x, y)
    assert quarter.address_at(latitude, longitude) == name


def test_numbers_are_odd_on_the_left_and_even_on_the_right() -> None:
    road = LineString([(0, 0), (100, 0)])
    assert [house_number(road, x, 3) for x in (1, 25, 45)] == [1, 3, 5]
    assert [house_number(road, x, -3) for x in (1, 25, 45)] == [2, 4, 6]


@pytest.mark.parametrize(("azimuth", "word"), [(0, "북"), (44, "북동"), (180, "남"), (350, "북"), (247, "남서")])
def test_compass_words(azimuth: float, word: str) -> None:
    assert compass(azimuth) == word
