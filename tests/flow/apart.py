"""The distributed form of a story: the centre is one of a country, on a real broker with a hub, and whoever speaks to one of them does so over
a real socket. The clock is still the story's own, so all of it is in this process; processes of their own are in tests/faults.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import websockets
from msgspec.structs import replace

from ansim.adapters.bus.nats import NatsBus
from ansim.app.centre import Centre
from ansim.app.http import application
from ansim.app.hub import Hub
from ansim.app.hub import application as hub_application
from ansim.app.server import listen, served
from ansim.app.settings import HubSettings, Settings
from ansim.city.country.member import Country
from ansim.core.clock import ManualClock
from ansim.core.world import World
from ansim.trust.signed import own_key, public_text

ASKED_OF_THE_HUB = ("/api/mapping", "/lost")
_numbers = count()


class Wire(httpx.AsyncHTTPTransport):
    """To the centre's own port, and to the hub's for what is asked of a hub. `app` is how the tests' own sockets are carried there."""

    def __init__(self, centre: int, hub: int) -> None:
        super().__init__()
        self._centre, self._hub = centre, hub

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        port = self._hub if request.url.path in ASKED_OF_THE_HUB else self._centre
        carried = httpx.Request(
            request.method, request.url.copy_with(host="127.0.0.1", port=port), headers=request.headers,
            stream=request.stream, extensions=request.extensions,
        )  # fmt: skip
        return await super().handle_async_request(carried)

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        headers = [(name.decode(), value.decode()) for name, value in scope["headers"] if name != b"host"]
        address = f"ws://127.0.0.1:{self._centre}{scope['path']}?{scope['query_string'].decode()}"
        await receive()
        try:
            async with websockets.connect(
                address, additional_headers=headers, compression=None, max_size=None, proxy=None, user_agent_header=None
            ) as socket:
                await send({"type": "websocket.accept"})
                leaving = asyncio.create_task(_outward(socket, receive))
                with suppress(websockets.ConnectionClosed):
                    while True:
                        said = await socket.recv()
                        await send({"type": "websocket.send", "text" if isinstance(said, str) else "bytes": said})
                leaving.cancel()
                await asyncio.gather(leaving, return_exceptions=True)
                await send({"type": "websocket.close", "code": socket.close_code, "reason": socket.close_reason})
        except websockets.InvalidStatus:
            await send({"type": "websocket.close", "code": 1006})


async def _outward(socket: Any, receive: Any) -> None:
    while (message := await receive())["type"] == "websocket.receive":
        await socket.send(message["text"] if message.get("text") is not None else message["bytes"])
    await socket.close()


class Apart:
    """What a test's centres need to be apart: a broker, and a database for each hub."""

    def __init__(self, broker: str, databases: Callable[[], AbstractAsyncContextManager[str]]) -> None:
        self._broker, self._databases = broker, databases

    @asynccontextmanager
    async def joined(self, settings: Settings, clock: ManualClock, folder: Path) -> AsyncIterator[tuple[Centre, Wire]]:
        """A centre with these settings among others: there is a hub, which knows it and has heard it."""
        stream, world = f"story-{next(_numbers)}", World(clock=clock)
        hub_key, own = own_key(world, folder / "hub.key"), own_key(world, folder / "country.key")
        async with AsyncExitStack() as stack:
            hub_settings = HubSettings(
                country=self._broker, appointed={settings.centre: public_text(own.public_key())}, data=str(folder / "hub"),
                key=str(folder / "hub.key"), database=await stack.enter_async_context(self._databases()), port=0,
                default=settings.centre,
            )  # fmt: skip
            listener, hub_settings = listen(hub_settings)
            hub = await stack.enter_async_context(
                Hub(hub_settings, world, country=NatsBus(self._broker, stream=stream))
            )
            await stack.enter_async_context(served(hub_application(hub), listener))
            among = replace(
                settings, country=self._broker, hub_key=public_text(hub_key.public_key()),
                country_key=str(folder / "country.key"),
            )  # fmt: skip
            country = NatsBus(self._broker, stream=stream, by=settings.centre)
            centre = await stack.enter_async_context(Centre(among, world, country=country))
            door, taken = listen(replace(settings, port=0))
            await stack.enter_async_context(served(application(centre), door))
            known = centre.database.use(Country)
            async with asyncio.timeout(60):
                while not (known.up(settings.centre) and hub.beats.up(settings.centre)):
                    await clock.advance(1.0)  # the next beat
                    await asyncio.sleep(0.1)
            wire = Wire(taken.port, hub_settings.port)
            yield centre, wire
            await wire.aclose()
