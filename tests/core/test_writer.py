"""The group writer: one transaction for whatever gathered, each caller answered for her own item."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from ansim.core.database import Database, Transaction
from ansim.core.database.driver import Connection, Row
from ansim.core.errors import Problem, Unavailable
from ansim.core.world import World
from ansim.core.writer import GroupWriter


class Gate:
    """A driver whose transactions begin when the test lets them, and fail when it wants."""

    def __init__(self) -> None:
        self.may_begin = asyncio.Event()
        self.may_begin.set()
        self.away = False
        self.transactions = 0

    @asynccontextmanager
    async def transaction(self, *, readonly: bool) -> AsyncIterator[Connection]:
        await self.may_begin.wait()
        if self.away:
            raise Unavailable
        self.transactions += 1
        yield self

    async def fetch(self, sql: str, *arguments: object) -> list[Row]:
        return []

    async def execute(self, sql: str, *arguments: object) -> str:
        return ""

    async def close(self) -> None:
        pass


class Desk:
    """Writes down what it was given, group by group; refuses what begins with "no", breaks on "poison"."""

    def __init__(self, group: int = 256, limit: int = 10_000) -> None:
        self.gate = Gate()
        self.groups: list[list[str]] = []
        self.writer: GroupWriter[str, str] = GroupWriter(
            Database(self.gate, World()), self.apply, group=group, limit=limit
        )

    async def apply(self, tx: Transaction, items: Sequence[str]) -> list[str | Problem]:
        if "poison" in items:
            raise ZeroDivisionError
        self.groups.append(list(items))
        return [Problem(409, "no", "No") if item.startswith("no") else f"kept {item}" for item in items]

    def send(self, item: str, rank: int = 0) -> asyncio.Task[str]:
        return asyncio.create_task(self.writer.submit(item, rank))


@pytest.fixture
async def desks() -> AsyncIterator[type[Desk]]:
    made: list[Desk] = []

    class Kept(Desk):
        def __init__(self, group: int = 256, limit: int = 10_000) -> None:
            super().__init__(group, limit)
            made.append(self)

    yield Kept
    for desk in made:
        await desk.writer.close()


async def gathered(desk: Desk, *items: str, rank: int = 0) -> list[asyncio.Task[str]]:
    """These wait at the writer, which has not begun."""
    sent = [desk.send(item, rank) for item in items]
    await asyncio.sleep(0)
    return sent


async def test_what_gathers_is_written_in_one_transaction_and_in_order(desks: type[Desk]) -> None:
    desk = desks()
    sent = await gathered(desk, "a", "b", "c")
    await desk.writer.start()
    assert await asyncio.gather(*sent) == ["kept a", "kept b", "kept c"]
    assert desk.groups == [["a", "b", "c"]] and desk.gate.transactions == 1


async def test_a_group_has_its_size(desks: type[Desk]) -> None:
    desk = desks(group=2)
    sent = await gathered(desk, "a", "b", "c", "d", "e")
    await desk.writer.start()
    await asyncio.gather(*sent)
    assert desk.groups == [["a", "b"], ["c", "d"], ["e"]]


async def test_nobody_is_answered_before_the_commit(desks: type[Desk]) -> None:
    desk = desks()
    desk.gate.may_begin.clear()
    await desk.writer.start()
    [sent] = await gathered(desk, "a")
    for _ in range(20):
        await asyncio.sleep(0)
    assert not sent.done()
    desk.gate.may_begin.set()
    assert await sent == "kept a"


async def test_a_refusal_is_told_to_its_caller_alone(desks: type[Desk]) -> None:
    desk = desks()
    good, bad = await gathered(desk, "a", "no way")
    await desk.writer.start()
    assert await good == "kept a"
    with pytest.raises(Problem) as refused:
        await bad
    assert refused.value.status == 409


async def test_a_poisonous_item_takes_no_neighbour_with_it(desks: type[Desk]) -> None:
    desk = desks()
    sent = await gathered(desk, "a", "poison", "b")
    await desk.writer.start()
    answers = await asyncio.gather(*sent, return_exceptions=True)
    assert answers[0] == "kept a" and answers[2] == "kept b"
    assert isinstance(answers[1], ZeroDivisionError)
    assert desk.groups == [["a"], ["b"]]


async def test_while_the_database_is_away_everybody_hears_not_received(desks: type[Desk]) -> None:
    desk = desks()
    desk.gate.away = True
    sent = await gathered(desk, "a", "b")
    await desk.writer.start()
    answers = await asyncio.gather(*sent, return_exceptions=True)
    assert [type(answer) for answer in answers] == [Unavailable, Unavailable]
    desk.gate.away = False
    assert await desk.writer.submit("a") == "kept a"


async def test_closing_tells_those_in_hand_and_those_in_line_not_received(desks: type[Desk]) -> None:
    desk = desks(group=1)
    desk.gate.may_begin.clear()
    await desk.writer.start()
    sent = await gathered(desk, "in hand", "in line")
    await asyncio.sleep(0)
    await desk.writer.close()
    answers = await asyncio.gather(*sent, return_exceptions=True)
    assert [type(answer) for answer in answers] == [Unavailable, Unavailable]


async def test_a_flood_of_a_higher_rank_does_not_delay_a_first_cry(desks: type[Desk]) -> None:
    desk = desks(group=4)
    flood = await gathered(desk, *(f"flood {n}" for n in range(20)), rank=3)
    repeats = await gathered(desk, "second", rank=2)
    first = await gathered(desk, "first")
    await desk.writer.start()
    await asyncio.gather(*flood, *repeats, *first)
    assert desk.groups[0] == ["first", "second", "flood 0", "flood 1"]
    assert [item for group in desk.groups for item in group][2:] == [f"flood {n}" for n in range(20)]


async def test_beyond_its_limit_the_newest_of_the_highest_rank_gives_way(desks: type[Desk]) -> None:
    desk = desks(limit=3)
    old, newest = await gathered(desk, "flood 1", "flood 2", rank=3)
    first, second = await gathered(desk, "first", "second")
    with pytest.raises(Unavailable):
        await newest
    with pytest.raises(Unavailable):
        await desk.writer.submit("late flood", 3)
    await desk.writer.start()
    assert await asyncio.gather(old, first, second) == ["kept flood 1", "kept first", "kept second"]


async def test_a_caller_that_went_away_stops_nobody(desks: type[Desk]) -> None:
    desk = desks()
    gone, staying = await gathered(desk, "gone", "staying")
    gone.cancel()
    await desk.writer.start()
    assert await staying == "kept staying"
