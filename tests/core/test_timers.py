"""Durable timers: each fires once, at its time, whatever restarts, fails or jumps."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from ansim.core import timers
from ansim.core.clock import ManualClock
from ansim.core.database import Committed, Database, Transaction
from ansim.core.timers import Timers
from tests.core.conftest import rows, settled, until


class Kitchen:
    """Timers whose reaction writes down its subject: here once it is committed, and in its own transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.rang: list[str] = []
        self.fails = 0
        self.timers = Timers(database, {"egg": self.ring})

    async def ring(self, tx: Transaction, subject: str) -> None:
        await tx.execute("INSERT INTO inbox (reaction, fact, at) VALUES ('rang', $1, $2)", tx.world.id(), tx.at)
        tx.after_commit(lambda: self.rang.append(subject))
        if self.fails:
            self.fails -= 1
            raise ZeroDivisionError

    async def arm(self, subject: str, seconds: float) -> None:
        async with self.database.transaction() as tx:
            tx.arm("egg", subject, tx.at + timedelta(seconds=seconds))

    async def disarm(self, subject: str) -> None:
        async with self.database.transaction() as tx:
            tx.disarm("egg", subject)

    async def left(self) -> int:
        return len(await rows(self.database, "SELECT 1 FROM timer"))


@pytest.fixture
async def kitchen(database: Database) -> AsyncIterator[Kitchen]:
    kitchen = Kitchen(database)
    await kitchen.timers.start()
    yield kitchen
    await kitchen.timers.close()


class Rings:
    """Moves the clock and says what must have rung by then, and nothing more."""

    def __init__(self, kitchen: Kitchen, clock: ManualClock) -> None:
        self.kitchen = kitchen
        self.clock = clock

    async def after(self, seconds: float, *rang: str) -> None:
        await settled(self.kitchen.database)
        await self.clock.advance(seconds)
        await until(lambda: len(self.kitchen.rang) >= len(rang))
        await settled(self.kitchen.database)
        assert self.kitchen.rang == list(rang)


@pytest.fixture
def rings(kitchen: Kitchen, clock: ManualClock) -> Rings:
    return Rings(kitchen, clock)


async def test_it_rings_at_its_time_and_once(kitchen: Kitchen, rings: Rings) -> None:
    await kitchen.arm("a", 10)
    await rings.after(9.5)
    await rings.after(0.5, "a")
    await rings.after(100, "a")
    assert await kitchen.left() == 0 and len(kitchen.timers) == 0


async def test_several_ring_in_the_order_of_their_time(kitchen: Kitchen, rings: Rings) -> None:
    for subject, seconds in (("late", 30), ("early", 10), ("between", 20)):
        await kitchen.arm(subject, seconds)
    await rings.after(31, "early", "between", "late")


async def test_an_earlier_one_wakes_those_who_sleep_for_a_later(kitchen: Kitchen, rings: Rings) -> None:
    await kitchen.arm("late", 100)
    await rings.after(1)
    await kitchen.arm("early", 5)
    await rings.after(5, "early")


@pytest.mark.parametrize(("first", "second"), [(10, 20), (20, 10)])
async def test_armed_again_only_the_last_time_counts(
    kitchen: Kitchen, rings: Rings, first: float, second: float
) -> None:
    await kitchen.arm("a", first)
    await kitchen.arm("a", second)
    await rings.after(second - 0.5)
    await rings.after(0.5, "a")
    await rings.after(50, "a")


async def test_disarmed_it_is_silent(kitchen: Kitchen, rings: Rings) -> None:
    await kitchen.arm("a", 10)
    await kitchen.arm("b", 10)
    await kitchen.disarm("a")
    await kitchen.disarm("never armed")
    await rings.after(20, "b")
    assert await kitchen.left() == 0


async def test_within_one_action_the_last_word_counts(kitchen: Kitchen, rings: Rings) -> None:
    async with kitchen.database.transaction() as tx:
        tx.arm("egg", "not", tx.at + timedelta(seconds=5))
        tx.disarm("egg", "not")
        tx.disarm("egg", "yes")
        tx.arm("egg", "yes", tx.at + timedelta(seconds=5))
    await rings.after(6, "yes")


async def test_what_was_rolled_back_was_never_armed(kitchen: Kitchen, rings: Rings) -> None:
    with pytest.raises(ZeroDivisionError):
        async with kitchen.database.transaction() as tx:
            tx.arm("egg", "a", tx.at + timedelta(seconds=5))
            raise ZeroDivisionError
    await rings.after(6)
    assert len(kitchen.timers) == 0


async def test_a_restart_loses_none_and_rings_what_is_overdue(database: Database, clock: ManualClock) -> None:
    before = Kitchen(database)
    await before.timers.start()
    await before.arm("overdue", 10)
    await before.arm("ahead", 1000)
    await before.timers.close()
    database.on_commit.clear()
    await clock.advance(60)
    after = Kitchen(database)
    await after.timers.start()
    rings = Rings(after, clock)
    await rings.after(0, "overdue")
    await rings.after(939, "overdue")
    await rings.after(2, "overdue", "ahead")
    await after.timers.close()
    assert before.rang == []


async def test_many_are_read_page_by_page_and_none_is_left_out(
    database: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timers, "_PAGE", 3)
    async with database.transaction() as tx:
        for number in range(10):
            tx.arm("egg", str(number), tx.at + timedelta(seconds=20 - number))
            tx.arm("ham", str(number), tx.at + timedelta(seconds=3600))
    kitchen = Kitchen(database)
    await kitchen.timers.start()
    assert len(kitchen.timers) == 20
    await Rings(kitchen, clock).after(25, *map(str, reversed(range(10))))
    await kitchen.timers.close()


async def test_one_that_is_moved_again_and_again_takes_the_room_of_one(kitchen: Kitchen, rings: Rings) -> None:
    for step in range(5000):
        due_at = rings.clock.now() + timedelta(seconds=5000 - step)
        kitchen.database.tell(Committed(rings.clock.now(), (), (), (("egg", "moved", due_at),), ()))
    assert len(kitchen.timers) == 1 and len(kitchen.timers._heap) <= 1100
    await kitchen.arm("moved", 50)
    await rings.after(49)
    await rings.after(1, "moved")


async def test_of_two_processes_one_rings(database: Database, clock: ManualClock) -> None:
    one, other = Kitchen(database), Kitchen(database)
    await one.timers.start()
    await other.timers.start()
    for number in range(10):
        await one.arm(str(number), 5)
    await settled(database)
    await clock.advance(6)
    await until(lambda: len(one.rang) + len(other.rang) >= 10)
    await clock.advance(10)
    await settled(database)
    assert sorted(one.rang + other.rang) == sorted(map(str, range(10)))
    assert len(await rows(database, "SELECT 1 FROM inbox")) == 10
    await one.timers.close()
    await other.timers.close()


async def test_one_that_fails_leaves_nothing_and_is_tried_again(kitchen: Kitchen, rings: Rings) -> None:
    kitchen.fails = 2
    await kitchen.arm("a", 5)
    await settled(kitchen.database)
    await rings.clock.advance(5)
    await until(lambda: kitchen.fails == 1)
    await rings.after(0)
    assert await kitchen.left() == 1 and await rows(kitchen.database, "SELECT 1 FROM inbox") == []
    await kitchen.arm("b", 60)
    await rings.after(1)
    await rings.after(1, "a")
    await rings.after(60, "a", "b")
    assert await kitchen.left() == 0 and len(await rows(kitchen.database, "SELECT 1 FROM inbox")) == 2


@pytest.mark.parametrize("jump", [3600, -3600, 86_400 * 30])
async def test_a_jump_of_the_wall_clock_moves_nothing_that_runs(kitchen: Kitchen, rings: Rings, jump: float) -> None:
    await kitchen.arm("a", 60)
    rings.clock.jump(jump)
    await rings.after(59)
    await rings.after(1, "a")


async def test_a_machine_that_slept_rings_once_when_it_wakes(kitchen: Kitchen, rings: Rings) -> None:
    await kitchen.arm("a", 60)
    await kitchen.arm("b", 7200)
    await settled(kitchen.database)
    await rings.clock.leap(3600)
    await rings.after(10, "a")


async def test_one_of_whose_commit_nobody_heard_rings_all_the_same(kitchen: Kitchen, rings: Rings) -> None:
    async with kitchen.database.transaction() as tx:
        await tx.execute("INSERT INTO timer VALUES ('egg', 'unheard', $1)", tx.at + timedelta(seconds=7))
    await rings.after(5)
    await rings.after(1.5)
    await rings.after(0.5, "unheard")
