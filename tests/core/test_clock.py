"""The clock that a test moves: what everything else relies on to be true about time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from ansim.core.clock import ManualClock, SystemClock


async def woken(clock: ManualClock, *seconds: float) -> list[float]:
    """When each of these sleepers wakes is written down."""
    order: list[float] = []

    async def sleep(one: float) -> None:
        await clock.sleep(one)
        order.append(one)

    for one in seconds:
        asyncio.get_running_loop().create_task(sleep(one))
    await asyncio.sleep(0)
    return order


async def test_it_stands_still() -> None:
    clock = ManualClock()
    before = clock.now(), clock.monotonic()
    await asyncio.sleep(0.01)
    assert (clock.now(), clock.monotonic()) == before


async def test_sleepers_wake_in_the_order_of_their_time() -> None:
    clock = ManualClock()
    order = await woken(clock, 3, 1, 2)
    await clock.advance(2.5)
    assert order == [1, 2]
    await clock.advance(0.5)
    assert order == [1, 2, 3]


async def test_each_sleeper_wakes_at_its_own_moment() -> None:
    clock, at = ManualClock(), []
    start = clock.monotonic()

    async def tick() -> None:
        for _ in range(3):
            await clock.sleep(10)
            at.append(clock.monotonic() - start)

    ticking = asyncio.create_task(tick())
    await clock.advance(100)
    await ticking
    assert at == [10, 20, 30] and clock.monotonic() - start == 100


async def test_the_walls_clock_goes_with_it() -> None:
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    await clock.advance(90)
    assert clock.now() == datetime(2026, 1, 1, 0, 1, 30, tzinfo=UTC)


async def test_a_jump_moves_the_wall_and_wakes_nobody() -> None:
    clock = ManualClock()
    order = await woken(clock, 10)
    before, wall = clock.monotonic(), clock.now()
    clock.jump(3600)
    await clock.advance(0)
    assert order == [] and clock.monotonic() == before and clock.now() - wall == timedelta(hours=1)
    clock.jump(-7200)
    assert clock.now() - wall == timedelta(hours=-1)


async def test_a_leap_wakes_whoever_is_due_once_and_at_its_end() -> None:
    clock, at = ManualClock(), []
    start = clock.monotonic()

    async def tick() -> None:
        while True:
            await clock.sleep(10)
            at.append(clock.monotonic() - start)

    ticking = asyncio.create_task(tick())
    await asyncio.sleep(0)
    await clock.leap(35)
    assert at == [35]
    ticking.cancel()


async def test_no_time_is_no_wait() -> None:
    clock = ManualClock()
    await asyncio.wait_for(clock.sleep(0), 1)
    await asyncio.wait_for(clock.sleep(-5), 1)
    await asyncio.wait_for(SystemClock().sleep(-5), 1)


async def test_a_sleeper_that_went_away_is_passed_over() -> None:
    clock = ManualClock()
    sleeping = asyncio.create_task(clock.sleep(5))
    await asyncio.sleep(0)
    sleeping.cancel()
    await clock.advance(10)
    assert sleeping.cancelled()


def test_the_real_one_is_aware_and_never_goes_back() -> None:
    clock = SystemClock()
    assert clock.now().tzinfo is UTC
    first, second = clock.monotonic(), clock.monotonic()
    assert second >= first
