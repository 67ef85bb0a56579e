"""Gangnam: its real register, roads and entrances, and an invented truth behind them.

Real are the 1,880 poles with 5,301 lenses, the road areas and lines, the entrances and the groups of apartments. Invented
are the footprints (grown from the entrances), what kind of lens hangs where and how it looks, how far off a pole really
stands, which lenses are dead, and leaves and vans. Not there: night, rain, height, bridges, crowds.

Everything is in metres on a plane that touches the earth in the middle of the district.
"""

from __future__ import annotations

import csv
import json
import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import shapely
import shapely.affinity
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ansim.core.geo import EARTH_RADIUS_M

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Shapes = NDArray[np.object_]

REACH_M = 150.0
SEEN = 25.0
"""Pixels a metre from which on she counts as seen."""
_DEGREE_M = EARTH_RADIUS_M * math.pi / 180
_LATITUDE, _LONGITUDE = 37.4966, 127.0627
_EAST_M = _DEGREE_M * math.cos(math.radians(_LATITUDE))
_CELL_M = 0.5
_WIDTHS = {200: 1920.0, 41: 704.0, 400: 2560.0, 85: 1280.0, 300: 2048.0}
"""Pixels across, by the ten thousands of pixels that the register tells."""


def found() -> Path | None:
    """The folder that has siting/gangnam and registers: `shared`, here or in a folder above."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "shared" / "siting" / "gangnam" / "TL_SPRD_RW.geojson").exists():
            return folder / "shared"
    return None


def plane(degrees: Floats) -> Floats:
    """Longitude and latitude to metres."""
    return np.column_stack([(degrees[:, 0] - _LONGITUDE) * _EAST_M, (degrees[:, 1] - _LATITUDE) * _DEGREE_M])


def degrees(metres: Floats) -> Floats:
    """Metres to longitude and latitude."""
    return np.column_stack([metres[:, 0] / _EAST_M + _LONGITUDE, metres[:, 1] / _DEGREE_M + _LATITUDE])


@dataclass(frozen=True)
class Lenses:
    """The truth of one seed. Bearings in radians, clockwise from north."""

    pole: Ints
    place: Floats
    """Of each pole."""
    turns: NDArray[np.bool_]
    azimuth: Floats
    view: Floats
    pixels: Floats
    dead: NDArray[np.bool_]
    known_dead: NDArray[np.bool_]


class City:
    def __init__(self, folder: Path) -> None:
        self.folder = folder / "siting" / "gangnam"
        self.roads = self._layer("TL_SPRD_RW")[0]
        self.entrances, properties = self._layer("TL_SPBD_ENTRC")
        groups, _ = self._layer("TL_SPBD_EQB")
        self.district = self._layer("TL_SCCO_SIG")[0][0]
        self.road_tree = shapely.STRtree(self.roads)
        self._read_register(folder / "registers" / "gangnam_std_cctv_2019_cp949.csv")
        self.footprints = self._grown(self.entrances, properties, groups)
        west, south, east, north = shapely.total_bounds(self.roads)
        self._west, self._south = float(west) - 300, float(south) - 300
        size = int((east + 300 - self._west) / _CELL_M), int((north + 300 - self._south) / _CELL_M)
        image = Image.new("L", size)
        draw = ImageDraw.Draw(image)
        for building in self.footprints:
            ring = (shapely.get_coordinates(building.exterior) - [self._west, self._south]) / _CELL_M - 0.5
            draw.polygon(list(map(tuple, ring)), fill=1)
        self._built = np.array(image)

    def lines(self) -> tuple[Shapes, list[dict[str, Any]]]:
        """The middle lines of the named roads."""
        return self._layer("TL_SPRD_MANAGE")

    def _layer(self, name: str) -> tuple[Shapes, list[dict[str, Any]]]:
        features = json.loads((self.folder / f"{name}.geojson").read_text(encoding="utf-8"))["features"]
        shapes = np.array([shapely.geometry.shape(feature["geometry"]) for feature in features], dtype=object)
        return shapely.transform(shapely.make_valid(shapes), plane), [feature["properties"] for feature in features]

    def _read_register(self, file: Path) -> None:
        with file.open(encoding="cp949", newline="") as content:
            rows = list(csv.DictReader(content))
        self.poles = plane(np.array([(float(row["경도"]), float(row["위도"])) for row in rows]))
        self.lenses_on = np.array([int(row["카메라대수"]) for row in rows])
        self.pixels_on = np.array([_WIDTHS[int(row["카메라화소수"])] for row in rows])
        self._traffic = np.array([row["설치목적구분"] == "교통단속" for row in rows])

    def _grown(self, entrances: Shapes, properties: list[dict[str, Any]], groups: Shapes) -> list[Any]:
        """Footprints: the surroundings of each building's first entrance, inside its block and apart from its neighbours;
        and rows of slabs where a group of apartments stands. They are the same for every seed."""
        rng = np.random.default_rng(7)
        _, first = np.unique([one["BUL_MAN_NO"] for one in properties], return_index=True)
        at = shapely.get_coordinates(entrances[first])
        grouped = np.array([properties[one]["EQB_MAN_SN"] > 0 for one in first])
        radius = np.where(grouped, 30.0, rng.uniform(14, 24, len(at)))
        setback = rng.uniform(1.2, 2.8, len(at))
        cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(at), extend_to=self.district))
        point, cell = shapely.STRtree(cells).query(shapely.points(at), predicate="intersects")
        own = np.empty(len(at), dtype=object)
        own[point] = cells[cell]
        lots = shapely.intersection(shapely.buffer(shapely.points(at), radius, quad_segs=4), own)
        lots = self._off_the_road(lots, 1.0)
        lots = np.array([lot.buffer(-by, join_style="mitre") for lot, by in zip(lots, setback, strict=True)])
        found: list[Any] = [max(shapely.get_parts(lot), key=lambda part: part.area) for lot in lots if not lot.is_empty]
        tree, slabs = shapely.STRtree(found), []
        for group in groups:
            if not 4000 <= group.area <= 400_000:
                continue
            turn, middle = rng.uniform(-20, 20), group.centroid
            west, south, east, north = group.buffer(60).bounds
            inner = self._off_the_road(np.array([group.buffer(-8)]), 4.0)[0]
            for y in np.arange(south, north + 42, 42):
                for x in np.arange(west, east + 62, 62):
                    slab = shapely.affinity.rotate(shapely.box(x, y, x + 50, y + 12), turn, origin=middle)
                    slab = slab.intersection(inner)
                    if slab.area >= 150 and not len(tree.query(slab, predicate="intersects")):
                        slabs.append(slab)
        parts = shapely.get_parts([*found, *slabs])
        return [one for one in parts if one.geom_type == "Polygon" and one.area > 15]

    def _off_the_road(self, areas: Shapes, by: float) -> Shapes:
        wide = shapely.buffer(self.roads, by, quad_segs=2)
        area, road = shapely.STRtree(wide).query(areas, predicate="intersects")
        cut = areas.copy()
        if not len(area):
            return cut
        starts = np.flatnonzero(np.append(True, area[1:] != area[:-1])[: len(area)])
        for first, last in zip(starts, np.append(starts[1:], len(area)), strict=True):
            cut[area[first]] = areas[area[first]].difference(shapely.union_all(wide[road[first:last]]))
        return cut

    @cached_property
    def pole_tree(self) -> shapely.STRtree:
        return shapely.STRtree(np.asarray(shapely.points(self.poles)))

    def inside(self, at: Floats) -> NDArray[np.bool_]:
        """Whether these places lie in a building."""
        column = ((at[..., 0] - self._west) / _CELL_M).astype(np.int64)
        row = ((at[..., 1] - self._south) / _CELL_M).astype(np.int64)
        rows, columns = self._built.shape
        known = (column >= 0) & (row >= 0) & (column < columns) & (row < rows)
        flat = np.where(known, row * columns + column, 0)
        walled: NDArray[np.bool_] = (self._built.ravel()[flat] > 0) | ~known
        return walled

    def free(self, start: Floats, end: Floats) -> NDArray[np.bool_]:
        """Whether no building stands between; the first metre is the pole's own."""
        result = np.empty(len(start), dtype=bool)
        for first in range(0, len(start), 4000):
            one, other = start[first : first + 4000], end[first : first + 4000]
            length = np.hypot(*(other - one).T)[:, None]
            along = np.arange(1.0, REACH_M, 0.4)[None, :]
            part = np.minimum(along / np.maximum(length, 1e-6), 1.0)
            blocked = self.inside(one[:, None, :] + (other - one)[:, None, :] * part[..., None]) & (
                along <= length + 0.4
            )
            result[first : first + 4000] = ~blocked.any(axis=1)
        return result

    def kerb(self, at: Floats, away_m: float = 25.0) -> Floats:
        """Poles stand at the kerb: those inside a block are put to the road near them."""
        moved = at.copy()
        points = np.asarray(shapely.points(at))
        (pole, road), away = self.road_tree.query_nearest(
            points, max_distance=away_m, return_distance=True, all_matches=False
        )
        pole, road = pole[away > 0], road[away > 0]
        ends = shapely.get_coordinates(shapely.shortest_line(points[pole], self.roads[road])).reshape(-1, 2, 2)
        way = ends[:, 1] - ends[:, 0]
        moved[pole] = ends[:, 1] + way / np.maximum(np.hypot(*way.T), 1e-6)[:, None] * 0.5
        return moved

    def depths(self, at: Floats) -> Floats:
        """From each place, how far one truly sees in 256 directions: [place, bearing], metres."""
        bearing = 2 * np.pi * (np.arange(256) + 0.5) / 256
        toward = np.column_stack([np.sin(bearing), np.cos(bearing)])
        depth = np.full((len(at), 256), REACH_M)
        for metres in np.arange(80.0, 1.0, -1.0):
            depth[self.inside(at[:, None, :] + toward * metres)] = metres - 1
        return depth

    def lenses(self, seed: int, along: float = 0.7) -> Lenses:
        """What nobody knows: true places, kinds, directions, views, and the dead."""
        rng = np.random.default_rng(1000 + seed)
        true = self.poles + rng.normal(0, 3, self.poles.shape)
        place = self.kerb(true)
        for attempt in range(60):
            walled = self.inside(place)
            if not walled.any():
                break
            place[walled] = true[walled] + rng.normal(0, 3 + attempt * 0.5, (int(walled.sum()), 2))
        down_the_street = np.minimum(self.depths(place), 80) ** 2 + 1
        down_the_street /= down_the_street.sum(axis=1, keepdims=True)
        rows: list[tuple[int, bool, float, float, float]] = []
        for pole, count in enumerate(self.lenses_on):
            turning = 1 if count >= 2 else int(rng.random() < (0.6 if self._traffic[pole] else 0.5))
            used: list[float] = []
            for lens in range(count):
                azimuth, view = 0.0, 60.0
                if lens >= turning:
                    for _ in range(20):
                        azimuth = rng.uniform(0, 2 * np.pi)
                        if rng.random() < along:
                            street = rng.choice(256, p=down_the_street[pole])
                            azimuth = 2 * np.pi * (street + 0.5) / 256 + rng.normal(0, math.radians(10))
                        if all(abs(_turn(azimuth - other)) > math.radians(40) for other in used):
                            break
                    used.append(azimuth)
                    view = rng.uniform(50, 95)
                rows.append((pole, lens < turning, azimuth % (2 * np.pi), math.radians(view), self.pixels_on[pole]))
        columns = [np.array(column) for column in zip(*rows, strict=True)]
        dead = rng.random(len(rows)) < 0.05
        known = dead & (rng.random(len(rows)) < 0.7)
        return Lenses(columns[0], place, columns[1], columns[2], columns[3], columns[4], dead, known)

    def people(self, count: int, rng: np.random.Generator) -> Floats:
        """Places out of doors within reach of a pole: mostly streets, sometimes beside them, seldom far inside a block."""
        shapely.prepare(self.district)
        found: list[Floats] = []
        while sum(map(len, found)) < count:
            at = rng.uniform(self.poles.min(axis=0) - 100, self.poles.max(axis=0) + 100, (4000, 2))
            at = at[~self.inside(at) & shapely.contains_xy(self.district, at)]
            points = shapely.points(at)
            _, away = self.road_tree.query_nearest(points, return_distance=True, all_matches=False)
            _, pole = self.pole_tree.query_nearest(points, return_distance=True, all_matches=False)
            likely = np.select([away == 0, away < 10], [1.0, 0.18], 0.015)
            found.append(at[(rng.random(len(at)) < likely) & (pole < REACH_M)])
        return np.concatenate(found)[:count]

    def pixels(
        self,
        lenses: Lenses,
        at: Floats,
        lens: Ints,
        aim: Floats,
        half: Floats,
        weather: NDArray[np.int64],
        *,
        perfect: bool = False,
    ) -> Floats:
        """True pixels a metre of each lens on each place, pair by pair; 0 where it does not see. `aim` and `half` count for
        lenses that turn; `weather` draws the leaves and vans between a pole and somebody. Perfect: aimed at her, 20 degrees wide."""
        pole = lenses.pole[lens]
        off = at - lenses.place[pole]
        distance = np.hypot(*off.T)
        bearing = np.arctan2(off[:, 0], off[:, 1])
        turns = lenses.turns[lens]
        half = np.where(turns, np.radians(10) if perfect else half, lenses.view[lens] / 2)
        wrong = np.abs(_turn(bearing - np.where(turns, aim, lenses.azimuth[lens])))
        looks = (wrong <= half) | (turns & (perfect | (distance <= 3)))
        clear = (pole * 7919 + weather * 104_729) % 100_003 / 100_003 <= np.exp(-distance / 300)
        size = lenses.pixels[lens] / (2 * np.tan(half)) / np.sqrt(distance**2 + 12.25)
        sees = looks & clear & ~lenses.dead[lens] & (distance <= REACH_M) & (size >= 12.5)
        sees[sees] = self.free(lenses.place[pole[sees]], at[sees])
        return np.where(sees, size, 0.0)

    def around(self, lenses: Lenses, at: Floats, reach_m: float = REACH_M + 15) -> tuple[Ints, Ints]:
        """Pairs of place and lens within reach."""
        who, pole = self.pole_tree.query(shapely.points(at), predicate="dwithin", distance=reach_m)
        first = np.searchsorted(lenses.pole, np.arange(len(self.poles) + 1))
        count = first[pole + 1] - first[pole]
        ends = np.cumsum(count)
        lens = np.arange(count.sum()) - np.repeat(ends - count - first[pole], count)
        return who.repeat(count), lens

    def seeable(
        self, lenses: Lenses, at: Floats, weather: NDArray[np.int64], reach_m: float = REACH_M
    ) -> NDArray[np.bool_]:
        """Whether any lens at all could show her, aimed right."""
        who, lens = self.around(lenses, at, reach_m + 15)
        none = np.zeros(len(who))
        size = self.pixels(lenses, at[who], lens, none, none, weather[who], perfect=True)
        possible = np.zeros(len(at), dtype=bool)
        np.logical_or.at(possible, who, size >= SEEN)
        return possible


def _turn(angle: Any) -> Any:
    return (angle + np.pi) % (2 * np.pi) - np.pi
