"""A media node of its own and its centre, joined in memory: what either end sends arrives whole, in order, or never."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from ansim.app.remote import RemoteNode
from ansim.core.clock import ManualClock
from ansim.core.world import World
from ansim.nodes.media.apart import ApartNode
from ansim.nodes.media.ports import Device, Source
from ansim.nodes.media.tether import NoAnswer
from tests.flow.conftest import House


class End:
    """One end. `slow`: what is sent lies there until `let_go`."""

    def __init__(self) -> None:
        self.arrived: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.other = self
        self.ended = False
        self.slow = False
        self._held: list[bytes] = []

    async def send(self, message: bytes) -> None:
        if self.ended:
            raise EOFError
        if self.slow:
            self._held.append(message)
        else:
            self.other.arrived.put_nowait(message)

    async def receive(self) -> bytes:
        message = await self.arrived.get()
        if message is None:
            raise EOFError
        return message

    def let_go(self) -> None:
        self.slow = False
        for message in self._held:
            self.other.arrived.put_nowait(message)
        self._held.clear()


def wire() -> tuple[End, End]:
    one, other = End(), End()
    one.other, other.other = other, one
    return one, other


class Joined:
    """`centre` and `node` are the ends of the connection that stands now."""

    def __init__(self, remote: RemoteNode, apart: ApartNode) -> None:
        self.remote, self.apart = remote, apart
        self._serving: list[asyncio.Task[None]] = []

    async def join(self) -> None:
        self.centre, self.node = wire()
        self._serving = [
            asyncio.create_task(_until_the_end(self.remote.serve(self.centre), self.node)),
            asyncio.create_task(_until_the_end(self.apart.serve(self.node), self.centre)),
        ]
        async with asyncio.timeout(20):
            while not (self.apart.tethered and self.remote.up):
                if self._serving[1].done():
                    self._serving[1].result()
                await asyncio.sleep(0.005)

    async def part(self) -> None:
        """The connection is gone, and both know it."""
        for end in (self.centre, self.node):
            end.ended = True
            end.arrived.put_nowait(None)
        for task in self._serving:
            with suppress(NoAnswer):
                await task


async def _until_the_end(serving: Coroutine[Any, Any, None], other: End) -> None:
    """Whoever leaves takes the connection along."""
    try:
        await serving
    finally:
        other.ended = True
        other.arrived.put_nowait(None)


@asynccontextmanager
async def joined(
    remote: RemoteNode, world: World, folder: Path, sources: list[Source], make: object = None
) -> AsyncIterator[Joined]:
    def no_device(url: str) -> Device:
        raise ValueError

    apart = ApartNode(world, folder, make or no_device, [(source, None) for source in sources])  # type: ignore[arg-type]
    pair = Joined(remote, apart)
    await pair.join()
    try:
        yield pair
    finally:
        closing = asyncio.create_task(apart.close())
        assert isinstance(world.clock, ManualClock)
        while not closing.done():
            await world.clock.advance(1)
        await pair.part()


def remote_of(house: House) -> RemoteNode:
    """A centre's side of its own, beside the one that a house of one process has: nobody but the test tells it anything."""
    centre = house.centre
    return RemoteNode(
        centre.database, centre.gate, centre.wall_gate, secret="s" * 43, origin=centre.origin, lease_s=15.0,
        recording_days=30,
    )  # fmt: skip


async def soon() -> None:
    """Everything that was said has arrived."""
    for _ in range(30):
        await asyncio.sleep(0)
