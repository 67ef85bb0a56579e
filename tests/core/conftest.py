"""A database on a clock that stands still until a test moves it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from ansim.core.clock import ManualClock
from ansim.core.database import Database
from ansim.core.database.pool import PoolDriver
from ansim.core.world import World


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def database(dsn: str, clock: ManualClock) -> AsyncIterator[Database]:
    database = Database(await PoolDriver.connect(dsn, size=4), World(clock=clock))
    yield database
    await database.close()


async def settled(database: Database) -> None:
    """Long enough for everything that was ready to go to the database and come back."""
    for _ in range(40):
        async with database.transaction(readonly=True) as tx:
            await tx.fetchval("SELECT 1")


async def until(holds: Callable[[], Any]) -> None:
    """Wait for something that is on its way, without moving the clock. `holds` may be a coroutine function."""
    async with asyncio.timeout(60):
        while True:
            found = holds()
            if await found if isinstance(found, Awaitable) else found:
                return
            await asyncio.sleep(0.005)


async def rows(database: Database, sql: str, *arguments: Any) -> list[dict[str, Any]]:
    async with database.transaction(readonly=True) as tx:
        return [dict(row) for row in await tx.fetch(sql, *arguments)]
