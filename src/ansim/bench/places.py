"""Point -> centre: our look-up beside PostGIS in its best form, and beside what a call costs at least.

Ours is a function call in this process; PostGIS is a prepared statement over a Unix socket, which is what
its user pays. Rounds of both alternate, so that a busy neighbour is busy for both; medians are told.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg
import numpy as np
import shapely

from ansim.city.places import borders as borders_of
from ansim.city.places import register as register_of
from ansim.city.places.borders import Borders, Floats
from ansim.city.places.jurisdictions import Jurisdictions

ROUNDS = 5
SINGLE, BATCH = 3_000, 50_000

_SCHEMA = """
CREATE EXTENSION postgis;
CREATE TABLE part (id integer, shape geometry(MultiPolygon, 4326));
CREATE TABLE piece (id integer, shape geometry(Polygon, 4326));
"""
_SUBDIVIDE = """
INSERT INTO piece SELECT id, ST_Subdivide(shape, 128) FROM part;
CREATE INDEX ON piece USING gist (shape);
VACUUM ANALYZE piece;
"""
_FIND = "SELECT id FROM piece WHERE ST_Covers(shape, ST_SetSRID(ST_MakePoint($1, $2), 4326)) ORDER BY id LIMIT 1"
_FIND_MANY = """
SELECT n, min(id) FROM unnest($1::float8[], $2::float8[]) WITH ORDINALITY AS point (x, y, n)
JOIN piece ON ST_Covers(shape, ST_SetSRID(ST_MakePoint(x, y), 4326)) GROUP BY n
"""


def bench() -> dict[str, Any]:
    """Measure, print a line each, and return the figures: look-ups a second, seconds, ratios, wrong answers."""
    started = time.perf_counter()
    borders = borders_of.read(borders_of.packaged())
    country = Jurisdictions(borders, register_of.packaged())
    figures: dict[str, Any] = {"load_s": time.perf_counter() - started}
    print(f"places: borders read and raster built in {figures['load_s']:.2f} s")
    with postgis() as folder:
        if folder is None:
            print("places: no peer (PostgreSQL with PostGIS is not installed: postgresql-15-postgis-3)")
        for name, points in (("land", _land(borders, country)), ("border", _border(borders))):
            figures[name] = asyncio.run(_compare(name, points, borders, country, folder))
    return figures


def _land(borders: Borders, country: Jurisdictions) -> Floats:
    """Points evenly over the land."""
    rng = np.random.default_rng(1)
    low, high = borders.ends[:, :2].min(axis=0), borders.ends[:, :2].max(axis=0)
    points = rng.uniform(low, high, (5 * BATCH, 2))
    located = country.find_many(points[:, 1], points[:, 0])
    return points[(located.part >= 0) & ~located.nearest][:BATCH]


def _border(borders: Borders) -> Floats:
    """Points on land, about 50 m from a border between two municipalities."""
    rng = np.random.default_rng(2)
    lines = borders.ends[(borders.sides >= 0).all(axis=1)]
    line = lines[rng.integers(0, len(lines), BATCH)]
    on = line[:, :2] + rng.random((BATCH, 1)) * (line[:, 2:] - line[:, :2])
    return np.asarray(on + rng.normal(0, 0.0005, (BATCH, 2)))


async def _compare(
    name: str, points: Floats, borders: Borders, country: Jurisdictions, folder: Path | None
) -> dict[str, Any]:
    longitudes, latitudes = points[:, 0], points[:, 1]
    few = [(latitude, longitude) for longitude, latitude in points[:SINGLE].tolist()]
    tree = shapely.STRtree(borders.polygons)
    rates: dict[str, list[float]] = {}

    def measured(what: str, count: int, work: Callable[[], object]) -> None:
        begun = time.perf_counter()
        work()
        rates.setdefault(what, []).append(count / (time.perf_counter() - begun))

    connection = None if folder is None else await asyncpg.connect(host=str(folder), user="bench", database="postgres")
    if connection is not None:
        await _fill(connection, borders)
        find, find_many = await connection.prepare(_FIND), await connection.prepare(_FIND_MANY)
        rows = await find_many.fetch(longitudes.tolist(), latitudes.tolist())
        wrong = _differing(country, latitudes, longitudes, dict(map(tuple, rows)))
    for _ in range(ROUNDS):
        measured("empty call", SINGLE, lambda: [_nothing(*point) for point in few])
        measured("find", SINGLE, lambda: [country.find(*point) for point in few])
        measured("find_many", BATCH, lambda: country.find_many(latitudes, longitudes))
        measured("STRtree", SINGLE, lambda: [tree.query(shapely.Point(x, y), "intersects") for y, x in few])
        if connection is not None:
            begun = time.perf_counter()
            for latitude, longitude in few:
                await find.fetchval(longitude, latitude)
            rates.setdefault("PostGIS", []).append(SINGLE / (time.perf_counter() - begun))
            begun = time.perf_counter()
            await find_many.fetch(longitudes.tolist(), latitudes.tolist())
            rates.setdefault("PostGIS batch", []).append(BATCH / (time.perf_counter() - begun))
    figures: dict[str, Any] = {what: median(of) for what, of in rates.items()}
    if connection is not None:
        await connection.close()
        figures["ratio"] = median(a / b for a, b in zip(rates["find"], rates["PostGIS"], strict=True))
        figures["batch_ratio"] = median(a / b for a, b in zip(rates["find_many"], rates["PostGIS batch"], strict=True))
        figures["wrong"] = wrong
    _tell(name, figures)
    return figures


def _tell(name: str, figures: dict[str, Any]) -> None:
    line = (
        f"places {name}: find {figures['find']:,.0f}/s (a function call: answer, centres, neighbours; "
        f"empty call {figures['empty call']:,.0f}/s, STRtree alone {figures['STRtree']:,.0f}/s), "
        f"batch {figures['find_many']:,.0f}/s"
    )
    if "PostGIS" in figures:
        line += (
            f"; PostGIS ST_Subdivide(128) {figures['PostGIS']:,.0f}/s (a local round trip, the part only), "
            f"batch {figures['PostGIS batch']:,.0f}/s: {figures['ratio']:.1f}x single, "
            f"{figures['batch_ratio']:.0f}x batch; {figures['wrong']} of {BATCH:,} answers differ"
        )
    print(line)


def _nothing(latitude: float, longitude: float) -> float:
    return latitude


def _differing(country: Jurisdictions, latitudes: Floats, longitudes: Floats, theirs: dict[int, int]) -> int:
    located = country.find_many(latitudes, longitudes)
    ours = np.where(located.nearest, -1, located.part).tolist()
    return sum(part != theirs.get(number, -1) for number, part in enumerate(ours, 1))


async def _fill(connection: asyncpg.Connection[Any], borders: Borders) -> None:
    if await connection.fetchval("SELECT to_regclass('piece')") is not None:
        return
    await connection.execute(_SCHEMA)
    shapes = shapely.to_wkb(shapely.set_srid(borders.polygons, 4326), include_srid=True)
    insert = "INSERT INTO part SELECT $1, ST_GeomFromEWKB($2)"
    await connection.executemany(insert, list(enumerate(shapes.tolist())))
    for statement in _SUBDIVIDE.split(";")[:-1]:
        await connection.execute(statement)


@contextmanager
def postgis() -> Iterator[Path | None]:
    """The socket folder of a throw-away server of the operating system's PostgreSQL with PostGIS, if there is one."""
    found = sorted(Path("/usr/share/postgresql").glob("*/extension/postgis.control"))
    if not found:
        yield None
        return
    binaries = Path("/usr/lib/postgresql") / found[-1].parts[-3] / "bin"
    root = os.geteuid() == 0
    folder = Path(tempfile.mkdtemp(prefix="ansim-bench."))
    if root:
        shutil.chown(folder, "postgres", "postgres")  # a server refuses to run as root
    account: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []} if root else {}

    def run(*command: str | Path) -> None:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder, **account)

    cluster = folder / "cluster"
    run(binaries / "initdb", "-D", cluster, "-U", "bench", "-A", "trust", "--no-sync")
    settings = f"-c listen_addresses= -c unix_socket_directories={folder} -c shared_buffers=256MB -c jit=off"
    control = (binaries / "pg_ctl", "-D", cluster, "-w", "-s")
    run(*control, "-l", folder / "log", "-o", settings, "start")
    try:
        yield folder
    finally:
        run(*control, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    bench()
