"""A browser's picture without a browser: opens /media/{camera}, decodes what it gets, says whose picture it is."""

from __future__ import annotations

import asyncio
import io
import json
import time
from dataclasses import dataclass, field

import av
import websockets

from ansim.sim.marker import Code, camera_hash, read_code


@dataclass
class Viewed:
    """One viewing, from the request to its end."""

    camera: str
    asked_s: float
    first_frame_s: float | None = None
    bytes: int = 0
    code: Code | None = None
    closed: int | None = None
    closed_s: float | None = None
    seen: asyncio.Event = field(default_factory=asyncio.Event)
    """Its first picture came, or it ended."""

    @property
    def its_own_picture(self) -> bool:
        return self.code is not None and self.code.camera == camera_hash(self.camera)


class Viewer:
    def __init__(self, server: str) -> None:
        self._server = server.replace("http", "ws", 1)

    async def watch(self, camera: str, token: str, viewed: Viewed) -> Viewed:
        """Watch until the server ends it."""
        async with websockets.connect(f"{self._server}/media/{camera}", max_size=16 << 20) as socket:
            await socket.send(json.dumps({"token": token}))
            decoder = Decoder()
            try:
                async for message in socket:
                    if isinstance(message, bytes):
                        viewed.bytes += len(message)
                        await socket.send(json.dumps({"type": "ack", "bytes": viewed.bytes}))
                        await asyncio.to_thread(decoder.feed, message, viewed)
                        if viewed.code is not None:
                            viewed.seen.set()
            except websockets.ConnectionClosed:
                pass
            viewed.closed, viewed.closed_s = socket.close_code, time.monotonic()
            viewed.seen.set()  # nothing more will be
        return viewed


class Decoder:
    """Decodes until it knows whose picture it is. Messages are pieces of one fMP4 stream, cut anywhere."""

    def __init__(self) -> None:
        self._stream = bytearray()

    def feed(self, message: bytes, viewed: Viewed) -> None:
        if viewed.code is not None:
            return
        self._stream += message
        try:
            with av.open(io.BytesIO(bytes(self._stream)), "r") as container:
                for frame in container.decode(video=0):
                    if viewed.first_frame_s is None:
                        viewed.first_frame_s = time.monotonic()
                    viewed.code = read_code(frame) or viewed.code
        except av.FFmpegError:
            return  # the stream ends in the middle of a picture; the next message goes on
