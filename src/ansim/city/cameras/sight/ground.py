"""What stands where: the imported map as a raster of what a line of sight loses in each square metre.

A city knows its roads, perhaps its entrances, perhaps its buildings, and not everywhere the same: each place has the
best level that its surroundings allow, and where the map ends nothing is held against a line of sight.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import shapely
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ansim.city.cameras.sight.spread import Floats, Level
from ansim.core.geo import EARTH_RADIUS_M

REACH_M = 150.0
"""As far as any camera is asked to see a person."""
LEVELS: tuple[Level, ...] = ("none", "roads", "entrances", "footprints")

ROAD, UNKNOWN, BLOCK, LOT, DOOR, YARD, BUILDING = range(7)
"""UNKNOWN: no map. BLOCK: beside roads. LOT, DOOR: entrances are known, none or one is near. YARD: footprints are."""
LOSS: Floats = np.array([0, 0, 1 / 4, 1 / 30, 1 / 2.5, 0, 1 / 0.5], dtype=np.float32)
"""Optical depth of a metre."""
OUTDOORS: Floats = np.array([1, 1, 0.25, 0.35, 0.12, 0.35, 0.02], dtype=np.float32)
"""How likely she stands there, against a road. Whoever presses SOS and can be filmed is in the open."""
_LEVEL = np.array([1, 0, 1, 2, 2, 3, 3], dtype=np.uint8)

_MARGIN_M = 2 * REACH_M + 20
_DOOR_M = 15.0
_AREA_M = 100.0
_NEAR_AREAS = 3
"""A layer speaks for everything within 300 m of any of it: a park has no entrances."""
_CELLS = 400_000_000
_DEGREE_M = EARTH_RADIUS_M * math.pi / 180
_POLE_M = 25.0
"""A register's pole inside a block is one at the kerb nearby, put down inexactly."""


class Ground:
    """Layers of geometries in degrees (longitude, latitude): areas of roads, points of entrances, areas of buildings."""

    def __init__(
        self, roads: NDArray[np.object_], entrances: NDArray[np.object_], footprints: NDArray[np.object_]
    ) -> None:
        everything = np.concatenate([roads, entrances, footprints])
        west, south, east, north = shapely.total_bounds(everything)
        self._longitude, self._latitude = float(west + east) / 2, float(south + north) / 2
        self._east_m = _DEGREE_M * math.cos(math.radians(self._latitude))
        low = self.plane(np.array([south]), np.array([west]))
        high = self.plane(np.array([north]), np.array([east]))
        self.west, self.south = float(low[0][0]) - _MARGIN_M, float(low[1][0]) - _MARGIN_M
        width, height = float(high[0][0]) + _MARGIN_M - self.west, float(high[1][0]) + _MARGIN_M - self.south
        self.cell_m = max(1.0, math.sqrt(width * height / _CELLS))
        self.columns, self.rows = int(width / self.cell_m) + 1, int(height / self.cell_m) + 1
        layers = [shapely.transform(layer, self._turn) for layer in (roads, entrances, footprints)]
        self.code = self._drawn(*layers)
        self._roads = shapely.get_parts(layers[0])
        self._road_tree = shapely.STRtree(self._roads)

    @classmethod
    def of(cls, layers: Iterable[tuple[str, NDArray[np.object_]]]) -> Ground:
        """Of sheets that may hold some of each; there is at least one."""
        of: dict[str, list[NDArray[np.object_]]] = {"roads": [], "entrances": [], "footprints": []}
        for layer, shapes in layers:
            of[layer].append(shapes)
        none = [np.empty(0, dtype=object)]
        return cls(*(np.concatenate(shapes or none) for shapes in of.values()))

    def plane(self, latitude: NDArray[np.float64], longitude: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
        """Metres east and north of the map's middle."""
        return (longitude - self._longitude) * self._east_m, (latitude - self._latitude) * _DEGREE_M

    def degrees(self, east: NDArray[np.float64], north: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
        """Latitude and longitude."""
        return self._latitude + north / _DEGREE_M, self._longitude + east / self._east_m

    def covers(self, east: NDArray[np.float64], north: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether every line of sight from there stays on the raster."""
        inside: NDArray[np.bool_] = (
            (east > self.west + REACH_M + 5)
            & (east < self.west + self.columns * self.cell_m - REACH_M - 5)
            & (north > self.south + REACH_M + 5)
            & (north < self.south + self.rows * self.cell_m - REACH_M - 5)
        )
        return inside

    def at(self, latitude: float, longitude: float, east: Floats, north: Floats) -> NDArray[np.uint8]:
        """The codes at points that lie so many metres from a place."""
        x = (longitude - self._longitude) * self._east_m - self.west
        y = (latitude - self._latitude) * _DEGREE_M - self.south
        column, row = ((east + x) / self.cell_m).astype(np.int64), ((north + y) / self.cell_m).astype(np.int64)
        inside = (column >= 0) & (column < self.columns) & (row >= 0) & (row < self.rows)
        if inside.all():
            return self.code.ravel().take(row * self.columns + column)
        return np.where(
            inside, self.code.ravel().take(np.where(inside, row * self.columns + column, 0)), UNKNOWN
        ).astype(np.uint8)

    def level(self, codes: NDArray[np.uint8]) -> Level:
        """What is known around somebody there."""
        return LEVELS[int(_LEVEL[codes].max(initial=0))]

    def at_the_kerb(
        self, latitude: NDArray[np.float64], longitude: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], ...]:
        """Poles as they must stand: those inside a block, with a road near, half a metre inside that road."""
        if not len(self._roads):
            return latitude, longitude
        east, north = self.plane(latitude, longitude)
        points = np.asarray(shapely.points(east, north))
        (pole, road), away = self._road_tree.query_nearest(
            points, max_distance=_POLE_M, return_distance=True, all_matches=False
        )
        moved = away > 0
        pole, road = pole[moved], road[moved]
        ends = shapely.get_coordinates(shapely.shortest_line(points[pole], self._roads[road])).reshape(-1, 2, 2)
        way = ends[:, 1] - ends[:, 0]
        ends[:, 1] += way / np.maximum(np.hypot(*way.T), 1e-6)[:, None] * 0.5
        east[pole], north[pole] = ends[:, 1].T
        return self.degrees(east, north)

    def _turn(self, coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(self.plane(coordinates[:, 1], coordinates[:, 0]))

    def _drawn(
        self, roads: NDArray[np.object_], entrances: NDArray[np.object_], footprints: NDArray[np.object_]
    ) -> NDArray[np.uint8]:
        near = [self._near(layer) for layer in (roads, entrances, footprints)]
        areas = np.select([near[2], near[1], near[0]], [YARD, LOT, BLOCK], UNKNOWN).astype(np.uint8)
        each = max(1, round(_AREA_M / self.cell_m))
        code = areas.repeat(each, axis=0)[: self.rows].repeat(each, axis=1)[:, : self.columns]
        image = Image.fromarray(np.ascontiguousarray(code))
        if len(entrances):
            doors = Image.new("L", image.size, 0)
            draw = ImageDraw.Draw(doors)
            radius = _DOOR_M / self.cell_m
            for x, y in self._pixel(shapely.get_coordinates(entrances)):
                draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
            lots = image.point([255 if value == LOT else 0 for value in range(256)])
            image.paste(DOOR, mask=Image.composite(doors, Image.new("L", image.size, 0), lots))
        self._fill(image, roads, ROAD)
        self._fill(image, footprints, BUILDING)
        return np.array(image)

    def _near(self, layer: NDArray[np.object_]) -> NDArray[np.bool_]:
        """Which areas of 100 m lie near anything of a layer."""
        each = max(1, round(_AREA_M / self.cell_m))
        found = np.zeros((self.rows // each + 1, self.columns // each + 1), dtype=bool)
        everywhere = shapely.get_coordinates(shapely.segmentize(layer, _AREA_M))
        column, row = (self._pixel(everywhere) // each).astype(int).T
        found[row, column] = True
        for axis in (0, 1):
            for _ in range(_NEAR_AREAS):
                found = found | np.roll(found, 1, axis) | np.roll(found, -1, axis)
        return found

    def _pixel(self, coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        pixel: NDArray[np.float64] = (coordinates - [self.west, self.south]) / self.cell_m
        return pixel

    def _fill(self, image: Image.Image, layer: NDArray[np.object_], code: int) -> None:
        draw = ImageDraw.Draw(image)
        for polygon in shapely.get_parts(layer):
            rings = [
                self._pixel(shapely.get_coordinates(ring)) - 0.5 for ring in (polygon.exterior, *polygon.interiors)
            ]
            if not len(rings[0]):
                continue
            if len(rings) == 1:
                draw.polygon(list(map(tuple, rings[0])), fill=code)
                continue
            low = np.floor(rings[0].min(axis=0)).astype(int)
            size = np.ceil(rings[0].max(axis=0)).astype(int) - low + 2
            mask = Image.new("1", (int(size[0]), int(size[1])))
            shape = ImageDraw.Draw(mask)
            for fill, ring in zip([1] + [0] * (len(rings) - 1), rings, strict=True):
                shape.polygon(list(map(tuple, ring - low)), fill=fill)
            image.paste(code, (int(low[0]), int(low[1])), mask)
