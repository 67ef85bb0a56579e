"""The scripted 112: it speaks the desk's public form, drives by the city's streets, and knows when it is over."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from ansim.core.clock import ManualClock
from ansim.core.geo import distance_m
from ansim.core.world import World
from ansim.sim.agency import Desk, Units
from ansim.sim.city import City


@pytest.fixture(scope="module")
def city() -> Iterator[City]:
    yield City(7, World(clock=ManualClock()))


class FakeDesk:
    """The desk's routes in memory."""

    def __init__(self, latitude: float, longitude: float) -> None:
        self.request: dict[str, Any] = {
            "id": "r1", "state": "requested", "link": None, "closed": False, "unit": None,
            "position": {"latitude": latitude, "longitude": longitude},
        }  # fmt: skip
        self.places: list[dict[str, Any]] = []
        self.refuses_with: int | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json={"requests": [self.request]})
        if self.refuses_with:
            return httpx.Response(self.refuses_with, json={"type": "request.closed"})
        act, body = request.url.path.rsplit("/", 1)[1], json.loads(request.content)
        if act == "position":
            self.places.append(body)
            return httpx.Response(204)
        states = {"accept": "acknowledged", "unit": "en_route", "arrived": "arrived", "completed": "completed"}
        self.request["state"] = states[act]
        if act == "unit":
            self.request["unit"] = body["call_sign"]
        return httpx.Response(200, json=self.request)


def make(city: City, fake: FakeDesk, autopilot: bool) -> tuple[Units, ManualClock]:
    client = httpx.AsyncClient(base_url="http://localhost:1", transport=httpx.MockTransport(fake))
    clock = city.world.clock
    assert isinstance(clock, ManualClock)
    return Units(city.world, Desk(city.world, client), city, autopilot=autopilot), clock


def spot(city: City) -> tuple[float, float]:
    x, y, _ = city.way_home().at(300)
    return city.quarter.plane.place(x, y)


async def drive(units: Units, clock: ManualClock, seconds: int) -> None:
    for _ in range(seconds):
        await units.look()
        await clock.advance(1.0)


async def test_the_autopilot_accepts_sends_a_unit_and_it_arrives(city: City) -> None:
    fake = FakeDesk(*spot(city))
    units, clock = make(city, fake, autopilot=True)
    await drive(units, clock, 3)
    assert fake.request["state"] == "requested", "nobody answers at once"
    await drive(units, clock, 2)
    assert fake.request["state"] == "acknowledged"
    await drive(units, clock, 6)
    assert fake.request["state"] == "en_route" and fake.request["unit"] == "순찰 12호"
    assert city.patrol_car("r1") is not None
    await drive(units, clock, 240)
    assert fake.request["state"] == "arrived"
    distances = [distance_m(*spot(city), place["latitude"], place["longitude"]) for place in fake.places]
    assert distances[0] > 80 and distances[-1] < 20
    assert [place["eta_s"] for place in fake.places] == sorted((p["eta_s"] for p in fake.places), reverse=True)
    fake.request["closed"] = True
    await drive(units, clock, 1)
    assert city.patrol_car("r1") is None


async def test_with_a_person_at_the_desk_only_the_driving_is_done(city: City) -> None:
    fake = FakeDesk(*spot(city))
    units, clock = make(city, fake, autopilot=False)
    await drive(units, clock, 60)
    assert fake.request["state"] == "requested" and not fake.places
    fake.request["state"] = "en_route"
    await drive(units, clock, 240)
    assert fake.request["state"] == "en_route" and fake.places[-1]["eta_s"] == 0
    fake.request["state"] = "completed"
    await drive(units, clock, 1)
    assert city.patrol_car("r1") is None


async def test_a_case_that_ends_meanwhile_is_no_fault_but_an_outage_is(city: City) -> None:
    fake = FakeDesk(*spot(city))
    units, clock = make(city, fake, autopilot=True)
    fake.refuses_with = 409
    await drive(units, clock, 6)
    fake.refuses_with = 500
    with pytest.raises(Exception, match="500"):
        await drive(units, clock, 6)
