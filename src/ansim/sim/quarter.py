"""An invented quarter of a Korean city: avenues, side streets, alleys, blocks, houses, poles and their
cameras.

Nothing is copied from a map: a warped lattice of streets is drawn from a seed, some streets are taken away,
blocks are
cut by alleys, and what is left is divided into plots. The same seed gives the same quarter.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from functools import cached_property
from itertools import pairwise
from math import atan2, cos, degrees, hypot, pi, radians, sin, tan
from random import Random
from typing import Any, Literal

import msgspec
from shapely import STRtree, get_coordinates, get_parts
from shapely.geometry import LineString, MultiPolygon, Polygon
from shapely.geometry import Point as ShapelyPoint
from shapely.geometry.base import BaseGeometry
from shapely.ops import linemerge, polygonize, split, substring, unary_union

from ansim.sim.plane import Plane, Point

RoadClass = Literal["avenue", "street", "alley"]

CORRIDOR_M: dict[RoadClass, float] = {"avenue": 30.0, "street": 12.0, "alley": 6.0}
SIDEWALK_M: dict[RoadClass, float] = {"avenue": 4.5, "street": 1.8, "alley": 0.0}
FLOOR_M = 3.1

# Stems of invented street names with their romanisation (Revised Romanisation, hyphen before a sound
# change left out).
STEMS = (
    ("해든", "Haedeun"), ("너른", "Neoreun"), ("별빛", "Byeolbit"), ("달무리", "Dalmuri"),
    ("솔바람", "Solbaram"), ("은하물", "Eunhamul"), ("새봄", "Saebom"), ("한결", "Hangyeol"),
    ("가온", "Gaon"), ("다솜", "Dasom"), ("물안개", "Mulangae"), ("고운", "Goun"),
)  # fmt: skip
COMPASS = ("북", "북동", "동", "남동", "남", "남서", "서", "북서")


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """A junction, a bend or a dead end. `x`, `y` in metres east and north of the centre."""

    id: int
    x: float
    y: float


class Road(msgspec.Struct, frozen=True, kw_only=True):
    """One named road. `width_m` is the whole corridor between the plots, sidewalks included."""

    id: int
    road_class: RoadClass
    name: str
    name_en: str
    lines: tuple[tuple[Point, ...], ...]

    @property
    def width_m(self) -> float:
        return CORRIDOR_M[self.road_class]

    @property
    def sidewalk_m(self) -> float:
        return SIDEWALK_M[self.road_class]


class Building(msgspec.Struct, frozen=True, kw_only=True):
    """A house: footprint ring (metres, anticlockwise, not closed), floors, and `style`, a number its looks
    follow from."""

    id: int
    ring: tuple[Point, ...]
    floors: int
    style: int

    @property
    def height_m(self) -> float:
        return self.floors * FLOOR_M + 0.9


class NamedPlace(msgspec.Struct, frozen=True, kw_only=True):
    kind: Literal["safe-shop", "police-box", "station", "school"]
    name: str
    name_en: str
    x: float
    y: float


class Camera(msgspec.Struct, frozen=True, kw_only=True):
    """A camera as it stands. `azimuth_deg` is where it truly points; the register may not know it
    (`surveyed` false)."""

    id: str
    pole: int
    name: str
    name_en: str
    x: float
    y: float
    height_m: float
    azimuth_deg: float
    pitch_deg: float
    view_deg: float
    range_m: float
    surveyed: bool
    turns: bool


class Pole(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    node: int
    x: float
    y: float


class Quarter:
    """What `generate` returns. Lengths in metres on `plane`; bearings in degrees clockwise from north."""

    def __init__(
        self,
        *,
        seed: int,
        plane: Plane,
        size_m: float,
        nodes: tuple[Node, ...],
        edges: dict[int, tuple[tuple[int, float, int], ...]],
        roads: tuple[Road, ...],
        blocks: tuple[tuple[Point, ...], ...],
        buildings: tuple[Building, ...],
        park: tuple[Point, ...],
        places: tuple[NamedPlace, ...],
        poles: tuple[Pole, ...],
        sites: tuple[Camera, ...],
        safe_way: tuple[int, ...],
    ) -> None:
        self.seed = seed
        self.plane = plane
        self.size_m = size_m
        self.nodes = nodes
        self.edges = edges
        """Street graph: node id -> (neighbour id, length in metres, road id)."""
        self.roads = roads
        self.blocks = blocks
        self.buildings = buildings
        self.park = park
        self.places = places
        self.poles = poles
        self.sites = sites
        """The cameras as they stand, see `Camera`."""
        self.safe_way = safe_way
        """안심귀갓길: the way home from the station along which cameras stand close together, as node ids."""

    @cached_property
    def _road_lines(self) -> tuple[STRtree, list[int]]:
        lines = [(LineString(line), road.id) for road in self.roads for line in road.lines]
        return STRtree([line for line, _ in lines]), [road for _, road in lines]

    @cached_property
    def building_tree(self) -> STRtree:
        return STRtree([Polygon(building.ring) for building in self.buildings])

    def site(self, camera: str) -> Camera:
        """The camera of that id; KeyError when there is none."""
        return self._sites[camera]

    @cached_property
    def _sites(self) -> dict[str, Camera]:
        return {camera.id: camera for camera in self.sites}

    def node_near(self, x: float, y: float) -> int:
        return min(self.nodes, key=lambda node: hypot(node.x - x, node.y - y)).id

    def road_near(self, x: float, y: float) -> Road:
        tree, owners = self._road_lines
        return self.roads[owners[int(tree.nearest(ShapelyPoint(x, y)))]]

    def address(self, x: float, y: float) -> str:
        """Road name and number of a point, by the Korean rule: 20 m a step, odd on the left, even on the
        right."""
        tree, owners = self._road_lines
        index = int(tree.nearest(ShapelyPoint(x, y)))
        return f"{self.roads[owners[index]].name} {self._number(tree, index, x, y)}"

    def address_en(self, x: float, y: float) -> str:
        tree, owners = self._road_lines
        index = int(tree.nearest(ShapelyPoint(x, y)))
        return f"{self._number(tree, index, x, y)} {self.roads[owners[index]].name_en}"

    def _number(self, tree: STRtree, index: int, x: float, y: float) -> int:
        return house_number(tree.geometries[index], x, y)

    def address_at(self, latitude: float, longitude: float) -> str:
        return self.address(*self.plane.point(latitude, longitude))

    def ways_from(self, start: int, quiet: bool = False) -> Callable[[int], list[int]]:
        """The shortest ways from a node: call the result with another. `quiet` avoids avenues, as one metre
        of them
        counts for two (Dijkstra)."""
        best = {start: 0.0}
        came: dict[int, int] = {}
        queue = [(0.0, start)]
        while queue:
            cost, node = heapq.heappop(queue)
            if cost > best[node]:
                continue
            for other, length, road in self.edges[node]:
                loud = quiet and self.roads[road].road_class == "avenue"
                next_cost = cost + length * (2 if loud else 1)
                if next_cost < best.get(other, float("inf")):
                    best[other], came[other] = next_cost, node
                    heapq.heappush(queue, (next_cost, other))

        def way_to(node: int) -> list[int]:
            way = [node]
            while way[-1] != start:
                way.append(came[way[-1]])
            return way[::-1]

        return way_to

    def drive(self, start: Point, end: Point) -> tuple[list[int], Point]:
        """The shortest way by road between two points: the junctions on it, and the point of the road nearest to the
        end. Both ends lie somewhere along a stretch, which is not driven past and back."""
        (a, b), _ = self._stretch(*start)
        (c, d), last = self._stretch(*end)
        if {a, b} == {c, d}:
            return [], last
        best: tuple[float, list[int]] | None = None
        for first in (a, b):
            way_to = self.ways_from(first)
            for final in (c, d):
                way = way_to(final)
                length = self._apart(first, start) + self._apart(final, last)
                length += sum(self._apart(p, (self.nodes[q].x, self.nodes[q].y)) for p, q in pairwise(way))
                if best is None or length < best[0]:
                    best = (length, way)
        assert best is not None
        return best[1], last

    def _stretch(self, x: float, y: float) -> tuple[tuple[int, int], Point]:
        """The stretch of road nearest to a point, by its two junctions, and the nearest point on it."""
        tree, pairs = self._stretches
        k = int(tree.nearest(ShapelyPoint(x, y)))
        near = tree.geometries[k].interpolate(tree.geometries[k].project(ShapelyPoint(x, y)))
        return pairs[k], (near.x, near.y)

    @cached_property
    def _stretches(self) -> tuple[STRtree, list[tuple[int, int]]]:
        pairs = [(a, b) for a, ways in self.edges.items() for b, _, _ in ways if a < b]
        return STRtree([self.axis(pair) for pair in pairs]), pairs

    def _apart(self, node: int, point: Point) -> float:
        return hypot(self.nodes[node].x - point[0], self.nodes[node].y - point[1])

    def axis(self, nodes: Iterable[int]) -> LineString:
        """The line through these nodes."""
        return LineString([(self.nodes[k].x, self.nodes[k].y) for k in nodes])

    def covers(self, site: Camera, x: float, y: float) -> bool:
        """Whether a camera truly sees somebody at a point: within range and field of view, no house
        between."""
        dx, dy = x - site.x, y - site.y
        if hypot(dx, dy) > site.range_m:
            return False
        off = (degrees(atan2(dx, dy)) - site.azimuth_deg + 180) % 360 - 180
        if abs(off) > site.view_deg / 2 - 3 or hypot(dx, dy) < site.height_m * 1.5:
            return False
        sight = LineString([(site.x, site.y), (x, y)])
        near = self.building_tree.query(sight)
        return not any(self.building_tree.geometries[k].intersects(sight) for k in near)

    def cameras(self) -> list[dict[str, Any]]:
        """The register's rows: id, name, latitude, longitude, azimuth_deg (None when not surveyed or
        turning),
        view_deg (360 for a turning one), range_m, direction (words, "" when unknown)."""
        rows: list[dict[str, Any]] = []
        for camera in self.sites:
            latitude, longitude = self.plane.place(camera.x, camera.y)
            known = camera.surveyed and not camera.turns
            rows.append(
                {
                    "id": camera.id,
                    "name": camera.name,
                    "latitude": round(latitude, 7),
                    "longitude": round(longitude, 7),
                    "azimuth_deg": round(camera.azimuth_deg, 1) if known else None,
                    "view_deg": 360.0 if camera.turns else camera.view_deg,
                    "range_m": camera.range_m,
                    "direction": "360도" if camera.turns else compass(camera.azimuth_deg) + "향" if known else "",
                }
            )
        return rows

    def geojson(self) -> dict[str, Any]:
        """A FeatureCollection (RFC 7946); property `kind` is road, block, building, park, place or pole."""
        features: list[dict[str, Any]] = []

        def add(kind: str, geometry: str, coordinates: Any, **properties: Any) -> None:
            features.append(
                {
                    "type": "Feature",
                    "properties": {"kind": kind, **properties},
                    "geometry": {"type": geometry, "coordinates": coordinates},
                }
            )

        for block in self.blocks:
            add("block", "Polygon", [self._ring(block)])
        add("park", "Polygon", [self._ring(self.park)], name="달무리공원", name_en="Dalmuri Park")
        for building in self.buildings:
            add("building", "Polygon", [self._ring(building.ring)], floors=building.floors)
        for road in self.roads:
            add(
                "road",
                "MultiLineString",
                [[self._coordinate(*point) for point in line] for line in road.lines],
                name=road.name,
                name_en=road.name_en,
                width_m=road.width_m,
                **{"class": road.road_class},
            )
        for place in self.places:
            add(
                "place",
                "Point",
                self._coordinate(place.x, place.y),
                place=place.kind,
                name=place.name,
                name_en=place.name_en,
            )
        for pole in self.poles:
            add("pole", "Point", self._coordinate(pole.x, pole.y), pole=pole.id)
        return {"type": "FeatureCollection", "features": features}

    def _coordinate(self, x: float, y: float) -> list[float]:
        latitude, longitude = self.plane.place(x, y)
        return [round(longitude, 6), round(latitude, 6)]

    def _ring(self, ring: Iterable[Point]) -> list[list[float]]:
        closed = [self._coordinate(*point) for point in ring]
        return [*closed, closed[0]]


def compass(azimuth_deg: float) -> str:
    """The eight-wind Korean word for a bearing: 0 -> "북"."""
    return COMPASS[round(azimuth_deg / 45) % 8]


def house_number(line: LineString, x: float, y: float) -> int:
    """Number on a road by the Korean rule: one step is 20 m from its beginning, odd on the left, even on the
    right."""
    along = line.project(ShapelyPoint(x, y))
    ahead, behind = line.interpolate(min(along + 1, line.length)), line.interpolate(max(0.0, along - 1))
    left = (ahead.x - behind.x) * (y - behind.y) - (ahead.y - behind.y) * (x - behind.x) > 0
    return 2 * int(along / 20) + (1 if left else 2)


def generate(seed: int, centre: Point = (37.38, 127.12), size_m: float = 900.0) -> Quarter:
    """A quarter of about `size_m` metres a side round `centre` (latitude, longitude)."""
    return _Builder(Random(f"quarter {seed}"), seed, Plane(*centre), size_m).build()


class _Line(msgspec.Struct, kw_only=True):
    """A road while it is drawn."""

    road_class: RoadClass
    shape: LineString
    family: int


class _Builder:
    def __init__(self, random: Random, seed: int, plane: Plane, size_m: float) -> None:
        self.random = random
        self.seed = seed
        self.plane = plane
        self.size_m = size_m

    def build(self) -> Quarter:
        lines = self._lattice()
        lines += self._alleys(lines)
        nodes, edges, pieces = self._graph(lines)
        faces = [face for face in polygonize([piece for piece, _ in pieces]) if face.area > 150]
        corridors = unary_union(
            [piece.buffer(CORRIDOR_M[lines[owner].road_class] / 2, cap_style="square") for piece, owner in pieces]
        )
        blocks = [part for face in faces for part in _polygons(face.difference(corridors)) if part.area > 60]
        roads = self._roads(lines, pieces)
        park = max(blocks, key=lambda block: block.area / (60 + hypot(*_centre(block))))
        buildings = self._buildings([block for block in blocks if block is not park], roads)
        quarter = Quarter(
            seed=self.seed,
            plane=self.plane,
            size_m=self.size_m,
            nodes=nodes,
            edges=edges,
            roads=roads,
            blocks=tuple(_ring(block) for block in blocks),
            buildings=buildings,
            park=_ring(park),
            places=self._places(roads, nodes, edges),
            poles=(),
            sites=(),
            safe_way=(),
        )
        quarter.safe_way = self._safe_way(quarter)
        quarter.poles, quarter.sites = self._poles(quarter)
        return quarter

    # -- streets -------------------------------------------------------------------------------------------

    def _lattice(self) -> list[_Line]:
        half = self.size_m / 2
        columns, rows = self._spacing(half), self._spacing(half)
        big_column = min(range(1, len(columns) - 1), key=lambda i: abs(columns[i] - half * 0.42))
        big_row = min(range(1, len(rows) - 1), key=lambda j: abs(rows[j] + half * 0.30))
        warp = self._warp(half)
        grid = {
            (i, j): self._shaken(warp(u, v), 0.0 if i == big_column or j == big_row else 5.0)
            for i, u in enumerate(columns)
            for j, v in enumerate(rows)
        }
        removed = self._removed(len(columns), len(rows), big_column, big_row)
        lines: list[_Line] = []
        for i in range(len(columns)):
            for run in _runs([(i, j) for j in range(len(rows))], removed):
                lines.append(
                    _Line(
                        road_class="avenue" if i == big_column else "street",
                        shape=LineString([grid[cell] for cell in run]),
                        family=0,
                    )
                )
        for j in range(len(rows)):
            for run in _runs([(i, j) for i in range(len(columns))], removed):
                lines.append(
                    _Line(
                        road_class="avenue" if j == big_row else "street",
                        shape=LineString([grid[cell] for cell in run]),
                        family=1,
                    )
                )
        return lines

    def _spacing(self, half: float) -> list[float]:
        at = [-half]
        while at[-1] < half - 60:
            at.append(at[-1] + self.random.uniform(72, 128))
        scale = 2 * half / (at[-1] - at[0])
        return [-half + (value + half) * scale for value in at]

    def _warp(self, half: float) -> Any:
        turn = radians(self.random.uniform(-24, -13))
        skew = radians(self.random.uniform(4, 9)) * self.random.choice((-1, 1))
        waves = [
            (self.random.uniform(7, 15), self.random.uniform(0.9, 1.5) * half, self.random.uniform(0, 2 * pi))
            for _ in range(4)
        ]

        def wave(k: int, along: float) -> float:
            height, length, phase = waves[k]
            return height * sin(2 * pi * along / length + phase)

        def warp(u: float, v: float) -> Point:
            x = u + tan(skew) * v + wave(0, v) + wave(1, u + v)
            y = v + wave(2, u) + wave(3, u - v)
            return x * cos(turn) - y * sin(turn), x * sin(turn) + y * cos(turn)

        return warp

    def _shaken(self, point: Point, by: float) -> Point:
        return point[0] + self.random.uniform(-by, by), point[1] + self.random.uniform(-by, by)

    def _removed(self, columns: int, rows: int, big_column: int, big_row: int) -> set[frozenset[tuple[int, int]]]:
        """Stretches taken away so that blocks differ in size; never an avenue, the border, or two at one
        junction."""
        removed: set[frozenset[tuple[int, int]]] = set()
        touched: set[tuple[int, int]] = set()
        cells = [(i, j) for i in range(columns) for j in range(rows)]
        self.random.shuffle(cells)
        for i, j in cells:
            along = self.random.random() < 0.5
            other = (i, j + 1) if along else (i + 1, j)
            inside = 0 < i < columns - 1 and 0 < j < rows - 1 and other[0] < columns and other[1] < rows
            big = (along and i == big_column) or (not along and j == big_row)
            if not inside or big or {(i, j), other} & touched or self.random.random() > 0.55:
                continue
            removed.add(frozenset(((i, j), other)))
            touched |= {(i, j), other}
        return removed

    def _alleys(self, lines: list[_Line]) -> list[_Line]:
        alleys: list[_Line] = []
        faces = list(polygonize(unary_union([line.shape for line in lines])))
        while faces:
            face = faces.pop()
            if face.area < 6200 or self.random.random() < 0.05:
                continue
            cut = self._cut(face)
            if cut is None:
                continue
            if face.area < 11000 and self.random.random() < 0.22:
                alleys.append(
                    _Line(
                        road_class="alley",
                        shape=LineString(substring(cut, 0, 0.62, normalized=True).coords),
                        family=2,
                    )
                )
                continue
            alleys.append(_Line(road_class="alley", shape=cut, family=2))
            faces.extend(_polygons(split(face, cut)))
        return alleys

    def _cut(self, face: Polygon) -> LineString | None:
        """A slightly bent line across the long side, with its ends clear of the corners."""
        corners = get_coordinates(face.minimum_rotated_rectangle)[:4]
        sides = sorted(pairwise([*corners, corners[0]]), key=lambda side: hypot(*(side[1] - side[0])))
        long_from, long_to = sides[-1]
        axis = (long_to - long_from) / hypot(*(long_to - long_from))
        length = hypot(*(long_to - long_from))
        middle = corners.mean(axis=0)
        for _ in range(6):
            turn = radians(self.random.uniform(-6, 6))
            across = (-axis[1] * cos(turn) - axis[0] * sin(turn), axis[0] * cos(turn) - axis[1] * sin(turn))
            at = middle + axis * length * self.random.uniform(-0.14, 0.14)
            ruler = LineString([at - [c * 400 for c in across], at + [c * 400 for c in across]])
            met = face.intersection(ruler)
            if not isinstance(met, LineString) or met.length < 25:
                continue
            (ax, ay), (bx, by) = met.coords
            ends = (ShapelyPoint(ax, ay), ShapelyPoint(bx, by))
            vertices = [ShapelyPoint(*vertex) for vertex in face.exterior.coords]
            if min(end.distance(vertex) for end in ends for vertex in vertices) < 16:
                continue
            bend = self.random.uniform(-3.5, 3.5)
            bent = ((ax + bx) / 2 + axis[0] * bend, (ay + by) / 2 + axis[1] * bend)
            return LineString([(ax, ay), bent, (bx, by)])
        return None

    def _graph(
        self, lines: list[_Line]
    ) -> tuple[tuple[Node, ...], dict[int, tuple[tuple[int, float, int], ...]], list[tuple[LineString, int]]]:
        # Noding computes crossings in floating point: an alley's end may stop a hair short of its
        # street. Stretch it.
        shapes = [_stretched(line.shape, 0.05) if line.family == 2 else line.shape for line in lines]
        noded = unary_union(shapes)
        tree = STRtree(shapes)
        kept: list[tuple[LineString, int]] = []
        points: list[Point] = []

        def node(x: float, y: float) -> int:
            for number, (px, py) in enumerate(points):
                if abs(px - x) < 0.5 and abs(py - y) < 0.5:
                    return number
            points.append((x, y))
            return len(points) - 1

        graph: dict[int, list[tuple[int, float, int]]] = {}
        for piece in get_parts(noded):
            if piece.length < 0.5:
                continue
            middle = piece.interpolate(0.5, normalized=True)
            owner = int(min(tree.query(middle.buffer(0.5)), key=lambda k: shapes[k].distance(middle)))
            kept.append((piece, owner))
            for (ax, ay), (bx, by) in pairwise(piece.coords):
                a, b = node(ax, ay), node(bx, by)
                if a == b:
                    continue
                length = hypot(bx - ax, by - ay)
                graph.setdefault(a, []).append((b, length, owner))
                graph.setdefault(b, []).append((a, length, owner))
        nodes = tuple(Node(id=k, x=x, y=y) for k, (x, y) in enumerate(points))
        return nodes, {k: tuple(graph.get(k, ())) for k in range(len(points))}, kept

    # -- names ---------------------------------------------------------------------------------------------

    def _roads(self, lines: list[_Line], pieces: list[tuple[LineString, int]]) -> tuple[Road, ...]:
        """Avenues and the five longest streets have names of their own; the rest are numbered ways of the
        nearest."""
        shapes: list[list[LineString]] = [[] for _ in lines]
        for piece, owner in pieces:
            shapes[owner].append(piece)
        order = sorted(range(len(lines)), key=lambda k: (lines[k].road_class != "avenue", -lines[k].shape.length, k))
        avenues = [k for k in order if lines[k].road_class == "avenue"]
        streets = [k for k in order if lines[k].road_class == "street"][: len(STEMS) - len(avenues)][:6]
        heads = avenues + streets
        stems = dict(zip(heads, STEMS, strict=False))
        names = {k: (f"{ko}로", f"{en}-ro") for k, (ko, en) in stems.items()}
        taken: set[tuple[int, int]] = set()
        for k in order:
            if k in names:
                continue
            middle = lines[k].shape.interpolate(0.5, normalized=True)
            head = min(heads, key=lambda h: lines[h].shape.distance(middle))
            number = max(2, house_number(lines[head].shape, middle.x, middle.y))
            while (head, number) in taken:
                number += 2
            taken.add((head, number))
            ko, en = stems[head]
            names[k] = (f"{ko}로{number}길", f"{en}-ro {number}-gil")
        return tuple(
            Road(
                id=k,
                road_class=lines[k].road_class,
                name=names[k][0],
                name_en=names[k][1],
                lines=tuple(tuple((x, y) for x, y in part.coords) for part in _lines(shapes[k])),
            )
            for k in range(len(lines))
        )

    # -- houses --------------------------------------------------------------------------------------------

    def _buildings(self, blocks: list[Polygon], roads: tuple[Road, ...]) -> tuple[Building, ...]:
        avenues = unary_union(
            [LineString(line) for road in roads if road.road_class == "avenue" for line in road.lines]
        )
        plots: list[Polygon] = []
        for block in blocks:
            self._divide(block, avenues, plots)
        buildings: list[Building] = []
        for plot in plots:
            if self.random.random() < 0.05:
                continue  # a parking place or a garden
            house = plot.buffer(-self.random.uniform(0.4, 1.3), join_style="mitre")
            for part in _polygons(house):
                corners = part.simplify(0.4)
                if not isinstance(corners, Polygon) or corners.area < 36:
                    continue
                near = corners.distance(avenues) < 34
                floors = self.random.choice((6, 8, 9, 11, 14)) if near else self.random.choice((2, 3, 3, 4, 4, 5))
                buildings.append(
                    Building(
                        id=len(buildings),
                        ring=_ring(corners),
                        floors=floors,
                        style=self.random.getrandbits(31),
                    )
                )
        return tuple(buildings)

    def _divide(self, plot: Polygon, avenues: BaseGeometry, plots: list[Polygon]) -> None:
        target = self.random.uniform(620, 1150) if plot.distance(avenues) < 24 else self.random.uniform(240, 520)
        if plot.area < 40:
            return
        if plot.area < target:
            plots.append(plot)
            return
        corners = get_coordinates(plot.minimum_rotated_rectangle)[:4]
        a, b, c = corners[0], corners[1], corners[2]
        axis = b - a if hypot(*(b - a)) > hypot(*(c - b)) else c - b
        at = corners.mean(axis=0) + axis * self.random.uniform(-0.13, 0.13)
        across = [-axis[1], axis[0]]
        parts = _polygons(split(plot, LineString([at - [v * 9 for v in across], at + [v * 9 for v in across]])))
        if len(parts) < 2:
            plots.append(plot)
            return
        for part in parts:
            self._divide(part, avenues, plots)

    # -- places, poles, cameras ----------------------------------------------------------------------------

    def _places(
        self,
        roads: tuple[Road, ...],
        nodes: tuple[Node, ...],
        edges: dict[int, tuple[tuple[int, float, int], ...]],
    ) -> tuple[NamedPlace, ...]:
        def classes(node: Node) -> set[RoadClass]:
            return {roads[road].road_class for _, _, road in edges[node.id]}

        def beside(node: Node) -> Point:
            corner = _corner(node, nodes, edges, roads, inset=2.0)
            return corner if corner else (node.x, node.y)

        big = [node for node in nodes if classes(node) == {"avenue"} and len(edges[node.id]) >= 4]
        cross = big[0] if big else nodes[0]
        along = [
            node
            for node in nodes
            if "avenue" in classes(node) and "street" in classes(node) and hypot(node.x, node.y) < self.size_m * 0.45
        ]
        along.sort(key=lambda node: hypot(node.x - cross.x, node.y - cross.y))
        inner = [
            node
            for node in nodes
            if classes(node) == {"street"} and len(edges[node.id]) >= 3 and hypot(node.x, node.y) < self.size_m * 0.4
        ]
        self.random.shuffle(inner)
        places: list[NamedPlace] = []

        def add(kind: Any, name: str, name_en: str, node: Node) -> None:
            x, y = beside(node)
            places.append(NamedPlace(kind=kind, name=name, name_en=name_en, x=x, y=y))

        add("station", "해든역", "Haedeun station", cross)
        add("police-box", "해든지구대", "Haedeun police box", along[min(2, len(along) - 1)])
        chosen: list[Node] = []
        for node in inner:
            if all(hypot(node.x - other.x, node.y - other.y) > 170 for other in chosen):
                chosen.append(node)
        for node, (ko, en) in zip(chosen[:4], STEMS[2:], strict=False):
            add("safe-shop", f"안심지킴이집 {ko}점", f"Safe shop {en}", node)
        return tuple(places)

    def _safe_way(self, quarter: Quarter) -> tuple[int, ...]:
        station = next(place for place in quarter.places if place.kind == "station")
        way_to = quarter.ways_from(quarter.node_near(station.x, station.y), quiet=True)

        def unlike(node: Node) -> float:
            """How far from a way of half a kilometre, mostly streets and alleys, near the middle of the
            quarter."""
            way = way_to(node.id)
            if len(way) < 2:
                return float("inf")
            return abs(quarter.axis(way).length - 520) + 0.4 * hypot(node.x, node.y)

        homes = [node for node in quarter.nodes if len(quarter.edges[node.id]) >= 2]
        return tuple(way_to(min(homes, key=unlike).id))

    def _poles(self, quarter: Quarter) -> tuple[tuple[Pole, ...], tuple[Camera, ...]]:
        poles: list[Pole] = []
        sites: list[Camera] = []

        def put(node: int, at: Point, aims: list[float]) -> None:
            pole = Pole(id=len(poles) + 1, node=node, x=at[0], y=at[1])
            poles.append(pole)
            sites.extend(self._cameras_on(quarter, pole, aims, len(sites)))

        way = quarter.axis(quarter.safe_way)
        along = 12.0
        while along < way.length:
            here = way.interpolate(along)
            foot = self._roadside(quarter, here.x, here.y)
            aims = [
                _bearing(foot, (to.x, to.y))
                for to in (way.interpolate(along + 24), way.interpolate(along - 24))
                if self._free(quarter, foot, (to.x, to.y)) and hypot(to.x - foot[0], to.y - foot[1]) > 15
            ]
            if aims:
                put(quarter.node_near(here.x, here.y), foot, aims)
                along += 34.0
            else:
                along += 5.0
        junctions = [node for node in quarter.nodes if len(quarter.edges[node.id]) >= 3]
        self.random.shuffle(junctions)
        junctions.sort(key=lambda node: hypot(node.x, node.y) > self.size_m * 0.42)
        for node in junctions:
            corner = _corner(node, quarter.nodes, quarter.edges, quarter.roads, inset=0.45)
            if corner is None or len(poles) >= 60:
                continue
            if any(hypot(corner[0] - pole.x, corner[1] - pole.y) < 46 for pole in poles):
                continue
            ways = sorted(self._outlooks(quarter, node, corner), reverse=True)
            aims = [bearing for room, bearing in ways[: 2 if self.random.random() < 0.35 else 1] if room > 0]
            if len(aims) == 2 and abs((aims[0] - aims[1] + 180) % 360 - 180) < 50:
                aims.pop()
            put(node.id, corner, aims or [ways[0][1]])
        return tuple(poles), tuple(sites)

    def _roadside(self, quarter: Quarter, x: float, y: float) -> Point:
        """The edge of the nearest road's corridor on one side of a point."""
        road = quarter.road_near(x, y)
        line = min((LineString(line) for line in road.lines), key=lambda line: line.distance(ShapelyPoint(x, y)))
        along = line.project(ShapelyPoint(x, y))
        a, b = line.interpolate(max(0.0, along - 1)), line.interpolate(min(line.length, along + 1))
        turn = atan2(b.y - a.y, b.x - a.x)
        off = (road.width_m / 2 - 0.45) * self.random.choice((-1, 1))
        return x - sin(turn) * off, y + cos(turn) * off

    def _free(self, quarter: Quarter, a: Point, b: Point) -> bool:
        sight = LineString([a, b])
        tree = quarter.building_tree
        return not any(tree.geometries[k].intersects(sight) for k in tree.query(sight))

    def _outlooks(self, quarter: Quarter, node: Node, at: Point) -> list[tuple[float, float]]:
        """(how much street is seen, bearing) for each way out of a junction; negative where a house is in
        the way."""
        looks: list[tuple[float, float]] = []
        for other, length, _ in quarter.edges[node.id]:
            there = quarter.nodes[other]
            reach = min(length, 28.0) / length
            to = (node.x + (there.x - node.x) * reach, node.y + (there.y - node.y) * reach)
            room = min(length, 60.0) + self.random.uniform(0, 25) if self._free(quarter, at, to) else -1.0
            looks.append((room, _bearing(at, to)))
        return looks

    def _cameras_on(self, quarter: Quarter, pole: Pole, aims: list[float], count: int) -> list[Camera]:
        turns = self.random.random() < 0.07
        surveyed = self.random.random() > 0.08
        name, name_en = quarter.address(pole.x, pole.y), quarter.address_en(pole.x, pole.y)
        return [
            Camera(
                id=f"bd-{count + k + 1:04d}",
                pole=pole.id,
                name=name if k == 0 else f"{name} ({compass(azimuth)})",
                name_en=name_en,
                x=pole.x,
                y=pole.y,
                height_m=round(self.random.uniform(4.4, 5.6), 1),
                azimuth_deg=round(azimuth, 1),
                pitch_deg=round(self.random.uniform(12.5, 16.5), 1),
                view_deg=float(self.random.choice((66, 70, 74, 80))),
                range_m=float(self.random.choice((40, 45, 50, 55))),
                surveyed=surveyed,
                turns=turns,
            )
            for k, azimuth in enumerate(aims[:1] if turns else aims)
        ]


def _bearing(a: Point, b: Point) -> float:
    return degrees(atan2(b[0] - a[0], b[1] - a[1])) % 360


def _corner(
    node: Node,
    nodes: tuple[Node, ...],
    edges: dict[int, tuple[tuple[int, float, int], ...]],
    roads: tuple[Road, ...],
    inset: float,
) -> Point | None:
    """The kerb corner of a junction whose gap is nearest a right angle, `inset` metres before the plots."""
    ways = sorted(
        (atan2(nodes[other].y - node.y, nodes[other].x - node.x), roads[road].width_m / 2)
        for other, _, road in edges[node.id]
    )
    best: tuple[float, Point] | None = None
    for (a, half_a), (b, half_b) in zip(ways, [*ways[1:], (ways[0][0] + 2 * pi, ways[0][1])], strict=True):
        gap = b - a
        if not radians(35) < gap < radians(145):
            continue
        along_a, along_b = (half_b - inset) / sin(gap), (half_a - inset) / sin(gap)
        point = (node.x + along_a * cos(a) + along_b * cos(b), node.y + along_a * sin(a) + along_b * sin(b))
        if best is None or abs(gap - pi / 2) < best[0]:
            best = (abs(gap - pi / 2), point)
    return best[1] if best else None


def _runs(cells: list[tuple[int, int]], removed: set[frozenset[tuple[int, int]]]) -> list[list[tuple[int, int]]]:
    runs = [[cells[0]]]
    for a, b in pairwise(cells):
        if frozenset((a, b)) in removed:
            runs.append([b])
        else:
            runs[-1].append(b)
    return [run for run in runs if len(run) > 1]


def _stretched(line: LineString, by: float) -> LineString:
    (ax, ay), (bx, by_), *_ = line.coords
    *_, (cx, cy), (dx, dy) = line.coords
    first, last = hypot(bx - ax, by_ - ay), hypot(dx - cx, dy - cy)
    start = (ax - (bx - ax) / first * by, ay - (by_ - ay) / first * by)
    end = (dx + (dx - cx) / last * by, dy + (dy - cy) / last * by)
    return LineString([start, *list(line.coords)[1:-1], end])


def _lines(pieces: list[LineString]) -> list[LineString]:
    merged = linemerge(pieces) if len(pieces) > 1 else pieces[0]
    return [merged] if isinstance(merged, LineString) else list(merged.geoms)


def _polygons(shape: BaseGeometry) -> list[Polygon]:
    if isinstance(shape, Polygon):
        return [] if shape.is_empty else [shape]
    if isinstance(shape, MultiPolygon) or shape.geom_type == "GeometryCollection":
        return [part for part in get_parts(shape) if isinstance(part, Polygon)]
    return []


def _centre(shape: Polygon) -> Point:
    return shape.centroid.x, shape.centroid.y


def _ring(shape: Polygon) -> tuple[Point, ...]:
    ring = shape.exterior if shape.exterior.is_ccw else shape.exterior.reverse()
    return tuple((round(x, 3), round(y, 3)) for x, y in list(ring.coords)[:-1])


__all__ = ["Building", "Camera", "NamedPlace", "Node", "Pole", "Quarter", "Road", "compass", "generate"]
