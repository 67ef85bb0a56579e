"""The other end of a dispatch: a desk at 112 or 119, its units on the streets, the officer who follows the link.

Only public HTTP is spoken.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import hypot
from typing import Any
from urllib.parse import urlsplit

import httpx

from ansim.core.world import World
from ansim.sim.city import City
from ansim.sim.phone import Refused, read
from ansim.sim.plane import Point

ANSWERS_AFTER_S = 3.0
SETS_OUT_AFTER_S = 4.0
LOOKS_EVERY_S = 1.0
MOVES_EVERY_S = 2.0
REPLANS_AFTER_M = 40.0
CALL_SIGN = "순찰 12호"


class Desk:
    """One agency's desk. `client` is signed in as role agency: cookies or a bearer, and the CSRF header if
    needed."""

    def __init__(self, world: World, client: httpx.AsyncClient) -> None:
        self._world = world
        self._client = client

    async def requests(self) -> list[dict[str, Any]]:
        return list((await self._ask("GET", "/api/desk/requests"))["requests"])

    async def accept(self, request: str) -> None:
        await self._ask("POST", f"/api/desk/requests/{request}/accept", {})

    async def reject(self, request: str, reason: str) -> None:
        await self._ask("POST", f"/api/desk/requests/{request}/reject", {"reason": reason})

    async def send_unit(self, request: str, call_sign: str, eta_s: int | None = None) -> None:
        unit = {"call_sign": call_sign, "eta_s": eta_s}
        await self._ask("POST", f"/api/desk/requests/{request}/unit", unit)

    async def unit_here(self, request: str, latitude: float, longitude: float, eta_s: int) -> None:
        place = {"latitude": latitude, "longitude": longitude, "eta_s": eta_s}
        await self._ask("POST", f"/api/desk/requests/{request}/position", place)

    async def arrived(self, request: str) -> None:
        await self._ask("POST", f"/api/desk/requests/{request}/arrived", {})

    async def completed(self, request: str) -> None:
        await self._ask("POST", f"/api/desk/requests/{request}/completed", {})

    async def next_request(self, seen: set[str], *, every_s: float = LOOKS_EVERY_S) -> dict[str, Any]:
        """Wait for a request that nobody answered yet and whose id is not in `seen`; adds it there."""
        while True:
            for request in await self.requests():
                if request["state"] == "requested" and request["id"] not in seen:
                    seen.add(request["id"])
                    return request
            await self._world.clock.sleep(every_s)

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return read(await self._client.request(method, path, json=body))


class Officer:
    """The browser of an officer who was sent a link: https://centre/l/<token>."""

    def __init__(self, world: World, link: str) -> None:
        parts = urlsplit(link)
        self._world = world
        self._token = parts.path.rstrip("/").rsplit("/", 1)[-1]
        self._client = httpx.AsyncClient(base_url=f"{parts.scheme}://{parts.netloc}", timeout=10)

    async def close(self) -> None:
        await self._client.aclose()

    async def open(self) -> dict[str, Any]:
        """Open the link, which binds it to this browser; LinkState."""
        return await self._ask("POST", "/open", {})

    async def state(self) -> dict[str, Any]:
        return await self._ask("GET", "")

    async def watch_token(self, camera: str) -> dict[str, Any]:
        """A token for one camera's picture: {token, url, expires_at}."""
        return await self._ask("POST", "/tokens", {"camera": camera})

    async def here(self, latitude: float, longitude: float) -> None:
        """Tell the centre where the unit is."""
        await self._ask("POST", "/position", {"latitude": latitude, "longitude": longitude})

    async def arrived(self) -> dict[str, Any]:
        return await self._ask("POST", "/arrived", {})

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return read(await self._client.request(method, f"/api/links/{self._token}{path}", json=body))


@dataclass
class _Job:
    """A request on its way: since when it is in its state, and where its unit is bound for."""

    state: str
    since_s: float
    bound_for: Point | None = None
    officer: Officer | None = None
    moved_s: float = field(default=float("-inf"))


class Units:
    """Drives the units of one desk through the city's streets, where its cameras see them, and reports where they are.

    The desk belongs to a person, who accepts, names the unit and says that it has arrived; with `autopilot` that
    is done here too, and the officer's link is opened, so that the unit follows her.
    """

    def __init__(self, world: World, desk: Desk, city: City, *, autopilot: bool = False) -> None:
        self._world = world
        self._desk = desk
        self._city = city
        self._autopilot = autopilot
        self._jobs: dict[str, _Job] = {}

    async def run(self) -> None:
        """Until it is cancelled."""
        try:
            while True:
                await self.look()
                await self._world.clock.sleep(LOOKS_EVERY_S)
        finally:
            for id, job in self._jobs.items():
                self._city.dismiss(id)
                if job.officer is not None:
                    await job.officer.close()

    async def look(self) -> None:
        """Look at the desk once and do what is due."""
        now = self._world.clock.monotonic()
        for request in await self._desk.requests():
            job = self._jobs.setdefault(request["id"], _Job(request["state"], now))
            if job.state != request["state"]:
                job.state, job.since_s = request["state"], now
            try:
                await self._work(request, job, now)
            except Refused as refused:
                # The case may end between looking and doing; anything else is a fault worth knowing.
                if refused.status not in (404, 409, 410):
                    raise

    async def _work(self, request: dict[str, Any], job: _Job, now: float) -> None:
        id, waited = request["id"], now - job.since_s
        if request["closed"] or job.state in ("completed", "refused"):
            self._city.dismiss(id)
        elif job.state in ("requested", "no_answer") and self._autopilot and waited >= ANSWERS_AFTER_S:
            await self._desk.accept(id)
        elif job.state == "acknowledged" and self._autopilot and waited >= SETS_OUT_AFTER_S:
            await self._desk.send_unit(id, CALL_SIGN)
        elif job.state == "en_route" and now - job.moved_s >= MOVES_EVERY_S:
            job.moved_s = now
            await self._drive(request, job)

    async def _drive(self, request: dict[str, Any], job: _Job) -> None:
        id, city = request["id"], self._city
        now = self._world.clock.monotonic()
        target = await self._target(request, job)
        if target is not None and (job.bound_for is None or _apart(target, job.bound_for) > REPLANS_AFTER_M):
            city.patrol(id, target)
            job.bound_for = target
        car = city.patrol_car(id)
        if car is None:
            return
        spot = car.spot(now)
        latitude, longitude = city.quarter.plane.place(spot.x, spot.y)
        left_s = round((car.way.length_m - spot.walked_m) / car.speed_mps)
        await self._desk.unit_here(id, round(latitude, 6), round(longitude, 6), left_s)
        if not spot.moving and self._autopilot:
            await self._desk.arrived(id)

    async def _target(self, request: dict[str, Any], job: _Job) -> Point | None:
        """Where she is: what the link shows to an officer of ours, else what the request said."""
        place = request["position"]
        if self._autopilot and job.officer is None and request["link"]:
            job.officer = Officer(self._world, request["link"])
            await job.officer.open()
        if job.officer is not None:
            place = (await job.officer.state()).get("position") or place
        return self._city.quarter.plane.point(place["latitude"], place["longitude"]) if place else None


def _apart(a: Point, b: Point) -> float:
    return hypot(a[0] - b[0], a[1] - b[1])
