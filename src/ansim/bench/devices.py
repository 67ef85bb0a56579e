"""Positions of apps and devices: what one core takes of them, beside the same on FastAPI; and what is stored of them a second.

Without storage everything happens to a position up to the place where it would be stored: through each application as a web server
calls it (ASGI), turn by turn, and over loopback to a server of its own. A core's rate is positions by the processor time of the
server alone, so that whoever sends them costs nothing. With storage: every position is of somebody with an open case, on a
watched trip, or of a ward, and is durable when it counts.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_type_hints

import psutil
import uvloop
from litestar import Litestar, asgi

from ansim.adapters.trackers import routes
from ansim.adapters.trackers.gt06 import SHORT, TAIL, crc
from ansim.adapters.trackers.reception import Reception
from ansim.adapters.trackers.report import KNOT_MPS, Report, instant, position
from ansim.adapters.trackers.server import BURST, Devices
from ansim.app.centre import Centre
from ansim.app.server import listen, served
from ansim.app.settings import Settings
from ansim.city.people import actions as people
from ansim.city.people.contacts import Contacts
from ansim.city.people.credential import Verdict
from ansim.core.database import Transaction
from ansim.core.world import World
from ansim.response.tracking.model import Moved
from ansim.response.trips import actions as trips
from ansim.response.trips.model import Destination, TripPost
from ansim.response.wards import actions as wards
from ansim.response.wards.model import DevicePost, GroundPost, GuardianPost, WardPost
from ansim.response.wards.zones import Circle, Zone
from ansim.trust.access.limits import Lane, Lanes, Rate
from ansim.trust.access.model import Actor, Role

TURNS = 3
REQUESTS = 10_000
LINES = 64
PIPELINED = 32
STORED_S = 4.0
CASES = 400
CALLERS = 512

WIDE = dict.fromkeys(Lane, Rate(burst=1e9, per_s=1e9))
"""The limits count, and let everything in."""


def bench() -> dict[str, Any]:
    return asyncio.run(_bench())


async def _bench() -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="ansim-bench.") as name:
        folder = Path(name)
        folder.chmod(0o711)
        figures = {
            "without_storage": await _without_storage(folder),
            "with_storage": await _with_storage(folder / "data"),
        }
    _tell(figures)
    return figures


# without storage


async def _without_storage(folder: Path) -> dict[str, Any]:
    applications = {"asgi": _ours(_reception())} | ({"fastapi": _fastapi(_reception())} if find_spec("fastapi") else {})
    rates: dict[str, list[float]] = {name: [] for name in (*applications, "http", "gt06")}
    for turn in range(TURNS):
        for name, application in applications.items():
            rates[name].append(await _called(application))
        for name, send in (("http", _http), ("gt06", _gt06)):
            async with _started(name, folder / f"{name}-{turn}.json") as (process, port):
                await send(port, REQUESTS // 10)
                before = _spent(process)
                count = await send(port, REQUESTS)
                rates[name].append(count / (_spent(process) - before))
    figures: dict[str, Any] = {name: statistics.median(taken) for name, taken in rates.items()}
    ratios = [ours / theirs for ours, theirs in zip(rates["asgi"], rates.get("fastapi", []), strict=False)]
    return figures | {"ratio": statistics.median(ratios) if ratios else None}


async def _called(application: Any) -> float:
    """So many calls of an application as a web server makes them, by the processor's time."""
    scopes = [
        {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": "/in/osmand", "raw_path": b"/in/osmand", "root_path": "", "query_string": _query(number).encode(),
            "headers": [(b"host", b"localhost")], "client": ("127.0.0.1", 4), "server": ("localhost", 80),
        }
        for number in range(LINES)
    ]  # fmt: skip
    answered = 0

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        nonlocal answered
        answered += message.get("status") == 200

    for scope in scopes:
        await application({**scope}, receive, send)
    began = time.process_time()
    for number in range(REQUESTS):
        await application({**scopes[number % LINES]}, receive, send)
    took = time.process_time() - began
    assert answered == REQUESTS + LINES
    return REQUESTS / took


def _query(number: int) -> str:
    return (
        f"id=app-{number:04d}&lat=37.38{number:03d}&lon=127.12&timestamp=1795272420&speed=2.1&bearing=90&altitude=41"
        "&accuracy=6&batt=83"
    )


def _spent(process: psutil.Process) -> float:
    used = process.cpu_times()
    return float(used.user + used.system)


@asynccontextmanager
async def _started(what: str, note: Path) -> AsyncIterator[tuple[psutil.Process, int]]:
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "ansim.bench.devices", what, str(note))
    try:
        async with asyncio.timeout(60):
            while not note.exists():
                if process.returncode is not None:
                    raise RuntimeError(f"the server {what} did not start")
                await asyncio.sleep(0.05)
        yield psutil.Process(process.pid), json.loads(note.read_text())["port"]
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _http(port: int, count: int) -> int:
    """So many positions of an app, pipelined; how many were answered 200."""
    requests = [f"GET /in/osmand?{_query(line)} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() for line in range(LINES)]

    async def line(number: int) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answered, mine = 0, count // LINES + (number < count % LINES)
        while answered < mine:
            together = min(PIPELINED, mine - answered)
            writer.write(requests[number] * together)
            got = 0
            while got < together:
                got += (await reader.readuntil(b"\r\n\r\n")).count(b" 200 OK")
            answered += got
        writer.close()
        return answered

    return sum(await asyncio.gather(*(line(number) for number in range(LINES))))


async def _gt06(port: int, count: int) -> int:
    """So many positions of pendants, each with its answer; a line carries no more than it may send at once."""
    most = int(BURST) - 8
    now = datetime.now(UTC)
    clock = bytes([now.year % 100, now.month, now.day, now.hour, now.minute, now.second])
    place = b"".join(round(degrees * 1_800_000).to_bytes(4) for degrees in (37.38, 127.12))
    moved = _frame(0x12, clock + b"\xc8" + place + b"\x07\x14\x5a" + bytes.fromhex("01c206004b000001"))

    async def line(number: int, mine: int) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(_frame(0x01, bytes.fromhex(f"0{number:015d}")) + moved * mine)
        await reader.readexactly(10 * (mine + 1))
        writer.close()
        return mine

    done, number = 0, 0
    while done < count:
        lines = [min(most, count - done - most * n) for n in range(LINES) if count - done > most * n]
        done += sum(await asyncio.gather(*(line(number + n, mine) for n, mine in enumerate(lines))))
        number += len(lines)
    return done


def _frame(kind: int, content: bytes) -> bytes:
    said = bytes([len(content) + 5, kind]) + content + b"\0\1"
    return SHORT + said + crc(said).to_bytes(2) + TAIL


# with storage


async def _with_storage(folder: Path) -> dict[str, Any]:
    """Of each kind of carrier as many: somebody whom nobody enrolled, and those who are looked up and watched."""
    async with Centre(Settings(data=str(folder))) as centre:
        reception = Reception(
            centre.database,
            centre.intake,
            centre.moves.submit,
            Lanes(time.monotonic, per_identity=WIDE, per_address=WIDE),
        )
        # cases last: nobody claims them, and soon they are called out
        carriers = {"trip": _trips, "ward": _wards, "case": _open_cases, "enrolled": _enrolled_cases}
        figures: dict[str, Any] = {}
        for first, (carrier, begin) in enumerate(carriers.items()):
            await begin(centre, reception, first * CASES)
            await centre.outbox.drained()
            figures[carrier] = await _stored(centre, reception, first * CASES)
    return figures


async def _stored(centre: Centre, reception: Reception, first: int) -> dict[str, float]:
    rates, process = [], psutil.Process()
    await _move(reception, first, 1.0)  # an hour's first fix of a ward makes that hour's key
    before_all = await _fixes(centre)
    done_all = 0
    for _ in range(TURNS):
        before, began = _spent(process), time.perf_counter()
        done = await _move(reception, first)
        took = time.perf_counter() - began
        done_all += done
        rates.append((done / took, done / (_spent(process) - before)))
    assert await _fixes(centre) - before_all == done_all, "not all of them are stored"
    rate, core = (statistics.median(column) for column in zip(*rates, strict=True))
    return {"stored_a_second": rate, "a_core_of_ours": core}


async def _fixes(centre: Centre) -> int:
    async with centre.database.transaction(readonly=True) as tx:
        return int(await tx.fetchval("SELECT count(*) FROM fix"))


async def _open_cases(centre: Centre, reception: Reception, first: int) -> None:
    now = centre.world.clock.now()
    await asyncio.gather(
        *(
            reception.take(_report(first + n, now, sos=True), "gt06", "127.0.0.1", f"bench-{first + n:08d}")
            for n in range(CASES)
        )
    )


async def _enrolled_cases(centre: Centre, reception: Reception, first: int) -> None:
    async with centre.database.transaction() as tx:
        for number in range(first, first + CASES):
            await _person(tx, number)
    await _open_cases(centre, reception, first)


async def _trips(centre: Centre, reception: Reception, first: int) -> None:
    for number in range(first, first + CASES):
        async with centre.database.transaction() as tx:
            person, now = await _person(tx, number), tx.at
            post = TripPost(
                id=f"bench-{number:08d}", at=now, mode="walk", promised_at=now + timedelta(hours=1), background=True,
                destination=Destination(latitude=37.39, longitude=127.12),
            )  # fmt: skip
            await trips.start(tx, post, Verdict(rank="verified", person=person), None)


async def _wards(centre: Centre, reception: Reception, first: int) -> None:
    now = centre.world.clock.now()
    official = Actor(
        id="bench", name="bench", role=Role.OPERATOR, centre=centre.settings.centre, session="bench", expires_at=now
    )
    zone = Zone(name="home", rule="stay", shape=Circle(latitude=37.38, longitude=127.12, radius_m=500))
    for number in range(first, first + CASES):
        post = WardPost(
            id=f"bench-{number:08d}", kind="child", name="bench", ground=GroundPost(kind="representative"),
            guardians=[GuardianPost(name="bench", phone="010-0000-0000")], zones=[zone],
            devices=[DevicePost(protocol="gt06", number=f"{number:015d}")], until_at=now + timedelta(days=1),
        )  # fmt: skip
        async with centre.database.transaction() as tx:
            await wards.enrol(tx, post, official)


async def _person(tx: Transaction, number: int) -> str:
    """Somebody who carries the device of this number."""
    person = await people.take_in(
        tx, profile=Contacts(name="bench"), valid_until=tx.at + timedelta(days=1), actor="bench"
    )
    await people.give_device(tx, person, f"{number:015d}")
    return person


async def _move(reception: Reception, first: int, seconds: float = STORED_S) -> int:
    until, done = time.perf_counter() + seconds, 0

    async def caller(number: int) -> None:
        nonlocal done
        while time.perf_counter() < until:
            now = reception.database.world.clock.now()
            await reception.take(_report(first + number % CASES, now), "gt06", "127.0.0.1", "")
            done += 1

    await asyncio.gather(*(caller(number) for number in range(CALLERS)))
    return done


def _report(number: int, now: datetime, *, sos: bool = False) -> Report:
    place = position(
        37.38, 127.12, accuracy_m=6.0, source="device", at=now, heading_deg=90.0, speed_mps=1.1
    )  # fmt: skip
    return Report(f"{number:015d}", sos, place, now, 83)


_CARRIERS = {
    "case": "open case, not enrolled", "enrolled": "open case, enrolled", "trip": "trip, watched",
    "ward": "ward, held against her zone",
}  # fmt: skip


def _tell(figures: dict[str, Any]) -> None:
    without, stored = figures["without_storage"], figures["with_storage"]
    print(f"positions a second and core, everything but storage; {REQUESTS} a turn, processor time of the server alone")
    print(f"  OsmAnd, as a web server calls it {without['asgi']:8.0f}   (goal >= 20000)")
    if without["ratio"] is None:
        print("  the same on FastAPI               no peer   (pip install fastapi)")
    else:
        print(
            f"  the same on FastAPI              {without['fastapi']:8.0f}   ratio {without['ratio']:.1f} (goal >= 2)"
        )
    print(f"  OsmAnd over HTTP, with its server{without['http']:8.0f}")
    print(f"  GT06 over TCP, read and answered {without['gt06']:8.0f}")
    print(f"durable positions, {CALLERS} callers, {CASES} carriers of each kind, PostgreSQL on the same machine;")
    print("  a second, and a second and core of ours (the database's processors not counted)")
    for carrier, said in _CARRIERS.items():
        rates = stored[carrier]
        print(f"  {said:<33}{rates['stored_a_second']:8.0f}{rates['a_core_of_ours']:9.0f}")


# the servers


async def _nowhere(moved: Moved) -> None:
    """Where storage would begin."""


def _reception() -> Reception:
    database: Any = type("Nothing", (), {"world": World()})()
    return Reception(database, database, _nowhere, Lanes(time.monotonic, per_identity=WIDE, per_address=WIDE))


def _serve(what: str, note: str) -> None:
    async def run() -> None:
        reception = _reception()
        if what == "gt06":
            devices = Devices(reception.database.world, reception, "127.0.0.1", {"gt06": 0})
            await devices.start()
            Path(note).write_text(json.dumps({"port": devices.ports["gt06"]}))
            await asyncio.Event().wait()
        listener, settings = listen(Settings(port=0))
        async with served(_ours(reception), listener):
            Path(note).write_text(json.dumps({"port": settings.port}))
            await asyncio.Event().wait()

    uvloop.run(run())


def _ours(reception: Reception) -> Any:
    door = asgi("/in/osmand", copy_scope=False)(routes.osmand(reception.database, reception))
    return Litestar([door], logging_config=None)


def _fastapi(reception: Reception) -> Any:
    """The same form as its documentation would write it, and what comes behind it the same as ours."""
    from fastapi import FastAPI, Query, Request, Response  # type: ignore[import-not-found,unused-ignore]

    app = FastAPI()

    async def osmand(
        request: Request,
        id: str = Query(min_length=1, max_length=128),
        lat: float = Query(ge=-90, le=90),
        lon: float = Query(ge=-180, le=180),
        timestamp: str | None = None,
        speed: float | None = Query(None, ge=-1, le=800),
        bearing: float | None = Query(None, ge=-1, le=360),
        accuracy: float | None = Query(None, ge=-1, le=1_000_000),
        batt: float | None = Query(None, ge=-1, le=100),
        alarm: str = "",
    ) -> Any:
        now = reception.database.world.clock.now()
        at = instant(timestamp, "timestamp", now)
        place = position(
            lat, lon, accuracy_m=accuracy, source="android", at=at, heading_deg=bearing,
            speed_mps=None if speed is None else speed * KNOT_MPS,
        )  # fmt: skip
        report = Report(id, alarm.lower() == "sos", place, at, None if batt is None else round(batt))
        await reception.take(report, "osmand", request.client.host if request.client else "", "")
        return Response(media_type="application/json")

    # what its annotations name is in this function alone
    osmand.__annotations__ = get_type_hints(osmand, localns={"Request": Request})
    app.get("/in/osmand")(osmand)
    return app


if __name__ == "__main__":
    _serve(*sys.argv[1:])
