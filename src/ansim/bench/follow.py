"""How long four pictures show a walker, and how often they change: the shipped following, beside the nearest four.

The truth is that of `ansim.bench.judge`. A picture is live two seconds after it is asked for, a lens turned after one.
Five seeds; what is told is the mean and two standard errors between seeds. CPU time of the thread for each fix.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from ansim.bench.judge import city as judge
from ansim.bench.judge.city import SEEN, City, Floats, Ints, Lenses
from ansim.bench.judge.walks import Streets, fixes
from ansim.bench.sight import Nearest, cameras, fix, ground, tiles
from ansim.city.cameras.sight import Sight
from ansim.core.position import Position
from ansim.response.watch.following import Following

SEEDS, WALKS = 5, 6
_OPENS_S, _TURNS_S = 2, 1
_FAR_M = 120.0
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
Choose = Callable[[Position, Floats], tuple[Ints, Floats, Floats]]


def bench() -> dict[str, Any]:
    """Measure, print a line each, and return the figures."""
    folder = judge.found()
    if folder is None:
        print("follow: no judge (no folder shared/siting/gangnam here or above)")
        return {}
    return judged(City(folder))


def judged(city: City, seeds: int = SEEDS, walks: int = WALKS) -> dict[str, Any]:
    streets, drawn = Streets(city), ground(city, "roads")
    found: dict[str, list[tuple[float, float]]] = {}
    taken: dict[str, list[float]] = {}
    hours = 0.0
    for seed in range(seeds):
        rng = np.random.default_rng(3000 + seed)
        lenses = city.lenses(seed)
        sight = Sight(cameras(lenses, city.poles, calibrated=False), drawn)
        sight.warm()
        nearest = Nearest(city, lenses)
        live = {str(lens) for lens in np.flatnonzero(~lenses.known_dead)}
        totals: dict[str, list[float]] = {}
        for number in range(walks):
            places = streets.walk(rng)
            sent = fixes(places, rng)
            weather = np.full(len(places), number)
            possible = city.seeable(lenses, places, weather, _FAR_M)
            hours += len(places) / 3600
            for name, count in (("four", 4), ("two", 2), ("nearest four", 4)):
                choose = _nearest(nearest) if name == "nearest four" else _following(sight, lenses, live, count)
                seen, switches, cost = _walked(city, lenses, places, sent, weather, choose, count)
                total = totals.get(name, [0.0, 0.0, 0.0, 0.0])
                parts = (float((seen & possible).sum()), float(possible.sum()), float(switches), len(places) / 60)
                totals[name] = [before + part for before, part in zip(total, parts, strict=True)]
                taken.setdefault(name, []).extend(cost)
        for name, (seen_s, possible_s, changes, minutes) in totals.items():
            found.setdefault(name, []).append((seen_s / possible_s, changes / minutes))
    figures: dict[str, Any] = {"hours": hours}
    for name, seeds_of in found.items():
        share, per_minute = np.mean(seeds_of, axis=0).tolist()
        errors: list[float] = (2 * np.std(seeds_of, axis=0) / math.sqrt(max(1, len(seeds_of) - 1))).tolist()
        spent = np.array(taken[name]) * 1e6
        figures[name] = {
            "seen": share, "seen_error": errors[0], "switches_a_minute": per_minute, "switches_error": errors[1],
            "p50_us": float(np.percentile(spent, 50)), "p99_us": float(np.percentile(spent, 99)),
        }  # fmt: skip
        print(
            f"follow {name}: seen {share:.3f} ± {errors[0]:.3f} of the possible time, {per_minute:.2f} ±"
            f" {errors[1]:.2f} switches a minute, {np.percentile(spent, 50):.0f} us a fix (p99 {np.percentile(spent, 99):.0f})"
        )
    print(
        f"follow: {seeds * walks} walks, {hours:.1f} h; goals: four >= .91 at <= 2 switches, two >= .82, <= 500 us a fix"
    )
    return figures


def _following(sight: Sight, lenses: Lenses, live: set[str], count: int) -> Choose:
    following = Following()

    def choose(position: Position, at: Floats) -> tuple[Ints, Floats, Floats]:
        return tiles(following.outlook("she", [position], sight, count=count, live=live), lenses, count)

    return choose


def _nearest(nearest: Nearest) -> Choose:
    return lambda position, at: nearest.tiles(at)


def _walked(
    city: City,
    lenses: Lenses,
    places: Floats,
    sent: list[tuple[int, Floats, float]],
    weather: Any,
    choose: Choose,
    count: int,
) -> tuple[Any, int, list[float]]:
    """Whether she is seen in each second, how many pictures were exchanged, and the time of each choice."""
    arriving = {second: (at, radius) for second, at, radius in sent}
    shown: dict[int, tuple[int, float, float]] = {}
    turning: dict[int, tuple[int, float, float]] = {}
    rows: list[tuple[int, int, float, float]] = []
    switches, taken, begun = 0, [], False
    for second in range(len(places)):
        for lens, (when, aim, half) in list(turning.items()):
            if when <= second:
                del turning[lens]
                if lens in shown:
                    shown[lens] = (shown[lens][0], aim, half)
        if second in arriving:
            at, radius = arriving[second]
            position = fix(at, radius, _BEGIN + timedelta(seconds=second))
            start = time.thread_time()
            chosen = choose(position, at)
            taken.append(time.thread_time() - start)
            new: dict[int, tuple[int, float, float]] = {}
            for lens, aim, half in zip(*(part.tolist() for part in chosen), strict=True):
                if lens in shown:
                    new[lens] = shown[lens]
                    turning[lens] = (second + _TURNS_S, aim, half)
                else:
                    new[lens] = (second + _OPENS_S, aim, half)
                    switches += begun
            # a picture is not closed for nothing
            for lens in [lens for lens in shown if lens not in new][: max(0, count - len(new))]:
                new[lens] = shown[lens]
            shown, begun = new, True
        rows += [(second, lens, aim, half) for lens, (live, aim, half) in shown.items() if live <= second]
    seen = np.zeros(len(places), dtype=bool)
    if rows:
        second_of, lens_of, aim_of, half_of = (np.array(column) for column in zip(*rows, strict=True))
        size = city.pixels(lenses, places[second_of], lens_of, aim_of, half_of, weather[second_of])
        np.logical_or.at(seen, second_of, size >= SEEN)
    return seen, switches, taken


if __name__ == "__main__":
    bench()
