"""One viewer: what waits for it and what is out. A slow one loses pictures, never time, and slows nobody
else.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Protocol

import msgspec

from ansim.core.clock import Clock
from ansim.nodes.media.ports import View, WallView
from ansim.nodes.media.window import Window

LAG_S = 1.0  # a picture that waited longer is not live any more
MOST_WAITING = 8 * 1024 * 1024


class Played(Protocol):
    """What every picture until the next change shares: what a player must have before the first of them."""

    @property
    def codec(self) -> str: ...
    @property
    def init(self) -> bytes: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...


class Playable(Protocol):
    """One picture, ready to be sent; `leading` as in `ring.Frame`."""

    @property
    def stream(self) -> Played: ...
    @property
    def key(self) -> bool: ...
    @property
    def leading(self) -> bool: ...
    @property
    def fragment(self) -> bytes: ...


class Admitted:
    """Somebody the gate let in, until `ended`. `cut_off` closes the connection without sending what still waits in it."""

    def __init__(self, clock: Clock, view: View | WallView, cut_off: Callable[[], None]) -> None:
        self.why = ""
        self.code = 0
        self.ended = asyncio.Event()
        self.window = Window()
        self.id, self.grant = view.id, view.grant
        self._clock = clock
        self._cut_off = cut_off
        self.until(view.until)
        self._texts: deque[str] = deque(maxlen=4)  # only the newest are worth anything
        self._wake = asyncio.Event()

    def until(self, end: datetime) -> None:
        """The token's end as a duration from now: a wall clock set back must not give a viewer more time."""
        self._deadline = self._clock.monotonic() + (end - self._clock.now()).total_seconds()

    def left(self) -> float:
        """Seconds until the view expires."""
        return self._deadline - self._clock.monotonic()

    def tell(self, message: dict[str, object]) -> None:
        self._texts.append(msgspec.json.encode(message).decode())
        self._wake.set()

    def acknowledge(self, total: int) -> None:
        self.window.acknowledge(total, self._clock.monotonic())
        self._wake.set()

    async def next(self) -> str | bytes | memoryview | None:
        """What to send next, when it may be sent; None at the end."""
        while not self.ended.is_set():
            if self._texts:
                return self._texts.popleft()
            if (room := self.window.room()) > 0 and (message := self._picture(room)) is not None:
                return message
            self._wake.clear()
            await self._wake.wait()
        return None

    def _picture(self, room: int) -> str | bytes | memoryview | None:
        """The next piece of what waits, or what must be said before it; None when nothing waits."""
        raise NotImplementedError

    def end(self, code: int, why: str) -> None:
        """No byte leaves after this. A viewer that has not yet taken what is out is cut off at once."""
        if self.ended.is_set():
            return
        self.code, self.why = code, why
        self.ended.set()
        self._wake.set()
        if self.window.behind(self._clock.monotonic()):
            self._cut_off()


class Viewer(Admitted):
    """One who watches a camera live. `families`: what it can play beside what every browser plays."""

    def __init__(self, clock: Clock, view: View, cut_off: Callable[[], None], families: Collection[str] = ()) -> None:
        super().__init__(clock, view, cut_off)
        self.view = view
        self.families = families
        self.frames = 0
        self.dropped = 0
        self._waiting: deque[tuple[Playable, float]] = deque()
        self._waiting_size = 0
        self._needs_key = self._orphans = True
        self._stream: Played | None = None
        self._rest = memoryview(b"")

    def offer(self, frame: Playable) -> None:
        now = self._clock.monotonic()
        if self._waiting and (
            now - self._waiting[0][1] > LAG_S or self._waiting_size + len(frame.fragment) > MOST_WAITING
        ):
            self._fall_back()
        if frame.key:
            self._orphans, self._needs_key = self._needs_key, False
        if self._needs_key or (frame.leading and self._orphans):
            self.dropped += 1
            return
        self._waiting.append((frame, now))
        self._waiting_size += len(frame.fragment)
        self._wake.set()

    def _fall_back(self) -> None:
        """Too slow: of what waits only the newest key frame can still be shown, and nothing until the next
        one.
        """
        key = next((entry for entry in reversed(self._waiting) if entry[0].key), None)
        self.dropped += len(self._waiting) - (key is not None)
        self._waiting.clear()
        self._waiting_size = 0
        self._needs_key = True
        if key is not None:
            self._waiting.append((key[0], self._clock.monotonic()))
            self._waiting_size = len(key[0].fragment)

    def _picture(self, room: int) -> str | memoryview | None:
        if not self._rest:
            if not self._waiting:
                return None
            frame, _ = self._waiting.popleft()
            self._waiting_size -= len(frame.fragment)
            self.frames += 1
            if frame.stream is self._stream:
                self._rest = memoryview(frame.fragment)
            else:
                self._stream = frame.stream
                self._rest = memoryview(frame.stream.init + frame.fragment)
                return msgspec.json.encode(self._start(frame.stream)).decode()
        chunk, self._rest = self._rest[:room], self._rest[room:]
        self.window.sent(len(chunk), self._clock.monotonic())
        return chunk

    def _start(self, stream: Played) -> dict[str, object]:
        return {
            "type": "start",
            "camera": self.view.camera,
            "codec": stream.codec,
            "width": stream.width,
            "height": stream.height,
            "watermark": self.view.watermark,
            "waiting_bytes": len(self._rest) + self._waiting_size,
        }
