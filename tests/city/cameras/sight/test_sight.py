"""Which cameras are chosen for somebody, and what is said of them: by distance, direction, ground, pixels and health."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
import shapely

from ansim.city.cameras.model import Camera, Outlook
from ansim.city.cameras.sight import Ground, Mode, Sight
from ansim.core.geo import destination
from ansim.core.position import Position

HOME = (37.5, 127.03)
AT = datetime(2026, 1, 2, 12, tzinfo=UTC)


def camera(name: str, bearing: float, metres: float, **known: Any) -> Camera:
    latitude, longitude = destination(*HOME, bearing, metres)
    told: dict[str, Any] = {"azimuth_deg": None, "view_deg": 70, "range_m": 55} | known
    return Camera(id=name, centre="c", name=name, latitude=latitude, longitude=longitude, **told)


def her(east_m: float = 0, north_m: float = 0, accuracy_m: float = 8, **known: Any) -> Position:
    latitude, longitude = destination(*destination(*HOME, 90, east_m), 0, north_m)
    told: dict[str, Any] = {"source": "android", "at": AT} | known
    return Position(latitude=latitude, longitude=longitude, accuracy_m=accuracy_m, **told)


def rank(sight: Sight, position: Position | None = None, **asked: Any) -> Outlook:
    return sight.rank(position or her(), **{"live": set(sight.cameras)} | asked)


def names(found: Outlook) -> list[str]:
    return [camera.id for camera in found.cameras]


def box(west_m: float, south_m: float, east_m: float, north_m: float) -> shapely.Polygon:
    """An area around HOME, metres."""
    south, west = destination(*destination(*HOME, 90, west_m), 0, south_m)
    north, east = destination(*destination(*HOME, 90, east_m), 0, north_m)
    return shapely.box(west, south, east, north)


def ground(*, roads: Any = (), entrances: Any = (), footprints: Any = ()) -> Ground:
    return Ground.of(
        [
            (layer, np.array(shapes, dtype=object))
            for layer, shapes in (("roads", roads), ("entrances", entrances), ("footprints", footprints))
        ]
    )


STREET = box(-200, -5, 200, 5)


def test_a_camera_out_of_reach_is_none() -> None:
    sight = Sight([camera("near", 0, 30), camera("far", 0, 400)])
    assert names(rank(sight)) == ["near"]
    assert names(rank(Sight([]))) == [] and rank(Sight([])).probability == 0


def test_a_wall_counts_for_more_than_distance() -> None:
    cameras = [camera("behind", 0, 20, turns=True), camera("along", 90, 45, turns=True)]
    assert names(rank(Sight(cameras)))[0] == "behind"
    house = box(-15, 8, 15, 14)
    found = rank(Sight(cameras, ground(footprints=[house])))
    assert names(found)[0] == "along" and found.map == "footprints"


def test_along_a_road_one_sees_far_and_across_a_block_not() -> None:
    sight = Sight([camera("along", 90, 60, turns=True), camera("across", 0, 40, turns=True)], ground(roads=[STREET]))
    found = {one.id: one for one in rank(sight).cameras}
    assert found["along"].sees == "likely" and found["along"].score > 0.5
    assert "across" not in found or found["across"].sees == "unlikely"


def test_where_the_map_ends_nothing_is_held_against_a_camera() -> None:
    away = [destination(*HOME, 90, 3000 + metres) for metres in (0, 40)]
    cameras = [
        Camera(id="c", centre="c", name="c", latitude=away[1][0], longitude=away[1][1], azimuth_deg=None, view_deg=360, range_m=80)
    ]  # fmt: skip
    there = Position(latitude=away[0][0], longitude=away[0][1], accuracy_m=8, source="android", at=AT)
    mapped, bare = (rank(Sight(cameras, drawn), there) for drawn in (ground(roads=[STREET]), None))
    assert mapped == bare and mapped.map == "none"


def test_a_calibrated_direction_is_believed_and_a_register_half() -> None:
    def away(source: str) -> float:
        [one] = rank(Sight([camera("c", 0, 30, azimuth_deg=0, azimuth_source=source)])).cameras or [None]
        return 0.0 if one is None else one.score

    assert away("calibrated") == 0 < away("register")
    toward = rank(Sight([camera("c", 0, 30, azimuth_deg=180, azimuth_source="calibrated")])).cameras[0]
    guess = rank(Sight([camera("c", 0, 30)])).cameras[0]
    assert toward.sees == "likely" and 0.1 < guess.score < toward.score


def test_a_lens_of_unknown_direction_rather_looks_down_the_street() -> None:
    sight = Sight([camera("c", 90, 40)], ground(roads=[STREET]))
    beside = Sight([camera("c", 90, 40)])
    assert rank(sight).cameras[0].score > 1.3 * rank(beside).cameras[0].score


def test_a_camera_that_turns_is_aimed_at_her_and_zooms_as_far_as_her_place_is_sure() -> None:
    sight = Sight([camera("c", 0, 60, turns=True)])
    sure, unsure = (rank(sight, her(accuracy_m=radius)).cameras[0].aim for radius in (4, 40))
    assert sure and unsure
    assert sure.bearing_deg == pytest.approx(180, abs=6)
    assert sure.view_deg < unsure.view_deg


def test_a_radius_is_what_its_source_says() -> None:
    """A browser's is 95 %, a phone's about 68 %: the same number makes her place surer when a browser tells it."""
    sight = Sight([camera("c", 0, 40, azimuth_deg=180, azimuth_source="calibrated", view_deg=40)])
    web, android = (rank(sight, her(accuracy_m=40, source=source)).cameras[0].score for source in ("web", "android"))
    assert web > android


def test_the_four_complement_each_other() -> None:
    """Three look at one end of where she may be; the other end's only camera is preferred to the third of them."""
    alike = {"azimuth_deg": 90, "azimuth_source": "calibrated", "view_deg": 60}
    cameras = [camera(f"west-{at}", 270, 30 + at, **alike) for at in range(4)]
    cameras.append(camera("east", 90, 75, azimuth_deg=270, azimuth_source="calibrated", view_deg=60, range_m=60))
    found = rank(Sight(cameras), her(accuracy_m=50))
    assert "east" in names(found)[:3]


def test_a_camera_that_does_not_deliver_comes_last_and_promises_nothing() -> None:
    cameras = [camera("silent", 0, 20, view_deg=360), camera("live", 0, 40, view_deg=360)]
    found = rank(Sight(cameras), live={"live"})
    assert names(found) == ["live", "silent"]
    silent = found.cameras[1]
    assert silent.probability < 0.05 and silent.sees == "likely" and not silent.live


def test_what_is_shown_stays_until_another_is_clearly_better() -> None:
    sight = Sight([camera("a", 0, 40, view_deg=360), camera("b", 180, 40.5, view_deg=360)])
    assert names(rank(sight)) == ["a", "b"]
    assert names(rank(sight, keep=["b"])) == ["b", "a"]
    assert names(rank(sight, her(north_m=35), keep=["b"]))[0] == "a"


def test_to_identify_is_to_ask_for_more_pixels() -> None:
    """A wide lens sees more of where she may be, a narrow one shows her larger."""
    sight = Sight([camera("c", 0, 45, turns=True)])

    def view(mode: Mode) -> float:
        aim = rank(sight, her(accuracy_m=10), mode=mode).cameras[0].aim
        assert aim is not None
        return aim.view_deg

    assert view("identify") < view("find")


def test_nobody_can_see_her_there_is_said() -> None:
    walled = ground(
        footprints=[box(-60, 10, 60, 15), box(-60, -15, 60, -10), box(15, -15, 20, 15), box(-20, -15, -15, 15)]
    )
    found = rank(Sight([camera("c", 45, 40, turns=True)], walled))
    assert found.probability <= 0.05 and not [one for one in found.cameras if one.sees != "unlikely"]


def test_a_pole_in_a_block_is_one_at_the_kerb() -> None:
    sight = Sight([camera("c", 60, 40, turns=True)], ground(roads=[STREET]))
    assert rank(sight).cameras[0].sees == "likely", "it stands 20 m north of the middle of a street of 10 m"


def test_a_radius_of_kilometres_is_answered_too() -> None:
    found = rank(Sight([camera(str(at), 3 * at, 5 * at, turns=True) for at in range(120)]), her(accuracy_m=50_000))
    assert found.probability < 0.2 and len(found.cameras) <= 9


def test_a_register_read_again_keeps_the_tables_of_poles_that_stand() -> None:
    drawn = ground(roads=[STREET])
    first = Sight([camera("a", 90, 40, turns=True), camera("b", 270, 40, turns=True)], drawn)
    before = rank(first)
    second = Sight([*first.cameras.values(), camera("c", 90, 60, turns=True)], drawn, first)
    assert second._built.tolist().count(True) == 2
    assert names(before) == [name for name in names(rank(second)) if name != "c"]


def test_a_table_agrees_with_geometry() -> None:
    """What the table says of a line of sight is what lies on the line."""
    houses = [box(x, y, x + 20, y + 14) for x in range(-120, 120, 40) for y in range(-120, 120, 34)]
    drawn = ground(footprints=houses)
    tree = shapely.STRtree(houses)
    rng = np.random.default_rng(4)
    sight = Sight([camera("c", 0, 13, turns=True)], drawn)
    sight.warm()
    pole = destination(*HOME, 0, 13)
    agree = []
    for bearing, metres in zip(rng.uniform(0, 360, 400), rng.uniform(8, 110, 400), strict=True):
        end = destination(*pole, bearing, metres)
        start = destination(*pole, bearing, 2.5)
        free = not len(tree.query(shapely.LineString([start[::-1], end[::-1]]), "intersects"))
        agree.append(free == (metres <= sight._tables[1, 0, int(bearing / 360 * 256)]))
    assert np.mean(agree) > 0.93
