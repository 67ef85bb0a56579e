"""Facts leave through here, after the commit that stated them; reactions are called from here, once each."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from ansim.core.bus import Bus
from ansim.core.database import Committed, Database, Stated, Transaction
from ansim.core.errors import Unavailable
from ansim.core.events import Fact, every_fact
from ansim.core.writer import GroupWriter

log = structlog.get_logger()


@dataclass(frozen=True)
class Reaction:
    """Inside a transaction of its own, exactly once per fact: `await react(tx, fact)`."""

    fact: type[Fact]
    react: Callable[[Transaction, Any], Awaitable[None]]

    @property
    def name(self) -> str:
        return f"{self.react.__module__.rsplit('.', 2)[-2]}.{self.react.__name__}"


@dataclass(frozen=True)
class Errand:
    """Outside any transaction (it talks to somebody), at least once per fact: `await run(database, fact)`."""

    fact: type[Fact]
    run: Callable[[Database, Any], Awaitable[None]]
    noted: bool = True
    """Whether it is looked up before, and noted after, that it was done. Without: for what must not wait, and costs nobody
    anything when it is done twice."""

    @property
    def name(self) -> str:
        return f"{self.run.__module__.rsplit('.', 2)[-2]}.{self.run.__name__}"


def connect(bus: Bus, database: Database, steps: tuple[Reaction | Errand, ...]) -> None:
    """Subscribe every step of the flow to the facts it answers."""
    for step in steps:
        bus.subscribe(step.fact.name(), step.name, _delivery(database, step))


def _delivery(database: Database, step: Reaction | Errand) -> Callable[[str, bytes], Awaitable[None]]:
    async def react(id: str, body: bytes) -> None:
        async with database.transaction() as tx:
            if await _first_time(tx, step.name, id):
                assert isinstance(step, Reaction)
                await step.react(tx, step.fact.decode(body))

    async def run(id: str, body: bytes) -> None:
        assert isinstance(step, Errand)
        if not step.noted:
            return await step.run(database, step.fact.decode(body))
        async with database.transaction(readonly=True) as tx:
            done = await tx.fetchval("SELECT 1 FROM inbox WHERE reaction = $1 AND fact = $2", step.name, id)
        if done:
            return None
        await step.run(database, step.fact.decode(body))
        async with database.transaction() as tx:
            await _first_time(tx, step.name, id)

    return react if isinstance(step, Reaction) else run


async def _first_time(tx: Transaction, reaction: str, fact: str) -> bool:
    tag = await tx.execute(
        "INSERT INTO inbox (reaction, fact, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", reaction, fact, tx.at
    )
    return tag.endswith(" 1")


class Outbox:
    """Takes stated facts to the bus, of each kind `at_once`. A fact stays in its table until the bus has accepted it."""

    def __init__(self, database: Database, bus: Bus, *, at_once: int = 64) -> None:
        self._database = database
        self._bus = bus
        self._clock = database.world.clock
        # Each kind of fact has its own way out: messages that a dead mail server holds up delay no operator's claim.
        self._ways = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(at_once))
        # Facts that have arrived leave the table together: each one's own commit would cost a flush.
        self._forget: GroupWriter[str, None] = GroupWriter(database, _forget)
        self._flying: dict[str, asyncio.Task[None]] = {}
        self._task: asyncio.Task[None] | None = None
        database.on_commit.append(self._stated)

    async def start(self) -> None:
        await self._forget.start()
        self._task = asyncio.create_task(self._sweep(), name="outbox")

    async def close(self) -> None:
        tasks = [task for task in (self._task, *self._flying.values()) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._forget.close()

    async def drained(self) -> None:
        """Return when nothing stated so far is still on its way (for tests and a clean stop)."""
        while self._flying:
            await asyncio.gather(*self._flying.values(), return_exceptions=True)

    def _stated(self, committed: Committed) -> None:
        if self._task is None:
            return
        for stated in committed.facts:
            self._send(stated.id, stated.fact.name(), stated.fact.encode())

    def _send(self, id: str, name: str, body: bytes) -> None:
        if id not in self._flying:
            self._flying[id] = asyncio.create_task(self._carry(id, name, body), name=f"fact {name}")

    async def _carry(self, id: str, name: str, body: bytes) -> None:
        try:
            pause = 0.1
            while True:
                try:
                    async with self._ways[name]:
                        await self._bus.publish(name, id, body)
                    await self._forget.submit(id)
                    return
                except Unavailable:
                    pass
                except Exception:
                    log.exception("fact not delivered yet", fact=name, id=id)
                await self._clock.sleep(pause)
                pause = min(pause * 2, 30.0)
        finally:
            self._flying.pop(id, None)

    async def _sweep(self) -> None:
        """Pick up what a crash, another process or a commit whose answer got lost left behind."""
        known = every_fact()
        while True:
            try:
                async with self._database.transaction(readonly=True) as tx:
                    rows = await tx.fetch("SELECT id, name, body, at FROM outbox ORDER BY seq LIMIT 1000")
                for row in rows:
                    if row["id"] in self._flying:
                        continue
                    self._send(row["id"], row["name"], bytes(row["body"]))
                    if fact := known.get(row["name"]):
                        # Nobody in this process has heard of it either: a picture, a desk, the eraser.
                        stated = Stated(row["id"], fact.decode(bytes(row["body"])))
                        self._database.tell(Committed(row["at"], (stated,), (), (), ()))
            except Unavailable:
                pass
            except Exception:
                log.exception("outbox sweep")
            await self._clock.sleep(5.0)


async def _forget(tx: Transaction, ids: Sequence[str]) -> Sequence[None]:
    await tx.execute("DELETE FROM outbox WHERE id = ANY ($1::text[])", list(ids))
    return [None] * len(ids)


class Passing:
    """Answers facts that were only mentioned: at most once, the newest of each kind and subject, in this process.

    Two that come while one is being answered become one. What is lost with a crash the next one makes good.
    """

    def __init__(self, database: Database, errands: tuple[Errand, ...]) -> None:
        self._database = database
        self._errands = errands
        self._waiting: dict[bytes, Fact] = {}
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        database.on_commit.append(self._mentioned)

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="passing")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _mentioned(self, committed: Committed) -> None:
        for fact in committed.mentioned:
            self._waiting[fact.encode()] = fact
            self._wake.set()

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            waiting, self._waiting = self._waiting, {}
            for fact in waiting.values():
                for errand in self._errands:
                    if isinstance(fact, errand.fact):
                        await self._answer(errand, fact)

    async def _answer(self, errand: Errand, fact: Fact) -> None:
        try:
            await errand.run(self._database, fact)
        except Unavailable:
            pass
        except Exception:
            log.exception("passing fact not answered", fact=fact.name())
