"""Ways home, as recorded by real phones and as invented on real roads, and what truly happened on them.

Real are GeoLife's recordings: each is cut where its phone rested for ten minutes or was off for half an hour, kept with its
gaps and jumps, and counts as walk-like when its pace over whole minutes is that of somebody on foot; of one that does not, the legs between
rides may. Invented are the walks through Gangnam, the errors of their fixes (`walks`), and what goes wrong on them between a quarter and three
quarters of the way.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Literal, get_args

import numpy as np
import shapely

from ansim.bench.judge.city import City, Floats, degrees
from ansim.bench.judge.rides import DETOURS, RIDES_M, driven_along, ridden_along
from ansim.bench.judge.walks import Streets, fixes
from ansim.core.geo import EARTH_RADIUS_M
from ansim.response.trips.bounds import Mode

Incident = Literal[
    "car away", "car through streets", "car toward home", "forced on foot", "forced through streets", "stopped"
]  # fmt: skip
INCIDENTS: Final[tuple[Incident, ...]] = get_args(Incident)

_RESTED_S, _RESTED_M, _OFF_S = 600, 40.0, 1800
_ON_FOOT_MPS, _BY_BICYCLE_MPS = 2.2, 6.0
_AFTER_S = 900
"""So long after it began an incident is looked at."""


@dataclass(frozen=True)
class Fix:
    second: float
    latitude: float
    longitude: float
    accuracy_m: float


@dataclass(frozen=True)
class Journey:
    fixes: list[Fix]
    destination: tuple[float, float]
    metres: float
    """From start to destination in a straight line."""
    way: Floats
    """The planned way for whoever watches a corridor: latitude and longitude of its corners."""
    incident: Incident | None = None
    begun: float = math.inf
    """Second at which it goes wrong."""
    mode: Mode = "walk"
    silences: tuple[tuple[float, float], ...] = ()
    """From when until when the phone has no network: what it could not send comes when that is over."""

    def arrives(self, second: float) -> float:
        """When what her phone says at this second is heard."""
        return next((end for begin, end in self.silences if begin <= second < end), second)


def recorded(folder: Path) -> list[Journey]:
    """The walk-like trips of the recordings in this folder: whole ones, and the legs on foot of others."""
    trips: list[Journey] = []
    for told in _recordings(folder):
        for piece in _pieces(told):
            whole = _walked(piece)
            trips += [whole] if whole else [leg for part in _on_foot(piece) if (leg := _walked(part)) is not None]
    return trips


def ridden(folder: Path) -> list[Journey]:
    """The rides of the recordings in this folder, from door to door; nobody noted in what."""
    found = (_rode(piece) for told in _recordings(folder) for piece in _pieces(told))
    return [one for one in found if one is not None]


def _recordings(folder: Path) -> Iterator[Floats]:
    """Unix time, latitude, longitude."""
    for file in sorted(folder.glob("*.plt")):
        lines = [line.split(",") for line in file.read_text(encoding="ascii").splitlines()[6:]]
        yield np.array([(_unix(line[5] + line[6]), float(line[0]), float(line[1])) for line in lines if len(line) >= 7])
    for file in sorted(folder.glob("*.csv")):
        with file.open(encoding="utf-8", newline="") as content:
            rows = list(csv.DictReader(content))
        when = (datetime.fromisoformat(row["time"]).timestamp() for row in rows)
        yield np.array([(at, float(row["lat"]), float(row["lon"])) for at, row in zip(when, rows, strict=True)])


def _unix(text: str) -> float:
    return datetime.strptime(text, "%Y-%m-%d%H:%M:%S").replace(tzinfo=UTC).timestamp()


def _metres(told: Floats) -> Floats:
    """East and north of the first."""
    degree = EARTH_RADIUS_M * math.pi / 180
    east = (told[:, 2] - told[0, 2]) * degree * math.cos(math.radians(told[0, 1]))
    return np.column_stack([east, (told[:, 1] - told[0, 1]) * degree])


def _pieces(told: Floats) -> Iterator[Floats]:
    seconds, at = told[:, 0], _metres(told)
    cuts = {0, len(told), *(np.flatnonzero(np.diff(seconds) > _OFF_S) + 1).tolist()}
    first = 0
    while first < len(told):
        last = first
        while last + 1 < len(told) and math.dist(at[last + 1], at[first]) < _RESTED_M:
            last += 1
        if seconds[last] - seconds[first] > _RESTED_S:
            cuts |= {first + 1, last}
            first = last + 1
        else:
            first += max(1, (last - first) // 2)
    order = sorted(cuts)
    for begin, end in pairwise(order):
        if end - begin >= 30:
            yield told[begin:end]


def _on_foot(told: Floats) -> Iterator[Floats]:
    """What lies between rides: no minute of it is faster than on foot."""
    seconds, at = told[:, 0], _metres(told)
    minutes = np.arange(seconds[0], seconds[-1], 60)
    x, y = (np.interp(minutes, seconds, at[:, axis]) for axis in (0, 1))
    rides = np.flatnonzero(np.hypot(np.diff(x), np.diff(y)) / 60 > _ON_FOOT_MPS)
    ends = np.searchsorted(seconds, [seconds[0], *(minutes[rides + 1]), seconds[-1] + 1])
    starts = np.searchsorted(seconds, minutes[rides])
    for begin, end in zip(ends, [*starts, len(told)], strict=False):
        if end - begin >= 30:
            yield told[begin:end]


def _walked(told: Floats) -> Journey | None:
    """Five to ninety minutes, a quarter to six kilometres, not in circles, and at no time faster than on foot."""
    seconds, at = told[:, 0], _metres(told)
    net = float(np.hypot(*(at[-1] - at[0])))
    minutes = np.arange(seconds[0], seconds[-1], 60)
    x, y = (np.interp(minutes, seconds, at[:, axis]) for axis in (0, 1))
    pace = np.hypot(np.diff(x), np.diff(y)) / 60
    moving = pace[pace > 0.3]
    if not (300 <= seconds[-1] - seconds[0] <= 5400 and 250 <= net <= 6000 and len(pace) > 3 and len(moving) >= 3):
        return None
    if np.hypot(*np.diff(at, axis=0).T).sum() > 3 * net:
        return None
    on_foot = float(np.median(moving)) > 0.6 and float(np.percentile(moving, 90)) < _ON_FOOT_MPS
    return _journey(told) if on_foot else None


def _rode(told: Floats) -> Journey | None:
    """Five to ninety minutes, 1 to 30 km, not in circles, and for some minutes faster than on foot or by bicycle."""
    seconds, at = told[:, 0], _metres(told)
    net = float(np.hypot(*(at[-1] - at[0])))
    minutes = np.arange(seconds[0], seconds[-1], 60)
    x, y = (np.interp(minutes, seconds, at[:, axis]) for axis in (0, 1))
    pace = np.hypot(np.diff(x), np.diff(y)) / 60
    if not (300 <= seconds[-1] - seconds[0] <= 5400 and 1000 <= net <= 30_000):
        return None
    if np.hypot(*np.diff(at, axis=0).T).sum() > 3 * net or int((pace > _BY_BICYCLE_MPS).sum()) < 3:
        return None
    return _journey(told)


def _journey(told: Floats) -> Journey:
    at = _metres(told)
    sent = [Fix(float(second - told[0, 0]), float(lat), float(lon), 10.0) for second, lat, lon in told]
    return Journey(sent, (sent[-1].latitude, sent[-1].longitude), float(np.hypot(*(at[-1] - at[0]))), told[[0, -1], 1:])


class Ways:
    """Walks home through Gangnam, and what may happen on them."""

    def __init__(self, city: City) -> None:
        self._streets = Streets(city)

    def walk(self, rng: np.random.Generator) -> Floats:
        """Where she is each second."""
        return self._streets.walk(rng)

    def ride(self, mode: Mode, rng: np.random.Generator, *, led: bool = False) -> Journey:
        """In a bus, a taxi or on a bicycle; `led`: from some moment on it goes where streets lead farthest from her home."""
        while (line := self._streets.way(rng, *RIDES_M)) is None:
            pass
        places, begun = ridden_along(self._round_about(line, mode, rng), mode, rng), math.inf
        home = places[-1]
        planned = self._streets.toward(places[0], home)
        if led:
            begun = int(len(places) * rng.uniform(0.25, 0.75))
            way = self._streets.away(places[begun], home, 15.0 * _AFTER_S)
            places = np.concatenate([places[:begun], driven_along(shapely.LineString(way), mode, rng)[:_AFTER_S]])
        return self._sent(places, planned, rng, home=home, mode=mode, begun=begun)

    def _round_about(self, line: shapely.LineString, mode: Mode, rng: np.random.Generator) -> shapely.LineString:
        """Many buses and some taxis first lead past a place beside the way, or behind her."""
        share, least_m, most_m = DETOURS.get(mode, (0.0, 0.0, 0.0))
        if rng.random() >= share:
            return line
        beside = shapely.get_coordinates(line.interpolate(rng.uniform(0, 0.5), normalized=True))[0]
        turn, start, end = rng.uniform(0, 2 * math.pi), line.coords[0], line.coords[-1]
        past = beside + rng.uniform(least_m, most_m) * np.array([math.cos(turn), math.sin(turn)])
        there = self._streets.toward(np.array(start), past)
        return shapely.LineString(np.concatenate([there, self._streets.toward(there[-1], np.array(end))]))

    def trip(self, places: Floats, rng: np.random.Generator, incident: Incident | None) -> Journey:
        home, begun = places[-1], math.inf
        planned = self._streets.toward(places[0], home)
        if incident is not None:
            begun = int(len(places) * rng.uniform(0.25, 0.75))
            after = self._after(incident, places, begun, rng)
            places = np.concatenate([places[:begun], after[:_AFTER_S]])
        return self._sent(places, planned, rng, home=home, incident=incident, begun=begun)

    def _sent(
        self, places: Floats, planned: Floats, rng: np.random.Generator, *, home: Floats | None = None, **known: Any
    ) -> Journey:
        """What her phone sends of it."""
        home, sent = places[-1] if home is None else home, []
        for second, at, accuracy_m in fixes(places, rng):
            [[longitude, latitude]] = degrees(at[None])
            sent.append(Fix(second, float(latitude), float(longitude), accuracy_m))
        [[longitude, latitude]] = degrees(home[None])
        way = degrees(shapely.get_coordinates(shapely.LineString(planned).simplify(5)))[:, ::-1]
        metres = float(np.hypot(*(home - planned[0])))
        return Journey(sent, (float(latitude), float(longitude)), metres, way, **known)

    def _after(self, incident: Incident, places: Floats, begun: int, rng: np.random.Generator) -> Floats:
        """Second by second: straight away from home, as far from it as streets lead, or the shortest way to it."""
        here, home = places[begun], places[-1]
        if incident == "stopped":
            return np.repeat(here[None], _AFTER_S, axis=0)
        on_foot = incident.startswith("forced")
        speed = np.full(_AFTER_S, rng.uniform(1.1, 1.6)) if on_foot else _driven(rng)
        if incident == "car toward home":
            way = self._streets.toward(here, home)
        elif incident.endswith("through streets"):
            way = self._streets.away(here, home, float(speed.sum()))
        else:
            way = np.array([here, here + (here - home) / math.dist(here, home) * speed.sum()])
        line = shapely.LineString(way)
        return shapely.get_coordinates(shapely.line_interpolate_point(line, np.cumsum(speed)))


def _driven(rng: np.random.Generator) -> Floats:
    """Metres a second: a car starts, goes 30 to 50 km/h, and a light stops it about once in a kilometre."""
    cruise, speed, target, waits = rng.uniform(8.3, 13.9), 0.0, 0.0, 0
    rows = []
    for _ in range(_AFTER_S):
        if waits:
            waits, target = waits - 1, 0.0
        elif speed > 5 and rng.random() < 1 / 90:
            waits = int(rng.uniform(10, 40))
        else:
            target = cruise
        speed += float(np.clip(target - speed, -3.0, 1.8))
        rows.append(speed)
    return np.array(rows)
