"""A whole centre in this process on a real database, a clock that the story moves, and people who speak HTTP to it."""

from __future__ import annotations

import asyncio
import json
import os
import random
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from ansim.app.centre import Centre
from ansim.app.http import application
from ansim.app.settings import Settings
from ansim.city.cameras.model import Camera
from ansim.city.cameras.register import register
from ansim.core.bus import Bus
from ansim.core.clock import ManualClock
from ansim.core.world import World
from ansim.sim.phone import Codes, Guardian, Phone, Profile, Receiver
from ansim.trust.access.actions import create_account, issue_token
from ansim.trust.access.model import Actor, Role
from tests.flow.apart import Apart, Wire

CENTRE = "gyeonggi-seongnam"
HOME = (37.38, 127.12)


class House:
    """The centre and everybody's way to it."""

    def __init__(
        self, centre: Centre, clock: ManualClock, transport: httpx.ASGITransport | Wire, stack: AsyncExitStack
    ) -> None:
        self.centre = centre
        self.clock = clock
        self._transport = transport
        self._stack = stack

    async def client(
        self, role: str | None = None, *, centre: str = CENTRE, agency: str | None = None
    ) -> httpx.AsyncClient:
        headers = {}
        if role is not None:
            async with self.centre.database.transaction() as tx:
                token = await issue_token(
                    tx, role=Role(role), centre=centre, ttl_s=7 * 86_400, actor="test", agency=agency
                )
            headers = {"authorization": f"Bearer {token}"}
        client = httpx.AsyncClient(transport=self._transport, base_url="http://localhost", headers=headers)
        return await self._stack.enter_async_context(client)

    async def account(self, name: str, role: Role = Role.OPERATOR) -> Actor:
        async with self.centre.database.transaction() as tx:
            made = await create_account(tx, account=name, name=name, role=role, centre=CENTRE, actor="test")
        return Actor(id=made.id, name=name, role=role, centre=CENTRE, session="test", expires_at=self.clock.now())

    async def phone(
        self, *, enrol: bool = True, at: tuple[float, float] = HOME, profile: Profile | None = None
    ) -> Phone:
        phone = Phone(
            self.centre.world,
            "http://localhost",
            Receiver(self.centre.world, random.Random(5), lambda: at),
            profile or HER,
        )
        phone._client = await self.client()
        if enrol:
            await phone.enrol()
        else:
            phone.centre_key = (await phone.mapping())["centres"][0]["key"]
        return phone

    @asynccontextmanager
    async def socket(self, path: str, token: str) -> AsyncIterator[Socket]:
        """A page's WebSocket with this bearer token."""
        socket = Socket(self._transport.app, path, {"authorization": f"Bearer {token}"})
        yield socket
        await socket.leave()

    async def settle(self) -> None:
        """Until every fact stated so far has been answered."""
        for _ in range(3):
            await self.centre.outbox.drained()
            await asyncio.sleep(0)

    async def until(self, holds: Callable[[], Awaitable[Any]], *, settled: bool = True) -> Any:
        """Wait for something that is on its way, without moving the clock; and, unless not `settled`, for every fact."""
        async with asyncio.timeout(60):
            while not (found := await holds()):
                if settled:
                    await self.settle()
                await asyncio.sleep(0.01)
        return found

    async def rows(self, sql: str, *arguments: Any) -> list[dict[str, Any]]:
        async with self.centre.database.transaction(readonly=True) as tx:
            return [dict(row) for row in await tx.fetch(sql, *arguments)]


class Socket:
    """The page's end of a WebSocket, spoken to the application without a network."""

    def __init__(self, app: Any, path: str, headers: dict[str, str]) -> None:
        self.heard: list[dict[str, Any]] = []
        self.code: int | None = None
        self._more = asyncio.Event()
        self._says: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._says.put_nowait({"type": "websocket.connect"})
        scope = {
            "type": "websocket", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "ws", "path": path,
            "raw_path": path.encode(), "query_string": b"", "root_path": "", "subprotocols": [], "state": {},
            "client": ("127.0.0.1", 4), "server": ("localhost", 80), "extensions": {},
            "headers": [(b"host", b"localhost"), *((name.encode(), value.encode()) for name, value in headers.items())],
        }  # fmt: skip
        self._served = asyncio.create_task(app(scope, self._says.get, self._hear))

    async def _hear(self, message: Any) -> None:
        if message["type"] == "websocket.send":
            self.heard.append(json.loads(message.get("text") or message["bytes"]))
            self._more.set()
        elif message["type"] == "websocket.close":
            self.code = message["code"]

    async def first(self, type: str) -> dict[str, Any]:
        async with asyncio.timeout(60):
            while True:
                for message in self.heard:
                    if message["type"] == type:
                        return message
                self._more.clear()
                await self._more.wait()

    async def leave(self) -> None:
        self._says.put_nowait({"type": "websocket.disconnect", "code": 1001})
        await asyncio.wait_for(self._served, 20)


HER = Profile(
    name="김하늘",
    phone="010-1111-2222",
    note="천식이 있어요",
    guardians=[Guardian(name="어머니", relation="어머니", phone="010-3333-4444", mail="mother@example.org")],
    codes=Codes(cancel="2580", duress="8520"),
)


@asynccontextmanager
async def opened(
    dsn: str, *, clock: ManualClock | None = None, country: Bus | None = None, **settings: Any
) -> AsyncIterator[House]:
    """A house with these settings besides its own; among others on the bus of a country."""
    clock = clock or ManualClock()
    with tempfile.TemporaryDirectory(prefix="ansim-flow.") as folder:
        chosen = Settings(**{"data": folder, "database": dsn, "centre": CENTRE, "simulated_channels": True, **settings})
        async with AsyncExitStack() as stack:
            if _apart and country is None:
                centre, transport = await stack.enter_async_context(_apart[0].joined(chosen, clock, Path(folder)))
            else:
                centre = await stack.enter_async_context(Centre(chosen, World(clock=clock), country=country))
                transport = httpx.ASGITransport(app=application(centre))  # type: ignore[arg-type]
            async with centre.database.transaction() as tx:
                await register(tx, list(CAMERAS), actor="test")
            async with AsyncExitStack() as clients:
                yield House(centre, clock, transport, clients)


BOTH = pytest.mark.parametrize("form", ["embedded", "distributed"], indirect=True)
"""A story told in both forms on every change; `--full` does so with all of them."""
_apart: list[Apart] = []


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with parameters of its own tries many things on one door, and is not told twice; nor is one that has a hub and a broker itself."""
    names = metafunc.fixturenames
    if (
        os.environ.get("ANSIM_FULL") == "1"
        and "dsn" in names
        and "land" not in names
        and not any(metafunc.definition.iter_markers("parametrize"))
    ):
        metafunc.parametrize("form", ["embedded", "distributed"], indirect=True)


@pytest.fixture(autouse=True)
def form(request: pytest.FixtureRequest) -> Iterator[None]:
    """How the centres of this test are put together: in one piece, or as they are in a country (`apart`)."""
    if getattr(request, "param", "embedded") == "distributed":
        broker = request.getfixturevalue("broker")
        _apart.append(Apart(broker.url, request.getfixturevalue("databases")))
    yield
    _apart.clear()


@pytest.fixture
async def house(dsn: str) -> AsyncIterator[House]:
    async with opened(dsn) as house:
        yield house


CAMERAS = tuple(
    Camera(
        id=f"cam-{number}", centre=CENTRE, name=f"별빛로 {number}", latitude=HOME[0] + north, longitude=HOME[1] + east,
        azimuth_deg=azimuth, view_deg=70, range_m=80,
    )
    for number, (north, east, azimuth) in enumerate(
        [(0.0003, 0.0, 180.0), (-0.0003, 0.0, 0.0), (0.0, 0.0004, 270.0), (0.0, 0.0004, 90.0), (0.02, 0.02, None)],
        start=1
    )
)  # fmt: skip


async def placed(house: House) -> bool:
    """Whether everything in the ledger has its place in the tree, and can be read by whoever may."""
    return not await house.rows("SELECT 1 FROM ledger_waiting")


def folder_of(house: House) -> Path:
    return house.centre.settings.folder
