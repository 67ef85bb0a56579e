"""A pendant that speaks GT06 over TCP, as the cheap ones do: it signs in, says where it is, lives, and has one button.

Written apart from the centre's own reading of that protocol.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ansim.core.world import World

EVERY_S, HEARTBEAT_EVERY = 20.0, 3
AGAIN_S = 5.0
ANSWER_S = 10.0
_SIGN_IN, _FIX, _STATUS, _ALARM = 0x01, 0x12, 0x13, 0x26
_MAST = bytes.fromhex("01c206004b000001")


class Pendant:
    """`number` is its IMEI; `where` its true latitude and longitude."""

    def __init__(self, world: World, port: int, number: str, where: Callable[[], tuple[float, float]]) -> None:
        self._world, self._port, self._number, self._where = world, port, number, where
        self._serial = 0
        self._pressed = False
        self._wake = asyncio.Event()

    def press(self) -> None:
        """Its button: said before anything else, and again until the centre has answered."""
        self._pressed = True
        self._wake.set()

    async def live(self) -> None:
        """Be switched on. A line that breaks is made anew."""
        while True:
            try:
                await self._speak()
            except (OSError, TimeoutError, asyncio.IncompleteReadError):
                await self._world.clock.sleep(AGAIN_S)

    async def _speak(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            await self._say(reader, writer, _SIGN_IN, bytes.fromhex(self._number.zfill(16)))
            turn = 0
            while True:
                if self._pressed:
                    await self._say(reader, writer, _ALARM, self._fix() + b"\x09" + _MAST + bytes([0x26, 5, 3, 1, 2]))
                    self._pressed = False
                elif turn % HEARTBEAT_EVERY == 0:
                    await self._say(reader, writer, _STATUS, bytes([0x06, 5, 3, 0, 1]))
                await self._say(reader, writer, _FIX, self._fix() + _MAST)
                turn += 1
                await self._pause()
        finally:
            writer.close()

    async def _pause(self) -> None:
        """Until the next fix is due, or the button is pressed."""
        waits = [asyncio.ensure_future(one) for one in (self._world.clock.sleep(EVERY_S), self._wake.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()
        self._wake.clear()

    async def _say(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kind: int, content: bytes) -> None:
        """Send a frame and read its answer. Raises TimeoutError, OSError, IncompleteReadError."""
        self._serial = self._serial % 0xFFFF + 1
        writer.write(frame(kind, content, self._serial))
        async with asyncio.timeout(ANSWER_S):
            await writer.drain()
            head = await reader.readexactly(3)
            await reader.readexactly(head[2] + 2)

    def _fix(self) -> bytes:
        """The moment, eight satellites, the place north and east of zero, walking pace, a heading."""
        at = self._world.clock.now()
        clock = bytes([at.year % 100, at.month, at.day, at.hour, at.minute, at.second])
        place = b"".join(round(degrees * 1_800_000).to_bytes(4) for degrees in self._where())
        return clock + b"\xc8" + place + b"\x03" + (0x1400 | 90).to_bytes(2)


def frame(kind: int, content: bytes, serial: int) -> bytes:
    said = bytes([len(content) + 5, kind]) + content + serial.to_bytes(2)
    return b"\x78\x78" + said + _checksum(said).to_bytes(2) + b"\r\n"


def _checksum(content: bytes) -> int:
    """CRC-16/X-25, bit by bit."""
    found = 0xFFFF
    for byte in content:
        found ^= byte
        for _ in range(8):
            found = found >> 1 ^ 0x8408 if found & 1 else found >> 1
    return found ^ 0xFFFF


__all__ = ["Pendant", "frame"]
