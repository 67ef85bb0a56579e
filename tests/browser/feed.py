"""A camera's pictures as the media node sends them to a page: fragmented MP4 over one socket, made here; all of them, or single ones."""

from __future__ import annotations

import asyncio
import io
import json
from functools import cache
from itertools import pairwise
from typing import Any

import av
import numpy as np

WIDTH, HEIGHT, FPS, SECONDS, GROUP = 640, 360, 12, 16, 12


def _street(at: int) -> np.ndarray:
    """A street at night with one walker: enough to see that it moves."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    ground = y > HEIGHT * 0.42
    lamp = 150 * np.exp(-(((x - 420) / 90) ** 2 + ((y - 150) / 130) ** 2))
    road = np.abs(x - WIDTH / 2) < (y - HEIGHT * 0.42) * 1.1 + 20
    grey = np.where(ground, np.where(road, 74, 96), 38) + lamp + (y / HEIGHT) * 22
    left = 260 + at
    grey[190:236, left : left + 12] = 210
    grey[236:262, left + 2 : left + 5] = 30
    grey[236:262, left + 8 : left + 11] = 30
    noise = np.random.default_rng(at).normal(0, 5, grey.shape)
    return np.repeat(np.clip(grey + noise, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


@cache
def fragments() -> list[bytes]:
    """The init segment, then one fragment a picture."""
    file = io.BytesIO()
    options = {"movflags": "frag_every_frame+empty_moov+default_base_moof"}
    marks: list[int] = []
    with av.open(file, "w", format="mp4", options=options) as container:
        stream = container.add_stream(
            "libx264",
            rate=FPS,
            options={"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline", "g": f"{GROUP}"},
        )
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for at in range(FPS * SECONDS):
            for packet in stream.encode(av.VideoFrame.from_ndarray(_street(at), format="rgb24")):
                container.mux(packet)
                marks.append(file.tell())
        for packet in stream.encode(None):
            container.mux(packet)
    whole = file.getvalue()
    boxes: list[tuple[bytes, int, int]] = []
    at = 0
    while at < len(whole):
        size = int.from_bytes(whole[at : at + 4], "big")
        boxes.append((whole[at + 4 : at + 8], at, size))
        at += size
    first = next(start for kind, start, _ in boxes if kind == b"moof")
    starts = [start for kind, start, _ in boxes if kind == b"moof"] + [len(whole)]
    return [whole[:first], *(whole[a:b] for a, b in pairwise(starts))]


class Feed:
    """Plays to every viewer; a test can freeze it, and end the right to it."""

    def __init__(self) -> None:
        self.pieces = fragments()
        self.frozen = asyncio.Event()
        self.same_s: float | None = None
        """For how long the centre says that every picture has been the same."""
        self.single = False
        """Whether only the key frames come, one a second."""
        self.over = asyncio.Event()
        self.opened: list[tuple[str, Any]] = []
        self.watermark = "순찰 12호"

    async def __call__(self, camera: str, first: Any, send: Any) -> None:
        self.opened.append((camera, first))

        async def text(message: dict[str, Any]) -> None:
            await send({"type": "websocket.send", "text": json.dumps(message)})

        start = {
            "type": "start",
            "codec": "avc1.42c01e",
            "width": WIDTH,
            "height": HEIGHT,
            "camera": camera,
            "watermark": self.watermark,
        }
        await text(start)
        await send({"type": "websocket.send", "bytes": self.pieces[0] + self.pieces[1]})
        shown, age = 2, 0.4
        tick = 0
        while not self.over.is_set():
            await asyncio.sleep(1 / FPS)
            tick += 1
            if not self.frozen.is_set() and shown < len(self.pieces) and (not self.single or tick % GROUP == 0):
                at = shown if not self.single else (tick // GROUP * GROUP) % (len(self.pieces) - 1) + 1
                await send({"type": "websocket.send", "bytes": self.pieces[at]})
                shown, age = shown + 1, 0.4
            else:
                age += 1 / FPS
            if tick % FPS == FPS // 2:
                every = GROUP / FPS if self.single else None
                await text({"type": "health", "age_s": age, "every_s": every, "state": "live", "frozen_s": self.same_s})
        await send({"type": "websocket.close", "code": 4403, "reason": "revoked"})
