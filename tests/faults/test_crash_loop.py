"""Whatever is killed, and however often: what was acknowledged is there, once, whole and readable."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median

import psutil
import pytest

from ansim.core.postgres import EmbeddedPostgres
from tests.faults.house import House, kill

pytestmark = [pytest.mark.slow, pytest.mark.flow]

CLIENTS = 6
Fault = Callable[[House, random.Random], Awaitable[None]]


async def server(house: House, draw: random.Random) -> None:
    """The centre dies; its database notices that it is alone and stops cleanly."""
    house.kill_server()


async def whole_database(house: House, draw: random.Random) -> None:
    kill(house.postgres())


async def postmaster(house: House, draw: random.Random) -> None:
    """Its children are left to notice by themselves."""
    kill(house.postgres()[:1])


async def one_backend(house: House, draw: random.Random) -> None:
    """The postmaster throws everybody out and recovers."""
    backends = house.postgres()[1:]
    if backends:
        kill([draw.choice(backends)])


async def both(house: House, draw: random.Random) -> None:
    kill([psutil.Process(house.server_pid), *house.postgres()])
    house.kill_server()


async def during_recovery(house: House, draw: random.Random) -> None:
    before = house.postgres()
    kill(before)
    for _ in range(400):
        after = house.postgres()
        if after and after[0].pid != before[0].pid:
            await asyncio.sleep(draw.uniform(0, 0.1))
            kill(house.postgres())
            return
        await asyncio.sleep(0.005)


async def stopped(house: House, draw: random.Random) -> None:
    """Everything stands still for a while, as on a machine that swaps."""
    frozen = [house.server_pid, *(one.pid for one in house.postgres())]
    for pid in frozen:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    await asyncio.sleep(draw.uniform(0.2, 1.5))
    for pid in frozen:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


FAULTS: tuple[Fault, ...] = (server, whole_database, postmaster, one_backend, both, during_recovery, stopped)


async def crash_loop(house: House, rounds: int, faults: tuple[Fault, ...], seed: int) -> list[str]:
    """So many faults under load; everything that is wrong afterwards."""
    draw, gaps = random.Random(seed), defaultdict(list)
    house.start()
    await house.ready()
    async with house.clients(CLIENTS):
        await house.answers(time.monotonic())
        for number in range(rounds):
            # Every kind at least once, then at random.
            fault = faults[number] if number < len(faults) else draw.choice(faults)
            await asyncio.sleep(draw.uniform(0.05, 0.6))
            await fault(house, draw)
            began = time.monotonic()
            if not house.alive:
                house.start()
            gaps[fault.__name__].append(await house.answers(began))
    promises = house.promises
    print(
        f"\n{rounds} faults: {len(promises.receipts)} acknowledged of {len(promises.tried)}; errors {dict(promises.errors)}"
    )
    for name, taken in sorted(gaps.items()):
        print(f"  {name}: n={len(taken)}, fault to next receipt p50 {median(taken):.2f} s, max {max(taken):.2f} s")
    # Once more from nothing: what counts is what a start finds.
    await both(house, draw)
    house.start()
    await house.ready()
    return await house.broken()


async def loop_on_its_own_database(folder: Path, rounds: int) -> None:
    house = House(folder)
    try:
        wrong = await crash_loop(house, rounds, FAULTS, seed=7)
    finally:
        house.kill_server()
    assert not wrong, f"{len(wrong)}: {wrong[:10]}"
    assert len(house.promises.receipts) > 5 * rounds


async def test_ten_rounds(folder: Path) -> None:
    await loop_on_its_own_database(folder, 10)


@pytest.mark.full
async def test_two_hundred_rounds(folder: Path) -> None:
    await loop_on_its_own_database(folder, 200)


async def test_the_database_outlives_the_centre(folder: Path) -> None:
    """An operator's server: the centre comes back to whatever its predecessor's open transactions left."""
    postgres = EmbeddedPostgres(folder / "operator")
    house = House(folder, database=postgres.start())
    try:
        wrong = await crash_loop(house, 3, (server,), seed=8)
    finally:
        house.kill_server()
        postgres.stop()
    assert not wrong, f"{len(wrong)}: {wrong[:10]}"
