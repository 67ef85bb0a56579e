"""ESRI shapefiles of areas (ESRI white paper J-7855, 1998), with their table (dBASE III) and the name of their grid: .shp, .dbf, .prj, .cpg."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import PurePath
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from ansim.core.errors import Problem
from ansim.core.projection import GRIDS, Grid

_AREAS = (5, 15, 25)
"""Polygon, PolygonZ, PolygonM."""
_HEADER = 100
LARGEST = 1 << 30

Row = tuple[BaseGeometry | None, dict[str, Any]]


def unpacked(archive: bytes) -> dict[str, bytes]:
    """The files of one shapefile in a ZIP archive, by their endings. Raises Problem 422."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as packed:
            members = [
                one
                for one in packed.infolist()
                if PurePath(one.filename).suffix.lower() in (".shp", ".dbf", ".prj", ".cpg")
            ]
            if sum(one.file_size for one in members) > LARGEST:
                raise _unreadable(f"at most {LARGEST >> 20} MiB")
            if sum(one.filename.lower().endswith(".shp") for one in members) != 1:
                raise _unreadable("an archive must hold one .shp")
            return {PurePath(one.filename).suffix.lower(): packed.read(one) for one in members}
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError) as error:
        raise _unreadable(f"the archive cannot be opened ({type(error).__name__})") from None


def read(files: Mapping[str, bytes]) -> list[Row]:
    """Each area as its rings have it, in the units of the file, and its row of the table. Raises Problem 422 for what is no shapefile."""
    areas = list(_areas(files[".shp"]))
    rows = list(_rows(files[".dbf"], _encoding(files))) if ".dbf" in files else [{} for _ in areas]
    if len(rows) != len(areas):
        raise _unreadable(f"{len(areas)} areas, but {len(rows)} rows in the table")
    return list(zip(areas, rows, strict=True))


def grid_of(prj: str) -> Grid | None:
    """The grid that a .prj names; None for degrees. Raises Problem 422 for one that is not known here."""
    if not re.search(r"PROJCS|PROJCRS", prj):
        return None
    said = {
        name: float(value)
        for name, value in re.findall(
            r'PARAMETER\["(\w+)",\s*(-?[\d.]+(?:[eE][-+]?\d+)?)', prj.lower().replace("parameter", "PARAMETER")
        )
    }
    for grid in GRIDS:
        if (
            abs(said.get("central_meridian", 0) - grid.longitude) < 0.01
            and abs(said.get("scale_factor", 0) - grid.scale) < 1e-6
            and said.get("false_easting") == grid.east_m
            and said.get("false_northing") == grid.north_m
        ):
            return grid
    raise _unreadable("its grid is none of EPSG:" + ", ".join(str(grid.epsg) for grid in GRIDS))


def _areas(content: bytes) -> Iterator[BaseGeometry | None]:
    if len(content) < _HEADER or struct.unpack_from(">i", content)[0] != 9994:
        raise _unreadable("its .shp is none")
    if struct.unpack_from("<i", content, 32)[0] not in _AREAS:
        raise _unreadable("its shapes are no areas")
    at = _HEADER
    while at + 12 <= len(content):
        length = 2 * struct.unpack_from(">i", content, at + 4)[0]
        record = content[at + 8 : at + 8 + length]
        if length < 4 or len(record) < length:
            raise _unreadable("its .shp ends in the middle of a shape")
        yield _area(record)
        at += 8 + length


def _area(record: bytes) -> BaseGeometry | None:
    if struct.unpack_from("<i", record)[0] not in _AREAS:
        return None
    try:
        parts, points = struct.unpack_from("<ii", record, 36)
        if parts < 1 or points < 3:
            return None
        starts = [*np.frombuffer(record, "<i4", parts, 44).tolist(), points]
        corners = np.frombuffer(record, "<f8", 2 * points, 44 + 4 * parts).reshape(-1, 2)
    except (struct.error, ValueError):
        raise _unreadable("a shape is shorter than it says") from None
    if sorted(starts) != starts or starts[0] != 0:
        raise _unreadable("the rings of a shape overlap")
    rings = [shapely.LinearRing(corners[a:b]) for a, b in pairwise(starts) if b - a >= 4]
    return _nested(rings)


def _nested(rings: list[shapely.LinearRing]) -> BaseGeometry | None:
    """Outer rings run clockwise, holes the other way; a hole belongs to the ring around it."""
    outer = [ring for ring in rings if not shapely.is_ccw(ring)] or rings[:1]
    holes = [ring for ring in rings if shapely.is_ccw(ring) and ring not in outer]
    shells = [shapely.Polygon(ring) for ring in outer]
    inside: list[list[shapely.LinearRing]] = [[] for _ in shells]
    for hole in holes:
        start = shapely.Point(hole.coords[0])
        around = [
            index for index, shell in enumerate(shells) if shell.envelope.covers(hole.envelope) and shell.covers(start)
        ]
        if around:
            inside[min(around, key=lambda index: shells[index].area)].append(hole)
    whole = [shapely.Polygon(ring, holes) for ring, holes in zip(outer, inside, strict=True)]
    if not whole:
        return None
    return whole[0] if len(whole) == 1 else shapely.MultiPolygon(whole)


def _rows(content: bytes, encoding: str) -> Iterator[dict[str, Any]]:
    try:
        count, header, width = struct.unpack_from("<IHH", content, 4)
        fields: list[tuple[str, int]] = []
        at = 32
        while at + 32 <= header and content[at] != 0x0D:
            fields.append((content[at : at + 11].split(b"\0")[0].decode(encoding, "replace"), content[at + 16]))
            at += 32
    except (struct.error, IndexError):
        raise _unreadable("its .dbf is none") from None
    if not fields or header + count * width > len(content) + 1:
        raise _unreadable("its .dbf is shorter than it says")
    for number in range(count):
        row = content[header + number * width : header + (number + 1) * width]
        said, at = {}, 1
        for name, length in fields:
            said[name] = row[at : at + length].decode(encoding, "replace").replace("\0", "").strip()
            at += length
        yield said


def _encoding(files: Mapping[str, bytes]) -> str:
    """Of the table: as its .cpg says, else UTF-8 where it is that, else CP949."""
    said = files.get(".cpg", b"").decode("ascii", "replace").strip().lower()
    if said in ("utf-8", "utf8", "65001"):
        return "utf-8"
    if said:
        return "cp949"
    try:
        files[".dbf"][32:].decode("utf-8")
    except UnicodeDecodeError:
        return "cp949"
    return "utf-8"


def _unreadable(why: str) -> Problem:
    return Problem(422, "boundaries.form", "This shapefile cannot be read", f"{why[0].upper()}{why[1:]}.")
