"""A centre's machine: its disk and its database stay, its process is started, killed, paused, cut off, and started again."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random

from ansim.adapters.channels.simulated import SimulatedChannel
from ansim.app.centre import Centre
from ansim.app.settings import Settings
from ansim.core.bus import Bus
from ansim.core.database import Database
from ansim.core.database.blocking import BlockingDriver
from ansim.core.world import World
from ansim.response.notify.actions import Channels
from ansim.response.notify.ports import ChannelName
from ansim.simulation.database import Way
from ansim.simulation.disk import SimulatedDisk
from ansim.simulation.loop import PROCESS, VirtualClock
from ansim.simulation.network import Network
from ansim.simulation.play import Play

CHANNELS: tuple[ChannelName, ...] = ("push", "mail", "sms")
DOWN_S = (0.2, 3.0)
"""How long it takes until a process that died is started again."""


class SimulatedCentre(Centre):
    """The shipped centre on a database that is there already."""

    def __init__(self, settings: Settings, world: World, way: Way, country: Bus | None = None) -> None:
        super().__init__(settings, world, country=country)
        self._way = way

    async def _open_database(self) -> Database:
        return Database(self._way, self.world)


class House:
    """`bus` gives a new process its line to the other centres; without it the centre stands alone."""

    def __init__(
        self, play: Play, settings: Settings, server: BlockingDriver, numbers: Iterator[int], *, mark: str = "",
        bus: Callable[[contextvars.Context], Bus] | None = None, skew: timedelta = timedelta(0),
    ) -> None:  # fmt: skip
        """`mark` tells this house's randomness from that of others."""
        self.name = settings.centre
        self.settings = settings
        self.clock = VirtualClock(play.loop, skew)
        self.disk = SimulatedDisk(self._random(play, mark, "disk"))
        self.way = Way(server, play.weather, self._random(play, mark, "database"), play.faults)
        self.network = Network(play.loop, play.weather, self._random(play, mark, "network"), play.faults)
        self.disk.failing = play.weather.flush_fails
        self.channels = [SimulatedChannel(name) for name in CHANNELS]
        self.ended = asyncio.Event()
        self.process = 0
        self._play = play
        self._server = server
        self._numbers = numbers
        self._mark = mark
        self._bus = bus
        self._restarts = self._random(play, mark, "restarts")
        self._healed = False
        self._down: float | None = None

    @staticmethod
    def _random(play: Play, mark: str, what: str) -> Random:
        return play.random(f"{mark}{what}")

    @property
    def centre(self) -> Centre | None:
        """The one that answers; None while it is down."""
        return self.network.centre

    async def supervise(self) -> None:
        """Start the centre, and start it again whenever it dies or does not come up."""
        play = self._play
        while True:
            self.process = next(self._numbers)
            inside = contextvars.copy_context()
            inside.run(PROCESS.set, self.process)
            self.ended = asyncio.Event()
            play.say("starts", *self._named(self.process))
            start = play.loop.create_task(self._boot(inside), context=inside)
            start.add_done_callback(lambda done, ended=self.ended: ended.set() if done.exception() else None)
            await self.ended.wait()
            self._end()
            pause, self._down = self._down or self._restarts.uniform(*DOWN_S), None
            await asyncio.sleep(pause)

    def kill(self, *, power: bool, down_s: float | None = None) -> None:
        """End the process, and perhaps its machine's power. Without `down_s` it is started again soon."""
        if self.ended.is_set():
            return
        self._end()
        if power:
            self.disk.cut()
        self._play.strike("power cut" if power else "crash", *self._named(self.process))
        self._down = down_s
        self.ended.set()

    async def pause(self, for_s: float) -> None:
        """It does nothing, and what comes to it waits."""
        process = self.process
        self._play.loop.pause(process)
        await asyncio.sleep(for_s)
        self._play.loop.go_on(process)

    def heal(self) -> None:
        """From now on nothing fails."""
        calm = replace(self._play.weather, loss=0, twice=0, straggler=0, away=0, unanswered=0, flush_fails=0)
        self.way.weather = self.network.weather = calm
        self.disk.failing = 0.0
        self.network.cut = False
        self._healed = True
        if self.centre is not None:
            self.centre.desk.reachable = True

    def _named(self, *what: int) -> Sequence[object]:
        return (self.name, *what) if self._bus else what

    async def _boot(self, inside: contextvars.Context) -> None:
        play = self._play
        world = World(clock=self.clock, random=self._random(play, self._mark, f"world/{self.process}"), disk=self.disk)
        centre = SimulatedCentre(self.settings, world, self.way, None if self._bus is None else self._bus(inside))
        await centre.__aenter__()
        centre.database.use(Channels).update({one.name: one for one in self.channels})
        centre.desk.reachable = play.weather.desk or self._healed
        self.network.centre, self.network.inside = centre, inside
        play.say("serves", *self._named(self.process))

    def _end(self) -> None:
        self.network.centre = self.network.inside = None
        self._play.loop.kill(self.process)
        self._server.abandon()
