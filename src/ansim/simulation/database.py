"""The way from a centre to its database, with its troubles."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from ansim.core.database.blocking import BlockingDriver
from ansim.core.database.driver import Connection, Row
from ansim.core.errors import Unavailable
from ansim.simulation.weather import Weather


class _Far:
    def __init__(self, connection: Connection, way: Way) -> None:
        self._connection = connection
        self._way = way

    async def fetch(self, sql: str, *arguments: Any) -> list[Row]:
        await self._way.pause()
        return await self._connection.fetch(sql, *arguments)

    async def execute(self, sql: str, *arguments: Any) -> str:
        await self._way.pause()
        return await self._connection.execute(sql, *arguments)

    async def look(self, sql: str, *arguments: Any) -> list[Row]:
        await self._way.pause()
        return await self._connection.look(sql, *arguments)

    async def finish(self, sql: str, *arguments: Any) -> None:
        await self._way.pause()
        await self._connection.finish(sql, *arguments)


class Way:
    """`ansim.core.database.Driver` over a server that outlives the centre."""

    def __init__(self, server: BlockingDriver, weather: Weather, draw: random.Random, faults: Counter[str]) -> None:
        self._server = server
        self._faults = faults
        self._draw = draw
        self.weather = weather
        self.transactions = 0

    @asynccontextmanager
    async def transaction(self, *, readonly: bool) -> AsyncIterator[Connection]:
        await self.pause()
        if self._draw.random() < self.weather.away:
            self._faults["database away"] += 1
            raise Unavailable
        self.transactions += 1
        async with self._server.transaction(readonly=readonly) as connection:
            yield _Far(connection, self)
            await self.pause()
            answered = self._draw.random() >= self.weather.unanswered
            if not answered and self._draw.random() < 0.5:
                self._faults["commit failed"] += 1
                raise Unavailable
        await self.pause()
        if not answered:
            self._faults["commit done, answer lost"] += 1
            raise Unavailable

    async def pause(self) -> None:
        if self.weather.statement_s:
            await asyncio.sleep(self._draw.expovariate(1 / self.weather.statement_s))

    async def close(self) -> None:
        pass
