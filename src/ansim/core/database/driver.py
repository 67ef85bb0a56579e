"""What any PostgreSQL driver must do for us. Placeholders are $1, $2; arrays are lists; timestamptz is aware."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

Row = Mapping[str, Any]


class Connection(Protocol):
    async def fetch(self, sql: str, *arguments: Any) -> list[Row]: ...
    async def execute(self, sql: str, *arguments: Any) -> str:
        """The command tag, for example "UPDATE 1"."""

    async def look(self, sql: str, *arguments: Any) -> list[Row]:
        """As `fetch`, for what takes no lock: it does not begin the transaction."""

    async def finish(self, sql: str, *arguments: Any) -> None:
        """The last statement. When the transaction has not begun, the statement is the transaction."""


class Driver(Protocol):
    def transaction(self, *, readonly: bool) -> AbstractAsyncContextManager[Connection]:
        """One transaction: committed durably when the block ends, rolled back when it raises.

        Raises ansim.core.errors.Unavailable when the server cannot be reached or cannot write.
        """

    async def close(self) -> None: ...
