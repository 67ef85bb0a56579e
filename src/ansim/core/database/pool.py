"""The driver that runs in production: asyncpg's pool."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from ansim.core.database.driver import Connection, Row
from ansim.core.errors import Unavailable

_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DiskFullError,
    asyncpg.PostgresIOError,
    asyncpg.ReadOnlySQLTransactionError,
    # nothing happened and nothing is wrong: the other one went first
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
)


class Plain(asyncpg.Connection):
    """We leave nothing behind in a session (no settings, cursors, listeners or locks), so there is nothing to reset: one
    round trip less between the commit and the receipt."""

    def get_reset_query(self) -> str:
        return ""


def _is_lost(connection: Any) -> bool:
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:
        # The pool has taken it back already.
        return True


class PooledConnection:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def fetch(self, sql: str, *arguments: Any) -> list[Row]:
        rows: list[Row] = await self._connection.fetch(sql, *arguments)
        return rows

    async def execute(self, sql: str, *arguments: Any) -> str:
        tag: str = await self._connection.execute(sql, *arguments)
        return tag


class PoolDriver:
    def __init__(self, pool: Any) -> None:
        self._pool = pool

    @classmethod
    async def connect(cls, dsn: str, *, size: int = 10) -> PoolDriver:
        try:
            pool = await asyncpg.create_pool(
                dsn,
                min_size=2,
                max_size=size,
                timeout=3,
                connection_class=Plain,
                command_timeout=30,
                # What we promised to have stored is on the disk, whatever the server's default says.
                server_settings={"synchronous_commit": "on", "timezone": "UTC", "application_name": "ansim"},
            )
        except _AWAY as error:
            raise Unavailable from error
        return cls(pool)

    @asynccontextmanager
    async def transaction(self, *, readonly: bool) -> AsyncIterator[Connection]:
        try:
            async with self._pool.acquire(timeout=5) as connection:
                try:
                    if readonly:
                        yield PooledConnection(connection)
                    else:
                        async with connection.transaction():
                            yield PooledConnection(connection)
                except asyncpg.InterfaceError as error:
                    # With this error asyncpg also says that we asked wrongly, and that must be loud.
                    if _is_lost(connection):
                        raise Unavailable from error
                    raise
        except _AWAY as error:
            raise Unavailable from error
        except asyncpg.InterfaceError as error:
            if self._pool.is_closing():
                raise Unavailable from error
            raise

    async def close(self) -> None:
        await self._pool.close()
