"""What stands in the streets of a quarter besides houses: lamps, wires, parked cars, trees, markings on the
ground."""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from math import atan2, cos, hypot, sin
from random import Random

import msgspec
from shapely import STRtree
from shapely.geometry import LineString
from shapely.geometry import Point as ShapelyPoint
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from ansim.sim.plane import Point
from ansim.sim.quarter import Quarter, Road, RoadClass

LAMP_SPACING_M: dict[RoadClass, float] = {"avenue": 27.0, "street": 24.0, "alley": 21.0}
LAMP_HEIGHT_M: dict[RoadClass, float] = {"avenue": 8.5, "street": 6.2, "alley": 5.2}


class Lamp(msgspec.Struct, frozen=True, kw_only=True):
    """A street lamp: foot and head (metres), its power relative to an alley's, its colour as linear red,
    green, blue."""

    foot: Point
    head: Point
    height_m: float
    power: float
    colour: tuple[float, float, float]


class ParkedCar(msgspec.Struct, frozen=True, kw_only=True):
    """`heading` is the angle of its length, radians anticlockwise from east."""

    x: float
    y: float
    heading: float
    length_m: float
    width_m: float
    height_m: float
    colour: tuple[float, float, float]


class Tree(msgspec.Struct, frozen=True, kw_only=True):
    x: float
    y: float
    height_m: float
    style: int


class Stripe(msgspec.Struct, frozen=True, kw_only=True):
    """A marking painted on the road."""

    line: tuple[Point, ...]
    width_m: float
    yellow: bool


class Scenery:
    """Drawn from the quarter's seed, so that it is the same in every camera's picture."""

    def __init__(self, quarter: Quarter) -> None:
        self.quarter = quarter
        random = Random(f"scenery {quarter.seed}")
        self.lamps: list[Lamp] = []
        self._posts: dict[tuple[int, int], list[Point]] = {}
        self.wires: list[tuple[Point, Point, float]] = []
        self.cars: list[ParkedCar] = []
        self.trees: list[Tree] = []
        self.stripes: list[Stripe] = []
        self.axes = {road.id: [LineString(line) for line in road.lines] for road in quarter.roads}
        meeting = {
            node.id: {road: quarter.roads[road].width_m / 2 for _, _, road in quarter.edges[node.id]}
            for node in quarter.nodes
        }
        self._halves = [halves for halves in meeting.values() if len(halves) > 1]
        self._junctions = [
            ShapelyPoint(quarter.nodes[k].x, quarter.nodes[k].y) for k, halves in meeting.items() if len(halves) > 1
        ]
        self._junction_tree = STRtree(self._junctions)
        for road in quarter.roads:
            for line in self.axes[road.id]:
                self._furnish(road, line, random)
        for pole in quarter.poles:
            self.lamps.append(
                Lamp(
                    foot=(pole.x, pole.y),
                    head=(pole.x, pole.y),
                    height_m=6.0,
                    power=0.8,
                    colour=(1.0, 0.93, 0.80),
                )
            )

    @cached_property
    def lamp_tree(self) -> STRtree:
        return STRtree([ShapelyPoint(*lamp.head) for lamp in self.lamps])

    @cached_property
    def wire_tree(self) -> STRtree:
        return STRtree([LineString([a, b]) for a, b, _ in self.wires])

    @cached_property
    def car_tree(self) -> STRtree:
        return STRtree([ShapelyPoint(car.x, car.y) for car in self.cars])

    @cached_property
    def tree_tree(self) -> STRtree:
        return STRtree([ShapelyPoint(tree.x, tree.y) for tree in self.trees])

    @cached_property
    def stripe_tree(self) -> STRtree:
        return STRtree([LineString(stripe.line) for stripe in self.stripes])

    def distance_to(self, road: Road, point: Point) -> float:
        """Metres from a point to the road's axis."""
        return min(ShapelyPoint(*point).distance(line) for line in self.axes[road.id])

    def _clear(self, road: Road, line: LineString, margin: float, least: float = 0.0) -> BaseGeometry:
        """The parts of a road's axis outside its junctions with roads of at least `least` metres half
        width."""
        inside: list[BaseGeometry] = []
        for k in self._junction_tree.query(line, predicate="dwithin", distance=1.0):
            halves = self._halves[k]
            other = max((half for number, half in halves.items() if number != road.id), default=0.0)
            if road.id in halves and other >= least:
                inside.append(self._junctions[k].buffer(other + margin))
        return line.difference(unary_union(inside)) if inside else line

    def _furnish(self, road: Road, line: LineString, random: Random) -> None:
        kind, half, walk = road.road_class, road.width_m / 2, road.sidewalk_m
        side = random.choice((-1, 1))
        last: Point | None = None
        poles = [(pole.x, pole.y) for pole in self.quarter.poles]
        at = random.uniform(4, 12)
        while at < line.length - 3:
            foot = _beside(line, at, side * (half - (0.7 if kind == "avenue" else 0.35)))
            reach = 2.4 if kind == "avenue" else 1.1
            head = _beside(line, at, side * (half - 0.35 - reach))
            if any(hypot(foot[0] - x, foot[1] - y) < 6.0 for x, y in (*poles, *self._posts_near(foot))):
                at += 3.0  # a post in front of a camera would fill its picture, two in one place look wrong
                continue
            self._posts.setdefault(_cell(foot), []).append(foot)
            warm = random.random() < 0.45
            self.lamps.append(
                Lamp(
                    foot=foot,
                    head=head,
                    height_m=LAMP_HEIGHT_M[kind],
                    power={"avenue": 2.6, "street": 1.35, "alley": 0.9}[kind] * random.uniform(0.8, 1.15),
                    colour=(1.0, 0.80, 0.52) if warm else (0.95, 0.97, 1.0),
                )
            )
            if kind != "avenue":
                if last is not None:
                    self.wires += [(last, foot, LAMP_HEIGHT_M[kind] + up) for up in (0.5, 1.0, 1.3)]
                last = foot
            else:
                side = -side
            at += LAMP_SPACING_M[kind] * random.uniform(0.85, 1.15)
        for part in _parts(self._clear(road, line, 5.0)):
            self._park(road, part, random)
        for part in _parts(self._clear(road, line, 0.5)):
            self._mark(road, part)
        for part in _parts(self._clear(road, line, 0.4, least=5.0)):
            self._cross(road, part, line)
        if kind == "avenue":
            at = random.uniform(3, 10)
            while at < line.length:
                for s in (-1, 1):
                    x, y = _beside(line, at, s * (half - walk + 1.1))
                    near = self._junction_tree.query(ShapelyPoint(x, y), predicate="dwithin", distance=14.0)
                    if len(near) == 0:
                        self.trees.append(
                            Tree(x=x, y=y, height_m=random.uniform(5.5, 8.0), style=random.getrandbits(16))
                        )
                at += random.uniform(9, 13)

    def _posts_near(self, foot: Point) -> list[Point]:
        column, row = _cell(foot)
        cells = [(column + i, row + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
        return [post for cell in cells for post in self._posts.get(cell, ())]

    def _park(self, road: Road, part: LineString, random: Random) -> None:
        if road.road_class == "avenue":
            return
        half, walk = road.width_m / 2, road.sidewalk_m
        side = 1 if road.id % 2 else -1
        at = random.uniform(1, 8)
        while at < part.length - 4:
            if random.random() < (0.42 if road.road_class == "street" else 0.30):
                x, y = _beside(part, at, side * (half - walk - 1.02))
                ahead = part.interpolate(min(at + 1, part.length))
                here = part.interpolate(at)
                van = random.random() < 0.25
                paint = random.choice(
                    (
                        (0.75, 0.75, 0.74),
                        (0.06, 0.06, 0.07),
                        (0.30, 0.31, 0.33),
                        (0.14, 0.05, 0.05),
                        (0.08, 0.11, 0.2),
                    )
                )
                self.cars.append(
                    ParkedCar(
                        x=x,
                        y=y,
                        heading=atan2(ahead.y - here.y, ahead.x - here.x) + random.uniform(-0.03, 0.03),
                        length_m=5.1 if van else random.uniform(3.7, 4.7),
                        width_m=1.85 if van else 1.75,
                        height_m=2.0 if van else 1.47,
                        colour=paint,
                    )
                )
            at += random.uniform(5.8, 9.5)

    def _mark(self, road: Road, part: LineString) -> None:
        if part.length < 6:
            return
        half, walk = road.width_m / 2, road.sidewalk_m

        def stripe(offset: float, yellow: bool, width: float = 0.14, dash: float = 0.0) -> None:
            line = part.offset_curve(offset) if offset else part
            if not isinstance(line, LineString) or line.is_empty:
                return
            pieces = [line] if not dash else _dashes(line, dash, dash * 1.4)
            for piece in pieces:
                self.stripes.append(Stripe(line=_points(piece), width_m=width, yellow=yellow))

        if road.road_class == "avenue":
            for offset in (-0.16, 0.16):
                stripe(offset, yellow=True)
            for s in (-1, 1):
                for lane in (3.4, 6.8):
                    stripe(s * lane, yellow=False, dash=4.0)
                stripe(s * (half - walk - 0.35), yellow=True)
        elif road.road_class == "street":
            stripe(0.0, yellow=True)
            for s in (-1, 1):
                stripe(s * (half - walk - 0.25), yellow=False)
        else:
            for s in (-1, 1):
                stripe(s * (half - 0.45), yellow=False)

    def _cross(self, road: Road, part: LineString, axis: LineString) -> None:
        """A zebra crossing at each end of a stretch that ends in a junction."""
        if road.road_class == "alley" or part.length < 14:
            return
        half = road.width_m / 2 - road.sidewalk_m
        for end in (0, 1):
            tip = part.interpolate(float(end), normalized=True)
            if tip.distance(ShapelyPoint(axis.coords[-end])) < 0.5:
                continue
            a = part.interpolate(1.2 if end == 0 else part.length - 1.2)
            b = part.interpolate(4.4 if end == 0 else part.length - 4.4)
            length = hypot(b.x - a.x, b.y - a.y)
            ux, uy = (b.x - a.x) / length, (b.y - a.y) / length
            across = -half + 0.5
            while across < half - 0.3:
                self.stripes.append(
                    Stripe(
                        line=(
                            (a.x - uy * across, a.y + ux * across),
                            (b.x - uy * across, b.y + ux * across),
                        ),
                        width_m=0.46,
                        yellow=False,
                    )
                )
                across += 0.95


def _beside(line: LineString, along: float, offset: float) -> Point:
    """The point `offset` metres to the left of a line, `along` metres from its beginning."""
    a, b = line.interpolate(max(0.0, along - 0.5)), line.interpolate(min(line.length, along + 0.5))
    turn = atan2(b.y - a.y, b.x - a.x)
    here = line.interpolate(along)
    return here.x - sin(turn) * offset, here.y + cos(turn) * offset


def _cell(point: Point) -> tuple[int, int]:
    return int(point[0] // 8), int(point[1] // 8)


def _parts(shape: BaseGeometry) -> list[LineString]:
    parts = [shape] if isinstance(shape, LineString) else list(getattr(shape, "geoms", ()))
    return [part for part in parts if isinstance(part, LineString) and part.length > 3]


def _dashes(line: LineString, dash: float, gap: float) -> list[LineString]:
    pieces: list[LineString] = []
    at = gap / 2
    while at + dash < line.length:
        a, b = line.interpolate(at), line.interpolate(at + dash)
        pieces.append(LineString([(a.x, a.y), (b.x, b.y)]))
        at += dash + gap
    return pieces


def _points(line: LineString) -> tuple[Point, ...]:
    return tuple((x, y) for x, y in line.coords)


def sides(ring: tuple[Point, ...]) -> list[tuple[Point, Point]]:
    """The walls of an anticlockwise ring."""
    return list(pairwise([*ring, ring[0]]))
