"""What every bus must do (core.bus.Bus). An adapter joins by a maker in `MAKERS`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from ansim.adapters.bus.memory import MemoryBus
from ansim.core.bus import Bus
from ansim.core.clock import ManualClock
from ansim.core.database import Database, Transaction
from ansim.core.database.pool import PoolDriver
from ansim.core.events import Fact
from ansim.core.outbox import Errand, Reaction, connect
from ansim.core.world import World

MAKERS: dict[str, Callable[[], Bus]] = {"memory": MemoryBus}


class BellRang(Fact, frozen=True, kw_only=True, tag="test.bell-rang"):
    bell: str


@pytest.fixture(params=MAKERS)
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    bus = MAKERS[request.param]()
    await bus.start()
    yield bus
    await bus.close()


@pytest.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    database = Database(await PoolDriver.connect(dsn, size=4), World(clock=ManualClock()))
    yield database
    await database.close()


def keeper(into: list[tuple[str, bytes]]) -> Callable[[str, bytes], Awaitable[None]]:
    async def deliver(id: str, body: bytes) -> None:
        into.append((id, body))

    return deliver


async def test_every_subscriber_gets_every_fact_of_its_name(bus: Bus) -> None:
    one: list[tuple[str, bytes]] = []
    other: list[tuple[str, bytes]] = []
    bus.subscribe("bell", "one", keeper(one))
    bus.subscribe("bell", "other", keeper(other))
    bus.subscribe("door", "door", keeper([]))
    await bus.publish("bell", "f1", b"a")
    await bus.publish("bell", "f2", b"b")
    await bus.publish("door", "f3", b"c")
    assert sorted(one) == sorted(other) == [("f1", b"a"), ("f2", b"b")]


async def test_a_fact_that_nobody_waits_for_is_accepted(bus: Bus) -> None:
    await bus.publish("nobody", "f1", b"a")


async def test_one_that_fails_keeps_it_from_nobody_and_is_told(bus: Bus) -> None:
    """`publish` must not return as if it were done: then the outbox would forget the fact."""
    heard: list[tuple[str, bytes]] = []

    async def fail(id: str, body: bytes) -> None:
        raise ZeroDivisionError

    bus.subscribe("bell", "a-first", keeper(heard))
    bus.subscribe("bell", "b-broken", fail)
    bus.subscribe("bell", "c-last", keeper(heard))
    with pytest.raises(ZeroDivisionError):
        await bus.publish("bell", "f1", b"a")
    assert heard == [("f1", b"a")] * 2


async def test_a_slow_one_does_not_hold_up_the_others(bus: Bus) -> None:
    let, heard = asyncio.Event(), asyncio.Event()

    async def slow(id: str, body: bytes) -> None:
        await let.wait()

    async def quick(id: str, body: bytes) -> None:
        heard.set()

    bus.subscribe("bell", "a-slow", slow)
    bus.subscribe("bell", "b-quick", quick)
    publishing = asyncio.create_task(bus.publish("bell", "f1", b"a"))
    async with asyncio.timeout(60):
        await heard.wait()
    let.set()
    await publishing


async def test_what_failed_may_be_published_again(bus: Bus) -> None:
    heard: list[str] = []

    async def second_time(id: str, body: bytes) -> None:
        heard.append(id)
        if len(heard) == 1:
            raise ZeroDivisionError

    bus.subscribe("bell", "one", second_time)
    with pytest.raises(ZeroDivisionError):
        await bus.publish("bell", "f1", b"a")
    await bus.publish("bell", "f1", b"a")
    assert heard == ["f1", "f1"]


async def test_a_second_delivery_changes_nothing(bus: Bus, database: Database) -> None:
    done: list[str] = []

    async def react(tx: Transaction, fact: BellRang) -> None:
        tx.arm("bell", f"{fact.bell}-{len(done)}", tx.at)
        done.append(fact.bell)

    async def run(database: Database, fact: BellRang) -> None:
        done.append(f"errand {fact.bell}")

    connect(bus, database, (Reaction(BellRang, react), Errand(BellRang, run)))
    body = BellRang(bell="b7").encode()
    for _ in range(3):
        await bus.publish(BellRang.name(), "f1", body)
    assert sorted(done) == ["b7", "errand b7"]
    await bus.publish(BellRang.name(), "f2", body)
    assert sorted(done) == ["b7", "b7", "errand b7", "errand b7"]


async def test_of_two_deliveries_at_once_one_counts(bus: Bus, database: Database) -> None:
    async def react(tx: Transaction, fact: BellRang) -> None:
        tx.arm("bell", tx.world.id(), tx.at)

    connect(bus, database, (Reaction(BellRang, react),))
    body = BellRang(bell="b7").encode()
    await asyncio.gather(*(bus.publish(BellRang.name(), "f1", body) for _ in range(4)))
    async with database.transaction(readonly=True) as tx:
        assert await tx.fetchval("SELECT count(*) FROM timer") == 1


async def test_a_reaction_that_fails_half_way_leaves_nothing_and_is_done_the_next_time(
    bus: Bus, database: Database
) -> None:
    tries: list[int] = []

    async def react(tx: Transaction, fact: BellRang) -> None:
        tx.arm("bell", fact.bell, tx.at)
        tries.append(1)
        if len(tries) == 1:
            raise ZeroDivisionError

    connect(bus, database, (Reaction(BellRang, react),))
    with pytest.raises(ZeroDivisionError):
        await bus.publish(BellRang.name(), "f1", BellRang(bell="b7").encode())
    async with database.transaction(readonly=True) as tx:
        assert await tx.fetch("SELECT 1 FROM timer") == await tx.fetch("SELECT 1 FROM inbox") == []
    await bus.publish(BellRang.name(), "f1", BellRang(bell="b7").encode())
    async with database.transaction(readonly=True) as tx:
        assert [row["subject"] for row in await tx.fetch("SELECT subject FROM timer")] == ["b7"]
