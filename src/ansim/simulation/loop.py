"""An event loop whose clock jumps from one moment at which something happens to the next."""

from __future__ import annotations

import asyncio
import contextvars
import heapq
import random
import selectors
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

PROCESS: contextvars.ContextVar[int] = contextvars.ContextVar("process", default=0)
"""Which simulated process the running code belongs to; 0 is the world around them."""

BEGINNING = datetime(2025, 3, 1, 9, 0, tzinfo=UTC)
"""The instant at which every simulated history begins."""


class Stuck(RuntimeError):
    """Everybody waits for somebody, for ever."""


class _NeverReady(selectors.BaseSelector):
    """No file is ever ready. Waiting moves the virtual clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self._map: dict[Any, selectors.SelectorKey] = {}

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        key = self._map[fileobj] = selectors.SelectorKey(fileobj, 0, events, data)
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._map.pop(fileobj)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Stuck
        self.now += max(timeout, 0.0)
        return []

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._map


class VirtualLoop(asyncio.SelectorEventLoop):
    """Runs what is ready in an order drawn from `draw`; can end one simulated process as `kill -9` does: nothing of it
    runs again, no `finally` either."""

    def __init__(self, draw: random.Random) -> None:
        self._never = _NeverReady()
        super().__init__(self._never)
        self._clock_resolution = 1e-9
        self._draw = draw
        self._threads = random.Random(draw.random())
        self._dead: set[int] = set()
        self._paused: dict[int, list[asyncio.Handle]] = {}
        self._made_by: dict[int, int] = {}
        self._over = False
        self.complaints: list[str] = []
        self.set_exception_handler(VirtualLoop._complain)

    def time(self) -> float:
        return self._never.now

    def call_soon(self, callback: Any, *args: Any, context: contextvars.Context | None = None) -> asyncio.Handle:  # type: ignore[override]
        if self._over or (self._dead and _process(context) in self._dead):
            # Coroutines that were never to run again still say goodbye when they are collected.
            return asyncio.Handle(callback, args, self, context)
        waits = self._paused.get(_process(context)) if self._paused else None
        if waits is None:
            return super().call_soon(callback, *args, context=context)
        handle = asyncio.Handle(callback, args, self, context)
        waits.append(handle)
        return handle

    def create_task(self, coro: Any, *, name: object = None, context: contextvars.Context | None = None) -> Any:
        task = super().create_task(coro, name=name, context=context)
        self._made_by[id(task)] = _process(context)
        return task

    def call_at(  # type: ignore[override]
        self, when: float, callback: Any, *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.TimerHandle:
        handle = super().call_at(when, callback, *args, context=context)
        if self._dead and _process(context) in self._dead:
            handle.cancel()
        elif self._paused and _process(context) in self._paused:
            self._put_aside(_process(context))
        return handle

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """A thread is a call that takes virtual time; what it does to the world happens at its beginning or its end."""
        future: asyncio.Future[Any] = self.create_future()
        taken = self._threads.choice((0.0002, 0.002, 0.02)) * (0.5 + self._threads.random())
        outcome = _try(func, args) if self._threads.random() < 0.5 else None

        def finish() -> None:
            result, error = outcome or _try(func, args)
            if future.done():
                return
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

        self.call_later(taken, finish)
        return future

    def pause(self, process: int) -> None:
        """As SIGSTOP does it: nothing of it runs until `go_on`, and what comes to it waits."""
        if process not in self._dead:
            self._paused.setdefault(process, [])
            self._put_aside(process)

    def go_on(self, process: int) -> None:
        for handle in self._paused.pop(process, ()):
            if isinstance(handle, asyncio.TimerHandle):
                heapq.heappush(self._scheduled, handle)  # type: ignore[attr-defined]
            else:
                self._ready.append(handle)  # type: ignore[attr-defined]

    def _put_aside(self, process: int) -> None:
        ready, scheduled, waits = self._ready, self._scheduled, self._paused[process]  # type: ignore[attr-defined]
        for queue in (ready, scheduled):
            theirs = [handle for handle in queue if handle._context.get(PROCESS) == process]
            if theirs:
                others = [handle for handle in queue if handle._context.get(PROCESS) != process]
                queue.clear()
                queue.extend(others)
                waits.extend(theirs)
        heapq.heapify(scheduled)

    def kill(self, process: int) -> None:
        self._dead.add(process)
        self._paused.pop(process, None)
        for handle in [*self._ready, *self._scheduled]:  # type: ignore[attr-defined]
            if handle._context.get(PROCESS) == process:
                handle.cancel()

    def _run_once(self) -> None:
        ready = self._ready  # type: ignore[attr-defined]
        if len(ready) > 1:
            order = list(ready)
            self._draw.shuffle(order)
            ready.clear()
            ready.extend(order)
        super()._run_once()  # type: ignore[misc]

    @staticmethod
    def _complain(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        assert isinstance(loop, VirtualLoop)
        # Of a process that was killed nobody is left to take what its tasks ended with.
        gone = loop._made_by.get(id(context.get("future"))) in loop._dead
        if "destroyed but it is pending" not in context["message"] and not gone:
            loop.complaints.append(f"{context['message']}: {context.get('exception')!r}")

    def _asyncgen_finalizer_hook(self, agen: Any) -> None:
        """A generator that is collected is of a dead process: it gets no last word."""

    def abandon(self) -> None:
        """Forget everything that has not happened."""
        self._ready.clear()  # type: ignore[attr-defined]
        self._scheduled.clear()  # type: ignore[attr-defined]
        self._over = True
        self.close()


def _process(context: contextvars.Context | None) -> int:
    return PROCESS.get() if context is None else context.get(PROCESS, 0)


def _try(func: Callable[..., Any], args: tuple[Any, ...]) -> tuple[Any, BaseException | None]:
    try:
        return func(*args), None
    except Exception as error:
        return None, error


class VirtualClock:
    """`ansim.core.clock.Clock` over a virtual loop. `skew`: by how much its wall time is wrong."""

    def __init__(self, loop: VirtualLoop, skew: timedelta = timedelta(0)) -> None:
        self._loop = loop
        self.skew = skew

    def now(self) -> datetime:
        return BEGINNING + timedelta(seconds=self._loop.time()) + self.skew

    def monotonic(self) -> float:
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))
