"""Durable timers: rows in PostgreSQL, a heap in memory. A restart loses none and fires each once.

A commit whose answer got lost on its way here may have armed a timer that the heap never heard of; so what is due soon
is read again every few seconds.
"""

from __future__ import annotations

import asyncio
import heapq
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from ansim.core.database import Committed, Database, Transaction
from ansim.core.errors import Unavailable

log = structlog.get_logger()
SWEEP_S = 5.0
_PAGE = 10_000
_SPARE = 1000
"""So many entries that no longer count may lie in the heap beside those that do and their like."""
TimerReaction = Callable[[Transaction, str], Awaitable[None]]
Entry = tuple[float, str, str, datetime]
"""When by the monotonic clock, kind, subject, when by the table."""


class _Taken(Exception):
    """Somebody else disarmed or fired it while its reaction ran: what the reaction did is rolled back."""


class Timers:
    """Fires `reactions[kind](tx, subject)` in the transaction that removes the timer's row.

    Due times are wall times in the table and monotonic in memory: a jump of the wall clock moves nothing that runs.
    """

    def __init__(self, database: Database, reactions: Mapping[str, TimerReaction]) -> None:
        self._database = database
        self._clock = database.world.clock
        self._reactions = reactions
        self._heap: list[Entry] = []
        self._current: dict[str, dict[str, Entry]] = {kind: {} for kind in reactions}
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        database.on_commit.append(self._committed)

    async def start(self) -> None:
        await self._load()
        self._tasks = [
            asyncio.create_task(self._run(), name="timers"),
            asyncio.create_task(self._sweep(), name="timers-sweep"),
        ]

    async def _load(self) -> None:
        """Page by page, since each trip under watch has one; what was told of meanwhile is newer than what is read."""
        sql = (
            "SELECT kind, subject, due_at FROM timer WHERE (kind, subject) > ($1, $2)"
            f" ORDER BY kind, subject LIMIT {_PAGE}"
        )
        async with self._database.transaction(readonly=True) as tx:
            rows = await tx.fetch(sql, "", "")
            while rows:
                ahead = self._clock.monotonic() - self._clock.now().timestamp()
                for row in rows:
                    kind, subject, due_at = sys.intern(row["kind"]), row["subject"], row["due_at"]
                    entry = (due_at.timestamp() + ahead, kind, subject, due_at)
                    if self._current.setdefault(kind, {}).setdefault(subject, entry) is entry:
                        self._heap.append(entry)
                rows = await tx.fetch(sql, rows[-1]["kind"], rows[-1]["subject"])
        heapq.heapify(self._heap)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def __len__(self) -> int:
        return sum(map(len, self._current.values()))

    async def _sweep(self) -> None:
        while True:
            await self._clock.sleep(SWEEP_S)
            soon = self._clock.now() + timedelta(seconds=SWEEP_S)
            try:
                async with self._database.transaction(readonly=True) as tx:
                    rows = await tx.fetch("SELECT kind, subject, due_at FROM timer WHERE due_at < $1", soon)
            except Unavailable:
                continue
            for row in rows:
                known = self._current.get(row["kind"], {}).get(row["subject"])
                if known is None or known[3] != row["due_at"]:
                    self._put(row["kind"], row["subject"], row["due_at"])

    def _committed(self, committed: Committed) -> None:
        for kind, subject in committed.disarmed:
            self._current.get(kind, {}).pop(subject, None)
        for kind, subject, due_at in committed.armed:
            self._put(kind, subject, due_at)

    def _put(self, kind: str, subject: str, due_at: datetime) -> None:
        due = self._clock.monotonic() + (due_at - self._clock.now()).total_seconds()
        self._add((due, sys.intern(kind), subject, due_at))
        self._wake.set()

    def _add(self, entry: Entry) -> None:
        self._current.setdefault(entry[1], {})[entry[2]] = entry
        heapq.heappush(self._heap, entry)
        # One that is moved again and again leaves an entry each time.
        if len(self._heap) > 2 * len(self) + _SPARE:
            self._heap = [one for one in self._heap if self._counts(one)]
            heapq.heapify(self._heap)

    def _counts(self, entry: Entry) -> bool:
        return self._current.get(entry[1], {}).get(entry[2]) is entry

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            if not self._heap:
                await self._wake.wait()
                continue
            wait = self._heap[0][0] - self._clock.monotonic()
            if wait > 0:
                await self._sleep_or_wake(wait)
                continue
            entry = heapq.heappop(self._heap)
            if self._counts(entry):
                await self._fire(entry)

    async def _sleep_or_wake(self, seconds: float) -> None:
        sleep = asyncio.create_task(self._clock.sleep(seconds))
        wake = asyncio.create_task(self._wake.wait())
        try:
            await asyncio.wait((sleep, wake), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleep.cancel()
            wake.cancel()

    async def _stands(self, tx: Transaction, kind: str, subject: str, due_at: datetime) -> bool:
        sql = "SELECT 1 FROM timer WHERE kind = $1 AND subject = $2 AND due_at = $3"
        return await tx.fetchval(sql, kind, subject, due_at) is not None

    async def _take(self, tx: Transaction, kind: str, subject: str, due_at: datetime) -> None:
        # Last, as in every action that disarms: whoever locked the timer first and its subject then could wait in a
        # circle with an operator who claims at that moment.
        sql = "DELETE FROM timer WHERE kind = $1 AND subject = $2 AND due_at = $3"
        if not (await tx.execute(sql, kind, subject, due_at)).endswith(" 1"):
            raise _Taken

    async def _fire(self, entry: Entry) -> None:
        _, kind, subject, due_at = entry
        try:
            with suppress(_Taken):
                async with self._database.transaction() as tx:
                    if await self._stands(tx, kind, subject, due_at):
                        await self._reactions[kind](tx, subject)
                        await self._take(tx, kind, subject, due_at)
            if self._counts(entry):
                del self._current[kind][subject]
        except Exception as error:
            if not isinstance(error, Unavailable):
                log.exception("timer failed, it will be tried again", kind=kind, subject=subject)
            if self._counts(entry):
                self._add((self._clock.monotonic() + 1.0, kind, subject, due_at))
