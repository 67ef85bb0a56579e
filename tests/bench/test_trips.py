"""The judge of trips cuts what was walked out of what was recorded, and the bench can tell a good watch from a bad one."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import shapely

from ansim.bench.judge.rides import WHEELS, driven_along
from ansim.bench.judge.trips import Fix, Journey, recorded
from ansim.bench.trips import corridor, watched

HOME = (37.5, 127.0)
DEGREE_M = 111_195.0


def journey(path: Iterable[tuple[float, float]], begun: float = math.inf) -> Journey:
    """A place each five seconds, metres north and east of home."""
    east_m = DEGREE_M * math.cos(math.radians(HOME[0]))
    sent = [
        Fix(5.0 * step, HOME[0] + north / DEGREE_M, HOME[1] + east / east_m, 10.0)
        for step, (north, east) in enumerate(path)
    ]
    way = np.array([(sent[0].latitude, sent[0].longitude), HOME])
    return Journey(sent, HOME, math.hypot(*next(iter(path))), way, "car away", begun)


HOMEWARD = [(1000 - 6.5 * step, 0.0) for step in range(150)]
ROUND_A_PARK = [(1000 - 5 * step, 200 * math.sin(math.pi * step / 200)) for step in range(200)]
TAKEN = [*HOMEWARD[:60], *((610 + 60.0 * step, 0.0) for step in range(60))]


def test_a_way_round_a_park_is_asked_about_by_the_corridor_alone() -> None:
    assert watched(journey(HOMEWARD)).asked == {} and corridor(journey(HOMEWARD), 100, 30).asked == {}
    assert watched(journey(ROUND_A_PARK)).asked == {}
    assert corridor(journey(ROUND_A_PARK), 100, 30).asked.keys() == {"corridor"}
    assert corridor(journey(ROUND_A_PARK), 250, 30).asked == {}


def test_a_car_is_noticed_after_it_left_and_not_before() -> None:
    found = watched(journey(TAKEN, begun=300))
    assert 0 < found.after(300, "fast") <= 60 and found.wrong == 0
    assert found.after(300, "stopped") == math.inf


def plt(folder: Path, places: Iterable[tuple[int, float, float]]) -> None:
    """As GeoLife writes it: six lines, then latitude, longitude, 0, feet, days, date, time."""
    begun = datetime(2008, 10, 24, 10, 0, tzinfo=UTC)
    lines = ["head"] * 6
    for second, north, east in places:
        when = begun + timedelta(seconds=second)
        lines.append(
            f"{39.9 + north / DEGREE_M:.6f},{116.3 + east / DEGREE_M:.6f},0,100,0,{when:%Y-%m-%d},{when:%H:%M:%S}"
        )
    (folder / "000_20081024100000.plt").write_text("\n".join(lines), encoding="ascii")


def test_a_walk_between_two_rides_is_one_trip(tmp_path: Path) -> None:
    ride = [(second, 10.0 * second, 0.0) for second in range(0, 600, 5)]
    walk = [(600 + second, 6000 + 1.3 * second, 0.0) for second in range(0, 720, 5)]
    on = [(1320 + second, 6936 + 9.0 * second, 0.0) for second in range(0, 600, 5)]
    plt(tmp_path, [*ride, *walk, *on])
    [trip] = recorded(tmp_path)
    assert 600 <= trip.fixes[-1].second <= 720 and 750 <= trip.metres <= 950


def test_a_day_is_cut_where_the_phone_rested(tmp_path: Path) -> None:
    there = [(second, 1.3 * second, 0.0) for second in range(0, 600, 5)]
    lunch = [(600 + second, 780.0, 0.0) for second in range(0, 1800, 5)]
    back = [(2400 + second, 780 - 1.3 * second, 0.0) for second in range(0, 600, 5)]
    plt(tmp_path, [*there, *lunch, *back])
    assert len(recorded(tmp_path)) == 2


def test_rides_are_as_fast_as_their_sources_say() -> None:
    line = shapely.LineString([(0, 0), (4000, 0)])
    kmh = {}
    for mode in WHEELS:
        rng = np.random.default_rng(1)
        kmh[mode] = float(np.mean([3.6 * 4000 / len(driven_along(line, mode, rng)) for _ in range(20)]))
    assert 16 < kmh["bus"] < 23 and 10 < kmh["bicycle"] < 15 and 1.25 < kmh["taxi"] / kmh["bus"] < 1.6, kmh


def test_a_phone_without_network_is_noticed_and_what_it_could_not_send_raises_nothing() -> None:
    assert watched(replace(journey(HOMEWARD), silences=((100, 190),))).asked == {}
    assert watched(replace(journey(HOMEWARD), silences=((100, 300),))).asked.keys() == {"silent"}
