"""The control of the crash-loop: with a mistake patched into the centre, it must find the loss."""

from __future__ import annotations

import asyncio
import random
import time
from pathlib import Path

import pytest

from tests.faults import test_crash_loop as crash
from tests.faults.house import House, first_start

pytestmark = [pytest.mark.slow, pytest.mark.flow]

ROUNDS = 6
CASES = {
    "ack_before_commit": ((crash.whole_database,), "lost"),
    "no_idempotency": ((crash.whole_database, crash.stopped), "doubled"),
    "commit_without_waiting": ((crash.whole_database,), "lost"),
}
"""mistake -> the faults under which it shows, and what must then be found"""


@pytest.mark.parametrize("mistake", CASES)
async def test_it_bites(folder: Path, mistake: str) -> None:
    faults, expected = CASES[mistake]
    # What the mistake may lose is signals, not the tables they go into.
    await first_start(folder)
    house, draw = House(folder, mistake=mistake), random.Random(3)
    try:
        house.start()
        await house.ready()
        async with house.clients(crash.CLIENTS, enrolled=0):
            for number in range(ROUNDS):
                await house.answers(time.monotonic())
                await asyncio.sleep(draw.uniform(0.3, 0.8))
                await faults[number % len(faults)](house, draw)
            await house.answers(time.monotonic())
        wrong = await house.broken(settle_s=0)
    finally:
        house.kill_server()
    found = [line for line in wrong if line.startswith(expected)]
    print(f"\n{mistake}: {len(found)} {expected} of {len(house.promises.receipts)} acknowledged")
    assert found, f"the harness does not see that {mistake}"
