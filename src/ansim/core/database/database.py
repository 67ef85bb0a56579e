"""One action = one transaction: state, ledger, outbox and timers are written together or not at all."""

from __future__ import annotations

import functools
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from ansim.core.database.driver import Connection, Driver, Row
from ansim.core.events import Fact
from ansim.core.world import World

Service = TypeVar("Service")


class Stated(msgspec.Struct, frozen=True):
    """A fact with the id under which it leaves."""

    id: str
    fact: Fact


@dataclass(frozen=True)
class Committed:
    """What a transaction left behind, told to listeners in this process once it is durable."""

    at: datetime
    facts: tuple[Stated, ...]
    mentioned: tuple[Fact, ...]
    armed: tuple[tuple[str, str, datetime], ...]
    disarmed: tuple[tuple[str, str], ...]


class Transaction:
    """The inside of an action. Reads and writes through SQL; states facts; arms timers."""

    def __init__(self, connection: Connection, world: World, services: dict[type[Any], Any]) -> None:
        self._connection = connection
        self._services = services
        self.world = world
        self.at = world.clock.now()
        self._facts: list[Stated] = []
        self._mentioned: list[Fact] = []
        self._armed: dict[tuple[str, str], datetime] = {}
        self._disarmed: dict[tuple[str, str], None] = {}
        self._after: list[Callable[[], None]] = []
        self._writes: dict[str, list[tuple[Any, ...]]] = {}

    async def fetch(self, sql: str, *arguments: Any) -> list[Row]:
        return await self._connection.fetch(sql, *arguments)

    async def fetchrow(self, sql: str, *arguments: Any) -> Row | None:
        rows = await self._connection.fetch(sql, *arguments)
        return rows[0] if rows else None

    async def fetchval(self, sql: str, *arguments: Any) -> Any:
        row = await self.fetchrow(sql, *arguments)
        return None if row is None else next(iter(row.values()))

    async def execute(self, sql: str, *arguments: Any) -> str:
        return await self._connection.execute(sql, *arguments)

    async def look(self, sql: str, *arguments: Any) -> list[Row]:
        """A read that locks nothing: it sees what is committed now, and may come before the transaction begins."""
        return await self._connection.look(sql, *arguments)

    def write(self, sql: str, *row: Any) -> None:
        """A row for a statement that takes its rows as arrays (`unnest($1::text[], …)`) and whose outcome nobody in
        this transaction reads.

        All rows of all such statements leave in one round trip just before the commit, as one statement: none of
        them sees what another does, and a transaction of nothing else needs no BEGIN and no COMMIT.
        """
        self._writes.setdefault(sql, []).append(row)

    async def settle(self) -> None:
        """What was given to `write` so far is done now, in a round trip more: for whoever must read it, or refer to it, here."""
        if self._writes:
            sql, columns = self._written()
            await self._connection.execute(sql, *columns)

    def publish(self, fact: Fact) -> None:
        """State a fact. It leaves after the commit, at least once, even if the process dies in between."""
        self._facts.append(Stated(self.world.id(), fact))

    def mention(self, fact: Fact) -> None:
        """Tell listeners in this process after the commit, and nobody else: for what the next one makes worthless."""
        self._mentioned.append(fact)

    def arm(self, kind: str, subject: str, due_at: datetime) -> None:
        """Set (or move) the durable timer of this kind for this subject."""
        self._disarmed.pop((kind, subject), None)
        self._armed[kind, subject] = due_at

    def disarm(self, kind: str, subject: str) -> None:
        self._armed.pop((kind, subject), None)
        self._disarmed[kind, subject] = None

    def after_commit(self, call: Callable[[], None]) -> None:
        """Run once the transaction is durable, in this process only: for what is worthless after a crash."""
        self._after.append(call)

    def use(self, service: type[Service]) -> Service:
        """A part of the outside world that was wired in at start, by its type."""
        found: Service = self._services[service]
        return found

    async def _flush(self) -> Committed:
        for kind, subject in self._disarmed:
            self.write(_DISARM, kind, subject)
        for (kind, subject), due_at in self._armed.items():
            self.write(_ARM, kind, subject, due_at)
        for stated in self._facts:
            self.write(_STATE, stated.id, stated.fact.name(), stated.fact.encode(), self.at)
        if self._writes:
            sql, columns = self._written()
            await self._connection.finish(sql, *columns)
        armed = tuple((kind, subject, due_at) for (kind, subject), due_at in self._armed.items())
        return Committed(self.at, tuple(self._facts), tuple(self._mentioned), armed, tuple(self._disarmed))

    def _written(self) -> tuple[str, list[list[Any]]]:
        """Everything that waits, as one statement with its columns; it waits no longer."""
        writes, self._writes = self._writes, {}
        return _together(tuple(writes)), [
            list(column) for rows in writes.values() for column in zip(*rows, strict=True)
        ]


_DISARM = (
    "DELETE FROM timer USING unnest($1::text[], $2::text[]) AS gone(kind, subject)"
    " WHERE timer.kind = gone.kind AND timer.subject = gone.subject"
)
_ARM = (
    "INSERT INTO timer (kind, subject, due_at) SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[])"
    " ON CONFLICT (kind, subject) DO UPDATE SET due_at = excluded.due_at"
)
_STATE = (
    "INSERT INTO outbox (id, name, body, at) SELECT * FROM"
    " unnest($1::text[], $2::text[], $3::bytea[], $4::timestamptz[])"
)


@functools.lru_cache(maxsize=256)
def _together(statements: tuple[str, ...]) -> str:
    """One statement that does what all of them do; the placeholders are counted on from each to the next."""
    parts, before = [], 0
    for sql in statements:
        numbers = [int(number) for number in _PLACEHOLDER.findall(sql)]
        parts.append(_PLACEHOLDER.sub(lambda found, before=before: f"${int(found[1]) + before}", sql))  # type: ignore[misc]
        before += max(numbers)
    *others, last = parts
    return f"WITH {', '.join(f'w{n} AS ({sql})' for n, sql in enumerate(others))} {last}" if others else last


_PLACEHOLDER = re.compile(r"\$(\d+)")


class Database:
    """The record of truth of one centre (or hub). Everything that changes it goes through `transaction`."""

    def __init__(self, driver: Driver, world: World) -> None:
        self._driver = driver
        self._services: dict[type[Any], Any] = {}
        self.world = world
        self.on_commit: list[Callable[[Committed], None]] = []

    def provide(self, service: type[Service], value: Service) -> None:
        """Wire in a part that actions reach with `transaction.use(service)`."""
        self._services[service] = value

    def use(self, service: type[Service]) -> Service:
        found: Service = self._services[service]
        return found

    @asynccontextmanager
    async def transaction(self, *, readonly: bool = False) -> AsyncIterator[Transaction]:
        async with self._driver.transaction(readonly=readonly) as connection:
            tx = Transaction(connection, self.world, self._services)
            yield tx
            committed = await tx._flush()
        self.tell(committed)
        for call in tx._after:
            call()

    def tell(self, committed: Committed) -> None:
        """Tell this process what is durable. Said twice it must do no harm: a commit may also be learned of later."""
        for listener in self.on_commit:
            listener(committed)

    async def close(self) -> None:
        await self._driver.close()
