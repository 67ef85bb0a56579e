"""One history: a seed, its weather, everybody in it, and what came of it."""

from __future__ import annotations

import asyncio
import random
from itertools import count
from pathlib import Path

from ansim.app.settings import Settings
from ansim.core.database import Database
from ansim.core.database.blocking import BlockingDriver
from ansim.core.world import World
from ansim.simulation.homeward import Watched, evening, onlooker, walker, ward
from ansim.simulation.house import House
from ansim.simulation.people import CENTRE, Surroundings, Told, agency, operator, phone
from ansim.simulation.play import Play
from ansim.simulation.promises import broken
from ansim.simulation.weather import Weather, draw

PHONES = 10
WATCHED_S = 260.0
"""Longer than it takes from the last fix until help is called for a phone that fell silent, or for a ward who left her zone."""
USUAL_S = 45.0
HEALING_S = 50.0
"""Longer than it takes until an unclaimed case is called out to the neighbours, until 112 is taken for silent, and than
the longest pause between two tries."""


Life = asyncio.Task[None]


class History(Play):
    def __init__(self, seed: int, server: BlockingDriver, folder: Path, weather: Weather | None = None) -> None:
        super().__init__(seed, [server])
        self._server = server
        self._folder = folder
        self.weather = weather or draw(self.random("weather"))
        self._faults = self.random("faults")
        self._told = Told()
        self._watched = Watched()

    def _complaints(self) -> list[str]:
        return self._house.network.failures + self._told.refused

    def _transactions(self) -> int:
        return self._house.way.transactions

    async def _run(self) -> list[str]:
        weather = self.weather
        settings = Settings(data=str(self._folder), database="simulated", centre=CENTRE)
        house = self._house = House(self, settings, self._server, count(1))
        around = Surroundings(
            house.network, house.clock, self.random("people"), self._told, self.say, weather.busy_s / USUAL_S
        )
        supervisor = asyncio.create_task(house.supervise())
        press = self.random("presses")
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
        house.heal()
        self._attention = 0.0
        await asyncio.wait([*phones, *walkers], timeout=HEALING_S)
        wrong = [f"{id} never got a receipt" for id in self._told.sent if id not in self._told.receipts]
        for task in (*phones, *walkers, *others):
            task.cancel()
        ended = await asyncio.gather(*phones, *walkers, *others, return_exceptions=True)
        wrong += [f"a person failed: {end!r}" for end in ended if isinstance(end, Exception)]
        await asyncio.sleep(WATCHED_S if weather.watched else HEALING_S)
        # a centre that cannot start would take the connection of whoever looks with it, each time it dies
        supervisor.cancel()
        database = Database(self._server, World(clock=house.clock, random=self.random("check"), disk=house.disk))
        wrong += await broken(database, self._folder, CENTRE, self._told, self._watched)
        await self.remember(database)
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
        others = [ward(around, watched, press.random() < 0.6), onlooker(around, watched, self._house.channels[-1])]
        if weather.evening:
            others.append(evening(around, watched))
        return [asyncio.create_task(life) for life in walkers], [asyncio.create_task(life) for life in others]

    async def _crash_until(self, end: float) -> None:
        while True:
            await asyncio.sleep(min(self._faults.expovariate(1 / self.weather.crash_every_s), end - self.loop.time()))
            if self.loop.time() >= end:
                return
            self._house.kill(power=self._faults.random() < self.weather.power)

    async def _partitions(self) -> None:
        while True:
            await asyncio.sleep(self._faults.expovariate(1 / self.weather.partition_every_s))
            self._house.network.cut = self.loop.time() < self.weather.busy_s
            await asyncio.sleep(self._faults.uniform(0.5, 15.0))
            self._house.network.cut = False
