"""The hot intake: one writer that commits groups, so that a hundred cries for help cost one flush."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from ansim.core.database import Database, Transaction
from ansim.core.errors import Problem, Unavailable

Item = TypeVar("Item")
Result = TypeVar("Result")


class GroupWriter(Generic[Item, Result]):
    """Callers `submit`; one task writes whatever has gathered in a single transaction and answers each after the
    commit.

    `apply(tx, items)` returns one result per item, in order; a `Problem` as result is raised to that caller only.
    When more than `limit` items wait, the newest caller is told `Unavailable` and keeps its item.
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
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="group-writer")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._fail(self._waiting)
        self._waiting = []

    async def submit(self, item: Item) -> Result:
        if len(self._waiting) >= self._limit:
            raise Unavailable
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        self._wake.set()
        return await answer

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            group, self._waiting = self._waiting[: self._group], self._waiting[self._group :]
            if not self._waiting:
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
    def _fail(group: Sequence[tuple[Item, asyncio.Future[Result]]], error: Exception | None = None) -> None:
        for _, answer in group:
            if not answer.done():
                answer.set_exception(error if error is not None else Unavailable())
