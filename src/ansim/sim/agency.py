"""The other end of a dispatch: a desk at 112 or 119, and the officer who follows the link. Only public
HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import httpx

from ansim.core.geo import distance_m
from ansim.core.world import World
from ansim.sim.phone import read

ANSWERS_AFTER_S = 3.0
SETS_OUT_AFTER_S = 4.0
LOOKS_EVERY_S = 1.0
MOVES_EVERY_S = 2.0
THERE_M = 18.0

Move = Callable[[], tuple[float, float]]
"""Where the unit is now: (latitude, longitude)."""


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

    async def send_unit(self, request: str, call_sign: str) -> None:
        await self._ask("POST", f"/api/desk/requests/{request}/unit", {"call_sign": call_sign})

    async def arrived(self, request: str) -> None:
        await self._ask("POST", f"/api/desk/requests/{request}/arrived", {})

    async def completed(self, request: str) -> None:
        await self._ask("POST", f"/api/desk/requests/{request}/completed", {})

    async def next_request(self, seen: set[str]) -> dict[str, Any]:
        """Wait for a request that nobody answered yet and whose id is not in `seen`; adds it there."""
        while True:
            for request in await self.requests():
                if request["state"] == "requested" and request["id"] not in seen:
                    seen.add(request["id"])
                    return request
            await self._world.clock.sleep(LOOKS_EVERY_S)

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

    async def drive(self, move: Move) -> None:
        """Report the way until the unit stands where the person was last known to be, or the link has
        closed."""
        while True:
            latitude, longitude = move()
            await self.here(latitude, longitude)
            state = await self.state()
            person = state.get("position")
            if state.get("closed"):
                return
            if person and distance_m(latitude, longitude, person["latitude"], person["longitude"]) < THERE_M:
                await self.arrived()
                return
            await self._world.clock.sleep(MOVES_EVERY_S)

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return read(await self._client.request(method, f"/api/links/{self._token}{path}", json=body))


async def answer(
    world: World,
    desk: Desk,
    request: dict[str, Any],
    call_sign: str,
    dispatched: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """What a quick desk does with a request: accept, name a unit, and let `dispatched` bring it there."""
    await world.clock.sleep(ANSWERS_AFTER_S)
    await desk.accept(request["id"])
    await world.clock.sleep(SETS_OUT_AFTER_S)
    await desk.send_unit(request["id"], call_sign)
    await dispatched(request)
