"""One history: a seed, its weather, everybody in it, and what came of it."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import hashlib
import random
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs

from ansim.adapters.channels.simulated import SimulatedChannel
from ansim.app.centre import Centre
from ansim.app.settings import Settings
from ansim.core.database import Database
from ansim.core.database.blocking import BlockingDriver
from ansim.core.errors import Unavailable
from ansim.core.world import World
from ansim.response.notify.ports import ChannelName
from ansim.simulation.database import Way
from ansim.simulation.disk import SimulatedDisk
from ansim.simulation.homeward import Watched, evening, onlooker, walker, ward
from ansim.simulation.loop import PROCESS, VirtualClock, VirtualLoop
from ansim.simulation.network import Network
from ansim.simulation.people import CENTRE, Surroundings, Told, agency, operator, phone
from ansim.simulation.promises import broken
from ansim.simulation.weather import Weather, draw
from ansim.trust.retention.erasure import CAME_BACK

PHONES = 10
CHANNELS: tuple[ChannelName, ...] = ("push", "mail", "sms")
WATCHED_S = 260.0
"""Longer than it takes from the last fix until help is called for a phone that fell silent, or for a ward who left her zone."""
USUAL_S = 45.0
HEALING_S = 50.0
"""Longer than it takes until an unclaimed case is called out to the neighbours, until 112 is taken for silent, and than
the longest pause between two tries."""


Life = asyncio.Task[None]


@dataclass
class Outcome:
    seed: int
    weather: Weather
    wrong: list[str]
    trace: str
    virtual_s: float
    transactions: int
    counts: Counter[str] = field(default_factory=Counter)


def _unexpected(log: Any) -> bool:
    """Whether the centre complained of something that no weather explains."""
    # Nobody puts an old key file back here: a key that was called dead had not died on the disk.
    if log["event"] == CAME_BACK:
        return True
    return log["log_level"] in ("error", "critical") and log.get("error") != Unavailable.__name__


class SimulatedCentre(Centre):
    """The shipped centre on a database that is there already."""

    def __init__(self, settings: Settings, world: World, way: Way) -> None:
        super().__init__(settings, world)
        self._way = way

    async def _open_database(self) -> Database:
        return Database(self._way, self.world)


class History:
    def __init__(self, seed: int, server: BlockingDriver, folder: Path, weather: Weather | None = None) -> None:
        self.seed = seed
        self._server = server
        self._folder = folder
        self.weather = weather or draw(self._random("weather"))
        self._loop = VirtualLoop(self._random("order"))
        self._trace: list[tuple[Any, ...]] = []
        self._faults = self._random("faults")
        self._process = 0
        self._healed = False
        self._told = Told()
        self._watched = Watched()
        self._channels = [SimulatedChannel(name) for name in CHANNELS]
        self.counts: Counter[str] = Counter()

    def run(self) -> Outcome:
        server, loop = self._server, self._loop
        asyncio.set_event_loop(loop)
        # When garbage is collected depends on what ran before; a history must not.
        gc.collect()
        gc.disable()
        try:
            with capture_logs() as logs:
                wrong = loop.run_until_complete(self._run())
        finally:
            gc.enable()
            asyncio.set_event_loop(None)
            server.abandon()
            loop.abandon()
        wrong += [f"logged: {log}" for log in logs if _unexpected(log)]
        wrong += loop.complaints + self._network.failures + self._told.refused
        trace = hashlib.sha256(repr(self._trace).encode()).hexdigest()
        return Outcome(self.seed, self.weather, wrong, trace, loop.time(), self._way.transactions, self.counts)

    def _random(self, what: str) -> random.Random:
        return random.Random(f"{self.seed}/{what}")

    def _say(self, *what: Any) -> None:
        self._trace.append((round(self._loop.time(), 6), *what))
        self.counts[what[0]] += 1

    async def _run(self) -> list[str]:
        weather, loop = self.weather, self._loop
        self._clock = VirtualClock(loop)
        self._disk = SimulatedDisk(self._random("disk"))
        self._way = Way(self._server, weather, self._random("database"))
        self._network = Network(loop, weather, self._random("network"))
        self._disk.failing = weather.flush_fails
        around = Surroundings(
            self._network, self._clock, self._random("people"), self._told, self._say, weather.busy_s / USUAL_S
        )
        self._supervisor = asyncio.create_task(self._supervise())
        press = self._random("presses")
        persons = [f"person-{press.randrange(5)}" if press.random() < 0.7 else None for _ in range(PHONES)]
        phones = [
            asyncio.create_task(phone(around, number, person, press.uniform(0, weather.busy_s)))
            for number, person in enumerate(persons)
        ]
        others = [
            asyncio.create_task(one)
            for one in (
                operator(around, "operator-1", lambda: self._attention),
                operator(around, "operator-2", lambda: self._attention),
                agency(around),
                self._partitions(),
            )
        ]
        walkers, watches = self._watched_over(around, press)
        others += watches
        self._attention = weather.attentive
        await self._crash_until(weather.busy_s)
        self._heal()
        await asyncio.wait([*phones, *walkers], timeout=HEALING_S)
        wrong = [f"{id} never got a receipt" for id in self._told.sent if id not in self._told.receipts]
        for task in (*phones, *walkers, *others):
            task.cancel()
        ended = await asyncio.gather(*phones, *walkers, *others, return_exceptions=True)
        wrong += [f"a person failed: {end!r}" for end in ended if isinstance(end, Exception)]
        await asyncio.sleep(WATCHED_S if weather.watched else HEALING_S)
        # a centre that cannot start would take the connection of whoever looks with it, each time it dies
        self._supervisor.cancel()
        database = Database(self._server, World(clock=self._clock, random=self._random("check"), disk=self._disk))
        wrong += await broken(database, self._folder, CENTRE, self._told, self._watched)
        await self._remember(database)
        return wrong

    def _watched_over(self, around: Surroundings, press: random.Random) -> tuple[list[Life], list[Life]]:
        """Those on their way; and a ward, who looks on, and those who are walked home. Nobody, where nobody is watched over."""
        weather, watched = self.weather, self._watched
        if not weather.watched:
            return [], []
        persons = [f"person-{press.randrange(5)}" if press.random() < 0.3 else None for _ in range(weather.watched)]
        walkers = [
            walker(around, watched, number, person, press.uniform(0, weather.busy_s / 2))
            for number, person in enumerate(persons)
        ]
        others = [ward(around, watched, press.random() < 0.6), onlooker(around, watched, self._channels[-1])]
        if weather.evening:
            others.append(evening(around, watched))
        return [asyncio.create_task(life) for life in walkers], [asyncio.create_task(life) for life in others]

    # -- the centre's process

    async def _supervise(self) -> None:
        """Start the centre, and start it again whenever it dies or does not come up."""
        while True:
            self._process += 1
            inside = contextvars.copy_context()
            inside.run(PROCESS.set, self._process)
            self._ended = asyncio.Event()
            self._say("starts", self._process)
            start = self._loop.create_task(self._boot(inside), context=inside)
            start.add_done_callback(lambda done, ended=self._ended: ended.set() if done.exception() else None)
            await self._ended.wait()
            self._kill()
            await asyncio.sleep(self._faults.uniform(0.2, 3.0))

    async def _boot(self, inside: contextvars.Context) -> None:
        world = World(clock=self._clock, random=self._random(f"world/{self._process}"), disk=self._disk)
        settings = Settings(data=str(self._folder), database="simulated", centre=CENTRE)
        centre = SimulatedCentre(settings, world, self._way)
        await centre.__aenter__()
        from ansim.response.notify.actions import Channels

        centre.database.use(Channels).update({one.name: one for one in self._channels})
        centre.desk.reachable = self.weather.desk or self._healed
        self._network.centre, self._network.inside = centre, inside
        self._say("serves", self._process)

    def _kill(self) -> None:
        self._network.centre = self._network.inside = None
        self._loop.kill(self._process)
        self._server.abandon()

    async def _crash_until(self, end: float) -> None:
        while True:
            await asyncio.sleep(min(self._faults.expovariate(1 / self.weather.crash_every_s), end - self._loop.time()))
            if self._loop.time() >= end:
                return
            power = self._faults.random() < self.weather.power
            self._kill()
            if power:
                self._disk.cut()
            self._say("power cut" if power else "crash", self._process)
            self._ended.set()

    async def _partitions(self) -> None:
        while True:
            await asyncio.sleep(self._faults.expovariate(1 / self.weather.partition_every_s))
            self._network.cut = self._loop.time() < self.weather.busy_s
            await asyncio.sleep(self._faults.uniform(0.5, 15.0))
            self._network.cut = False

    def _heal(self) -> None:
        calm = replace(self.weather, loss=0, twice=0, straggler=0, away=0, unanswered=0, flush_fails=0)
        self._way.weather = self._network.weather = calm
        self._disk.failing = 0.0
        self._network.cut = False
        self._attention = 0.0
        self._healed = True
        if self._network.centre is not None:
            self._network.centre.desk.reachable = True

    async def _remember(self, database: Database) -> None:
        """What is stored at the end belongs to the trace."""
        for sql in (
            "SELECT id, source, client_id, incident, receipt, received_at FROM signal ORDER BY id",
            "SELECT id, number, state, owner, escalation, signals, destroyed_at FROM incident ORDER BY id",
            "SELECT id, incident, holder, ended_at, ended_why FROM access_grant ORDER BY id",
            "SELECT id, client_id, state, outcome, incident, destroyed_at FROM trip ORDER BY id",
            "SELECT id, client_id, state, outcome, incident, duty FROM escort ORDER BY id",
            "SELECT id, client_id, alarm, signalled_at, incident FROM ward ORDER BY id",
            "SELECT id, at, actor, act, object FROM ledger_entry ORDER BY id",
        ):
            async with database.transaction(readonly=True) as tx:
                for row in await tx.fetch(sql):
                    self._trace.append(tuple(row.values()))
