"""Time as a part that can be exchanged: the same code runs on the wall clock, under test and in simulation."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, Protocol

KOREA: Final = timezone(timedelta(hours=9))
"""What clocks on Korean walls show, all year."""


class Clock(Protocol):
    def now(self) -> datetime:
        """The wall time, aware, UTC. It may jump; durations are never computed from it."""

    def monotonic(self) -> float:
        """Seconds since an arbitrary moment; never goes back."""

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


class ManualClock:
    """A clock that moves only when it is told to. `advance` wakes sleepers in the order of their time."""

    def __init__(self, now: datetime | None = None) -> None:
        self._now = now or datetime(2026, 11, 21, 14, 47, tzinfo=UTC)
        self._monotonic = 1000.0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        wake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._monotonic + seconds, next(self._order), wake))
        await wake

    def jump(self, seconds: float) -> None:
        """Move the wall clock only, as an administrator or a broken time server does."""
        self._now += timedelta(seconds=seconds)

    async def leap(self, seconds: float) -> None:
        """Move on at once, as a machine does that was suspended: whoever should have woken wakes now, once."""
        self._step(seconds)
        while self._sleepers and self._sleepers[0][0] <= self._monotonic:
            _, _, wake = heapq.heappop(self._sleepers)
            if not wake.done():
                wake.set_result(None)
        await _settle()

    async def advance(self, seconds: float) -> None:
        end = self._monotonic + seconds
        await _settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            due, _, wake = heapq.heappop(self._sleepers)
            self._step(due - self._monotonic)
            if not wake.done():
                wake.set_result(None)
            await _settle()
        self._step(end - self._monotonic)
        await _settle()

    def _step(self, seconds: float) -> None:
        self._monotonic += seconds
        self._now += timedelta(seconds=seconds)


async def _settle() -> None:
    """Let everything that is ready run before time goes on."""
    for _ in range(20):
        await asyncio.sleep(0)
