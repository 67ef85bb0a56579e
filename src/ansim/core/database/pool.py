"""The driver that runs in production: asyncpg's pool."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from asyncpg.protocol import protocol

from ansim.core.database.driver import Connection, Row
from ansim.core.errors import Problem, Unavailable

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

# Of every member of an array asyncpg asks two abstract base classes, twice, whether it is an array too: a fifth of what
# an SOS costs in the group commit. Ours are lists, of text, numbers, times and bytes.
for _question in ("IterableABC", "SizedABC"):
    setattr(protocol, _question, (list, tuple))


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
    """The transaction begins with the first statement that needs one; `readonly` ones need none."""

    def __init__(self, connection: Any, *, readonly: bool) -> None:
        self._connection = connection
        self._readonly = readonly
        self._transaction: Any = None

    async def fetch(self, sql: str, *arguments: Any) -> list[Row]:
        await self._begin()
        return await self.look(sql, *arguments)

    async def execute(self, sql: str, *arguments: Any) -> str:
        await self._begin()
        tag: str = await self._connection.execute(sql, *arguments)
        return tag

    async def look(self, sql: str, *arguments: Any) -> list[Row]:
        rows: list[Row] = await self._connection.fetch(sql, *arguments)
        return rows

    async def finish(self, sql: str, *arguments: Any) -> None:
        await self._connection.execute(sql, *arguments)

    async def _begin(self) -> None:
        if self._transaction is None and not self._readonly:
            transaction = self._connection.transaction()
            await transaction.start()
            self._transaction = transaction

    async def end(self, *, commit: bool) -> None:
        if self._transaction is not None:
            await (self._transaction.commit() if commit else self._transaction.rollback())


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
                mine = PooledConnection(connection, readonly=readonly)
                try:
                    try:
                        yield mine
                    except BaseException:
                        await mine.end(commit=False)
                        raise
                    await mine.end(commit=True)
                except asyncpg.InterfaceError as error:
                    # With this error asyncpg also says that we asked wrongly, and that must be loud.
                    if _is_lost(connection):
                        raise Unavailable from error
                    raise
        except _AWAY as error:
            raise Unavailable from error
        except asyncpg.CharacterNotInRepertoireError as error:
            # A NUL is a character everywhere but in PostgreSQL's text: nothing of ours holds one, so somebody sent it.
            raise Problem(400, "request.character", "A character that no text may hold", "Leave out U+0000.") from error
        except asyncpg.InterfaceError as error:
            if self._pool.is_closing():
                raise Unavailable from error
            raise

    async def close(self) -> None:
        await self._pool.close()
