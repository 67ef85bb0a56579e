"""The hot intake: one writer that commits groups, so that a hundred cries for help cost one flush."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Generic, TypeVar

from ansim.core.database import Database, Transaction
from ansim.core.errors import Problem, Unavailable

Item = TypeVar("Item")
Result = TypeVar("Result")


class GroupWriter(Generic[Item, Result]):
    """Callers `submit`; one task writes whatever has gathered in a single transaction and answers each after the
    commit.

    `apply(tx, items)` returns one result per item, in order; a `Problem` as result is raised to that caller only.
    A lower rank is written first; those of one rank in the order they came. When more than `limit` items wait, the
    newest of the highest rank is told `Unavailable`, and its caller keeps the item.
    """

    def __init__(
        self,
        database: Database,
        apply: Callable[[Transaction, Sequence[Item]], Awaitable[Sequence[Result | Problem]]],
        *,
        group: int = 256,
        limit: int = 10_000,
    ) -> None:
        self._database = database
        self._apply = apply
        self._group = group
        self._limit = limit
        self._waiting: dict[int, deque[tuple[Item, asyncio.Future[Result]]]] = {}
        self._count = 0
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="group-writer")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for line in self._waiting.values():
            self._fail(line)
        self._waiting, self._count = {}, 0

    async def submit(self, item: Item, rank: int = 0) -> Result:
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(rank, deque()).append((item, answer))
        self._count += 1
        if self._count > self._limit:
            # The crowd gives way: a first cry for help finds a place however many others are waiting.
            last = max(self._waiting)
            self._fail([self._waiting[last].pop()])
            self._drop(last, 1)
        self._wake.set()
        return await answer

    def _next(self) -> list[tuple[Item, asyncio.Future[Result]]]:
        group: list[tuple[Item, asyncio.Future[Result]]] = []
        for rank in sorted(self._waiting):
            line = self._waiting[rank]
            taken = [line.popleft() for _ in range(min(len(line), self._group - len(group)))]
            group += taken
            self._drop(rank, len(taken))
        return group

    def _drop(self, rank: int, count: int) -> None:
        self._count -= count
        if not self._waiting[rank]:
            del self._waiting[rank]

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            group = self._next()
            if not self._count:
                self._wake.clear()
            if not group:
                continue
            try:
                await self._write(group)
            except asyncio.CancelledError:
                # Whoever waits must hear "not received", never a cancellation that is not theirs.
                self._fail(group)
                raise

    async def _write(self, group: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            async with self._database.transaction() as tx:
                results = await self._apply(tx, [item for item, _ in group])
        except Exception as error:
            if len(group) > 1 and not isinstance(error, Unavailable):
                # One poisonous item must not take its neighbours with it.
                for single in group:
                    await self._write([single])
            else:
                self._fail(group, error)
            return
        for (_, answer), result in zip(group, results, strict=True):
            if answer.done():
                continue
            if isinstance(result, Problem):
                answer.set_exception(result)
            else:
                answer.set_result(result)

    @staticmethod
    def _fail(group: Iterable[tuple[Item, asyncio.Future[Result]]], error: Exception | None = None) -> None:
        for _, answer in group:
            if not answer.done():
                answer.set_exception(error if error is not None else Unavailable())
