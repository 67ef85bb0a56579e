"""A phone's end of the socket over which it films, spoken to the application without a network; and what it films."""

from __future__ import annotations

import asyncio
import io
import json
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import av
import numpy as np

from tests.flow.conftest import House

WEBM, MP4 = "video/webm;codecs=vp8", "video/mp4;codecs=avc1.42E01E"


@cache
def recorded(media: str = WEBM, *, seconds: int = 3) -> tuple[bytes, ...]:
    """A film as a browser records it: half-second pieces, the first with what describes it."""
    file, webm = io.BytesIO(), media.startswith("video/webm")
    options = {"live": "1"} if webm else {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    with av.open(file, "w", format="webm" if webm else "mp4", options=options) as container:
        coding = {"deadline": "realtime", "cpu-used": "8"} if webm else {"preset": "ultrafast", "profile": "baseline"}
        stream = container.add_stream("libvpx" if webm else "libx264", rate=10, options=coding)
        stream.width, stream.height, stream.pix_fmt, stream.codec_context.gop_size = 160, 120, "yuv420p", 10
        for number in range(10 * seconds):
            picture = np.full((120, 160, 3), (number * 25 % 256, 90, 200), np.uint8)
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    whole = file.getvalue()
    step = -(-len(whole) // (2 * seconds))
    return tuple(whole[at : at + step] for at in range(0, len(whole), step))


class Camera:
    """`code`: with what the centre closed it."""

    def __init__(self, app: Any, cookies: dict[str, str]) -> None:
        self.code: int | None = None
        self._heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._says: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._says.put_nowait({"type": "websocket.connect"})
        cookie = "; ".join(f"{name}={value}" for name, value in cookies.items()).encode()
        scope = {
            "type": "websocket", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "ws", "path": "/footage",
            "raw_path": b"/footage", "query_string": b"", "root_path": "", "subprotocols": [], "state": {},
            "client": ("127.0.0.1", 4), "server": ("localhost", 80), "extensions": {},
            "headers": [(b"host", b"localhost"), (b"cookie", cookie)],
        }  # fmt: skip
        self._served = asyncio.create_task(app(scope, self._says.get, self._hear))

    async def _hear(self, message: Any) -> None:
        if message["type"] == "websocket.send":
            self._heard.put_nowait(json.loads(message.get("text") or message["bytes"]))
        elif message["type"] == "websocket.close":
            self.code = message["code"]

    def say(self, **word: Any) -> None:
        self._says.put_nowait({"type": "websocket.receive", "text": json.dumps(word)})

    def send(self, number: int, content: bytes, *, age_ms: int = 0) -> None:
        self.send_raw(struct.pack(">II", number, age_ms) + content)

    def send_raw(self, message: bytes) -> None:
        self._says.put_nowait({"type": "websocket.receive", "bytes": message})

    async def heard(self) -> dict[str, Any]:
        async with asyncio.timeout(30):
            return await self._heard.get()

    async def begin(self, take: str = "take-0001", media: str = WEBM) -> int:
        self.say(take=take, media=media)
        word = await self.heard()
        assert (word["type"], word["take"]) == ("from", take), word
        return int(word["next"])

    async def keep(self, number: int, content: bytes) -> int:
        self.send(number, content)
        word = await self.heard()
        assert word["type"] == "kept", word
        return int(word["next"])

    async def end(self, take: str = "take-0001") -> None:
        self.say(take=take, end=True)
        assert await self.heard() == {"type": "ended", "take": take}

    async def refused(self) -> tuple[str, int]:
        """Why, and the code of the socket's end."""
        word = await self.heard()
        assert word["type"] == "refused", word
        await asyncio.wait_for(self._served, 20)
        assert self.code is not None
        return word["why"], self.code

    async def leave(self) -> None:
        self._says.put_nowait({"type": "websocket.disconnect", "code": 1006})
        await asyncio.wait_for(self._served, 20)


@asynccontextmanager
async def filming(
    house: House, *, ready: bool = True, cookies: dict[str, str] | None = None, **first: Any
) -> AsyncIterator[Camera]:
    """A phone that has said whose it is, and is heard."""
    camera = Camera(house._transport.app, cookies or {})
    camera.say(**first)
    if ready:
        assert await camera.heard() == {"type": "ready"}
    yield camera
    await camera.leave()
