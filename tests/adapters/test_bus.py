"""What every bus must do (core.bus.Bus). An adapter joins by a maker in `MAKERS`; NATS is a real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import count
from pathlib import Path

import pytest

from ansim.adapters.bus.broker import Broker
from ansim.adapters.bus.memory import MemoryBus
from ansim.adapters.bus.nats import NatsBus
from ansim.core.bus import Bus
from ansim.core.clock import ManualClock
from ansim.core.database import Database, Transaction
from ansim.core.database.pool import PoolDriver
from ansim.core.errors import Unavailable
from ansim.core.events import Fact
from ansim.core.outbox import Errand, Reaction, connect
from ansim.core.world import World


class BellRang(Fact, frozen=True, kw_only=True, tag="test.bell-rang"):
    bell: str


NAMES = count()
MAKERS: dict[str, Callable[[pytest.FixtureRequest], Bus]] = {
    "memory": lambda request: MemoryBus(),
    "nats": lambda request: NatsBus(request.getfixturevalue("broker").url, stream=f"suite-{next(NAMES)}"),
}


@pytest.fixture(params=MAKERS)
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    bus = MAKERS[request.param](request)
    await bus.start()
    await published(bus, "hello", "f0", b"")
    yield bus
    await bus.close()


async def published(bus: Bus, name: str, id: str, body: bytes) -> None:
    """As the outbox does it: until the bus has taken it."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await bus.publish(name, id, body)
            except (Unavailable, ZeroDivisionError):
                await asyncio.sleep(0.01)


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.005)


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
    await published(bus, "bell", "f1", b"a")
    await published(bus, "bell", "f2", b"b")
    await published(bus, "door", "f3", b"c")
    await until(lambda: len(one) == len(other) == 2)
    assert sorted(one) == sorted(other) == [("f1", b"a"), ("f2", b"b")]


async def test_a_fact_that_nobody_waits_for_is_accepted(bus: Bus) -> None:
    await published(bus, "nobody", "f1", b"a")


async def test_one_that_fails_keeps_it_from_nobody_and_gets_it_again(bus: Bus) -> None:
    """Or the outbox would forget what nobody has done."""
    first: list[tuple[str, bytes]] = []
    last: list[tuple[str, bytes]] = []
    tries: list[str] = []

    async def fail_once(id: str, body: bytes) -> None:
        tries.append(id)
        if len(tries) == 1:
            raise ZeroDivisionError

    bus.subscribe("bell", "a-first", keeper(first))
    bus.subscribe("bell", "b-broken", fail_once)
    bus.subscribe("bell", "c-last", keeper(last))
    await published(bus, "bell", "f1", b"a")
    await until(lambda: tries == ["f1", "f1"] and first and last)


async def test_a_slow_one_does_not_hold_up_the_others(bus: Bus) -> None:
    let, heard = asyncio.Event(), asyncio.Event()

    async def slow(id: str, body: bytes) -> None:
        await let.wait()

    async def quick(id: str, body: bytes) -> None:
        heard.set()

    bus.subscribe("bell", "a-slow", slow)
    bus.subscribe("bell", "b-quick", quick)
    publishing = asyncio.create_task(published(bus, "bell", "f1", b"a"))
    async with asyncio.timeout(60):
        await heard.wait()
    let.set()
    await publishing


async def test_a_second_delivery_changes_nothing(bus: Bus, database: Database) -> None:
    done, carried = list[str](), list[str]()

    async def react(tx: Transaction, fact: BellRang) -> None:
        tx.arm("bell", f"{fact.bell}-{len(done)}", tx.at)
        done.append(fact.bell)

    async def run(database: Database, fact: BellRang) -> None:
        done.append(f"errand {fact.bell}")

    async def carry(database: Database, fact: BellRang) -> None:
        carried.append(fact.bell)

    connect(bus, database, (Reaction(BellRang, react), Errand(BellRang, run), Errand(BellRang, carry, noted=False)))
    body = BellRang(bell="b7").encode()
    for _ in range(3):
        await published(bus, BellRang.name(), "f1", body)
    await published(bus, BellRang.name(), "f2", body)
    await until(lambda: len(done) >= 4)
    assert sorted(done) == ["b7", "b7", "errand b7", "errand b7"]
    async with database.transaction(readonly=True) as tx:
        noted = await tx.fetch("SELECT reaction FROM inbox")
    assert len(carried) >= 2 and not [row for row in noted if "carry" in row["reaction"]], (
        "what may be done twice is not noted"
    )


async def test_of_two_deliveries_at_once_one_counts(bus: Bus, database: Database) -> None:
    done: list[str] = []

    async def react(tx: Transaction, fact: BellRang) -> None:
        tx.arm("bell", tx.world.id(), tx.at)

    async def run(database: Database, fact: BellRang) -> None:
        done.append(fact.bell)

    connect(bus, database, (Reaction(BellRang, react),))
    body = BellRang(bell="b7").encode()
    await asyncio.gather(*(published(bus, BellRang.name(), "f1", body) for _ in range(4)))

    async def timers() -> int:
        async with database.transaction(readonly=True) as tx:
            count: int = await tx.fetchval("SELECT count(*) FROM timer")
            return count

    async with asyncio.timeout(60):
        while await timers() == 0:
            await asyncio.sleep(0.005)
    assert await timers() == 1


async def test_a_reaction_that_fails_half_way_leaves_nothing_and_is_done_the_next_time(
    bus: Bus, database: Database
) -> None:
    tries: list[int] = []
    left: list[bool] = []

    async def react(tx: Transaction, fact: BellRang) -> None:
        left.append(bool(await tx.fetch("SELECT 1 FROM timer")))
        tx.arm("bell", fact.bell, tx.at)
        tries.append(1)
        if len(tries) == 1:
            raise ZeroDivisionError

    connect(bus, database, (Reaction(BellRang, react),))
    await published(bus, BellRang.name(), "f1", BellRang(bell="b7").encode())

    async def done() -> list[str]:
        async with database.transaction(readonly=True) as tx:
            return [row["subject"] for row in await tx.fetch("SELECT subject FROM timer")]

    async with asyncio.timeout(60):
        while not await done():
            await asyncio.sleep(0.005)
    assert left == [False, False] and await done() == ["b7"]


async def test_what_is_said_reaches_whoever_listens_now_and_is_not_kept(bus: Bus) -> None:
    heard: list[bytes] = []
    late: list[bytes] = []
    bus.listen("beat", heard.append)

    def say() -> bool:
        bus.say("beat", b"a")
        return bool(heard)

    await until(say)
    assert set(heard) == {b"a"}
    bus.listen("beat", late.append)
    bus.say("other", b"b")
    await until(lambda: (bus.say("beat", b"c"), b"c" in late)[1])
    assert b"a" not in late, "what was said before is not kept"
    assert b"b" not in late


async def test_what_a_broker_took_survives_its_end(tmp_path: Path) -> None:
    """Killed with a fact that nobody has fetched yet; the subscriber's process is another one afterwards."""
    broker = Broker(tmp_path)
    await asyncio.to_thread(broker.start)
    joined, heard = NatsBus(broker.url), list[tuple[str, bytes]]()

    async def not_now(id: str, body: bytes) -> None:
        raise Unavailable

    joined.subscribe("bell", "one", not_now)
    await joined.start()
    await published(joined, "bell", "f1", b"a")
    await joined.close()
    broker.kill()
    other = NatsBus(broker.url)
    await other.start()  # returns although nobody is there
    with pytest.raises(Unavailable):
        await other.publish("bell", "f2", b"b")
    await asyncio.to_thread(broker.start)
    other.subscribe("bell", "one", keeper(heard))
    await published(other, "bell", "f2", b"b")
    await until(lambda: {id for id, _ in heard} == {"f1", "f2"})
    await other.close()
    await asyncio.to_thread(broker.stop)
