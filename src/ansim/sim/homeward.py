"""People of the city who let their way home be watched over: each with a phone that speaks public HTTP and nothing else.

They arrive and say so; the one who promises too much is asked whether she is well, and says that she needs longer. Nobody leaves a
question without an answer, so that no case comes of them, until somebody asks for one (`Homeward.trouble`).
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import timedelta
from math import ceil
from pathlib import Path
from random import Random
from typing import Any, Literal

import httpx

from ansim.core.world import World
from ansim.sim.city import City
from ansim.sim.phone import Guardian, Phone, Profile, Receiver, Refused, Trip
from ansim.sim.walkers import Resident

Trouble = Literal["taken", "silent"]
"""A car drives off with her and she does not answer; her phone falls silent."""

NAMES = ("정하윤", "오지안", "한소율", "윤아린", "임채원", "송다인", "배나은")
LEAST_M, DAWDLERS_LEAST_M = 420.0, 620.0
PROMISES_TOO_MUCH_S = 120
MORE_MIN = 15
SLACK_S = 120
THINKS_S = (12.0, 30.0)
RESTS_S = (20.0, 100.0)
AGAIN_S = 3.0
TAKEN_MPS = 11.0
DRAINS_S = 180.0


class Homeward:
    """Everybody of a city who goes home under watch. `notes` is the storage of their phones: what one of them has started is known to it
    after a restart, too."""

    def __init__(self, city: City, server: str, notes: Path, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._notes = notes
        self.walks = [
            Walk(city, server, resident, name, number, self, transport)
            for number, (resident, name) in enumerate(zip(city.residents, NAMES, strict=True))
        ]
        self._kept: dict[str, dict[str, Any]] = json.loads(notes.read_text()) if notes.exists() else {}

    def kept(self, name: str) -> dict[str, Any] | None:
        return self._kept.get(name)

    def keep(self, name: str, body: dict[str, Any] | None) -> None:
        """Her phone remembers what it started before it asks for it: an answer that is lost leaves no trip without a phone."""
        self._kept = {**self._kept, name: body} if body else {k: v for k, v in self._kept.items() if k != name}
        beside = self._notes.with_suffix(".new")
        beside.write_text(json.dumps(self._kept))
        beside.replace(self._notes)

    def trouble(self, kind: Trouble) -> bool:
        """Let it happen to somebody who is on her way, and in time; False while nobody is."""
        ready = [walk for walk in self.walks if walk.on_her_way and not walk.late and walk.trouble is None]
        for walk in ready[:1]:
            walk.meet(kind)
        return bool(ready)


class Walk:
    """One of them: from door to door, again and again."""

    def __init__(
        self,
        city: City,
        server: str,
        resident: Resident,
        name: str,
        number: int,
        homeward: Homeward,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._city, self._server, self._resident, self._name, self._number = city, server, resident, name, number
        self._homeward = homeward
        self._world: World = city.world
        self._random = Random(f"homeward {number}")
        # one in three has somebody to tell: the messages of all of them would bury those of a case
        guardians = (
            [Guardian(name="동생", relation="동생", phone=f"010-0000-30{number:02d}")] if number % 3 == 0 else []
        )
        receiver = Receiver(self._world, self._random, lambda: city.place_of(resident))
        self._phone = Phone(self._world, server, receiver, Profile(name=name, guardians=guardians), transport=transport)
        self._dawdles = number == 1
        self._battery = self._random.uniform(40, 98)
        self.on_her_way, self.late = False, False
        self.trouble: Trouble | None = None

    def meet(self, kind: Trouble) -> None:
        self.trouble = kind
        if kind == "taken":
            self._resident.drive_off(TAKEN_MPS, self._now())

    async def live(self) -> None:
        await self._insist(self._phone.enrol)
        await self._end_what_was_left()
        await self._world.clock.sleep(20.0 * max(0, self._number - 2))
        while True:
            with suppress(Refused):
                await self.go_home()
            await self._world.clock.sleep(self._random.uniform(*RESTS_S))

    async def go_home(self) -> None:
        """One way home, from setting out to the door."""
        self.late = self._dawdles and self._random.random() < 0.6
        x, y = self._resident.go(DAWDLERS_LEAST_M if self.late else LEAST_M, self._now())
        walk_s = self._resident.way.length_m / self._resident.speed_mps
        promised_s = PROMISES_TOO_MUCH_S if self.late else 60 * ceil((walk_s + SLACK_S) / 60)
        body = self._phone.way_home(
            self._city.quarter.plane.place(x, y),
            self._world.clock.now() + timedelta(seconds=promised_s),
            battery=round(self._battery),
        )
        self._homeward.keep(self._name, body)
        trip: Trip = await self._insist(self._phone.set_out, body)
        self.on_her_way, self.trouble = True, None
        await self._walk(trip)
        self.on_her_way, self._resident.inside, self._resident.rides = False, True, False
        self._homeward.keep(self._name, None)

    async def _walk(self, trip: Trip) -> None:
        """Say where she is as often as the centre wants to hear it, answer what it asks, and say that she is there."""
        began, full = self._now(), self._battery
        while True:
            pause = 5.0
            try:
                if self.trouble != "silent":
                    self._battery = max(9.0, full - (self._now() - began) / DRAINS_S)
                    state = await trip.here(round(self._battery))
                    pause = float(state["fix_every_s"])
                    if self.trouble is None:
                        if state["question"] is not None:
                            await self._answer(trip, state["question"])
                        elif not self._resident.spot(self._now()).moving:
                            await trip.end("arrived")
                            return
                elif (await trip.state())["state"] == "ended":
                    return
            except Refused as refused:
                if refused.status in (404, 410):
                    return
                pause = AGAIN_S
            except httpx.HTTPError:
                pause = AGAIN_S
            await self._world.clock.sleep(pause)

    async def _answer(self, trip: Trip, question: dict[str, Any]) -> None:
        await self._world.clock.sleep(
            self._random.uniform(*THINKS_S) / (2 if question["reason"] in ("fast", "away") else 1)
        )
        if question["reason"] == "late":
            await trip.longer(MORE_MIN)
        else:
            await trip.answer(question["id"])

    async def _end_what_was_left(self) -> None:
        """What her phone had started before it was switched off."""
        if (body := self._homeward.kept(self._name)) is None:
            return
        try:
            trip: Trip = await self._insist(self._phone.set_out, body)
            await self._insist(trip.end, "ended")
        except Refused:
            pass  # it never came to be, or is over
        self._homeward.keep(self._name, None)

    async def _insist(self, ask: Any, *said: Any) -> Any:
        """Until it is answered: a centre that is away comes back. Raises Refused where it says no."""
        while True:
            try:
                return await ask(*said)
            except Refused as refused:
                if refused.status < 500 and refused.status != 429:
                    raise
            except httpx.HTTPError:
                pass
            await self._world.clock.sleep(AGAIN_S)

    def _now(self) -> float:
        return self._world.clock.monotonic()
