"""The packaged borders: a TopoJSON coverage in whole microdegrees, every border line stored once.

A *part* is the smallest polygon: a municipality, or one of its districts, or the piece of it inside a zone.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from importlib.resources import files

import msgspec
import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class _Properties(msgspec.Struct):
    municipality: str
    district: str = ""
    zone: str = ""


class _Geometry(msgspec.Struct):
    properties: _Properties
    arcs: list[list[list[int]]]


class _Parts(msgspec.Struct):
    geometries: list[_Geometry]


class _Objects(msgspec.Struct):
    parts: _Parts


class _Transform(msgspec.Struct):
    scale: tuple[float, float]
    translate: tuple[float, float]


class _Topology(msgspec.Struct):
    transform: _Transform
    arcs: list[list[tuple[int, int]]]
    objects: _Objects


@dataclass(frozen=True)
class Part:
    municipality: str
    district: str
    zone: str


@dataclass(frozen=True)
class Borders:
    """`polygons[i]` is the shape of `parts[i]`. Segment k runs from `ends[k, :2]` to `ends[k, 2:]`
    (longitude, latitude; degrees), the part `sides[k, 0]` on its right and `sides[k, 1]` on its left; -1
    stands for sea and abroad."""

    parts: tuple[Part, ...]
    polygons: NDArray[np.object_]
    ends: Floats
    sides: NDArray[np.int16]


def packaged() -> bytes:
    return gzip.decompress((files(__package__) / "boundaries" / "borders.topojson.gz").read_bytes())


def read(topojson: bytes) -> Borders:
    """Raises msgspec.DecodeError on anything but a TopoJSON of parts."""
    topology = msgspec.json.decode(topojson, type=_Topology)
    scale = np.array(topology.transform.scale)
    whole = np.rint(1 / scale)  # divided by, not multiplied with the step: 127.05173, not 127.05172999999999
    origin = np.rint(np.array(topology.transform.translate) * whole)
    lengths = np.array([len(arc) for arc in topology.arcs])
    steps = np.array([step for arc in topology.arcs for step in arc], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    walked = np.cumsum(steps, axis=0)
    before = np.vstack([[[0, 0]], walked[starts[1:-1] - 1]])
    points = (walked - np.repeat(before, lengths, axis=0) + origin) / whole

    geometries = topology.objects.parts.geometries
    sides = np.full((len(lengths), 2), -1, dtype=np.int16)
    for part, geometry in enumerate(geometries):
        for polygon in geometry.arcs:
            for ring in polygon:
                for arc in ring:
                    sides[max(arc, ~arc), int(arc < 0)] = part
    inner = np.ones(len(points), dtype=bool)
    inner[starts[1:] - 1] = False
    first = np.flatnonzero(inner)
    owner = np.repeat(np.arange(len(lengths)), lengths)
    return Borders(
        parts=tuple(Part(g.properties.municipality, g.properties.district, g.properties.zone) for g in geometries),
        polygons=_polygons(geometries, points, starts),
        ends=np.hstack([points[first], points[first + 1]]),
        sides=sides[owner[first]],
    )


def _polygons(geometries: list[_Geometry], points: Floats, starts: Ints) -> NDArray[np.object_]:
    coordinates: list[Floats] = []
    ring_ends, polygon_ends, part_ends = [0], [0], [0]
    for geometry in geometries:
        for polygon in geometry.arcs:
            for ring in polygon:
                for arc in ring:
                    line = max(arc, ~arc)
                    along = points[starts[line] : starts[line + 1]]
                    coordinates.append((along if arc >= 0 else along[::-1])[:-1])
                coordinates.append(coordinates[-len(ring)][:1])
                ring_ends.append(ring_ends[-1] + sum(len(c) for c in coordinates[-len(ring) - 1 :]))
            polygon_ends.append(polygon_ends[-1] + len(polygon))
        part_ends.append(part_ends[-1] + len(geometry.arcs))
    return shapely.from_ragged_array(
        shapely.GeometryType.MULTIPOLYGON,
        np.concatenate(coordinates),
        (np.array(ring_ends), np.array(polygon_ends), np.array(part_ends)),
    )
