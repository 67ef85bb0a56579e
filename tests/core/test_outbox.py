"""Facts leave after the commit that stated them, at least once, whatever dies in between."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ansim.core.bus import Delivery
from ansim.core.clock import ManualClock
from ansim.core.database import Database
from ansim.core.errors import Unavailable
from ansim.core.events import Fact
from ansim.core.outbox import Errand, Outbox, Passing
from tests.core.conftest import rows, settled, until


class DoorOpened(Fact, frozen=True, kw_only=True, tag="test.door-opened"):
    door: str


class BellRang(Fact, frozen=True, kw_only=True, tag="test.outbox-bell-rang"):
    door: str


class DoorMoved(Fact, frozen=True, kw_only=True, tag="test.door-moved"):
    door: str


class Bus:
    """Keeps what it is given; refuses while `fails` holds something; holds on to it while `let` is not set."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []
        self.tries = 0
        self.fails: Exception | None = None
        self.let = asyncio.Event()
        self.let.set()

    async def publish(self, name: str, id: str, body: bytes) -> None:
        self.tries += 1
        if self.fails is not None:
            raise self.fails
        self.heard.append((id, json.loads(body)["door"]))
        await self.let.wait()

    def subscribe(self, name: str, subscriber: str, deliver: Delivery) -> None: ...
    async def start(self) -> None: ...
    async def close(self) -> None: ...


@pytest.fixture
def bus() -> Bus:
    return Bus()


@pytest.fixture
async def outbox(database: Database, bus: Bus) -> AsyncIterator[Outbox]:
    outbox = Outbox(database, bus)
    await outbox.start()
    await settled(database)
    yield outbox
    await outbox.close()


async def state(database: Database, *doors: str) -> None:
    async with database.transaction() as tx:
        for door in doors:
            tx.publish(DoorOpened(door=door))


async def waiting(database: Database) -> int:
    return len(await rows(database, "SELECT 1 FROM outbox"))


async def test_a_fact_leaves_after_its_commit_and_is_forgotten(database: Database, bus: Bus, outbox: Outbox) -> None:
    async with database.transaction() as tx:
        tx.publish(DoorOpened(door="a"))
        await settled(database)
        assert bus.heard == []
    await outbox.drained()
    assert [door for _, door in bus.heard] == ["a"] and await waiting(database) == 0


async def test_what_was_rolled_back_never_leaves(database: Database, bus: Bus, outbox: Outbox) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as tx:
            tx.publish(DoorOpened(door="a"))
            raise ZeroDivisionError
    await outbox.drained()
    assert bus.heard == [] and await waiting(database) == 0


@pytest.mark.parametrize("failure", [Unavailable(), ZeroDivisionError()])
async def test_a_refused_fact_stays_and_is_tried_again_ever_more_slowly(
    database: Database, bus: Bus, outbox: Outbox, clock: ManualClock, failure: Exception
) -> None:
    bus.fails = failure
    await state(database, "a")
    at = []
    for _ in range(60):
        await settled(database)
        if bus.tries > len(at):
            at.append(round(clock.monotonic() - 1000, 1))
        await clock.advance(0.1)
    assert at == [0.0, 0.1, 0.3, 0.7, 1.5, 3.1] and await waiting(database) == 1
    bus.fails = None
    await clock.advance(30)
    await outbox.drained()
    assert [door for _, door in bus.heard] == ["a"] and await waiting(database) == 0


async def test_dead_between_publishing_and_forgetting_it_comes_again_with_the_same_id(
    database: Database, bus: Bus, clock: ManualClock
) -> None:
    bus.let.clear()
    first = Outbox(database, bus)
    await first.start()
    await state(database, "a")
    await until(lambda: bus.heard)
    await first.close()
    database.on_commit.clear()
    assert await waiting(database) == 1
    bus.let.set()
    again = Outbox(database, bus)
    await again.start()
    await until(lambda: len(bus.heard) == 2)
    await again.drained()
    await again.close()
    assert bus.heard[0] == bus.heard[1] and await waiting(database) == 0


async def test_dead_before_publishing_the_next_start_sends_it_in_order(database: Database, bus: Bus) -> None:
    await state(database, "a", "b", "c")
    outbox = Outbox(database, bus, at_once=1)
    await outbox.start()
    await until(lambda: len(bus.heard) == 3)
    await outbox.drained()
    await outbox.close()
    assert [door for _, door in bus.heard] == ["a", "b", "c"] and await waiting(database) == 0


async def test_what_another_process_left_is_found(
    database: Database, bus: Bus, outbox: Outbox, clock: ManualClock
) -> None:
    database.on_commit.clear()
    await state(database, "a")
    await settled(database)
    assert bus.heard == []
    await clock.advance(5)
    await until(lambda: bus.heard)


async def test_a_commit_whose_answer_got_lost_is_told_here_too(
    database: Database, bus: Bus, outbox: Outbox, clock: ManualClock
) -> None:
    told: list[Fact] = []
    listeners = [*database.on_commit]
    database.on_commit.clear()
    await state(database, "a")
    database.on_commit += [*listeners, lambda committed: told.extend(stated.fact for stated in committed.facts)]
    await clock.advance(5)
    await until(lambda: bus.heard)
    await outbox.drained()
    assert told == [DoorOpened(door="a")] and [door for _, door in bus.heard] == ["a"]


async def test_what_is_on_its_way_is_not_sent_beside_itself(
    database: Database, bus: Bus, outbox: Outbox, clock: ManualClock
) -> None:
    bus.let.clear()
    await state(database, "a")
    await until(lambda: bus.heard)
    await clock.advance(20)
    await settled(database)
    assert len(bus.heard) == 1
    bus.let.set()
    await outbox.drained()


async def test_drained_waits_for_the_last(database: Database, bus: Bus, outbox: Outbox) -> None:
    bus.let.clear()
    await state(database, "a", "b")
    draining = asyncio.create_task(outbox.drained())
    await until(lambda: len(bus.heard) == 2)
    assert not draining.done()
    bus.let.set()
    await draining
    assert await waiting(database) == 0


async def test_no_more_at_once_than_it_may(database: Database, bus: Bus) -> None:
    bus.let.clear()
    outbox = Outbox(database, bus, at_once=2)
    await outbox.start()
    await state(database, *"abcde")
    await until(lambda: len(bus.heard) == 2)
    await settled(database)
    assert len(bus.heard) == 2
    bus.let.set()
    await outbox.drained()
    await outbox.close()
    assert len(bus.heard) == 5


async def test_one_kind_that_hangs_holds_up_no_other(database: Database, bus: Bus) -> None:
    bus.let.clear()
    outbox = Outbox(database, bus, at_once=2)
    await outbox.start()
    await state(database, *"abcde")
    await until(lambda: len(bus.heard) == 2)
    async with database.transaction() as tx:
        tx.publish(BellRang(door="urgent"))
    await until(lambda: len(bus.heard) == 3)
    assert bus.heard[-1][1] == "urgent"
    bus.let.set()
    await outbox.drained()
    await outbox.close()


# What is only mentioned


class Answering:
    def __init__(self) -> None:
        self.heard: list[str] = []
        self.let = asyncio.Event()
        self.let.set()
        self.fails: Exception | None = None

    async def answer(self, database: Database, fact: DoorMoved) -> None:
        self.heard.append(fact.door)
        await self.let.wait()
        if self.fails is not None:
            raise self.fails


@pytest.fixture
async def answering(database: Database) -> AsyncIterator[Answering]:
    answering = Answering()
    passing = Passing(database, (Errand(DoorMoved, answering.answer),))
    await passing.start()
    yield answering
    await passing.close()


async def mention(database: Database, *doors: str) -> None:
    async with database.transaction() as tx:
        for door in doors:
            tx.mention(DoorMoved(door=door))


async def test_a_mentioned_fact_is_answered_and_not_kept(database: Database, answering: Answering) -> None:
    await mention(database, "a")
    await until(lambda: answering.heard == ["a"])
    assert await waiting(database) == 0


async def test_two_that_come_while_one_is_answered_become_one(database: Database, answering: Answering) -> None:
    answering.let.clear()
    await mention(database, "a")
    await until(lambda: answering.heard)
    await mention(database, "a")
    await mention(database, "a", "b")
    answering.let.set()
    await until(lambda: len(answering.heard) == 3)
    await settled(database)
    assert answering.heard == ["a", "a", "b"]


@pytest.mark.parametrize("failure", [Unavailable(), ZeroDivisionError()])
async def test_one_that_fails_stops_nothing(database: Database, answering: Answering, failure: Any) -> None:
    answering.fails = failure
    await mention(database, "a")
    await until(lambda: answering.heard == ["a"])
    answering.fails = None
    await mention(database, "b")
    await until(lambda: answering.heard == ["a", "b"])
