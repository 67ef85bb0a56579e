"""What stands between a camera and somebody, and where one can walk: roads, entrances and buildings of a city's map, from GeoJSON (RFC 7946).

Every feature ends in a layer or as a refusal that names it; what was mended is named as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from ansim.core.errors import Problem
from ansim.core.geo import EARTH_RADIUS_M
from ansim.core.projection import Grid, grid_named

Layer = Literal["roads", "entrances", "footprints", "paths"]
LAYERS: tuple[Layer, ...] = ("roads", "entrances", "footprints", "paths")
Shapes = NDArray[np.object_]
"""Areas of roads, points of entrances, areas of buildings, middle lines of what can be walked along; longitude and latitude in degrees."""

LARGEST = 1 << 30
SOUTH, NORTH, WEST, EAST = 32.9, 38.7, 124.0, 132.0
_KINDS: dict[str, Layer] = {"road": "roads", "entrance": "entrances", "building": "footprints", "path": "paths"}
"""Property `kind`, as the map that the console draws has it; features of other kinds stand in nobody's way."""
_NATIONAL: dict[str, Layer] = {"TL_SPRD_RW": "roads", "TL_SPRD_MANAGE": "roads", "TL_SPBD_ENTRC": "entrances", "TL_SPBD_BULD": "footprints"}  # fmt: skip
"""Layers of the national road-name address map."""
_WIDTHS = ("width_m", "ROAD_BT")
_MOTORWAYS = {"ROA_CLS_SE": ("1",), "highway": ("motorway", "motorway_link")}
"""Nobody walks there: the road classes of the national map and of OpenStreetMap."""
_DEGREE_M = EARTH_RADIUS_M * np.pi / 180


@dataclass(frozen=True)
class Flaw:
    """What was wrong with a feature, and what became of it; `feature` counts from 1."""

    feature: int
    rule: str
    outcome: Literal["repaired", "refused"]
    detail: str


@dataclass(frozen=True)
class Sheet:
    """What one file brings."""

    layers: dict[Layer, Shapes]
    flaws: list[Flaw]
    features: int
    passed_over: int
    """Features of other kinds."""

    @property
    def refused(self) -> int:
        return len({flaw.feature for flaw in self.flaws if flaw.outcome == "refused"})

    @property
    def repaired(self) -> int:
        return len({flaw.feature for flaw in self.flaws if flaw.outcome == "repaired"})


class _Refused(Exception):
    def __init__(self, rule: str, detail: str) -> None:
        self.rule, self.detail = rule, detail


def read(content: bytes, layer: Layer | None = None) -> Sheet:
    """`layer` says what the features are where they do not say it themselves. Raises Problem 422 for what is no map."""
    if len(content) > LARGEST:
        raise Problem(422, "map.size", "This file is larger than a map", f"At most {LARGEST >> 20} MiB.")
    try:
        collection = msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"))
    except msgspec.DecodeError as error:
        raise Problem(422, "map.form", "This is not GeoJSON", f"{error}.") from None
    if not isinstance(collection, dict) or not isinstance(collection.get("features"), list):
        raise Problem(422, "map.form", "This is not a FeatureCollection", "GeoJSON (RFC 7946) has one at its top.")
    grid = _grid(collection.get("crs"))
    named = layer or _NATIONAL.get(str(collection.get("name", "")).upper())
    found: dict[Layer, dict[bytes, BaseGeometry]] = {}
    flaws: list[Flaw] = []
    passed_over = 0
    for number, feature in enumerate(collection["features"], 1):
        of = _layer(feature, named)
        if of is None:
            passed_over += 1
            continue
        try:
            for layer_of, one in _shapes(feature, of, grid, number, flaws):
                found.setdefault(layer_of, {})[shapely.to_wkb(one)] = one
        except _Refused as refused:
            flaws.append(Flaw(number, refused.rule, "refused", refused.detail))
    if not found and passed_over == len(collection["features"]):
        raise Problem(
            422, "map.layer", "Nothing here says what it is",
            "Say it with --layer, or give the features a property kind: road, path, entrance or building.",
        )  # fmt: skip
    layers = {of: _array(list(found[of].values())) for of in LAYERS if of in found}
    return Sheet(layers, flaws, len(collection["features"]), passed_over)


def _array(shapes: Sequence[BaseGeometry]) -> Shapes:
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return array


def _grid(crs: Any) -> Grid | None:
    """The plane grid that an older GeoJSON names; None for degrees."""
    if crs is None:
        return None
    return grid_named(str(crs.get("properties", {}).get("name", "?")) if isinstance(crs, dict) else "?", "map.crs")


def _layer(feature: Any, named: Layer | None) -> Layer | None:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    kind = properties.get("kind") if isinstance(properties, dict) else None
    return named if kind is None else _KINDS.get(str(kind))


def _shapes(
    feature: dict[str, Any], layer: Layer, grid: Grid | None, number: int, flaws: list[Flaw]
) -> Iterator[tuple[Layer, BaseGeometry]]:
    """A road that is a line is an area in which nothing stands, and a way to walk."""

    def repaired(rule: str, detail: str) -> None:
        flaws.append(Flaw(number, rule, "repaired", detail))

    try:
        geometry = shape(feature["geometry"])
    except (AttributeError, KeyError, TypeError, ValueError, IndexError, shapely.errors.ShapelyError):
        raise _Refused("geometry", "no geometry that can be read") from None
    if geometry.is_empty:
        raise _Refused("geometry", "it is empty")
    if not np.isfinite(shapely.get_coordinates(geometry)).all():
        raise _Refused("place", "a coordinate is no number")
    geometry = _placed(shapely.force_2d(geometry), grid, repaired)
    is_line = geometry.geom_type in ("LineString", "MultiLineString")
    if is_line and layer in ("roads", "paths"):
        yield from _line(geometry, layer, feature.get("properties") or {}, repaired)
        return
    if layer == "paths":
        raise _Refused("geometry", "a path is a line")
    if layer == "entrances":
        if geometry.geom_type not in ("Point", "MultiPoint"):
            raise _Refused("geometry", "an entrance is a point")
    elif geometry.geom_type not in ("Polygon", "MultiPolygon"):
        raise _Refused("geometry", "neither an area nor, for a road, a line")
    elif not geometry.is_valid:
        repaired("crossing", "its outline crossed itself")
        geometry = shapely.make_valid(geometry)
    wanted = "Point" if layer == "entrances" else "Polygon"
    parts = [part for part in _parts(geometry) if part.geom_type == wanted]
    if not parts:
        raise _Refused("geometry", "nothing is left of it once its outline is mended")
    for part in parts:
        yield layer, part


def _line(
    line: BaseGeometry, layer: Layer, properties: dict[str, Any], repaired: Callable[[str, str], None]
) -> Iterator[tuple[Layer, BaseGeometry]]:
    motorway = any(str(properties.get(name)) in classes for name, classes in _MOTORWAYS.items())
    width_m = _width_m(properties) if layer == "roads" else None
    if width_m is None and motorway:
        raise _Refused("motorway", "nobody walks there" + (", and its width is not known" if layer == "roads" else ""))
    if width_m is None and layer == "roads":
        repaired("width", "without its width in metres, in " + " or ".join(_WIDTHS) + ", it is only a way to walk")
    if width_m is not None:
        for part in _parts(_wide(line, width_m)):
            yield "roads", part
    if not motorway:
        for part in _parts(line):
            yield "paths", part


def _parts(geometry: BaseGeometry) -> list[BaseGeometry]:
    """Of collections in a collection, too."""
    return list(shapely.get_parts(shapely.get_parts(geometry)))


def _placed(geometry: BaseGeometry, grid: Grid | None, repaired: Callable[[str, str], None]) -> BaseGeometry:
    if grid is not None:

        def degrees(metres: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.array([grid.degrees(*at)[::-1] for at in metres.tolist()])

        geometry = shapely.transform(geometry, degrees)
    west, south, east, north = geometry.bounds
    if SOUTH <= west <= east <= NORTH and WEST <= south <= north <= EAST:
        repaired("swapped", "latitude stood before longitude")
        geometry = shapely.transform(geometry, lambda at: at[:, ::-1])
    elif not (WEST <= west <= east <= EAST and SOUTH <= south <= north <= NORTH):
        raise _Refused("outside", "not in this country")
    return geometry


def _width_m(properties: dict[str, Any]) -> float | None:
    for name in _WIDTHS:
        width = properties.get(name)
        if isinstance(width, int | float) and 0.5 <= width <= 200:
            return width
    return None


def _wide(line: BaseGeometry, width_m: float) -> BaseGeometry:
    """The area of a road of which the middle and the width are known."""
    scale = np.cos(np.radians(line.centroid.y)), 1.0
    flat = shapely.transform(line, lambda at: at * scale)
    return shapely.transform(shapely.buffer(flat, width_m / 2 / _DEGREE_M, quad_segs=3), lambda at: at / scale)
