"""The streets as a graph: pieces between junctions, and how far it is along them to a destination.

Made of the middle lines of an imported map. Pure, without I/O; building it takes seconds for a large city, and belongs into a thread.
"""

from __future__ import annotations

import heapq
import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import ops
from shapely.geometry.base import BaseGeometry

from ansim.core.geo import EARTH_RADIUS_M

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Shapes = NDArray[np.object_]

DEGREE_M: Final = EARTH_RADIUS_M * math.pi / 180
ONWARD_M: Final = 20.0
"""Lines of a map end at the kerb of the street they lead to: an end goes on so far ahead, if another line is there."""
_AHEAD: Final = math.cos(math.radians(60))
_GRID_M: Final = 0.1
_ISLAND_M: Final = 300.0
"""Pieces that hang together and are shorter than this in all lead nowhere: courtyards, errors."""
NEAR_M: Final = 60.0
"""Farther from every street somebody is off the network."""
ACCESS_M: Final = 150.0
"""So far a door may lie from the street that leads to it."""
_AMONG_M: Final = 20.0
"""Streets that are farther than the nearest by no more than this lead to a place as well."""
FAR_M: Final = 12_000.0
"""Farther than this from a destination no distance to it is kept."""


_CELL_M: Final = 50.0
Leg = tuple[float, float, float, float, float, float, int]
"""One straight part of a piece: where it begins, its direction (of length 1), its metres, how many of the piece come before, and the piece."""


@dataclass(frozen=True)
class Foot:
    """Where a place touches the network: a piece, how far along it, and how far away that is; metres."""

    piece: int
    along: float
    off: float


class Roads:
    """Pieces by arrays: from node, to node, metres; x and y are metres east and north of the middle."""

    def __init__(self, lines: Sequence[BaseGeometry] | Shapes) -> None:
        """Of lines in longitude and latitude; there is at least one."""
        west, south, east, north = shapely.total_bounds(np.asarray(lines, dtype=object))
        self._longitude, self._latitude = float(west + east) / 2, float(south + north) / 2
        self._east_m = DEGREE_M * math.cos(math.radians(self._latitude))
        flat = shapely.transform(np.asarray(lines, dtype=object), self._turn)
        self.shapes, self.first, self.last, (self.x, self.y) = _pieces(flat)
        self.length: Floats = shapely.length(self.shapes)
        self.from_: list[int] = self.first.tolist()
        self.to: list[int] = self.last.tolist()
        self.metres: list[float] = self.length.tolist()
        self.places: list[tuple[float, float]] = list(zip(self.x.tolist(), self.y.tolist(), strict=True))
        self.ways: list[list[tuple[int, int]]] = [[] for _ in self.x]
        """By node: where pieces lead, and which they are."""
        for piece, (first, last) in enumerate(zip(self.from_, self.to, strict=True)):
            if first != last:
                self.ways[first].append((last, piece))
                self.ways[last].append((first, piece))
        self._tree = shapely.STRtree(self.shapes)

        self._cells: dict[tuple[int, int], tuple[Leg, ...]] = {}

    def __len__(self) -> int:
        return len(self.shapes)

    def around(self, x: float, y: float) -> tuple[Leg, ...]:
        """The legs of streets that may be near, and some that are not: those of a cell, listed when somebody first walks there."""
        cell = int(x // _CELL_M), int(y // _CELL_M)
        found = self._cells.get(cell)
        if found is None:
            found = self._cells[cell] = tuple(self._legs(cell))
        return found

    def _legs(self, cell: tuple[int, int]) -> Iterator[Leg]:
        west, south = cell[0] * _CELL_M, cell[1] * _CELL_M
        box = shapely.box(west - NEAR_M, south - NEAR_M, west + _CELL_M + NEAR_M, south + _CELL_M + NEAR_M)
        for piece in self._tree.query(box, "intersects").tolist():
            before, corners = 0.0, shapely.get_coordinates(self.shapes[piece]).tolist()
            for (ax, ay), (bx, by) in pairwise(corners):
                metres = math.hypot(bx - ax, by - ay)
                if metres and box.intersects(shapely.LineString([(ax, ay), (bx, by)])):
                    yield ax, ay, (bx - ax) / metres, (by - ay) / metres, metres, before, piece
                before += metres

    def plane(self, latitude: float, longitude: float) -> tuple[float, float]:
        return (longitude - self._longitude) * self._east_m, (latitude - self._latitude) * DEGREE_M

    def degrees(self, at: Floats) -> Floats:
        """Longitude and latitude of rows of x and y."""
        return np.column_stack([at[:, 0] / self._east_m + self._longitude, at[:, 1] / DEGREE_M + self._latitude])

    def _turn(self, at: Floats) -> Floats:
        return np.column_stack([(at[:, 0] - self._longitude) * self._east_m, (at[:, 1] - self._latitude) * DEGREE_M])

    def feet(self, x: float, y: float, reach_m: float, among_m: float = math.inf) -> list[Foot]:
        """Where somebody there may be on the network, nearest first; of those within reach the ones that are farther than the
        nearest by no more than `among_m`."""
        point = shapely.Point(x, y)
        found = self._tree.query(point, "dwithin", reach_m)
        if not len(found):
            return []
        shapes = self.shapes[found]
        off = shapely.distance(shapes, point)
        if among_m < reach_m:
            close = off <= off.min() + among_m
            found, shapes, off = found[close], shapes[close], off[close]
        along = shapely.line_locate_point(shapes, point)
        order = np.argsort(off, kind="stable")
        return [
            Foot(*one) for one in zip(found[order].tolist(), along[order].tolist(), off[order].tolist(), strict=True)
        ]

    def access(self, x: float, y: float) -> Foot | None:
        """Where one comes onto the network from there."""
        feet = self.feet(x, y, ACCESS_M, 0.0)
        return feet[0] if feet else None

    def toward(self, latitude: float, longitude: float) -> Field | None:
        """How far it is to there from everywhere around; None where no street leads to it."""
        feet = self.feet(*self.plane(latitude, longitude), ACCESS_M, _AMONG_M)
        return Field(self, feet) if feet else None


class Field:
    """How far it is to one destination along the streets."""

    def __init__(self, roads: Roads, feet: list[Foot]) -> None:
        self._roads, self._feet = roads, {foot.piece: foot for foot in feet}
        ends: list[tuple[float, int]] = []
        for foot in feet:
            ends.append((foot.off + foot.along, roads.from_[foot.piece]))
            ends.append((foot.off + roads.metres[foot.piece] - foot.along, roads.to[foot.piece]))
        self._length = array("f", _lengths(roads, ends))

    @property
    def bytes(self) -> int:
        return self._length.itemsize * len(self._length)

    def remaining(self, latitude: float, longitude: float) -> float | None:
        """Metres; None off the network, and where no street leads from there. Asked with every fix of every trip: so numbers, and no shapes."""
        roads, length, best = self._roads, self._length, math.inf
        x, y = roads.plane(latitude, longitude)
        for ax, ay, dx, dy, metres, before, piece in roads.around(x, y):
            part = (x - ax) * dx + (y - ay) * dy
            part = 0.0 if part < 0 else min(part, metres)
            off = math.hypot(ax + part * dx - x, ay + part * dy - y)
            if off > NEAR_M:
                continue
            along = before + part
            way = off + min(length[roads.from_[piece]] + along, length[roads.to[piece]] + roads.metres[piece] - along)
            if piece in self._feet:
                foot = self._feet[piece]
                way = min(way, off + foot.off + abs(along - foot.along))
            if way < best:
                best = way
        return best if best < math.inf else None


def _lengths(roads: Roads, ends: list[tuple[float, int]]) -> list[float]:
    """By node, the shortest way to one of these ends, which are so far from the destination themselves (Dijkstra 1959)."""
    length = [math.inf] * len(roads.ways)
    metres, ways = roads.metres, roads.ways
    queue: list[tuple[float, int]] = []
    for so_far, node in ends:
        if so_far < length[node]:
            length[node] = so_far
            queue.append((so_far, node))
    heapq.heapify(queue)
    pop, push = heapq.heappop, heapq.heappush
    while queue:
        so_far, node = pop(queue)
        if so_far > length[node]:
            continue
        if so_far > FAR_M:
            break
        for there, piece in ways[node]:
            further = so_far + metres[piece]
            if further < length[there]:
                length[there] = further
                push(queue, (further, there))
    return length


def _pieces(lines: Shapes) -> tuple[Shapes, Ints, Ints, Floats]:
    """Lines cut where they meet: shapes, their first and last nodes, and where the nodes are."""
    parts = shapely.get_parts(lines)
    parts = parts[shapely.length(parts) >= _GRID_M]
    cut = shapely.union_all(np.concatenate([parts, _onward(parts)]), grid_size=_GRID_M)
    shapes = shapely.get_parts(shapely.line_merge(cut))
    shapes = _halved(shapes[shapely.length(shapes) >= _GRID_M])
    ends = np.concatenate([shapely.get_coordinates(shapely.get_point(shapes, at)) for at in (0, -1)])
    places, node = np.unique(np.round(ends / _GRID_M).astype(np.int64), axis=0, return_inverse=True)
    first, last = node.reshape(2, -1)
    kept = _joined(first, last, shapely.length(shapes), len(places))
    shapes, first, last = shapes[kept], first[kept], last[kept]
    used, node = np.unique(np.concatenate([first, last]), return_inverse=True)
    first, last = node.reshape(2, -1).astype(np.intp)
    return shapes, first, last, (places[used] * _GRID_M).T.astype(np.float64)


def _halved(shapes: Shapes) -> Shapes:
    """What comes back to where it began as two pieces, so that it can be gone both ways round."""
    closed = shapely.is_closed(shapes)
    halves = [ops.substring(one, *part, normalized=True) for one in shapes[closed] for part in ((0.0, 0.5), (0.5, 1.0))]
    return np.concatenate([shapes[~closed], shapely.set_precision(_shapes(halves), _GRID_M)])


def _onward(lines: Shapes) -> Shapes:
    """From ends that touch nothing, a short line to what is ahead of them."""
    if not len(lines):
        return lines
    tree = shapely.STRtree(lines)
    added: list[BaseGeometry] = []
    for end, before in ((0, 1), (-1, -2)):
        points, inner = shapely.get_point(lines, end), shapely.get_point(lines, before)
        own, other = tree.query(points, "dwithin", ONWARD_M)
        own, other = own[own != other], other[own != other]
        off = shapely.distance(points[own], lines[other])
        touching = np.zeros(len(lines), dtype=bool)
        touching[own[off < _GRID_M]] = True
        free = ~touching[own]
        own, other, off = own[free], other[free], off[free]
        if not len(own):
            continue
        bridges = shapely.shortest_line(points[own], lines[other])
        over = shapely.get_coordinates(bridges).reshape(-1, 2, 2)
        across = (over[:, 1] - over[:, 0]) / off[:, None]
        ahead = shapely.get_coordinates(points[own]) - shapely.get_coordinates(inner[own])
        ahead /= np.maximum(np.hypot(*ahead.T), 1e-9)[:, None]
        straight = (across * ahead).sum(axis=1) >= _AHEAD
        own, off, over, across = own[straight], off[straight], over[straight], across[straight]
        order = np.lexsort((off, own))
        nearest = order[np.append(True, own[order][1:] != own[order][:-1])[: len(order)]]
        over[nearest, 1] += across[nearest] * _GRID_M
        added += list(shapely.linestrings(over[nearest]))
    return _shapes(added)


def _shapes(some: Sequence[BaseGeometry]) -> Shapes:
    shapes = np.empty(len(some), dtype=object)
    shapes[:] = some
    return shapes


def _joined(first: Ints, last: Ints, length: Floats, nodes: int) -> NDArray[np.bool_]:
    """Which pieces hang together with enough others."""
    group = np.arange(nodes)
    while True:
        least = group.copy()
        np.minimum.at(least, first, group[last])
        np.minimum.at(least, last, group[first])
        least = least[least]
        if (least == group).all():
            break
        group = least
    return np.bincount(group[first], weights=length, minlength=nodes)[group[first]] >= _ISLAND_M
