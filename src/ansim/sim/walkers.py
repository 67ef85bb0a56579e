"""People who walk the streets: where each of them is follows from the clock alone."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from math import atan2, cos, hypot, sin
from random import Random
from typing import NamedTuple

from ansim.sim.plane import Point
from ansim.sim.quarter import Quarter, RoadClass

BESIDE_M: dict[RoadClass, float] = {"avenue": 12.6, "street": 5.1, "alley": 0.5}
"""How far right of a road's axis people walk: on the sidewalk, in an alley nearly in the middle."""


class Spot(NamedTuple):
    """Where somebody is: metres east and north, heading in radians anticlockwise from east, metres walked so
    far."""

    x: float
    y: float
    heading: float
    walked_m: float
    moving: bool


class Way:
    """A walkable line with its lengths added up; grows at its end."""

    def __init__(self, start: Point) -> None:
        self.points = [start]
        self.reach = [0.0]

    def add(self, point: Point) -> None:
        x, y = self.points[-1]
        step = hypot(point[0] - x, point[1] - y)
        if step > 0.05:
            self.points.append(point)
            self.reach.append(self.reach[-1] + step)

    @property
    def length_m(self) -> float:
        return self.reach[-1]

    def at(self, metres: float) -> tuple[float, float, float]:
        """(x, y, heading) that many metres from the start; beyond the ends, the end."""
        if len(self.points) == 1:
            return *self.points[0], 0.0
        metres = min(max(metres, 0.0), self.length_m)
        k = min(bisect_right(self.reach, metres), len(self.points) - 1)
        (ax, ay), (bx, by) = self.points[k - 1], self.points[k]
        share = (metres - self.reach[k - 1]) / (self.reach[k] - self.reach[k - 1])
        return ax + (bx - ax) * share, ay + (by - ay) * share, atan2(by - ay, bx - ax)


def way_along(quarter: Quarter, nodes: list[int], beside: dict[RoadClass, float] = BESIDE_M) -> Way:
    """The line of somebody who walks along these junctions, beside each road's axis; `beside` metres by road
    class."""
    corners = list(_beside(quarter, nodes, beside))
    way = Way(corners[0])
    for corner in corners[1:]:
        way.add(corner)
    return way


def _beside(quarter: Quarter, nodes: list[int], beside: dict[RoadClass, float]) -> Iterator[Point]:
    for a, b in pairwise(nodes):
        road = quarter.roads[next(road for other, _, road in quarter.edges[a] if other == b)]
        ax, ay, bx, by = quarter.nodes[a].x, quarter.nodes[a].y, quarter.nodes[b].x, quarter.nodes[b].y
        length = hypot(bx - ax, by - ay)
        ux, uy = (bx - ax) / length, (by - ay) / length
        off = beside[road.road_class]
        for node, x, y, sign in ((a, ax, ay, 1), (b, bx, by, -1)):
            back = min(length / 2, _room(quarter, node, road.id))
            yield x + ux * back * sign + uy * off, y + uy * back * sign - ux * off


def _room(quarter: Quarter, node: int, road: int) -> float:
    """Metres to keep from a junction's middle so as to turn round its corner."""
    others = [quarter.roads[other].width_m / 2 for _, _, other in quarter.edges[node] if other != road]
    return max(others, default=0.5)


class Walker:
    """Walks a way from a moment on: `started_s` on the monotonic clock. Stands still at its end."""

    def __init__(self, way: Way, speed_mps: float, started_s: float) -> None:
        self.way = way
        self.speed_mps = speed_mps
        self._started_s = started_s
        self._walked_m = 0.0
        self._paused = False

    def walked_m(self, now_s: float) -> float:
        if self._paused:
            return self._walked_m
        return self._walked_m + max(0.0, now_s - self._started_s) * self.speed_mps

    def spot(self, now_s: float) -> Spot:
        walked = self.walked_m(now_s)
        moving = not self._paused and walked < self.way.length_m
        return Spot(*self.way.at(walked), walked_m=min(walked, self.way.length_m), moving=moving)

    def pause(self, now_s: float) -> None:
        """Stop where she is."""
        self._walked_m, self._paused = self.walked_m(now_s), True

    def resume(self, now_s: float) -> None:
        if self._paused:
            self._started_s, self._paused = now_s, False

    def set_out(self, way: Way, now_s: float) -> None:
        """Take another way from its beginning."""
        self.way, self._walked_m, self._started_s, self._paused = way, 0.0, now_s, False


class Pacer(Walker):
    """Walks there and back again and again, each way on its own side of the street, until told to set out elsewhere."""

    def __init__(self, there: Way, back: Way, speed_mps: float, started_s: float) -> None:
        way = Way(there.points[0])
        super().__init__(way, speed_mps, started_s)
        self._legs = [there, back]
        self._take_leg()

    def spot(self, now_s: float) -> Spot:
        while self._legs and self.walked_m(now_s) > self.way.length_m - 30:
            self._take_leg()
        return super().spot(now_s)

    def set_out(self, way: Way, now_s: float) -> None:
        self._legs = []
        super().set_out(way, now_s)

    def stray(self, way: Way, now_s: float) -> None:
        """Go another way first, then there and back as before."""
        super().set_out(way, now_s)

    def _take_leg(self) -> None:
        for point in self._legs[0].points:
            self.way.add(point)
        self._legs.reverse()


class Wanderer(Walker):
    """A passer-by without an aim: turns at junctions as the seed says, seldom back. The way grows as it is
    walked."""

    def __init__(
        self,
        quarter: Quarter,
        random: Random,
        speed_mps: float,
        started_s: float,
        beside: dict[RoadClass, float] = BESIDE_M,
    ) -> None:
        """`beside`: metres right of the axis for each class of road that may be taken."""
        self._quarter = quarter
        self._random = random
        self._beside = beside
        self._trail = [random.choice([node.id for node in quarter.nodes if self._ways(node.id)])]
        self._grow_trail(14)
        super().__init__(way_along(quarter, self._trail, beside), speed_mps, started_s)
        self._walked_m = random.uniform(0, self.way.length_m / 2)

    def spot(self, now_s: float) -> Spot:
        while self.walked_m(now_s) > self.way.length_m - 30:
            self._grow_trail(10)
            longer = way_along(self._quarter, self._trail[-12:], self._beside)
            for point in longer.points[2:]:
                self.way.add(point)
        return super().spot(now_s)

    def _ways(self, node: int) -> list[int]:
        roads = self._quarter.roads
        return [other for other, _, road in self._quarter.edges[node] if roads[road].road_class in self._beside]

    def _grow_trail(self, steps: int) -> None:
        for _ in range(steps):
            here = self._trail[-1]
            ways = self._ways(here)
            onward = [other for other in ways if len(self._trail) < 2 or other != self._trail[-2]]
            self._trail.append(self._random.choice(onward or ways))


class Resident(Walker):
    """Somebody who lives here: goes from door to door, and is in no picture while she is in."""

    def __init__(self, quarter: Quarter, random: Random, speed_mps: float, now_s: float) -> None:
        self._quarter = quarter
        self._random = random
        self._own_mps = speed_mps
        self.node = random.choice([node.id for node in quarter.nodes if quarter.edges[node.id]])
        self.inside, self.rides = True, False
        here = quarter.nodes[self.node]
        super().__init__(Way((here.x, here.y)), speed_mps, now_s)

    def go(self, least_m: float, now_s: float) -> Point:
        """Set out for a door at least so far away, or for the farthest; where it is."""
        here = self._at(self.node)
        away = {node.id: hypot(node.x - here[0], node.y - here[1]) for node in self._quarter.nodes}
        doors = [id for id, metres in away.items() if metres >= least_m and self._quarter.edges[id]]
        way_to = self._quarter.ways_from(self.node)
        start, self.node = self.node, self._random.choice(doors) if doors else max(away, key=lambda id: away[id])
        self.inside, self.rides, self.speed_mps = False, False, self._own_mps
        self.set_out(way_along(self._quarter, way_to(self.node)) if self.node != start else Way(here), now_s)
        return self.way.points[-1]

    def drive_off(self, speed_mps: float, now_s: float) -> None:
        """In a car, to where the streets lead farthest from where she wanted to be."""
        spot, home = self.spot(now_s), self._at(self.node)
        start = self._quarter.node_near(spot.x, spot.y)
        self.node = max(
            (node.id for node in self._quarter.nodes if self._quarter.edges[node.id]),
            key=lambda id: hypot(self._at(id)[0] - home[0], self._at(id)[1] - home[1]),
        )
        way = Way((spot.x, spot.y))
        for node in self._quarter.ways_from(start)(self.node):
            way.add(self._at(node))
        self.rides, self.speed_mps = True, speed_mps
        self.set_out(way, now_s)

    def _at(self, node: int) -> Point:
        return self._quarter.nodes[node].x, self._quarter.nodes[node].y


class Behind:
    """Somebody who follows a walker some metres behind, on the same way."""

    def __init__(self, leader: Walker, gap_m: float, side_m: float = 0.7) -> None:
        self._leader = leader
        self._gap_m = gap_m
        self._side_m = side_m

    def spot(self, now_s: float) -> Spot:
        ahead = self._leader.spot(now_s)
        walked = max(0.0, ahead.walked_m - self._gap_m)
        x, y, heading = self._leader.way.at(walked)
        side_x, side_y = -sin(heading) * self._side_m, cos(heading) * self._side_m
        return Spot(x + side_x, y + side_y, heading, walked, ahead.moving and walked > 0)
