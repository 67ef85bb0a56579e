"""An evening of the simulated city at a real centre: people on their way home, one who is late, a booking, a pendant."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ansim.core.clock import ManualClock
from ansim.core.world import World
from ansim.sim.bookings import CALLS_OFF, Bookings
from ansim.sim.city import City
from ansim.sim.homeward import Homeward
from ansim.sim.pendant import Pendant
from ansim.sim.phone import read
from tests.flow.conftest import House, opened
from tests.flow.test_wards import PENDANT, Town

pytestmark = pytest.mark.flow


class Shared:
    """The house's clock, and how many of the city sleep by it: time goes on when all of them do."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.asleep = 0
        self.now, self.monotonic = clock.now, clock.monotonic

    async def sleep(self, seconds: float) -> None:
        self.asleep += 1
        try:
            await self._clock.sleep(seconds)
        finally:
            self.asleep -= 1


class Evening:
    def __init__(self, house: House, notes: Path) -> None:
        self.house, self.notes = house, notes
        self.clock = Shared(house.clock)
        self.city = City(7, World(clock=self.clock))

    def homeward(self) -> Homeward:
        return Homeward(self.city, "http://localhost", self.notes, transport=self.house._transport)

    @asynccontextmanager
    async def alive(self, *lives: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(life) for life in lives]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def goes_on(self, lives: int, minutes: float, step_s: float = 5.0) -> None:
        for _ in range(round(minutes * 60 / step_s)):
            async with asyncio.timeout(20):
                while self.clock.asleep < lives:
                    await asyncio.sleep(0.0005)
            await self.house.clock.advance(step_s)
        await self.house.settle()

    async def acts(self) -> list[str]:
        rows = await self.house.rows("SELECT act, details FROM ledger_entry WHERE act LIKE 'trip.%' ORDER BY at, id")
        return [row["act"] for row in rows]


@pytest.fixture
async def evening(dsn: str, tmp_path: Path) -> AsyncIterator[Evening]:
    async with opened(dsn, trackers={"gt06": 0}) as house:
        yield Evening(house, tmp_path / "phones.json")


async def test_an_evening_in_which_nobody_raises_a_case_unasked(evening: Evening) -> None:
    house, homeward = evening.house, evening.homeward()
    operator = await house.client("operator")
    async with evening.alive(*(walk.live() for walk in homeward.walks[1:5:3])):
        await evening.goes_on(2, 15)
        acts = await evening.acts()
        assert acts.count("trip.started") >= 2 and "trip.ended" in acts
        assert acts.count("trip.asked") == acts.count("trip.extended") == acts.count("trip.answered") >= 1
        assert "trip.called" not in acts and read(await operator.get("/api/incidents"))["incidents"] == []
        outcomes = {row["outcome"] for row in await house.rows("SELECT outcome FROM trip WHERE ended_at IS NOT NULL")}
        assert outcomes == {"arrived"}
        # somebody lets it happen: a phone falls silent, and only then there is a case
        while not homeward.trouble("silent"):
            await evening.goes_on(2, 0.5)
        await evening.goes_on(2, 4, step_s=10)
        [case] = read(await operator.get("/api/incidents"))["incidents"]
        assert (case["kind"], case["trigger"]) == ("trip", "silent")
    # the phones are switched off on the way, and on again: what they had started is ended before the watch asks
    left = await house.rows("SELECT id FROM trip WHERE ended_at IS NULL AND incident IS NULL")
    again = evening.homeward()
    async with evening.alive(*(walk.live() for walk in again.walks[1:5:3])):
        await evening.goes_on(2, 0.5)
    ended = await house.rows("SELECT outcome FROM trip WHERE id = ANY($1)", [row["id"] for row in left])
    assert [row["outcome"] for row in ended] == ["ended"] * len(left)
    assert len(read(await operator.get("/api/incidents"))["incidents"]) == 1
    await a_booking_waits(evening)
    await a_pendant_tells(evening)


async def a_booking_waits(evening: Evening) -> None:
    """It presses nobody: what is given to no pair is called off in time, and the next one asked for."""
    house = evening.house
    dispatcher, leader = await house.client("operator"), await house.client("supervisor")
    bookings = Bookings(evening.city, dispatcher, leader)
    await bookings.look()
    await bookings.look()
    [booked] = read(await dispatcher.get("/api/escorts"))["escorts"]
    assert booked["state"] == "booked" and len(read(await dispatcher.get("/api/escort-duties"))["duties"]) == 2
    until = datetime.fromisoformat(booked["meet_at"]) - house.clock.now() - CALLS_OFF
    await house.clock.advance((until + timedelta(seconds=5)).total_seconds())
    await bookings.look()
    await bookings.look()
    escorts = read(await dispatcher.get("/api/escorts"))["escorts"]
    assert [(one["state"], one["outcome"], one["marks"]) for one in escorts if one["id"] == booked["id"]] == [
        ("ended", "cancelled", [])
    ]
    assert sum(one["state"] == "booked" for one in escorts) == 1


async def a_pendant_tells(evening: Evening) -> None:
    """Of a ward who walks within her zone until she is asked to leave it, and of the button."""
    house = evening.house
    dispatcher = await house.client("operator")
    zone = {"type": "Circle", **evening.city.elders_home(), "radius_m": 180}
    ward = await Town(house, {"official": dispatcher}).enrol(zones=[{"name": "동네", "rule": "stay", "shape": zone}])
    pendant = Pendant(evening.city.world, house.centre.devices.ports["gt06"], PENDANT, evening.city.place_of_elder)
    async with evening.alive(pendant.live()):
        await evening.goes_on(1, 4, step_s=20)
        [line] = read(await dispatcher.get("/api/wards"))["wards"]
        assert line["state"] == "ok" and line["heard_at"] is not None
        evening.city.stray()
        await evening.goes_on(1, 6, step_s=20)
        [line] = read(await dispatcher.get("/api/wards"))["wards"]
        assert line["id"] == ward["id"] and line["alarm"]["reason"] == "left"
        pendant.press()

        async def called() -> list[dict[str, Any]]:
            return await house.rows("SELECT trigger FROM signal WHERE source = 'gt06'")

        assert await house.until(called) == [{"trigger": "device"}]
