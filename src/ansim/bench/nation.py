"""The country: how long until an operator hears, when the call went to the right centre, to the wrong one, or to one that is dead or silent.

Two centres as processes with a database each, a hub and a broker, all on this machine. The peer of the way over the broker is the direct way in the
same run, turn by turn.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import websockets

from ansim.app.nation import Nation
from ansim.sim.traveller import Traveller
from ansim.trust.access.actions import issue_token
from ansim.trust.access.model import Role

SEONGNAM, YONGIN = "gyeonggi-seongnam", "gyeonggi-yongin"
IN_YONGIN = (37.2411, 127.1776)
ROUNDS = 100
FAILURES = 5


def bench() -> dict[str, Any]:
    return asyncio.run(_bench())


async def _bench() -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="ansim-bench.") as name:
        folder = Path(name)
        folder.chmod(0o711)
        async with Nation(folder, [SEONGNAM, YONGIN]) as nation:
            consoles = {centre: await Console.of(nation, centre) for centre in (SEONGNAM, YONGIN)}
            figures: dict[str, Any] = await _ways(nation, consoles[YONGIN])
            figures["dead"] = await _failures(nation, consoles[SEONGNAM], dead=True)
            figures["silent"] = await _failures(nation, consoles[SEONGNAM], dead=False)
            for console in consoles.values():
                console.task.cancel()
    figures["ratio"] = figures["over_the_broker"]["p50"] / figures["direct"]["p50"]
    _tell(figures)
    return figures


class Console:
    """An operator's socket: which cases it has shown."""

    def __init__(self) -> None:
        self.task: asyncio.Task[None]
        self._shown: set[str] = set()
        self._news = asyncio.Event()

    @classmethod
    async def of(cls, nation: Nation, centre: str) -> Console:
        async with nation.database(centre) as database, database.transaction() as tx:
            token = await issue_token(tx, role=Role.OPERATOR, centre=centre, ttl_s=3600, actor="bench")
        console = cls()
        console.task = asyncio.create_task(console._listen(nation.centres[centre].origin, token))
        await console._news.wait()
        return console

    async def _listen(self, origin: str, token: str) -> None:
        address = origin.replace("http", "ws", 1) + "/live"
        headers = {"authorization": f"Bearer {token}"}
        async with websockets.connect(address, additional_headers=headers, max_size=None) as socket:
            async for message in socket:
                said = json.loads(message)
                if said["type"] == "state":
                    self._shown |= {one["id"] for one in said["incidents"]}
                    self._news.set()
                elif said["type"] == "incident" and said["incident"]["id"] not in self._shown:
                    self._shown.add(said["incident"]["id"])
                    self._news.set()

    async def next(self, press: Callable[[], Awaitable[Any]]) -> float:
        """Seconds from the press until this console shows a case that it had not."""
        self._news.clear()
        began = time.perf_counter()
        pressed = asyncio.ensure_future(press())
        async with asyncio.timeout(60):
            await self._news.wait()
        took = time.perf_counter() - began
        await pressed
        return took


async def _ways(nation: Nation, console: Console) -> dict[str, Any]:
    times: dict[str, list[float]] = {"direct": [], "over_the_broker": []}
    async with httpx.AsyncClient(timeout=10) as client:
        for turn in range(ROUNDS + 10):
            for name, centre in (("direct", YONGIN), ("over_the_broker", SEONGNAM)):
                her = Traveller(nation.world, nation.hub.origin, lambda: IN_YONGIN)
                body, url = her.phone.message(), f"{nation.centres[centre].origin}/api/signals"

                async def press(url: str = url, body: dict[str, Any] = body) -> None:
                    (await client.post(url, json=body)).raise_for_status()

                took = await console.next(press)
                await asyncio.sleep(0.05)  # what else this call still does is not the next one's
                if turn >= 10:
                    times[name].append(took)
                await her.close()
    return {name: _quantiles(values) for name, values in times.items()}


async def _failures(nation: Nation, console: Console, *, dead: bool) -> dict[str, float]:
    """From the press until the neighbour's console has it."""
    away, times = nation.centres[YONGIN], list[float]()
    for _ in range(FAILURES):
        her = Traveller(nation.world, nation.hub.origin, lambda: IN_YONGIN)
        while (await her.ask())[0] != away.origin:  # noqa: ASYNC110  (the hub is another process)
            await asyncio.sleep(0.1)
        if dead:
            await away.kill()
        else:
            away.pause()
        times.append(await console.next(her.sos))
        if dead:
            await away.start()
            await away.ready()
        else:
            away.resume()
        await asyncio.sleep(2.0)  # the case goes home
        await her.close()
    return {"median": statistics.median(times), "max": max(times)}


def _quantiles(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    return {"p50": statistics.median(ordered), "p99": ordered[int(len(ordered) * 0.99)]}


def _tell(figures: dict[str, Any]) -> None:
    out = sys.stdout.write
    out(
        f"SOS -> the right operator's socket, {ROUNDS} presses each way in turn, centres, hub and broker as processes (load {os.getloadavg()[0]:.1f})\n"
    )
    for name, words in (
        ("direct", "pressed at the right centre (peer)"),
        ("over_the_broker", "pressed at the wrong one, over NATS"),
    ):
        one = figures[name]
        out(f"  {words:<38} p50 {one['p50'] * 1000:7.1f} ms   p99 {one['p99'] * 1000:7.1f} ms\n")
    out(f"  ratio of the p50: {figures['ratio']:.2f} (goal <= 2)\n")
    for name, words, goal in (("dead", "killed", 1.5), ("silent", "paused", 5.0)):
        one = figures[name]
        out(
            f"  centre {words}: at the neighbour's operator after {one['median']:.2f} s, at most {one['max']:.2f} s of {FAILURES} (goal <= {goal} s)\n"
        )
