"""Devices on TCP: a port for each protocol. A line costs what it may cost and no more, and none gets in another's way."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import structlog

from ansim.adapters.trackers.protocol import READ, Protocol
from ansim.adapters.trackers.protocols import PROTOCOLS
from ansim.adapters.trackers.reception import Echoes, Reception
from ansim.core.errors import Problem
from ansim.core.world import World

log = structlog.get_logger()

MOST_LINES = 20_000
MOST_OF_ADDRESS = 2_000
"""A carrier may show all of its devices under one address. Beyond these the line that has been quiet longest makes room: a new
one is never turned away, for it may be a call."""

QUIET_S = 20 * 60.0
"""A device that lives says something well within this; its heartbeats are minutes apart."""
SILENT_S = 60.0
"""A line on which nothing has been understood yet."""
SWEEP_S = 15.0

BURST, PER_S = 400.0, 100.0
"""Frames of one line that are read at once, and a second: what comes faster waits in its own line, and nothing is dropped."""

WAITING_REPLIES = 4096
"""Bytes that a device may leave unread before nothing more is read from it."""


@dataclass(eq=False)
class _Line:
    address: str
    name: str
    """What tells it from others, as long as its device has not said its number."""
    task: asyncio.Task[Any]
    heard_at: float
    understood: bool = False
    tokens: float = BURST
    counted_at: float = field(default=0.0)


class Devices:
    """The doors of devices. `doors` says which protocol listens on which port; 0 takes a free one."""

    def __init__(self, world: World, reception: Reception, host: str, doors: Mapping[str, int]) -> None:
        self._world = world
        self._reception = reception
        self._host = host
        self._doors = doors
        self.ports: dict[str, int] = {}
        """Where each protocol listens."""
        self._servers: list[asyncio.Server] = []
        self._lines: dict[_Line, None] = {}
        self._of_address: Counter[str] = Counter()
        self._echoes = Echoes()
        self._sweeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        for name, port in self._doors.items():
            protocol = PROTOCOLS[name]

            async def serve(
                reader: asyncio.StreamReader, writer: asyncio.StreamWriter, protocol: type[Protocol] = protocol
            ) -> None:
                await self._serve(protocol(), reader, writer)

            try:
                server = await asyncio.start_server(serve, self._host, port, limit=READ, backlog=1024)
            except OSError as error:
                await self.close()
                raise Problem(
                    400, "settings.trackers", f"Port {port} cannot be used", error.strerror or "", field="trackers"
                ) from None
            self._servers.append(server)
            self.ports[name] = server.sockets[0].getsockname()[1]
        if self._servers:
            self._sweeper = asyncio.create_task(self._sweep(), name="quiet devices")

    async def close(self) -> None:
        tasks = [line.task for line in self._lines]
        if self._sweeper is not None:
            tasks.append(self._sweeper)
        for server in self._servers:
            server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(
        self, protocol: Protocol, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:  # fmt: skip
        peer = writer.get_extra_info("peername") or ("", 0)
        task = asyncio.current_task()
        assert task is not None
        line = _Line(peer[0], f"{peer[0]}:{peer[1]}", task, self._world.clock.monotonic())
        line.counted_at = line.heard_at
        self._make_room(line.address)
        self._lines[line] = None
        self._of_address[line.address] += 1
        writer.transport.set_write_buffer_limits(high=WAITING_REPLIES)
        try:
            while received := await reader.read(READ):
                for frame in protocol.feed(received):
                    await self._pace(line)
                    await self._hear(protocol, frame, line, writer)
                # a device that never stops talking leaves the others their turn
                await asyncio.sleep(0)
        except (ConnectionError, asyncio.CancelledError):
            pass
        except Exception as error:
            # what it sent is not to be logged, nor what was said of it: a place may stand in it
            log.error("device line failed", protocol=protocol.name, why=type(error).__name__)
        finally:
            del self._lines[line]
            self._of_address[line.address] -= 1
            if not self._of_address[line.address]:
                del self._of_address[line.address]
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _hear(self, protocol: Protocol, frame: bytes, line: _Line, writer: asyncio.StreamWriter) -> None:
        now, kept = self._world.clock.now(), True
        for report in protocol.read(frame, now):
            if report.kind != "nothing":
                line.understood = True
                line.heard_at = self._world.clock.monotonic()
            id = self._echoes.id(protocol.name, line.name, report, frame, now) if report.sos else ""
            try:
                await self._reception.take(report, protocol.name, line.address, id, line=line.name)
            except Problem as problem:
                # the rest of a batch is heard all the same: a call may stand behind a position that is one too many
                kept = False
                if report.sos:
                    log.warning("call not kept", protocol=protocol.name, why=problem.type)
            # What is not kept is not acknowledged: the device has it still, and says it again.
            if report.reply and kept:
                writer.write(report.reply)
                await writer.drain()

    async def _pace(self, line: _Line) -> None:
        now = self._world.clock.monotonic()
        line.tokens = min(BURST, line.tokens + (now - line.counted_at) * PER_S)
        line.counted_at = now
        if line.tokens < 1:
            await self._world.clock.sleep((1 - line.tokens) / PER_S)
        line.tokens -= 1

    def _make_room(self, address: str) -> None:
        """By the line that has been quiet longest: of this address when it has too many, else of all."""
        if self._of_address[address] >= MOST_OF_ADDRESS:
            crowd = [line for line in self._lines if line.address == address]
        elif len(self._lines) >= MOST_LINES:
            crowd = list(self._lines)
        else:
            return
        min(crowd, key=lambda line: (line.understood, line.heard_at)).task.cancel()

    async def _sweep(self) -> None:
        while True:
            await self._world.clock.sleep(SWEEP_S)
            now = self._world.clock.monotonic()
            for line in list(self._lines):
                if now - line.heard_at > (QUIET_S if line.understood else SILENT_S):
                    line.task.cancel()
