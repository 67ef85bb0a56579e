"""Many centres on one machine, each a process of its own with a database of its own, a hub and a broker between them: for the demo of the country,
its benchmark and its tests.

A centre's settings, key and files lie in a folder with its name, as its operator would have them.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from ansim.adapters.bus.broker import Broker
from ansim.app.running import database_of
from ansim.city.country.model import DIRECTORY_EVERY_S, HUB
from ansim.city.places.jurisdictions import Jurisdictions
from ansim.core.database import Database
from ansim.core.errors import Problem
from ansim.core.launch import free_port
from ansim.core.postgres import EmbeddedPostgres
from ansim.core.world import World
from ansim.trust.access.actions import issue_token
from ansim.trust.access.model import Role
from ansim.trust.signed import own_key, public_text

LINKED = (
    "hwaseong", "anyang", "gwangmyeong", "ansan", "gwacheon", "siheung", "gunpo", "uiwang", "yangpyeong", "hanam", "bucheon",
    "dongducheon", "yongin", "anseong", "pyeongtaek", "uijeongbu", "guri", "seongnam",
)  # fmt: skip
"""The cities of Gyeonggi whose centres are linked today."""
NEAR = ("seongnam", "yongin", "hanam", "uiwang", "gunpo", "anyang", "gwacheon", "guri")
"""In this order where fewer are wanted: each is beside one before it."""
AT_ONCE = 2
READY_WITHIN_S = 180.0
STOP_WITHIN_S = 15.0
WATCHED_S = 7 * 86_400
"""So long whoever started the country may ask its hub."""


@dataclass
class Part:
    """A process of the country: the hub, or a centre."""

    name: str
    arguments: tuple[str, ...]
    port: int
    log: Path
    process: asyncio.subprocess.Process | None = None
    paused: bool = False

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def state(self) -> str:
        if self.process is None or self.process.returncode is not None:
            return "stopped"
        return "paused" if self.paused else "running"

    async def start(self) -> None:
        with self.log.open("ab") as out:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "ansim", "run", *self.arguments, stdin=asyncio.subprocess.DEVNULL,
                stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip
        self.paused = False

    async def ready(self, path: str = "/readyz") -> None:
        """Raises Problem when it ends, or is not there in time."""
        async with httpx.AsyncClient(timeout=2.0) as client:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(READY_WITHIN_S):
                    while self.process is not None and self.process.returncode is None:
                        with contextlib.suppress(httpx.HTTPError):
                            if (await client.get(f"{self.origin}{path}")).status_code == 200:
                                return
                        await asyncio.sleep(0.1)
        raise Problem(500, "nation.start", f"{self.name} did not start", f"Its log is {self.log}.")

    async def stop(self) -> None:
        if self.process is None or self.process.returncode is not None:
            return
        self.resume()
        self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), STOP_WITHIN_S)
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """As a crash, or a power cut of one machine, ends it."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    def pause(self) -> None:
        """It accepts connections and answers nothing."""
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(signal.SIGSTOP)
            self.paused = True

    def resume(self) -> None:
        if self.process is not None and self.process.returncode is None and self.paused:
            self.process.send_signal(signal.SIGCONT)
            self.paused = False


@dataclass
class Nation:
    """`async with Nation(folder, ["gyeonggi-anyang", …]) as nation:` with every process up."""

    folder: Path
    names: Sequence[str]
    said: Callable[[str], None] = lambda line: None
    centres: dict[str, Part] = field(default_factory=dict)
    dsns: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.world = World()
        self.jurisdictions = Jurisdictions.load()
        self._stack = contextlib.AsyncExitStack()
        self.broker = Broker(self.folder / "broker")
        self.hub: Part
        self._token = ""

    async def __aenter__(self) -> Nation:
        unknown = [name for name in self.names if name not in self.jurisdictions.centres]
        if unknown:
            raise Problem(400, "nation.centre", f"There is no centre {unknown[0]}")
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _start(self) -> None:
        stack, folder = self._stack, self.folder
        folder.mkdir(parents=True, exist_ok=True)
        postgres = EmbeddedPostgres(
            folder / "postgres", settings=(("max_connections", str(40 + 14 * len(self.names))), ("shared_buffers", "128MB"))
        )  # fmt: skip
        self.said("database …")
        await asyncio.to_thread(postgres.start)
        stack.push_async_callback(asyncio.to_thread, postgres.stop)
        country = await asyncio.to_thread(self.broker.start)
        stack.push_async_callback(asyncio.to_thread, self.broker.stop)
        hub_key = own_key(self.world, folder / "hub.key")
        await self._databases(postgres)
        appointed, hub_port = [], free_port()
        for name in self.names:
            place = folder / name
            place.mkdir(exist_ok=True)
            appointed.append((name, public_text(own_key(self.world, place / "country.key").public_key())))
            port = free_port()
            around = [one.id for one in self.jurisdictions.neighbours(name) if one.id in self.names]
            self._write(
                place / "centre.toml", data=str(place), database=self.dsns[name], centre=name, port=port,
                simulated_channels=True, country=country, hub_key=public_text(hub_key.public_key()), rollover_from=around,
            )  # fmt: skip
            if around:
                with (place / "centre.toml").open("a", encoding="utf-8") as out:
                    out.write(f"[[rollover]]\nto = {_toml(around[:4])}\n")
            arguments = ("--config", str(place / "centre.toml"))
            self.centres[name] = Part(name, arguments, port, place / "centre.log")
        self._write(
            folder / "hub.toml", data=str(folder / "hub"), database=self.dsns["hub"], country=country,
            key=str(folder / "hub.key"), port=hub_port, default=self.names[0],
        )  # fmt: skip
        with (folder / "hub.toml").open("a", encoding="utf-8") as out:
            out.writelines(("\n[appointed]\n", *(f'{name} = "{key}"\n' for name, key in appointed)))
        self.hub = Part("hub", ("--role", "hub", "--config", str(folder / "hub.toml")), hub_port, folder / "hub.log")
        for part in (self.hub, *self.centres.values()):
            stack.push_async_callback(part.stop)
        await self.hub.start()
        turn = asyncio.Semaphore(AT_ONCE)
        started = 0

        async def start(part: Part) -> None:
            nonlocal started
            async with turn:
                await part.start()
                await part.ready()
            started += 1
            self.said(f"{started} of {len(self.centres)} centres …")

        await asyncio.gather(*(start(part) for part in self.centres.values()))
        await self.hub.ready("/healthz")
        async with self.database("hub") as database, database.transaction() as tx:
            self._token = await issue_token(tx, role=Role.AUDITOR, centre=HUB, ttl_s=WATCHED_S, actor="demo")
        await self._acquainted()

    async def _databases(self, postgres: EmbeddedPostgres) -> None:
        connection = await asyncpg.connect(postgres.dsn("postgres"))
        try:
            there = {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")}
            for name in ("hub", *self.names):
                database = name.replace("-", "_")
                if database not in there:
                    await connection.execute(f"CREATE DATABASE {database}")
                self.dsns[name] = postgres.dsn(database)
        finally:
            await connection.close()

    async def _acquainted(self) -> None:
        """Until the hub hears all of them."""
        async with asyncio.timeout(READY_WITHIN_S):
            while sum(one["up"] for one in await self.standing()) < len(self.centres):  # noqa: ASYNC110  (another process)
                await asyncio.sleep(0.1)
        await asyncio.sleep(2 * DIRECTORY_EVERY_S)  # and each of them has been told of the others

    async def standing(self) -> list[dict[str, Any]]:
        """What the hub says of its centres; nothing while it is away."""
        async with httpx.AsyncClient(timeout=2.0, headers={"authorization": f"Bearer {self._token}"}) as client:
            with contextlib.suppress(httpx.HTTPError):
                return list((await client.get(f"{self.hub.origin}/api/nation")).json()["centres"])
        return []

    @contextlib.asynccontextmanager
    async def database(self, name: str) -> Any:
        """A centre's database, without its keys."""
        database: Database = await database_of(self.dsns[name], self.world)
        try:
            yield database
        finally:
            await database.close()

    def _write(self, file: Path, **settings: Any) -> None:
        lines = [f"{name} = {_toml(value)}\n" for name, value in settings.items()]
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.writelines(lines)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return str(value) if isinstance(value, int) else '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
