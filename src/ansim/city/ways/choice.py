"""The shortest way and the safe one: the same search over metres, and over metres that count more in the dark, unseen and alone. Pure."""

from __future__ import annotations

import functools
import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from shapely import ops

from ansim.city.ways.roads import Foot, Roads
from ansim.city.ways.surroundings import Stretch

LONGER, LONGER_M = 1.5, 300.0
"""A safe way is at most so many times as long as the shortest, and so many metres more."""
_MILDER: Final = (1.0, 0.5, 0.25, 0.1)
"""Where the safest is too long, what makes a metre count more counts less."""


@dataclass(frozen=True)
class Path:
    stretches: list[Stretch]
    line: shapely.LineString
    """On the plane of the roads, from place to place."""

    @property
    def metres(self) -> float:
        return float(self.line.length)


def shortest(roads: Roads, start: tuple[float, float], end: tuple[float, float]) -> Path | None:
    return _way(roads, start, end, roads.metres)


def safest(
    roads: Roads, start: tuple[float, float], end: tuple[float, float], costs: Sequence[float], short: Path
) -> Path:
    """The way of least cost that is not much longer than the shortest; that one, where there is no other."""
    most = LONGER * short.metres + LONGER_M
    for part in _MILDER:
        counted = costs if part == 1 else _mild(roads, costs, part)
        way = _way(roads, start, end, counted)
        if way is not None and way.metres <= most:
            return way
    return short


def _mild(roads: Roads, costs: Sequence[float], part: float) -> list[float]:
    metres = np.asarray(roads.metres)
    mild: list[float] = (metres + part * (np.asarray(costs) - metres)).tolist()
    return mild


def _way(roads: Roads, start: tuple[float, float], end: tuple[float, float], costs: Sequence[float]) -> Path | None:
    """A* (Hart, Nilsson, Raphael 1968): no metre costs less than a metre, so the straight line never promises too much."""
    begin, goal = roads.access(*start), roads.access(*end)
    if begin is None or goal is None:
        return None
    best, came = _direct(roads, begin, goal, costs), None
    x, y = end
    places, off = roads.places, goal.off
    least = functools.cache(lambda node: math.dist(places[node], (x, y)) - off)
    ends = dict(_ends(roads, goal, costs))
    before: dict[int, tuple[int, int]] = {}
    queue: list[tuple[float, float, int, int, int]] = [
        (part + least(node), part, node, -1, begin.piece) for node, part in _ends(roads, begin, costs)
    ]
    heapq.heapify(queue)
    while queue:
        promised, spent, node, from_node, piece = heapq.heappop(queue)
        if promised >= best:
            break
        if node in before:
            continue
        before[node] = from_node, piece
        if node in ends and spent + ends[node] < best:
            best, came = spent + ends[node], node
        for there, by in roads.ways[node]:
            if there not in before:
                further = spent + costs[by]
                heapq.heappush(queue, (further + least(there), further, there, node, by))
    if math.isinf(best):
        return None
    if came is None:
        stretches = [Stretch(begin.piece, begin.along, goal.along)]
    else:
        stretches = _walked(roads, begin, goal, before, came)
    return Path(stretches, _line(roads, start, end, stretches))


def _ends(roads: Roads, foot: Foot, costs: Sequence[float]) -> list[tuple[int, float]]:
    """The nodes at the ends of its piece, and what it costs to reach them."""
    metres = roads.metres[foot.piece]
    part = foot.along / metres
    cost = costs[foot.piece]
    ends = [(roads.from_[foot.piece], cost * part), (roads.to[foot.piece], cost * (1 - part))]
    if ends[0][0] == ends[1][0]:
        ends = [min(ends, key=lambda one: one[1])]
    return ends


def _direct(roads: Roads, begin: Foot, goal: Foot, costs: Sequence[float]) -> float:
    """Along the one piece that both are on."""
    if begin.piece != goal.piece:
        return math.inf
    return costs[begin.piece] * abs(begin.along - goal.along) / roads.metres[begin.piece]


def _walked(roads: Roads, begin: Foot, goal: Foot, before: dict[int, tuple[int, int]], came: int) -> list[Stretch]:
    def to_end(foot: Foot, node: int) -> Stretch:
        back, metres = foot.along, roads.metres[foot.piece]
        first, last = roads.from_[foot.piece], roads.to[foot.piece]
        # of a piece that comes back to where it began, the nearer end
        at_first = node == first and (first != last or back <= metres / 2)
        return Stretch(foot.piece, back, 0.0 if at_first else metres)

    tail = to_end(goal, came)
    stretches = [Stretch(tail.piece, tail.last, tail.first)]
    node = came
    while True:
        from_node, piece = before[node]
        if from_node < 0:
            stretches.append(to_end(begin, node))
            break
        metres = roads.metres[piece]
        onward = roads.from_[piece] == from_node
        stretches.append(Stretch(piece, 0.0, metres) if onward else Stretch(piece, metres, 0.0))
        node = from_node
    return stretches[::-1]


def _line(
    roads: Roads, start: tuple[float, float], end: tuple[float, float], stretches: Sequence[Stretch]
) -> shapely.LineString:
    corners = [np.array([start])]
    for one in stretches:
        shape = roads.shapes[one.piece]
        if {one.first, one.last} == {0.0, roads.metres[one.piece]}:
            whole = shapely.get_coordinates(shape)
            corners.append(whole if one.first == 0.0 else whole[::-1])
        else:
            corners.append(shapely.get_coordinates(ops.substring(shape, one.first, one.last)))
    at = np.concatenate([*corners, np.array([end])])
    same = np.append(False, np.hypot(*np.diff(at, axis=0).T) < 0.05)
    same[-1] = False
    at = at[~same]
    return shapely.LineString(at if len(at) > 1 else np.repeat(at, 2, axis=0))
