"""A driver that never gives up control while it waits: a statement takes no virtual time and cannot be re-ordered,
so the deterministic simulation replays from its seed while it runs the shipped SQL on a real server."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row

from ansim.core.database.driver import Connection, Row


class BlockingConnection:
    def __init__(self, connection: psycopg.Connection[dict[str, Any]]) -> None:
        self._cursor = psycopg.RawCursor(connection, row_factory=dict_row)

    async def fetch(self, sql: str, *arguments: Any) -> list[Row]:
        self._cursor.execute(sql.encode(), arguments or None)
        return list(self._cursor.fetchall()) if self._cursor.description else []

    async def execute(self, sql: str, *arguments: Any) -> str:
        self._cursor.execute(sql.encode(), arguments or None)
        return self._cursor.statusmessage or ""


class BlockingDriver:
    """`schema` separates simulated centres inside one server."""

    def __init__(self, dsn: str, *, schema: str | None = None) -> None:
        if schema is not None and not re.fullmatch(r"[a-z_][a-z0-9_]*", schema):
            raise ValueError("schema: lowercase letters, digits and _ only")
        self._connection = psycopg.connect(dsn, row_factory=dict_row, autocommit=False)
        self._connection.execute("SET timezone TO 'UTC'")
        if schema:
            self._connection.execute(f"SET search_path TO {schema}".encode())
        self._connection.commit()

    @asynccontextmanager
    async def transaction(self, *, readonly: bool) -> AsyncIterator[Connection]:
        try:
            yield BlockingConnection(self._connection)
        except BaseException:
            self._connection.rollback()
            raise
        self._connection.commit()

    async def close(self) -> None:
        self._connection.close()
