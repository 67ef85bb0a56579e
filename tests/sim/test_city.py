"""The living city: she stands in the pictures of the cameras that cover her, and in no others."""

import asyncio
from collections.abc import Iterator
from itertools import pairwise
from math import hypot

import av
import numpy as np
import pytest

from ansim.core.clock import ManualClock
from ansim.core.world import World
from ansim.sim.cameras import HEIGHT, WIDTH
from ansim.sim.city import City, pose
from ansim.sim.marker import camera_hash, read_code
from ansim.sim.plane import Point
from ansim.sim.render import Lens
from ansim.sim.walkers import Way


@pytest.fixture(scope="module")
def city() -> Iterator[City]:
    """One city on a clock that stands still; only she is moved."""
    yield City(7, World(clock=ManualClock()))


def standing(point: Point) -> Way:
    """Half a metre to the east, and there it ends."""
    way = Way(point)
    way.add((point[0] + 0.5, point[1]))
    return way


def put_her(city: City, x: float, y: float) -> None:
    """Stand her at a point, looking along the street."""
    city.her.set_out(standing((x, y)), 0.0)
    city.her.pause(0.0)


def her_pixels(city: City, camera: str, metres: float) -> tuple[int, tuple[float, float]]:
    """How many pixels change when she comes to that point of her way home, and where she is in the picture."""
    x, y, _ = city.way_home().at(metres)
    put_her(city, 1e4, 1e4)
    without = city.picture(camera, city.world.clock.now())[:HEIGHT].astype(int)
    put_her(city, x, y)
    with_her = city.picture(camera, city.world.clock.now())[:HEIGHT].astype(int)
    put_her(city, 1e4, 1e4)
    changed = np.abs(with_her - without) > 8
    lens = Lens(pose(city.quarter.site(camera)), WIDTH, HEIGHT)
    column, row, _ = lens.project(np.array([[x, y, 0.9]]))[0]
    rows, columns = np.nonzero(changed)
    if len(rows):
        assert abs(np.median(columns) - column) < 90 and abs(np.median(rows) - row) < 120
    return int(changed.sum()), (column, row)


@pytest.mark.parametrize("metres", [135.0])
def test_she_is_in_the_pictures_of_the_cameras_that_cover_her_and_in_no_other(city: City, metres: float) -> None:
    x, y, _ = city.way_home().at(metres)
    covering = city.cameras_covering(x, y)
    assert len(covering) >= 2
    for camera in covering[:2]:
        changed, (column, row) = her_pixels(city, camera, metres)
        assert 0 < column < WIDTH and 0 < row < HEIGHT
        assert changed > 60, camera
    far = [site for site in city.quarter.sites if hypot(site.x - x, site.y - y) > 150]
    assert her_pixels(city, far[0].id, metres)[0] == 0


def test_a_house_hides_her(city: City) -> None:
    """Whoever is within range and view but behind a house is not in the picture."""
    quarter = city.quarter
    for site in quarter.sites:
        lens = Lens(pose(site), WIDTH, HEIGHT)
        for node in quarter.nodes:
            column, row, depth = lens.project(np.array([[node.x, node.y, 0.9]]))[0]
            if not (15 < depth < 40 and 100 < column < WIDTH - 100 and 40 < row < HEIGHT):
                continue
            blocked = not quarter.covers(site, node.x, node.y) and depth < site.range_m * 0.8
            if blocked and hypot(node.x - site.x, node.y - site.y) < site.range_m:
                put_her(city, 1e4, 1e4)
                without = city.picture(site.id, city.world.clock.now())
                put_her(city, node.x, node.y)
                hidden = city.picture(site.id, city.world.clock.now())
                changed = np.abs(hidden[:HEIGHT].astype(int) - without[:HEIGHT]) > 8
                assert changed.sum() < 80
                return
    pytest.fail("no blocked line of sight in this quarter")


def test_the_same_moment_gives_the_same_picture(city: City) -> None:
    camera = city.quarter.sites[3].id
    at = city.world.clock.now()
    again = City(7, World(clock=ManualClock()))
    for other in (city, again):
        put_her(other, 1e4, 1e4)
    assert np.array_equal(city.picture(camera, at), again.picture(camera, at))


def test_the_picture_is_a_night_street_and_not_flat(city: City) -> None:
    luma = city.picture(city.quarter.sites[3].id, city.world.clock.now())[:HEIGHT]
    assert 35 < luma.mean() < 130
    assert luma.std() > 15


def test_a_patrol_car_comes_into_the_picture_and_can_be_sent_home(city: City) -> None:
    x, y, _ = city.way_home().at(135.0)
    camera = city.cameras_covering(x, y)[0]
    without = city.picture(camera, city.world.clock.now())
    city.patrol("순찰 12호", (x, y)).set_out(standing((x, y)), 0.0)
    assert np.abs(city.picture(camera, city.world.clock.now()).astype(int) - without).max() > 40
    city.dismiss("순찰 12호")
    assert np.array_equal(city.picture(camera, city.world.clock.now()), without)


def test_a_patrol_car_drives_to_her_by_road_and_stops_beside_her(city: City) -> None:
    for metres in (60.0, 250.0, 500.0):
        x, y, _ = city.way_home().at(metres)
        car = city.patrol("순찰 7호", (x, y))
        ex, ey, _ = car.way.at(car.way.length_m)
        assert hypot(ex - x, ey - y) < 16
        assert car.way.length_m < 1500
        for along in range(0, int(car.way.length_m), 5):
            px, py, _ = car.way.at(along)
            road = city.quarter.road_near(px, py)
            assert city.scenery.distance_to(road, (px, py)) < road.width_m
        city.dismiss("순찰 7호")


def test_her_way_is_walked_from_the_station_to_the_end(city: City) -> None:
    way = city.way_home()
    assert 300 < way.length_m < 900
    assert max(hypot(bx - ax, by - ay) for (ax, ay), (bx, by) in pairwise(way.points)) < 200


async def test_she_passes_through_a_real_stream() -> None:
    """The whole way round: drawn, encoded, sent over RTSP with sign-in, decoded by a foreign player."""
    city = City(7, World())
    x, y, _ = city.way_home().at(135.0)
    camera = city.cameras_covering(x, y)[0]
    await city.start()
    put_her(city, x, y)

    def look() -> np.ndarray:
        options = {"rtsp_transport": "tcp", "analyzeduration": "200000"}
        with av.open(city.cameras.url(camera), options=options, timeout=30) as player:
            frame = next(player.decode(video=0))
            code = read_code(frame)
            assert code is not None and code.camera == camera_hash(camera)
            return frame.to_ndarray(format="gray")

    with_her = await asyncio.to_thread(look)
    assert city.shows_her(camera, with_her)
    put_her(city, *city.way_home().at(400.0)[:2])
    without = await asyncio.to_thread(look)
    put_her(city, x, y)
    assert not city.shows_her(camera, without)
    await city.stop()


async def test_a_turning_camera_looks_elsewhere_once_it_has_turned() -> None:
    clock = ManualClock()
    city = City(7, World(clock=clock))
    await city.start()
    try:
        camera = next(iter(sorted(city.onvif.turning)))
        before = city.picture(camera, clock.now())[:HEIGHT].astype(int)
        city.onvif.heads[camera].go((1.0, 0.0, 0.0))
        await clock.advance(1.0)
        turning = city.picture(camera, clock.now())[:HEIGHT].astype(int)
        await clock.advance(1.1)
        after = city.picture(camera, clock.now())[:HEIGHT].astype(int)
        assert np.abs(after - before).mean() > 3 * np.abs(turning - before).mean() + 3
        city.onvif.heads[camera].go((0.0, 0.0, 0.0))
        await clock.advance(2.1)
        back = city.picture(camera, clock.now())[:HEIGHT].astype(int)
        assert np.abs(back - before).mean() < np.abs(after - before).mean() / 3
        source = city.source(camera)
        assert isinstance(source, dict) and camera in source["device"]
    finally:
        await city.stop()


def test_lights_and_places_of_help_stand_in_the_quarter() -> None:
    rows = City(7, World()).facilities()
    assert {row["kind"] for row in rows} == {"light", "police", "shelter", "shop"}
    assert len({(row["kind"], row["id"]) for row in rows}) == len(rows)
    assert all(abs(row["latitude"] - 37.38) < 0.01 and abs(row["longitude"] - 127.12) < 0.01 for row in rows)
