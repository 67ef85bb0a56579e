"""The telephone of an evening: one caller who wants to be walked home, and the pairs that are on duty.

There is always one booking ahead. Nobody is pressed by it: she calls off in time what nobody has given to a pair.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import httpx

from ansim.core.world import World
from ansim.sim.city import City
from ansim.sim.phone import Refused, instant, read

LOOKS_EVERY_S = 30.0
AHEAD = timedelta(minutes=50)
STEP_S = 600
CALLS_OFF = timedelta(minutes=12)
GIVES_UP = timedelta(minutes=30)
ON_DUTY = timedelta(hours=8)
LEFT = timedelta(hours=2)
PAIRS = (
    ("해든역", (("김나은", "010-0000-4001"), ("이도윤", "010-0000-4002"))),
    ("별빛시장", (("박서연", "010-0000-4003"), ("최민재", "010-0000-4004"))),
)


class Bookings:
    """`dispatcher` and `leader` are signed in as roles operator and supervisor."""

    def __init__(self, city: City, dispatcher: httpx.AsyncClient, leader: httpx.AsyncClient) -> None:
        self._city, self._dispatcher, self._leader = city, dispatcher, leader
        self._world: World = city.world

    async def live(self) -> None:
        while True:
            with suppress(httpx.HTTPError, Refused):  # the centre is away, or somebody was quicker
                await self.look()
            await self._world.clock.sleep(LOOKS_EVERY_S)

    async def look(self) -> None:
        """Keep the rota filled and one booking ahead."""
        now = self._world.clock.now()
        duties = (await self._ask(self._dispatcher, "GET", "/api/escort-duties"))["duties"]
        if not any(datetime.fromisoformat(duty["ends_at"]) > now + LEFT for duty in duties):
            await self._fill(now)
        escorts = (await self._ask(self._dispatcher, "GET", "/api/escorts"))["escorts"]
        ahead = [one for one in escorts if one["state"] in ("booked", "assigned", "walking", "asking")]
        for one in ahead:
            until = datetime.fromisoformat(one["meet_at"]) - now
            if (one["state"] == "booked" and until < CALLS_OFF) or (one["state"] == "assigned" and until < -GIVES_UP):
                await self._ask(self._dispatcher, "POST", f"/api/escorts/{one['id']}/end", {"outcome": "cancelled"})
        if not ahead:
            await self._book(now)

    async def _fill(self, now: datetime) -> None:
        plane, safe = self._city.quarter.plane, self._city.quarter.places
        for (area, scouts), post in zip(PAIRS, safe, strict=False):
            latitude, longitude = plane.place(post.x, post.y)
            body = {
                "area": area, "latitude": latitude, "longitude": longitude, "starts_at": instant(now),
                "ends_at": instant(now + ON_DUTY), "scouts": [{"name": name, "phone": phone} for name, phone in scouts],
            }  # fmt: skip
            await self._ask(self._leader, "POST", "/api/escort-duties", body)

    async def _book(self, now: datetime) -> None:
        meet = (now + AHEAD).timestamp() // STEP_S * STEP_S + STEP_S
        (x, y, _), (there_x, there_y, _) = self._city.way_home().at(0), self._city.way_home().at(1e9)
        body = {
            "id": self._world.id(), "meet_at": instant(datetime.fromtimestamp(meet, now.tzinfo)), "name": "문보라",
            "phone": "010-0000-4100", "meeting": self._place(x, y, "해든역 2번 출구"),
            "home": self._place(there_x, there_y, "집"),
        }  # fmt: skip
        await self._ask(self._dispatcher, "POST", "/api/escort-calls", body)

    def _place(self, x: float, y: float, label: str) -> dict[str, Any]:
        latitude, longitude = self._city.quarter.plane.place(x, y)
        return {"latitude": latitude, "longitude": longitude, "label": label}

    async def _ask(self, client: httpx.AsyncClient, method: str, path: str, body: Any = None) -> dict[str, Any]:
        return read(await client.request(method, path, json=body))


__all__ = ["Bookings"]
