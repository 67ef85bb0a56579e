"""What driving planned aims is worth: how often a tile of four truly sees her, with heads that stay, that are driven, and that obey perfectly.

The truth is that of `ansim.bench.judge`, from roads alone. Each head hangs in a direction that nobody knows, on a pole that stands some metres from where the register has it. It
is calibrated as an engineer does it: steered to three places, each clicked a metre off; what is refused stays as it is. Heads that stay look where they
were put up, 60 degrees wide, and are chosen as lenses of unknown direction. Three seeds; the mean and two standard errors between them.
"""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np

from ansim.bench.judge import city as judge
from ansim.bench.judge.city import SEEN, City, Floats, Lenses
from ansim.bench.sight import cameras, fix, ground, tiles
from ansim.city.cameras.calibration import Calibration, Fit, Mount, Sighted, solve, turn
from ansim.city.cameras.model import Aim
from ansim.city.cameras.sight import TOGETHER, Sight
from ansim.core.errors import Problem

SEEDS, PEOPLE = 3, 150
RADII_M = (5, 10, 20, 50)
PLACES_M, CLICK_M = (20.0, 60.0), 1.0
_MOUNT = Mount()


def bench() -> dict[str, Any]:
    """Measure, print a line each, and return the figures."""
    folder = judge.found()
    if folder is None:
        print("aims: no judge (no folder shared/siting/gangnam here or above)")
        return {}
    return judged(City(folder))


class Head:
    """One turning lens as it truly hangs, and what its calibration made of it."""

    def __init__(self, truth: Floats, register: tuple[float, float], rng: np.random.Generator) -> None:
        self.azimuth = float(rng.uniform(0, 360))
        pans = np.array([-0.6, 0.0, 0.5]) + rng.uniform(-0.2, 0.2, 3)
        points = []
        for pan, away in zip(pans.tolist(), rng.uniform(*PLACES_M, 3).tolist(), strict=True):
            bearing = math.radians(self.azimuth + pan * 180)
            clicked = truth + away * np.array([math.sin(bearing), math.cos(bearing)]) + rng.normal(0, CLICK_M, 2)
            [[longitude, latitude]] = judge.degrees(clicked[None])
            down = -math.degrees(math.atan2(_MOUNT.height_m, away))
            points.append(Sighted(pan=pan, tilt=(down + 45) / 45, latitude=latitude, longitude=longitude))
        self.found: Calibration | None = None
        self.off_deg = float("nan")
        try:
            fit: Fit = solve(*register, _MOUNT, points)
        except Problem:
            return
        self.found = fit.calibration
        self.off_deg = abs(turn(self.found.azimuth_deg - self.azimuth))

    def told(self, aim: Aim, away_m: float) -> tuple[float, float] | None:
        """Where it truly looks once it was told to, and half its view, radians; None where it stays."""
        to = None if self.found is None else self.found.turned_to(aim, away_m)
        if self.found is None or to is None:
            return None
        half = math.radians(self.found.looks(to[0], to[2]).view_deg / 2)
        return math.radians(self.azimuth + to[0] * 180), half


def judged(city: City, seeds: int = SEEDS, people: int = PEOPLE) -> dict[str, Any]:
    seen: dict[tuple[str, int], list[float]] = {}
    off: list[float] = []
    refused, heads_made = 0, 0
    drawn = ground(city, "roads")
    for seed in range(seeds):
        lenses, rng = city.lenses(seed), np.random.default_rng(4000 + seed)
        at, weather = city.people(people, rng), np.arange(people)
        possible = city.seeable(lenses, at, weather)
        live = {str(lens) for lens in np.flatnonzero(~lenses.known_dead)}
        register = judge.degrees(city.poles)
        heads: dict[int, Head] = {}
        for lens in np.flatnonzero(lenses.turns).tolist():
            longitude, latitude = register[lenses.pole[lens]].tolist()
            heads[lens] = Head(lenses.place[lenses.pole[lens]], (latitude, longitude), rng)
        good = {str(lens) for lens, head in heads.items() if head.found is not None}
        refused, heads_made = refused + len(heads) - len(good), heads_made + len(heads)
        off += [head.off_deg for head in heads.values() if head.found is not None]
        known = cameras(lenses, city.poles, calibrated=False)
        fixed = [
            msgspec.structs.replace(one, turns=False, view_deg=60.0 if one.turns else one.view_deg) for one in known
        ]
        driven = [msgspec.structs.replace(one, turns=one.turns and one.id in good) for one in known]
        sights = {
            "perfect": Sight(known, drawn),
            "driven": Sight(driven, drawn, surveyed=good),
            "staying": Sight(fixed, drawn),
        }
        for sight in sights.values():
            sight.warm()
        for radius in RADII_M:
            reported = at + rng.normal(0, radius / 1.5096, at.shape)
            for name, sight in sights.items():
                shown = [
                    _sees(city, lenses, sight, heads, name, here, told, radius, live, n)
                    for n, (here, told) in enumerate(zip(at, reported, strict=True))
                    if possible[n]
                ]
                seen.setdefault((name, radius), []).append(float(np.mean(shown)))
    return _tell(seen, off, refused / heads_made)


def _sees(
    city: City, lenses: Lenses, sight: Sight, heads: dict[int, Head], name: str, here: Floats, told: Floats,
    radius: float, live: set[str], weather: int,
) -> bool:  # fmt: skip
    """Whether a tile of four truly shows her."""
    position = fix(told, radius)
    found = sight.rank(position, count=TOGETHER, live=live)
    lens, aim, half = tiles(found, lenses)
    if name != "perfect":
        spread = sight.spread(position)
        for at, one in enumerate(found.cameras):
            if (head := heads.get(int(one.id))) is None:
                continue
            way = None
            if one.aim is not None:
                way = head.told(one.aim, sight.away_m(one.id, spread, one.aim))
            aim[at], half[at] = way or (math.radians(head.azimuth), math.radians(30))
    if not len(lens):
        return False
    size = city.pixels(lenses, np.repeat(here[None], len(lens), axis=0), lens, aim, half, np.full(len(lens), weather))
    return bool((size >= SEEN).any())


def _tell(seen: dict[tuple[str, int], list[float]], off: list[float], refused: float) -> dict[str, Any]:
    figures: dict[str, Any] = {"refused": refused, "off_deg": [float(np.percentile(off, at)) for at in (50, 95)]}
    for (name, radius), seeds in seen.items():
        error = 2 * float(np.std(seeds, ddof=1) / math.sqrt(len(seeds))) if len(seeds) > 1 else 0.0
        figures[f"{name} {radius} m"] = {"seen": float(np.mean(seeds)), "error": error}
    print(
        f"aims: a calibration of three places, clicked {CLICK_M:.0f} m off, is off by {figures['off_deg'][0]:.1f} degrees (95 %:"
        f" {figures['off_deg'][1]:.1f}); {refused:.0%} refused"
    )
    for radius in RADII_M:
        stay, drive, best = (figures[f"{name} {radius} m"] for name in ("staying", "driven", "perfect"))
        print(
            f"aims {radius} m: a tile of four truly sees {drive['seen']:.3f} ± {drive['error']:.3f} of the seeable driven,"
            f" {stay['seen']:.3f} ± {stay['error']:.3f} with heads that stay ({drive['seen'] / max(stay['seen'], 1e-9):.2f}x),"
            f" {best['seen']:.3f} with heads that obey perfectly"
        )
    return figures
