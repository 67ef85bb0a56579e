"""The database of a process: the operator's by DSN, or one of our own in its folder; durable, and brought up to date."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import structlog

from ansim.core.database import Database
from ansim.core.database.pool import PoolDriver
from ansim.core.migrate import migrate
from ansim.core.postgres import EmbeddedPostgres, insist_durable
from ansim.core.world import World

log = structlog.get_logger()


async def open_database(
    stack: AsyncExitStack, world: World, dsn: str | None, folder: Path, *, size: int = 10
) -> tuple[Database, str]:
    """It and its DSN; a server of our own is stopped with the stack. Raises NotDurable, PostgresFailed."""
    address = dsn or await _started(stack, folder / "postgres")
    connection = await asyncpg.connect(address)
    try:
        await insist_durable(connection)
    finally:
        await connection.close()
    for name in await migrate(address):
        log.info("migrated", migration=name)
    return Database(await PoolDriver.connect(address, size=size), world), address


async def _started(stack: AsyncExitStack, folder: Path) -> str:
    postgres = EmbeddedPostgres(folder)
    dsn = await asyncio.to_thread(postgres.start)
    stack.push_async_callback(asyncio.to_thread, postgres.stop)
    return dsn
