"""findService over HTTP: ours beside the same handler that asks PostGIS, and its twin in JSON; and what a look-up costs when the country
is ten times as large.

A core's rate is questions by the processor time of whoever answers: the server, and for PostGIS the database's own processes with it. So
neither whoever asks nor a busy neighbour costs anything. Waiting is told from a connection that asks one thing after the other.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import numpy as np
import psutil
import shapely
import uvloop
from litestar import Litestar, asgi

from ansim.adapters.lost.query import Query
from ansim.adapters.lost.server import Lost, Reply, door
from ansim.app.mapping import OneDoor, mapping_door
from ansim.app.server import listen, served
from ansim.app.settings import Settings
from ansim.bench.places import _FIND, _border, _fill, _land, postgis
from ansim.city.places import borders as borders_of
from ansim.city.places import register as register_of
from ansim.city.places.areas import PACKAGED_AT, Areas, Found, Mapped, Within
from ansim.city.places.borders import Borders, Floats, Part
from ansim.city.places.distribution import LIFE, Distribution, Location, Mapping
from ansim.city.places.jurisdictions import Jurisdictions
from ansim.city.places.model import Centre
from ansim.city.places.register import Register
from ansim.city.places.services import SOS
from ansim.city.places.shapes import Circle
from ansim.core.clock import SystemClock

TURNS = 3
QUESTIONS = 4_000
WAITED = 1_000
LINES, PIPELINED = 16, 16
LOOKUPS = 10_000
TIMES, APART_DEG = 10, -8.0
KEY = {"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}  # fmt: skip
FORMS = {"xml": "/lost", "json": "/api/mapping", "postgis": "/lost"}


def bench() -> dict[str, Any]:
    borders, register = borders_of.read(borders_of.packaged()), register_of.packaged()
    country = Jurisdictions(borders, register)
    points = np.vstack([_land(borders, country)[:LOOKUPS], _border(borders)[:LOOKUPS]])
    np.random.default_rng(3).shuffle(points)
    with postgis() as folder:
        if folder is None:
            print("hub: no peer (PostgreSQL with PostGIS is not installed: postgresql-15-postgis-3)")
        figures = asyncio.run(_asked(points, borders, folder))
    figures["grown"] = _grown(points, borders, register, country)
    _tell(figures)
    return figures


async def _asked(points: Floats, borders: Borders, folder: Path | None) -> dict[str, Any]:
    if folder is not None:
        connection = await asyncpg.connect(host=str(folder), user="bench", database="postgres")
        await _fill(connection, borders)
        await connection.close()
    forms = [form for form in FORMS if form != "postgis" or folder is not None]
    rates: dict[str, list[float]] = {form: [] for form in forms}
    waits: dict[str, list[float]] = {form: [] for form in forms}
    with tempfile.TemporaryDirectory(prefix="ansim-bench.") as name:
        for turn in range(TURNS):
            for form in forms:
                async with _started(form, folder, Path(name) / f"{form}-{turn}.json") as (process, port):
                    requests = [_request(form, *point) for point in points[:QUESTIONS].tolist()]
                    await _pipelined(port, requests[: QUESTIONS // 10])
                    before = _spent(process, folder if form == "postgis" else None)
                    await _pipelined(port, requests)
                    spent = _spent(process, folder if form == "postgis" else None) - before
                    rates[form].append(QUESTIONS / spent)
                    waits[form] += await _one_after_the_other(port, requests[:WAITED])
    figures: dict[str, Any] = {
        form: {
            "per_core_s": statistics.median(rates[form]),
            "p50_ms": statistics.median(waits[form]),
            "p99_ms": statistics.quantiles(waits[form], n=100)[98],
        }
        for form in forms
    }
    figures["load"] = os.getloadavg()[0]
    figures["json_by_xml"] = statistics.median(a / b for a, b in zip(rates["json"], rates["xml"], strict=True))
    if folder is not None:
        figures["xml_by_postgis"] = statistics.median(
            a / b for a, b in zip(rates["xml"], rates["postgis"], strict=True)
        )
        figures["json_by_postgis"] = statistics.median(
            a / b for a, b in zip(rates["json"], rates["postgis"], strict=True)
        )
    return figures


def _request(form: str, longitude: float, latitude: float) -> bytes:
    body = (
        json.dumps({"latitude": latitude, "longitude": longitude, "service": SOS})
        if form == "json"
        else '<findService xmlns="urn:ietf:params:xml:ns:lost1" xmlns:gml="http://www.opengis.net/gml"><location id="1" profile="geodetic-2d">'
        f'<gml:Point srsName="urn:ogc:def:crs:EPSG::4326"><gml:pos>{latitude} {longitude}</gml:pos></gml:Point></location>'
        f"<service>{SOS}</service></findService>"
    )
    return f"POST {FORMS[form]} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


async def _pipelined(port: int, requests: list[bytes]) -> None:
    async def line(mine: list[bytes]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for first in range(0, len(mine), PIPELINED):
            together = mine[first : first + PIPELINED]
            writer.write(b"".join(together))
            for _ in together:
                await _answer(reader)
        writer.close()

    await asyncio.gather(*(line(requests[number::LINES]) for number in range(LINES)))


async def _one_after_the_other(port: int, requests: list[bytes]) -> list[float]:
    """Milliseconds each."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    waited = []
    for request in requests:
        began = time.perf_counter()
        writer.write(request)
        await _answer(reader)
        waited.append((time.perf_counter() - began) * 1e3)
    writer.close()
    return waited


async def _answer(reader: asyncio.StreamReader) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    assert b" 200 ok" in head, head
    if b"content-length:" in head:
        await reader.readexactly(int(head.partition(b"content-length:")[2].split()[0]))
        return
    while (size := int(await reader.readuntil(b"\r\n"), 16)) > 0:
        await reader.readexactly(size + 2)
    await reader.readexactly(2)


def _spent(process: psutil.Process, folder: Path | None) -> float:
    processes = [process]
    if folder is not None:
        server = psutil.Process(int((folder / "cluster" / "postmaster.pid").read_text().split()[0]))
        processes += [server, *server.children()]
    return sum(sum(one.cpu_times()[:2]) for one in processes)


@asynccontextmanager
async def _started(form: str, folder: Path | None, note: Path) -> AsyncIterator[tuple[psutil.Process, int]]:
    arguments = (form, str(note), str(folder or ""))
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "ansim.bench.hub", *arguments)
    try:
        async with asyncio.timeout(60):
            while not note.exists():
                if process.returncode is not None:
                    raise RuntimeError(f"the server {form} did not start")
                await asyncio.sleep(0.05)
        yield psutil.Process(process.pid), json.loads(note.read_text())["port"]
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


# the country, ten times


def _grown(points: Floats, borders: Borders, register: Register, country: Jurisdictions) -> dict[str, Any]:
    """Processor time of a look-up in both, turn by turn, at places of which half are by a border."""
    copy = np.random.default_rng(4).integers(0, TIMES, LOOKUPS)
    small = _distribution(country)
    large = _distribution(Jurisdictions(_ten(borders), _tenfold(register)))
    here = [(y, x) for x, y in points[:LOOKUPS].tolist()]
    there = [(y, x + APART_DEG * int(k)) for (y, x), k in zip(here, copy, strict=True)]
    taken: dict[str, list[float]] = {"once": [], "ten": []}
    for _ in range(TURNS + 1):
        for name, distribution, at in (("once", small, here), ("ten", large, there)):
            began = time.process_time()
            for latitude, longitude in at:
                distribution.find(
                    SOS, Location("", "geodetic-2d", place=Circle(latitude=latitude, longitude=longitude))
                )
            taken[name].append((time.process_time() - began) / LOOKUPS * 1e6)
    ratios = [a / b for a, b in zip(taken["ten"][1:], taken["once"][1:], strict=True)]
    return {
        "once_us": statistics.median(taken["once"][1:]), "ten_us": statistics.median(taken["ten"][1:]),
        "ratio": statistics.median(ratios), "centres": len(large.areas.centres), "parts": len(large.areas.country.parts),
    }  # fmt: skip


def _ten(borders: Borders) -> Borders:
    """The same country ten times, side by side along its parallels: as many borders in the reach of each place, ten times as many in all."""
    count = len(borders.parts)
    moved = [APART_DEG * k for k in range(TIMES)]
    sides = borders.sides.astype(np.int16)
    return Borders(
        parts=tuple(
            Part(f"{k}-{one.municipality}", one.district, one.zone) for k in range(TIMES) for one in borders.parts
        ),
        polygons=np.concatenate(
            [shapely.transform(borders.polygons, partial(np.add, np.array([by, 0.0]))) for by in moved]
        ),
        ends=np.vstack([borders.ends + np.array([by, 0.0, by, 0.0]) for by in moved]),
        sides=np.vstack([np.where(sides < 0, sides, sides + np.int16(k * count)) for k in range(TIMES)]),
    )


def _tenfold(register: Register) -> Register:
    def of(k: int, centre: Centre) -> Centre:
        return Centre(id=f"{centre.id}-{k}", name=centre.name, kind=centre.kind, cameras=centre.cameras)

    return Register(
        municipalities={f"{k}-{code}": one for k in range(TIMES) for code, one in register.municipalities.items()},
        districts=register.districts,
        centres={f"{id}-{k}": of(k, one) for k in range(TIMES) for id, one in register.centres.items()},
        answering={
            f"{k}-{code}": tuple(of(k, one) for one in centres) for k in range(TIMES) for code, centres in register.answering.items()
        },
    )  # fmt: skip


# the servers


def _distribution(country: Jurisdictions) -> Distribution:
    return Distribution(Areas(country), OneDoor(lambda: "https://centre.example", lambda: KEY), SystemClock())


class _Postgis(Lost):
    """The same handler; who answers is asked of PostGIS, which says the part only: no neighbours, no distance to a border."""

    def __init__(self, distribution: Distribution, pool: asyncpg.Pool[Any]) -> None:
        super().__init__(distribution, "hub.ansim")
        self._pool = pool

    async def _find(self, query: Query, location: Location) -> Reply:
        assert isinstance(location.place, Circle)
        part = await self._pool.fetchval(_FIND, location.place.longitude, location.place.latitude)
        answer = self._distribution.areas.country.answer_of(part or 0)
        within = Within(lambda: f"{part}.0")
        mapped = tuple(
            Mapped(f"{part}.{one.id}", one.name, one, (), None, PACKAGED_AT, within) for one in answer.centres
        )
        found = Found(SOS, mapped, "exact", answer.place)
        expires_at = self._distribution.now().replace(microsecond=0) + LIFE
        mapping = Mapping(SOS, found, self._distribution._told(found), expires_at, ())
        said = self._writer.found(mapping, path=query.path, location=location.id, boundaries=None, validate=False)
        return Reply(200, said.encode())


def _serve(form: str, note: str, folder: str) -> None:
    async def run() -> None:
        distribution = _distribution(Jurisdictions.load())
        lost = Lost(distribution, "hub.ansim")
        if form == "postgis":
            pool = await asyncpg.create_pool(
                host=folder, user="bench", database="postgres", min_size=LINES, max_size=LINES
            )
            lost = _Postgis(distribution, pool)
        application = Litestar(
            [asgi("/lost", copy_scope=False)(door(lost)), asgi("/api/mapping", copy_scope=False)(mapping_door(lambda: distribution))],
            openapi_config=None, logging_config=None,
        )  # fmt: skip
        listener, settings = listen(Settings(port=0))
        async with served(application, listener):
            Path(note).write_text(json.dumps({"port": settings.port}))
            await asyncio.Event().wait()

    uvloop.run(run())


def _tell(figures: dict[str, Any]) -> None:
    print(f"findService over HTTP, half of the places by a border; {QUESTIONS} a turn, load {figures['load']:.1f}")
    names = {"xml": "LoST, ours", "json": "the JSON twin", "postgis": "LoST, PostGIS behind it"}
    for form in FORMS:
        if form in figures:
            one = figures[form]
            print(
                f"  {names[form]:24} {one['per_core_s']:8,.0f}/s a core   p50 {one['p50_ms']:.2f} ms   p99 {one['p99_ms']:.2f} ms"
            )
    if "postgis" in figures:
        print(
            f"  ours by PostGIS          {figures['xml_by_postgis']:8.1f}   (goal >= 5; JSON {figures['json_by_postgis']:.1f})"
        )
    print(f"  JSON by XML              {figures['json_by_xml']:8.1f}   (goal >= 2)")
    grown = figures["grown"]
    print(
        f"a look-up (a function call): {grown['once_us']:.1f} us; in {grown['centres']} centres and {grown['parts']} parts {grown['ten_us']:.1f} us:"
        f" {grown['ratio']:.2f}x (goal <= 1.5)"
    )


if __name__ == "__main__":
    _serve(*sys.argv[1:])
