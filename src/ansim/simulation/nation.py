"""A country in virtual time: centres, the hub, the broker between them, phones that go to the next one; a seed decides what fails."""

from __future__ import annotations

import asyncio
import contextvars
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path

from ansim.app.mapping import ListedDoors
from ansim.app.places import country
from ansim.app.settings import Settings
from ansim.city.country.hub import Beats
from ansim.city.country.member import Country
from ansim.city.places.areas import Areas
from ansim.city.places.distribution import Distribution
from ansim.city.places.jurisdictions import Jurisdictions
from ansim.core.database import Database
from ansim.core.database.blocking import BlockingDriver
from ansim.core.world import World
from ansim.simulation import between
from ansim.simulation.broker import Broker
from ansim.simulation.callers import (
    Call,
    Land,
    Place,
    address,
    answerer,
    caller,
    claims_everything,
    curious,
    follow,
)
from ansim.simulation.homeward import Watched, walker
from ansim.simulation.house import House
from ansim.simulation.loop import PROCESS, VirtualClock
from ansim.simulation.people import CENTRE, Surroundings, Told, agency
from ansim.simulation.play import Play
from ansim.simulation.promises import broken
from ansim.simulation.weather import Season, season
from ansim.trust.signed import PrivateKey, PublicKey, private_text, public_text

HUB = "hub"
ACQUAINTED_S = 8.0
"""So long nothing fails: every centre has heard once who the others are, and keeps that."""
HEALED_S = 75.0
"""All is well, and nobody looks: longer than it takes until every centre is up, what was covered is home, and neighbours were asked."""
CLAIMED_S = 60.0
"""Longer than it takes until whatever waits is claimed, and every letter about that is answered."""
WATCHED_S = 260.0
FOLLOWS_S = 240.0
ENDS_S = 60.0
"""So long before the healing the last one presses."""
FAULTS = (
    "crash", "crash", "power cut", "paused", "cut from the broker", "cut from phones", "cut from the hub", "hub killed",
    "broker away",
)  # fmt: skip


def linked(first: str, centres: int) -> list[str]:
    """A centre and those around it, the nearest first."""
    jurisdictions, found = country(first), [first]
    for near in found:
        found += [one.id for one in jurisdictions.neighbours(near) if one.id not in found]
        if len(found) >= centres:
            break
    return found[:centres]


class HubHouse:
    """The hub's process. Who is there it learns anew each time it starts; who they are it has kept."""

    def __init__(
        self, play: Play, broker: Broker, key: PrivateKey, appointed: dict[str, PublicKey], areas: Areas, kept: Path
    ) -> None:
        self._play, self._broker, self._key, self._appointed = play, broker, key, appointed
        self._areas, self._kept = areas, kept
        self._process = 0
        self.distribution: Distribution | None = None

    @property
    def runs(self) -> bool:
        return self._process != 0

    def start(self, number: int) -> None:
        self._process = number
        inside = contextvars.copy_context()
        inside.run(PROCESS.set, number)
        self._play.loop.create_task(self._boot(inside), context=inside)

    async def _boot(self, inside: contextvars.Context) -> None:
        clock = VirtualClock(self._play.loop)
        beats = Beats(World(clock=clock), self._broker.line(HUB, inside), self._key, self._appointed, self._kept)
        await beats.start()
        self.distribution = Distribution(self._areas, ListedDoors(lambda: beats), clock)

    def kill(self) -> None:
        if self.runs:
            self._play.loop.kill(self._process)
        self._process, self.distribution = 0, None


class Nation(Play):
    """`servers`: one for each centre."""

    def __init__(
        self, seed: int, servers: Sequence[BlockingDriver], folder: Path, weather: Season | None = None
    ) -> None:
        super().__init__(seed, servers)
        self.weather: Season = weather or season(self.random("weather"), len(servers))
        self._folder = folder
        self._strikes = self.random("faults")
        self._numbers = count(1)
        self._told = Told()
        self._calls: list[Call] = []
        self._seen: list[str] = []
        self._striking: dict[asyncio.Task[None], None] = {}
        self._attention: dict[str, float] = {}
        self._claiming = False

    def _complaints(self) -> list[str]:
        return [*self._seen, *self._told.refused, *(line for one in self._houses for line in one.network.failures)]

    def _transactions(self) -> int:
        return sum(house.way.transactions for house in self._houses)

    async def _run(self) -> list[str]:
        names = linked(CENTRE, self.weather.centres)
        self._build(names)
        people = self._people(names)
        starts = [asyncio.create_task(house.supervise()) for house in self._houses]
        self._hub.start(next(self._numbers))
        await asyncio.sleep(ACQUAINTED_S)
        await self._strike_until(self.weather.busy_s)
        wrong = await self._heal(people)
        for task in (*people, *self._others, *starts):
            task.cancel()
        ended = await asyncio.gather(*people, *self._others, return_exceptions=True)
        wrong += [f"a person failed: {end!r}" for end in ended if isinstance(end, Exception)]
        for house, watched in zip(self._houses, self._watched, strict=True):
            told = Told(
                sent=self._told.sent,
                receipts={
                    call.id: found
                    for call in self._calls
                    if (found := [receipt for site, receipt in call.received if site == house.name])
                },
            )
            database = self._look(house)
            folder = Path(house.settings.data)
            wrong += [f"{house.name}: {line}" for line in await broken(database, folder, house.name, told, watched)]
            await self.remember(database)
        return wrong

    def _build(self, names: Sequence[str]) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        draw, jurisdictions = self.random("clocks"), country(names[0])
        keys = {name: PrivateKey.generate() for name in (HUB, *names)}
        public = {name: keys[name].public_key() for name in names}
        self._broker = Broker(self, self.random("broker"))
        self._hub = HubHouse(self, self._broker, keys[HUB], public, Areas(jurisdictions), self._folder / "hub.json")
        self._houses = [
            House(
                self, self._settings(name, keys), server, self._numbers, mark=f"{name}/",
                bus=partial(self._broker.line, name),
                skew=timedelta(seconds=round(draw.uniform(-self.weather.skew_s, self.weather.skew_s), 3)),
            )
            for name, server in zip(names, self.servers, strict=True)
        ]  # fmt: skip
        self.faults["clock wrong by more than a second"] += sum(
            abs(house.clock.skew) > timedelta(seconds=1) for house in self._houses
        )
        self._land = Land({address(house.name): house for house in self._houses}, lambda: self._hub.distribution)
        self._watched = [Watched() for _ in names]

    def _settings(self, name: str, keys: dict[str, PrivateKey]) -> Settings:
        key = self._folder / f"{name}.key"
        key.write_text(private_text(keys[name]))
        key.chmod(0o600)
        return Settings(
            data=str(self._folder / name), database="simulated", centre=name, origin=address(name), country="simulated",
            country_key=str(key), hub_key=public_text(keys[HUB].public_key()),
        )  # fmt: skip

    # -- who lives there

    def _people(self, names: Sequence[str]) -> list[asyncio.Task[None]]:
        """Those who press and those on their way home; beside them, those who answer."""
        weather, press, jurisdictions = self.weather, self.random("presses"), country(names[0])
        arounds, lives, others = [], [], []
        for house in self._houses:
            draw, home = self.random(f"{house.name}/people"), jurisdictions.somewhere_in(house.name)
            around = Surroundings(
                house.network, VirtualClock(self.loop), draw, self._told, self.say, 1.0, house.name, home
            )
            arounds.append(around)
            self._attention[house.name] = weather.attentive * draw.choice((0.2, 1.0, 1.0))
            neighbours = [one.id for one in jurisdictions.neighbours(house.name) if one.id in names]
            others += [
                *(
                    answerer(around, f"{house.name}-{n}", neighbours, partial(self._attention.__getitem__, house.name))
                    for n in (1, 2)
                ),
                agency(around),
                curious(around, self._seen),
                claims_everything(around, f"{house.name}-night", lambda: self._claiming),
            ]
        spots = _spots(jurisdictions, names)
        for number in range(weather.presses):
            around, spot = press.choice(arounds), press.choice(spots)
            call = Call(
                f"signal-{number:05d}", press.choice((None, f"person-{number}")), press.random() < 0.6,
                jurisdictions.find(*spot).centres[0].id in names,
            )  # fmt: skip
            self._calls.append(call)
            at = press.uniform(ACQUAINTED_S, weather.busy_s - ENDS_S)
            lives.append(caller(self._land, around, call, spot, at, press.uniform(5.0, FOLLOWS_S)))
        for number in range(weather.watched * len(names)):
            at = press.randrange(len(names))
            lives.append(
                walker(
                    replace(arounds[at], clock=self._houses[at].clock),
                    self._watched[at],
                    number,
                    None,
                    press.uniform(0, weather.busy_s / 2),
                )
            )
        self._others = [asyncio.create_task(one) for one in others]
        return [asyncio.create_task(one) for one in lives]

    # -- what fails

    async def _strike_until(self, end: float) -> None:
        draw = self._strikes
        while True:
            await asyncio.sleep(min(draw.expovariate(1 / self.weather.fault_every_s), end - self.loop.time()))
            if self.loop.time() >= end:
                return
            fault, house = draw.choice(FAULTS), draw.choice(self._houses)
            struck = asyncio.create_task(self._strike(fault, house, draw.uniform(0.5, self.weather.longest_s)))
            self._striking[struck] = None
            struck.add_done_callback(self._striking.pop)

    async def _strike(self, fault: str, house: House, for_s: float) -> None:
        for_s = min(for_s, self.weather.busy_s - self.loop.time())
        if fault in ("crash", "power cut"):
            house.kill(power=fault == "power cut", down_s=for_s if self._strikes.random() < 0.5 else None)
            return
        self.strike(fault, "" if fault in ("hub killed", "broker away") else house.name, round(for_s, 3))
        broker = self._broker
        if fault == "paused":
            await house.pause(for_s)
        elif fault == "cut from phones":
            house.network.cut = True
            await asyncio.sleep(for_s)
            house.network.cut = False
        elif fault == "hub killed":
            self._hub.kill()
            await asyncio.sleep(for_s)
            if not self._hub.runs:
                self._hub.start(next(self._numbers))
        elif fault == "broker away":
            broker.away = True
            await asyncio.sleep(for_s)
            broker.away = False
        else:
            whom = broker.cut if fault == "cut from the broker" else broker.unheard
            whom.add(house.name)
            await asyncio.sleep(for_s)
            whom.discard(house.name)

    async def _heal(self, people: Sequence[asyncio.Task[None]]) -> list[str]:
        """Everything goes on; nobody looks for a while, then somebody takes all that waits."""
        await asyncio.gather(*self._striking)
        for house in self._houses:
            house.heal()
        self._broker.healed = True
        self._attention.update(dict.fromkeys(self._attention, 0.0))
        await asyncio.wait(people, timeout=HEALED_S)
        await asyncio.sleep(max(0.0, self.weather.busy_s + HEALED_S - self.loop.time()))
        names = [house.name for house in self._houses]
        wrong = [f"{call.id} never got a receipt" for call in self._calls if not call.received]
        for house in self._houses:
            if house.centre is None:
                wrong.append(f"{house.name} is not there again")
                continue
            known = house.centre.database.use(Country)
            wrong += [f"{house.name} thinks that {name} is away" for name in names if not known.up(name)]
        wrong += between.unwell([await between.standing(one.name, self._look(one)) for one in self._houses], names)
        self._claiming = True
        await asyncio.sleep(CLAIMED_S)
        self._claiming = False
        await asyncio.sleep(WATCHED_S if self.weather.watched else 0.0)
        standings = [await between.standing(one.name, self._look(one)) for one in self._houses]
        wrong += between.unwell(standings, names) + between.doubled(standings, self._calls)
        around = Surroundings(
            self._houses[0].network, VirtualClock(self.loop), self.random("end"), self._told, self.say
        )
        for call in self._calls:
            if call.received and await follow(self._land, around, call) is None:
                wrong.append(f"{call.id} is not known in {call.at}, where her phone was told to go on")
        return wrong

    def _look(self, house: House) -> Database:
        """Whoever looks at its database from outside, by its own clock."""
        server = self.servers[self._houses.index(house)]
        return Database(server, World(clock=house.clock, random=self.random("check"), disk=house.disk))


def _spots(jurisdictions: Jurisdictions, names: Sequence[str]) -> list[Place]:
    """In every centre's area; where two of them meet, to a few steps; and beyond, where another answers who is not of this country."""
    spots = [jurisdictions.somewhere_in(name) for name in names]
    for name, inside in zip(names, tuple(spots), strict=True):
        for near in jurisdictions.neighbours(name)[:3]:
            there = jurisdictions.somewhere_in(near.id)
            low, high = 0.0, 1.0
            for _ in range(14):
                middle = (low + high) / 2
                at = _between(inside, there, middle)
                low, high = (middle, high) if jurisdictions.find(*at).centres[0].id == name else (low, middle)
            spots += [_between(inside, there, low), _between(inside, there, high)]
    return spots


def _between(one: Place, other: Place, share: float) -> Place:
    return one[0] + (other[0] - one[0]) * share, one[1] + (other[1] - one[1]) * share
