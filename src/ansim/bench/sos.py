"""SOS: from the POST to the operator's socket, and how many a second become durable.

Peer of the first: a bare row committed and 64 bytes of key file flushed, over the same HTTP server and socket, in the same
run, turn by turn. Peer of the second: the same work, one transaction a request over 32 connections of the same server.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec
import uvicorn
import uvloop
import websockets
from litestar import Litestar, WebSocket, post, websocket
from litestar.params import JSONBody

from ansim import flow
from ansim.app.centre import Centre
from ansim.app.server import listen
from ansim.app.settings import Settings
from ansim.core.database import Database
from ansim.core.database.pool import PoolDriver
from ansim.core.errors import Problem
from ansim.core.position import Position
from ansim.core.world import World
from ansim.core.writer import GroupWriter
from ansim.response.signals.model import Arrival, Receipt, SignalPost
from ansim.trust.access.actions import issue_token
from ansim.trust.access.model import Role

ROUNDS = 300
CLIENTS = 64
SECONDS = 3.0


def bench() -> dict[str, Any]:
    return asyncio.run(_bench())


async def _bench() -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="ansim-bench.") as name:
        folder = Path(name)
        folder.chmod(0o711)
        figures = {
            "latency": await _latency(folder / "latency"),
            "throughput": await _throughput(folder / "throughput"),
        }
    _tell(figures)
    return figures


# latency


async def _latency(folder: Path) -> dict[str, Any]:
    folder.mkdir()
    settings = folder / "ansim.toml"
    settings.write_text(f'data = "{folder}"\nport = 0\n')
    async with _started("-m", "ansim", "run", "--config", str(settings), ready=folder / "running.json") as note:
        token = await _operator(note["dsn"])
        floor_note = folder / "floor.json"
        arguments = ("-m", "ansim.bench.sos", note["dsn"], str(folder / "floor.key"), str(floor_note))
        async with _started(*arguments, ready=floor_note) as floor:
            ours = await _watcher(f"ws://127.0.0.1:{note['port']}/live", token)
            bare = await _watcher(f"ws://127.0.0.1:{floor['port']}/live", token)
            async with httpx.AsyncClient() as client:
                return await _turns(client, note["port"], ours, floor["port"], bare, folder)


async def _turns(
    client: httpx.AsyncClient, port: int, ours: _Watcher, floor: int, bare: _Watcher, folder: Path
) -> dict[str, Any]:
    times: dict[str, list[float]] = {"ours": [], "bare": [], "flush": []}
    probe = os.open(folder / "flush", os.O_RDWR | os.O_CREAT)
    for round in range(ROUNDS + 30):
        taken = {
            "ours": await _pressed(client, f"http://127.0.0.1:{port}/api/signals", f"bench-{round:08d}", ours),
            "bare": await _pressed(client, f"http://127.0.0.1:{floor}/sos", f"bench-{round:08d}", bare),
        }
        began = time.perf_counter()
        os.pwrite(probe, bytes(1200), round * 1200)
        os.fdatasync(probe)
        taken["flush"] = time.perf_counter() - began
        if round >= 30:
            for name, value in taken.items():
                times[name].append(value)
    os.close(probe)
    for watcher in (ours, bare):
        watcher.task.cancel()
    return {name: _quantiles(values) for name, values in times.items()}


async def _pressed(client: httpx.AsyncClient, url: str, id: str, watcher: _Watcher) -> float:
    """Seconds from the press until both the receipt is here and the operator's socket has said it."""
    said = watcher.expect()
    began = time.perf_counter()
    answer = await client.post(url, json=_body(id))
    answer.raise_for_status()
    await said
    return time.perf_counter() - began


class _Watcher:
    """An operator's socket; `expect` gives what resolves at its next incident."""

    def __init__(self) -> None:
        self.task: asyncio.Task[None]
        self._waiting: asyncio.Future[None] | None = None

    def expect(self) -> asyncio.Future[None]:
        self._waiting = asyncio.get_running_loop().create_future()
        return self._waiting

    async def listen(self, socket: Any) -> None:
        async for message in socket:
            if '"type":"incident"' in message and self._waiting is not None and not self._waiting.done():
                self._waiting.set_result(None)


async def _watcher(address: str, token: str) -> _Watcher:
    watcher = _Watcher()
    socket = await websockets.connect(address, additional_headers={"authorization": f"Bearer {token}"}, max_size=None)
    watcher.task = asyncio.create_task(watcher.listen(socket))
    return watcher


async def _operator(dsn: str) -> str:
    database = Database(await PoolDriver.connect(dsn, size=2), World())
    try:
        async with database.transaction() as tx:
            return await issue_token(tx, role=Role.OPERATOR, centre=Settings().centre, ttl_s=3600, actor="bench")
    finally:
        await database.close()


@asynccontextmanager
async def _started(*arguments: str, ready: Path) -> AsyncIterator[dict[str, Any]]:
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stderr=asyncio.subprocess.DEVNULL)
    try:
        async with asyncio.timeout(120):
            while not ready.exists():
                if process.returncode is not None:
                    raise RuntimeError(f"{' '.join(arguments[:3])} did not start")
                await asyncio.sleep(0.05)
        yield json.loads(ready.read_bytes())
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def _body(id: str) -> dict[str, Any]:
    position = {"latitude": 37.38, "longitude": 127.12, "accuracy_m": 9, "source": "web", "at": "2026-11-21T14:47:00Z"}
    return {"id": id, "kind": "sos", "at": "2026-11-21T14:47:00Z", "position": position, "silent": True, "battery": 34}


# throughput


async def _throughput(folder: Path) -> dict[str, Any]:
    async with Centre(Settings(data=str(folder))) as centre:
        # The same intake on the same server, without what follows it: that costs both forms the same.
        alone_pool, group_pool = [
            Database(await PoolDriver.connect(centre.dsn, size=size), centre.world) for size in (32, 2)
        ]
        for database in (alone_pool, group_pool):
            database._services = centre.database._services
        writer: GroupWriter[Arrival, Receipt] = GroupWriter(group_pool, flow.accept)
        await writer.start()

        async def alone(arrival: Arrival) -> None:
            async with alone_pool.transaction() as tx:
                [receipt] = await flow.accept(tx, [arrival])
                if isinstance(receipt, Problem):
                    raise receipt

        async def together(arrival: Arrival) -> None:
            await writer.submit(arrival)

        sweep = centre.outbox._task
        centre.outbox._task = None
        if sweep is not None:
            sweep.cancel()
        single, grouped = [], []
        for turn in range(3):
            single.append(await _rate(f"alone{turn}", alone))
            grouped.append(await _rate(f"group{turn}", together))
        await writer.close()
        await asyncio.gather(alone_pool.close(), group_pool.close())
        ratios = sorted(ours / theirs for ours, theirs in zip(grouped, single, strict=True))
        return {"one_transaction_a_request_s": max(single), "group_commit_s": max(grouped), "ratio": ratios[1]}


async def _rate(prefix: str, send: Callable[[Arrival], Awaitable[None]]) -> float:
    """Acknowledged a second by CLIENTS callers, each waiting for its answer before it sends the next."""
    until, done = time.perf_counter() + SECONDS, 0

    async def caller(number: int) -> None:
        nonlocal done
        count = 0
        while time.perf_counter() < until:
            count += 1
            await send(_arrival(f"{prefix}-{number}-{count}"))
            done += 1

    await asyncio.gather(*(caller(number) for number in range(CLIENTS)))
    return done / SECONDS


def _arrival(id: str) -> Arrival:
    now = World().clock.now()
    position = Position(latitude=37.38, longitude=127.12, accuracy_m=9, at=now)
    return Arrival(
        source="app", client_id=id, kind="sos", trigger="button", silent=True, occurred_at=now, position=position,
        battery=34, person=None, verdict="none", contacts=None,
    )  # fmt: skip


def _quantiles(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    return {
        "p50_ms": statistics.median(ordered) * 1000,
        "p99_ms": ordered[int(len(ordered) * 0.99)] * 1000,
        "max_ms": ordered[-1] * 1000,
    }


def _tell(figures: dict[str, Any]) -> None:
    latency, rate = figures["latency"], figures["throughput"]
    print(f"SOS: POST -> durable -> on the operator's socket, {ROUNDS} presses, turn by turn with the peer")
    for name, words in (
        ("ours", "ansim, everything on"),
        ("bare", "bare row + key flush (peer)"),
        ("flush", "1.2 kB fdatasync (floor)"),
    ):
        print(f"  {words:<30} p50 {latency[name]['p50_ms']:7.2f} ms   p99 {latency[name]['p99_ms']:7.2f} ms")
    print(f"  ratio of the p50 to the peer: {latency['ours']['p50_ms'] / latency['bare']['p50_ms']:.2f} (goal <= 2)")
    print(f"durable SOS a second, {CLIENTS} callers, without HTTP")
    print(f"  one transaction a request (peer, 32 connections) {rate['one_transaction_a_request_s']:8.0f}")
    print(
        f"  group commit                                     {rate['group_commit_s']:8.0f}   ratio {rate['ratio']:.1f} (goal >= 4)"
    )


# the peer's server


def _floor(dsn: str, key: str, note: str) -> None:
    """The least that could be done: one row, one flush of a key, one message, on the same HTTP server."""
    watching: list[Any] = []
    state: dict[str, Any] = {}

    @post("/sos")
    async def sos(data: JSONBody[SignalPost]) -> dict[str, str]:
        flush = asyncio.get_running_loop().run_in_executor(None, _flush_key, state["key"])
        await state["pool"].execute(
            "INSERT INTO bench_floor (id, body) VALUES ($1, $2)", data.id, msgspec.json.encode(data)
        )
        await flush
        for socket in watching:
            await socket.send_data(json.dumps({"type": "incident", "id": data.id}, separators=(",", ":")), mode="text")
        return {"receipt": data.id}

    @websocket("/live")
    async def live(socket: WebSocket[Any, Any, Any]) -> None:
        await socket.accept()
        watching.append(socket)
        while True:
            await socket.receive_text()

    async def serve() -> None:
        state["pool"] = await asyncpg.create_pool(dsn, min_size=2, max_size=4)
        state["key"] = os.open(key, os.O_RDWR | os.O_CREAT)
        await state["pool"].execute("CREATE TABLE IF NOT EXISTS bench_floor (id text PRIMARY KEY, body bytea NOT NULL)")
        listener, settings = listen(Settings(port=0))
        config = uvicorn.Config(
            Litestar([sos, live]), loop="uvloop", http="httptools", ws="websockets-sansio", ws_per_message_deflate=False,
            lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=1,
        )  # fmt: skip
        Path(note).write_text(json.dumps({"port": settings.port}))
        await uvicorn.Server(config).serve(sockets=[listener])

    uvloop.run(serve())


def _flush_key(descriptor: int) -> None:
    os.pwrite(descriptor, os.urandom(64), os.fstat(descriptor).st_size)
    os.fdatasync(descriptor)


if __name__ == "__main__":
    _floor(*sys.argv[1:])
