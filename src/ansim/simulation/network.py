"""The network between people and the centre: late, lossy, repeating, and sometimes not there at all."""

from __future__ import annotations

import asyncio
import contextvars
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from ansim.app.centre import Centre
from ansim.core.errors import Problem, Unavailable
from ansim.simulation.loop import VirtualLoop
from ansim.simulation.weather import Weather

PATIENCE_S = 3.0
Answer = TypeVar("Answer")


class Lost(Exception):
    """No answer. Whether the request arrived, nobody knows."""


class Network:
    def __init__(self, loop: VirtualLoop, weather: Weather, draw: random.Random, faults: Counter[str]) -> None:
        self._loop = loop
        self._faults = faults
        self._draw = draw
        self._around = contextvars.copy_context()
        self.weather = weather
        self.centre: Centre | None = None
        """The centre that answers; None while it is down."""
        self.inside: contextvars.Context | None = None
        """The context in which that centre's code runs, and dies."""
        self.cut = False
        self.failures: list[str] = []
        """Requests that ended as no request may end."""

    async def ask(self, serve: Callable[[Centre], Awaitable[Answer]]) -> Answer:
        """Send a request and wait for its answer. Raises Lost, and Problem when the centre said so."""
        answer: asyncio.Future[Answer] = self._loop.create_future()
        twice = self._draw.random() < self.weather.twice
        self._faults["request twice"] += twice
        for _ in range(1 + twice):
            self._loop.call_later(self._leg(), self._arrive, serve, answer)
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await answer
        except TimeoutError:
            raise Lost from None

    def _arrive(self, serve: Callable[[Centre], Awaitable[Any]], answer: asyncio.Future[Any]) -> None:
        if self._lost():
            return
        if self.centre is None or self.inside is None:
            if not answer.done():
                answer.set_exception(Lost())
            return
        self._loop.create_task(self._serve(self.centre, serve, answer), context=self.inside.copy())

    async def _serve(
        self, centre: Centre, serve: Callable[[Centre], Awaitable[Any]], answer: asyncio.Future[Any]
    ) -> None:
        result: Any = None
        error: Exception | None = None
        try:
            result = await serve(centre)
        except Problem as problem:
            error = problem
        except Exception as other:
            self.failures.append(f"a request ended in {type(other).__name__}: {other}")
            error = Unavailable()
        if not self._lost():
            self._loop.call_later(self._leg(), _settle, answer, result, error, context=self._around)

    def _lost(self) -> bool:
        lost = self.cut or self._draw.random() < self.weather.loss
        self._faults["request or answer lost"] += lost
        return lost

    def _leg(self) -> float:
        if self._draw.random() < self.weather.straggler:
            self._faults["request late"] += 1
            return self._draw.uniform(1.0, 30.0)
        return self._draw.expovariate(1 / self.weather.leg_s)


def _settle(answer: asyncio.Future[Any], result: Any, error: Exception | None) -> None:
    if answer.done():
        return
    if error is not None:
        answer.set_exception(error)
    else:
        answer.set_result(result)
