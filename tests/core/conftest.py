"""A database on a clock that stands still until a test moves it."""

from __future__ import annotations

from collections.abc import AsyncIterator

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
