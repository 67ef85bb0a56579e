"""One action is one transaction: state, facts and timers together or not at all; then those are told who listen."""

from __future__ import annotations

import abc
import socket
from datetime import timedelta

import asyncpg
import pytest

from ansim.core.clock import ManualClock
from ansim.core.database import Committed, Database, Transaction
from ansim.core.database.pool import PoolDriver
from ansim.core.errors import Unavailable
from ansim.core.events import Fact
from ansim.core.world import World
from tests.core.conftest import rows


class LampLit(Fact, frozen=True, kw_only=True, tag="test.lamp-lit"):
    lamp: str


@pytest.fixture
def told(database: Database) -> list[Committed]:
    """What listeners heard of actions that did something."""
    told: list[Committed] = []

    def listen(committed: Committed) -> None:
        if committed.facts or committed.mentioned or committed.armed or committed.disarmed:
            told.append(committed)

    database.on_commit.append(listen)
    return told


async def act(tx: Transaction, calls: list[str]) -> None:
    await tx.execute("INSERT INTO inbox (reaction, fact, at) VALUES ('r', 'f', $1)", tx.at)
    tx.publish(LampLit(lamp="stated"))
    tx.mention(LampLit(lamp="mentioned"))
    tx.arm("egg", "a", tx.at + timedelta(seconds=5))
    tx.disarm("egg", "b")
    tx.after_commit(lambda: calls.append("first"))
    tx.after_commit(lambda: calls.append("second"))


async def everything(database: Database) -> list[int]:
    return [len(await rows(database, f"SELECT 1 FROM {table}")) for table in ("inbox", "outbox", "timer")]


async def test_an_action_leaves_everything_it_did(database: Database, told: list[Committed]) -> None:
    calls: list[str] = []
    async with database.transaction() as tx:
        await act(tx, calls)
        assert calls == [] and told == []
    assert await everything(database) == [1, 1, 1] and calls == ["first", "second"]
    [committed] = told
    assert [stated.fact for stated in committed.facts] == [LampLit(lamp="stated")]
    assert committed.mentioned == (LampLit(lamp="mentioned"),)
    assert committed.armed == (("egg", "a", tx.at + timedelta(seconds=5)),)
    assert committed.disarmed == (("egg", "b"),) and committed.at == tx.at


async def test_one_that_fails_leaves_nothing_and_tells_nobody(database: Database, told: list[Committed]) -> None:
    calls: list[str] = []
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as tx:
            await act(tx, calls)
            raise ZeroDivisionError
    assert await everything(database) == [0, 0, 0] and calls == [] and told == []


async def test_one_whose_facts_cannot_be_written_leaves_nothing(database: Database, told: list[Committed]) -> None:
    """What fails at the very end fails the whole action."""
    async with database.transaction() as tx:
        await tx.execute("ALTER TABLE outbox ADD CHECK (name <> 'test.lamp-lit')")
    with pytest.raises(Exception, match="outbox"):
        async with database.transaction() as tx:
            await act(tx, [])
    assert await everything(database) == [0, 0, 0] and told == []


async def test_who_listens_finds_it_already_durable(database: Database) -> None:
    seen: list[str] = []

    def listen(committed: Committed) -> None:
        seen.extend(stated.id for stated in committed.facts)

    database.on_commit.append(listen)
    async with database.transaction() as tx:
        tx.publish(LampLit(lamp="a"))
        assert await rows(database, "SELECT id FROM outbox") == []
    assert [row["id"] for row in await rows(database, "SELECT id FROM outbox")] == seen


async def test_a_mention_is_stored_nowhere(database: Database) -> None:
    async with database.transaction() as tx:
        tx.mention(LampLit(lamp="a"))
    assert await everything(database) == [0, 0, 0]


async def test_an_action_has_one_instant(database: Database, clock: ManualClock) -> None:
    async with database.transaction() as tx:
        at = tx.at
        await clock.advance(10)
        assert tx.at == at
        tx.publish(LampLit(lamp="a"))
    assert await rows(database, "SELECT at FROM outbox") == [{"at": at}]


async def test_facts_keep_the_order_they_were_stated_in(database: Database) -> None:
    async with database.transaction() as tx:
        for number in range(20):
            tx.publish(LampLit(lamp=str(number)))
    bodies = [row["body"] for row in await rows(database, "SELECT body FROM outbox ORDER BY seq")]
    assert [LampLit.decode(body).lamp for body in bodies] == [str(number) for number in range(20)]


async def test_parts_of_the_outside_are_found_by_their_type(database: Database) -> None:
    class Lamp:
        pass

    lamp = Lamp()
    database.provide(Lamp, lamp)
    assert database.use(Lamp) is lamp
    async with database.transaction() as tx:
        assert tx.use(Lamp) is lamp
    with pytest.raises(KeyError):
        database.use(ManualClock)


# Writes that wait for the end

_INBOX = "INSERT INTO inbox (reaction, fact, at) SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[])"
_GONE = "DELETE FROM inbox USING unnest($1::text[]) AS gone(fact) WHERE inbox.fact = gone.fact"


async def test_rows_of_several_statements_leave_together(database: Database) -> None:
    async with database.transaction() as tx:
        for fact in ("a", "b"):
            tx.write(_INBOX, "r", fact, tx.at)
        tx.publish(LampLit(lamp="a"))
        tx.arm("egg", "a", tx.at)
        assert await tx.look("SELECT 1 FROM inbox") == []
    assert await everything(database) == [2, 1, 1]


async def test_they_are_one_transaction_with_what_came_before(database: Database) -> None:
    with pytest.raises(asyncpg.UniqueViolationError):
        async with database.transaction() as tx:
            await tx.execute("INSERT INTO inbox (reaction, fact, at) VALUES ('r', 'a', $1)", tx.at)
            tx.publish(LampLit(lamp="a"))
            tx.write(_INBOX, "r", "b", tx.at)
            tx.write(_INBOX, "r", "a", tx.at)
    assert await everything(database) == [0, 0, 0]


async def test_alone_they_are_a_transaction_too(database: Database, told: list[Committed]) -> None:
    with pytest.raises(asyncpg.UniqueViolationError):
        async with database.transaction() as tx:
            tx.publish(LampLit(lamp="a"))
            tx.write(_INBOX, "r", "a", tx.at)
            tx.write(_INBOX, "r", "a", tx.at)
    assert await everything(database) == [0, 0, 0] and told == []
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as tx:
            tx.write(_INBOX, "r", "a", tx.at)
            raise ZeroDivisionError
    assert await everything(database) == [0, 0, 0]


async def test_none_of_them_sees_what_another_does(database: Database) -> None:
    async with database.transaction() as tx:
        tx.write(_INBOX, "r", "a", tx.at)
        tx.write(_GONE, "a")
    assert await everything(database) == [1, 0, 0]


async def test_a_look_takes_no_transaction(database: Database) -> None:
    state = "SELECT state FROM pg_stat_activity WHERE pid = $1"
    async with database.transaction() as tx:
        [me] = await tx.look("SELECT pg_backend_pid() AS pid")
        assert await rows(database, state, me["pid"]) == [{"state": "idle"}]
        await tx.execute("INSERT INTO inbox (reaction, fact, at) VALUES ('r', 'f', $1)", tx.at)
        assert await rows(database, state, me["pid"]) == [{"state": "idle in transaction"}]


# The pool


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(Unavailable):
        await PoolDriver.connect(f"postgresql://nobody@127.0.0.1:{port}/none")


async def test_a_connection_cut_in_the_middle_is_unavailable_and_the_next_one_works(database: Database) -> None:
    with pytest.raises(Unavailable):
        async with database.transaction() as tx:
            await tx.execute("INSERT INTO inbox (reaction, fact, at) VALUES ('r', 'f', $1)", tx.at)
            mine = await tx.fetchval("SELECT pg_backend_pid()")
            async with database.transaction() as other:
                await other.execute("SELECT pg_terminate_backend($1)", mine)
            await tx.fetchval("SELECT 1")
    assert await everything(database) == [0, 0, 0]


async def test_what_was_promised_is_on_the_disk(database: Database) -> None:
    async with database.transaction() as tx:
        assert await tx.fetchval("SHOW synchronous_commit") == "on"
        assert await tx.fetchval("SHOW timezone") == "UTC"


@pytest.mark.parametrize("argument", [2**40, "x", [1]])
async def test_a_wrong_argument_is_our_mistake_and_not_the_servers(database: Database, argument: object) -> None:
    """Said as "not received", it would be sent again for ever, and its neighbours in the group with it."""
    with pytest.raises(asyncpg.DataError):
        async with database.transaction() as tx:
            await tx.fetch("SELECT $1::int", argument)


@pytest.mark.parametrize("arguments", [(), (1, 2)])
async def test_too_few_or_too_many_arguments_are_our_mistake_too(
    database: Database, arguments: tuple[int, ...]
) -> None:
    with pytest.raises(asyncpg.InterfaceError):
        async with database.transaction() as tx:
            await tx.execute("INSERT INTO inbox (reaction, fact, at) VALUES ('r', 'f', $1)", tx.at)
            await tx.fetch("SELECT $1::int", *arguments)
    assert await everything(database) == [0, 0, 0]
    async with database.transaction(readonly=True) as tx:
        assert await tx.fetchval("SELECT $1::int", 1) == 1, "the connection is as good as before"


async def test_a_connection_lost_between_two_statements_is_unavailable(database: Database) -> None:
    for readonly in (False, True):
        with pytest.raises(Unavailable):
            async with database.transaction(readonly=readonly) as tx:
                tx._connection._connection.terminate()  # type: ignore[attr-defined]
                await tx.fetchval("SELECT 1")


async def test_a_pool_that_closes_takes_nothing_more(dsn: str, clock: ManualClock) -> None:
    database = Database(await PoolDriver.connect(dsn, size=2), World(clock=clock))
    await database.close()
    with pytest.raises(Unavailable):
        async with database.transaction() as tx:
            await tx.fetchval("SELECT 1")


async def test_a_disk_that_fails_in_the_middle_is_not_received(database: Database) -> None:
    """Keys are files: to whoever waits for a receipt it is the same."""
    with pytest.raises(Unavailable):
        async with database.transaction() as tx:
            await tx.execute("INSERT INTO inbox (reaction, fact, at) VALUES ('r', 'f', $1)", tx.at)
            raise OSError(28, "No space left on device")
    assert await everything(database) == [0, 0, 0]


async def test_a_long_array_costs_no_question_for_each_member(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0
    ask = abc.ABCMeta.__instancecheck__

    def count(cls: type, instance: object) -> bool:
        nonlocal asked
        asked += 1
        return ask(cls, instance)

    members = [f"member {number}" for number in range(1000)]
    async with database.transaction(readonly=True) as tx:
        monkeypatch.setattr(abc.ABCMeta, "__instancecheck__", count)
        assert await tx.fetchval("SELECT $1::text[]", members) == members
    assert asked < 100
