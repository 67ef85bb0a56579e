"""Walks along Gangnam's real roads, second by second, and the fixes that a phone would send of them."""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from functools import cached_property
from typing import Any

import numpy as np
import shapely

from ansim.bench.judge.city import City, Floats

_ONWARD_M = 15.0
"""Side streets of the data end at the kerb of the street they lead to."""
_SHORTEST_M, _LONGEST_M = 600.0, 1600.0
_TURNED_M = 60.0
EVERY_S = 5
Junction = tuple[float, float]
Came = dict[Junction, tuple[Junction, Floats]]
"""By junction, from where one comes to it, and the corners on the way."""


class Streets:
    def __init__(self, city: City) -> None:
        self._city = city
        lines, _ = city.lines()
        onward: list[Any] = []
        for line in shapely.get_parts(lines):
            corners = shapely.get_coordinates(line)
            for end, before in ((0, 1), (-1, -2)):
                way = corners[end] - corners[before]
                corners[end] += way / max(float(np.hypot(*way)), 1e-6) * _ONWARD_M
            onward.append(shapely.linestrings(corners))
        self._ways: dict[Junction, list[tuple[Junction, Floats, float]]] = defaultdict(list)
        for piece in shapely.get_parts(shapely.node(shapely.multilinestrings(onward))):
            if piece.length < 0.5:
                continue
            corners = shapely.get_coordinates(piece)
            first, last = ((round(float(x), 1), round(float(y), 1)) for x, y in (corners[0], corners[-1]))
            self._ways[first].append((last, corners, piece.length))
            self._ways[last].append((first, corners[::-1], piece.length))
        self._junctions = sorted(self._ways)

    def walk(self, rng: np.random.Generator) -> Floats:
        """Where she is each second, in the district of the cameras."""
        while True:
            line = self.way(rng, _SHORTEST_M, _LONGEST_M)
            if line is None:
                continue
            places = self._walked(line, rng)
            _, away = self._city.pole_tree.query_nearest(
                shapely.points(places[::30]), return_distance=True, all_matches=False
            )
            if away.mean() <= 90:
                return places

    def way(self, rng: np.random.Generator, shortest_m: float, longest_m: float) -> shapely.LineString | None:
        """Nobody takes the shortest way exactly: every stretch is as long as it feels."""
        start = self._junctions[int(rng.integers(len(self._junctions)))]
        length, came = {start: 0.0}, {}
        queue, done = [(0.0, start)], set()
        while queue:
            so_far, here = heapq.heappop(queue)
            if here in done or so_far > longest_m:
                continue
            done.add(here)
            for there, corners, metres in self._ways[here]:
                felt = so_far + metres * rng.lognormal(0, 0.25)
                if felt < length.get(there, math.inf):
                    length[there], came[there] = felt, (here, corners)
                    heapq.heappush(queue, (felt, there))
        ends = [junction for junction in sorted(done) if length[junction] > shortest_m]
        if not ends:
            return None
        here, parts = ends[int(rng.integers(len(ends)))], []
        while here != start:
            here, corners = came[here]
            parts.append(corners)
        line = shapely.LineString(np.concatenate(parts[::-1]))
        return line if line.length > 0.8 * shortest_m else None

    def away(self, here: Floats, home: Floats, metres: float) -> Floats:
        """She is turned round, and led or driven so far: to where the streets lead farthest from home, and off the map's edge."""
        around = self._tree.query(shapely.Point(here), "dwithin", _TURNED_M)
        turned = sorted((self._junctions[one] for one in around), key=lambda one: math.dist(one, home))
        start = turned[-1] if turned else self._near(here)
        length, came = self._lengths(start, metres)
        ends = [one for one, so_far in sorted(length.items()) if so_far > 0.8 * metres]
        way = self._line(here, start, max(ends, key=lambda one: math.dist(one, home), default=start), came)
        return np.append(way, way[-1:] + (way[-1] - home) / math.dist(way[-1], home) * metres, axis=0)

    def toward(self, here: Floats, home: Floats) -> Floats:
        """The shortest way there."""
        start, end = self._near(here), self._near(home)
        length, came = self._lengths(start, 4 * math.dist(here, home) + 1000)
        return self._line(here, start, end, came) if end in length else np.array([here, home])

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(np.asarray(shapely.points(self._junctions)))

    def _near(self, at: Floats) -> Junction:
        return self._junctions[int(self._tree.nearest(shapely.Point(at)))]

    def _lengths(self, start: Junction, limit: float) -> tuple[dict[Junction, float], Came]:
        """By junction how far it is by the shortest way, and that way."""
        length: dict[Junction, float] = {start: 0.0}
        came: Came = {}
        queue, done = [(0.0, start)], set()
        while queue:
            so_far, here = heapq.heappop(queue)
            if here in done or so_far > limit:
                continue
            done.add(here)
            for there, corners, metres in self._ways[here]:
                if so_far + metres < length.get(there, math.inf):
                    length[there], came[there] = so_far + metres, (here, corners)
                    heapq.heappush(queue, (so_far + metres, there))
        return length, came

    def _line(self, here: Floats, start: Junction, end: Junction, came: Came) -> Floats:
        parts = []
        while end != start:
            end, corners = came[end]
            parts.append(corners)
        return np.concatenate([here[None], np.array([start]), *parts[::-1]])

    def _walked(self, line: shapely.LineString, rng: np.random.Generator) -> Floats:
        """Her own pace, waits at crossings, and the side of the street."""
        pace, along, side = rng.uniform(1.1, 1.6), 0.0, rng.choice([-1, 1]) * rng.uniform(1, 5)
        drawn, seconds = side, []
        while along < line.length:
            seconds.append((along, drawn))
            if rng.random() < 1 / 150:
                seconds += [(along, drawn)] * int(rng.uniform(5, 40))
            if rng.random() < 1 / 120:
                side = float(np.clip(-side * rng.uniform(0.7, 1.3), -10, 10))
            drawn += float(np.clip(side - drawn, -1, 1))
            along += max(0.3, pace * (1 + 0.1 * rng.normal()))
        at, beside = np.array(seconds).T
        here, ahead, behind = (
            shapely.get_coordinates(shapely.line_interpolate_point(line, np.clip(at + by, 0, line.length)))
            for by in (0, 2, -2)
        )
        way = ahead - behind
        way /= np.maximum(np.hypot(*way.T), 1e-6)[:, None]
        places = here + np.column_stack([way[:, 1], -way[:, 0]]) * np.convolve(beside, np.ones(5) / 5, "same")[:, None]
        road, _ = self._city.road_tree.query(shapely.points(places), predicate="intersects")
        off = np.ones(len(places), dtype=bool)
        off[road] = False
        off |= self._city.inside(places)
        places[off] = here[off] + rng.normal(0, 0.3, (int(off.sum()), 2))
        return np.asarray(places)


def fixes(places: Floats, rng: np.random.Generator) -> list[tuple[int, Floats, float]]:
    """Second, place and radius (68 %), every 5 s: errors that last, some far off, some never sent."""
    sent, error = [], rng.normal(0, 6, 2)
    for second in range(0, len(places), EVERY_S):
        scale = 6.0 if rng.random() > 0.15 else 12.0
        error = 0.85 * error + math.sqrt(1 - 0.85**2) * rng.normal(0, scale, 2)
        if rng.random() < 0.04:
            continue
        at, radius = places[second] + error, max(4.0, 1.5 * scale * rng.lognormal(0, 0.3))
        if rng.random() < 0.03:
            at, radius = places[second] + rng.normal(0, 35, 2), radius * rng.choice([1.0, 3.0])
        sent.append((second, at, float(radius)))
    return sent
