"""A database and a clock that stands still, for tests of what is written under trust."""

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
def world(clock: ManualClock) -> World:
    return World(clock=clock)


@pytest.fixture
async def database(dsn: str, world: World) -> AsyncIterator[Database]:
    database = Database(await PoolDriver.connect(dsn, size=4), world)
    yield database
    await database.close()
