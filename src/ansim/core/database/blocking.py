"""A driver that never gives up control while it waits: a statement takes no virtual time and cannot be re-ordered,
so the deterministic simulation replays from its seed while it runs the shipped SQL on a real server.

Transactions may still overlap, because an action may wait for something else in its middle. One that meets another's
lock steps back and tries again when a transaction has ended: in one thread nobody else could release it.
"""

from __future__ import annotations

import asyncio
import functools
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg import errors
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row

from ansim.core.database.driver import Connection, Row
from ansim.core.errors import Unavailable

REMEMBERED = 500
_LOCK = re.compile(r"SELECT pg_advisory_xact_lock\(\d+\)")
_NO_READING = re.compile(
    r"\bFOR (?:NO KEY )?(?:UPDATE|SHARE)|\bpg_|\bnextval|\bsetval|\bnow\(|\brandom\(", re.IGNORECASE
)


@functools.lru_cache(maxsize=2048)
def _reads(sql: str) -> bool:
    """Whether it only reads, and says the same as long as nothing is written."""
    return sql.lstrip().startswith("SELECT") and _NO_READING.search(sql) is None


def _hashable(arguments: tuple[Any, ...]) -> bool:
    return not any(isinstance(one, list) for one in arguments)


class Abandoned(Exception):
    """The process that held this transaction is dead."""


class BlockingConnection:
    """One open transaction."""

    def __init__(
        self, driver: BlockingDriver, connection: psycopg.Connection[dict[str, Any]], *, readonly: bool
    ) -> None:
        self._driver = driver
        self._begun = readonly
        self.connection = connection
        self._cursor = psycopg.RawCursor(connection, row_factory=dict_row)
        self._owed: list[str] = []
        self.wrote = False
        self.abandoned = False

    async def fetch(self, sql: str, *arguments: Any) -> list[Row]:
        known = self._driver.known(self, sql, arguments)
        if known is not None:
            return list(known)
        await self._execute(sql, arguments)
        rows = list(self._cursor.fetchall()) if self._cursor.description else []
        self._driver.remember(self, sql, arguments, rows)
        return list(rows)

    async def execute(self, sql: str, *arguments: Any) -> str:
        if self._waits_for_nobody(sql):
            return "SELECT 1"
        await self._execute(sql, arguments)
        return self._cursor.statusmessage or ""

    def settle(self) -> None:
        """Take the locks that nobody contended: somebody might from now on."""
        for sql in self._owed:
            if not self._begun:
                self._cursor.execute(b"BEGIN")
                self._begun = True
            self._cursor.execute(sql.encode())
        self._owed.clear()

    def _waits_for_nobody(self, sql: str) -> bool:
        """A lock by number, of a transaction that has read at most what is remembered, is taken when there is more to do than reading."""
        if not self._driver.alone or self._begun or not _LOCK.fullmatch(sql):
            return False
        self._owed.append(sql)
        return True

    async def look(self, sql: str, *arguments: Any) -> list[Row]:
        await self._execute(sql, arguments, begin=False)
        return list(self._cursor.fetchall())

    async def finish(self, sql: str, *arguments: Any) -> None:
        # Beside others it may have to step back, which only a transaction can.
        await self._execute(sql, arguments, begin=not self._driver.alone)

    async def _execute(self, sql: str, arguments: tuple[Any, ...], *, begin: bool = True) -> None:
        while True:
            if self.abandoned:
                raise Abandoned
            self.settle()
            if not _reads(sql):
                self.wrote = True
                self._driver.forget()
            if begin and not self._begun:
                self._cursor.execute(b"BEGIN")
                self._begun = True
            alone = self._driver.alone or self.connection.info.transaction_status is TransactionStatus.IDLE
            if not alone:
                self._cursor.execute(b"SAVEPOINT before")
            try:
                self._cursor.execute(sql.encode(), arguments or None)
                return
            except errors.LockNotAvailable:
                if alone:
                    raise
            self._cursor.execute(b"ROLLBACK TO SAVEPOINT before")
            await self._driver.others_end(self)


class BlockingDriver:
    """`schema` separates simulated centres inside one server.

    What was read is remembered until something is written: a centre that has nothing to do asks the same every second.
    """

    def __init__(self, dsn: str, *, schema: str | None = None) -> None:
        if schema is not None and not re.fullmatch(r"[a-z_][a-z0-9_]*", schema):
            raise ValueError("schema: lowercase letters, digits and _ only")
        self._dsn = dsn
        self._schema = schema
        self._idle: list[psycopg.Connection[dict[str, Any]]] = []
        self._open: list[BlockingConnection] = []
        self._waiting: dict[BlockingConnection, asyncio.Future[None]] = {}
        self._memory: dict[tuple[str, tuple[Any, ...]], Sequence[Row]] = {}

    def known(self, mine: BlockingConnection, sql: str, arguments: tuple[Any, ...]) -> Sequence[Row] | None:
        """What the server would answer, if that is certain without asking: nobody has written since, or is about to."""
        if not self.alone or mine.wrote or not _hashable(arguments):
            return None
        return self._memory.get((sql, arguments))

    def remember(self, mine: BlockingConnection, sql: str, arguments: tuple[Any, ...], rows: Sequence[Row]) -> None:
        if self.alone and not mine.wrote and _reads(sql) and _hashable(arguments):
            if len(self._memory) >= REMEMBERED:
                self._memory.clear()
            self._memory[sql, arguments] = rows

    def forget(self) -> None:
        self._memory.clear()

    @property
    def alone(self) -> bool:
        return len(self._open) == 1

    @asynccontextmanager
    async def transaction(self, *, readonly: bool) -> AsyncIterator[Connection]:
        # As in production, one that only reads is no transaction: each of its statements sees what is committed then.
        mine = BlockingConnection(self, self._idle.pop() if self._idle else self._connect(), readonly=readonly)
        for other in self._open:
            other.settle()
        self._open.append(mine)
        try:
            yield mine
        except BaseException:
            self._end(mine, commit=False)
            raise
        self._end(mine, commit=True)

    async def others_end(self, mine: BlockingConnection) -> None:
        """Wait until some other transaction has ended; raises what the server raises in a deadlock."""
        # Who has been woken waits for nobody, though it had no turn yet.
        if sum(not waiting.done() for waiting in self._waiting.values()) + 1 >= len(self._open):
            raise errors.DeadlockDetected
        self._waiting[mine] = asyncio.get_running_loop().create_future()
        try:
            await self._waiting[mine]
        finally:
            self._waiting.pop(mine, None)

    def abandon(self) -> None:
        """The process died: the server rolls back whatever it had open."""
        for one in self._open:
            one.abandoned = True
            self._return(one.connection)
        self._open.clear()
        self._waiting.clear()

    async def close(self) -> None:
        self.abandon()
        for connection in self._idle:
            connection.close()
        self._idle.clear()

    def _connect(self) -> psycopg.Connection[dict[str, Any]]:
        try:
            connection = psycopg.connect(self._dsn, row_factory=dict_row, autocommit=True)
        except psycopg.OperationalError as error:
            raise Unavailable from error
        connection.execute("SET timezone TO 'UTC'")
        # Long enough for the server to look, and nobody can release a lock while we wait for it.
        connection.execute("SET lock_timeout TO '1ms'")
        if self._schema:
            connection.execute(f"SET search_path TO {self._schema}".encode())
        return connection

    def _end(self, mine: BlockingConnection, *, commit: bool) -> None:
        if mine.abandoned:
            if commit:
                raise Abandoned
            return
        self._open.remove(mine)
        if mine.wrote:
            self.forget()
        try:
            if commit and mine.connection.info.transaction_status is not TransactionStatus.IDLE:
                mine.connection.execute(b"COMMIT")
        finally:
            self._return(mine.connection)
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_result(None)

    def _return(self, connection: psycopg.Connection[dict[str, Any]]) -> None:
        if connection.info.transaction_status is not TransactionStatus.IDLE:
            connection.execute(b"ROLLBACK")
        self._idle.append(connection)
