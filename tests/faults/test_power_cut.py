"""The power goes, with whatever the disk had not flushed: what was acknowledged is there. Database and keys lie on it."""

from __future__ import annotations

import asyncio
import random
import time
from pathlib import Path

import psutil
import pytest

from tests.faults.house import House, kill
from tests.faults.test_crash_loop import CLIENTS
from tests.faults.virtual_disk import FSCK_FAILED, VirtualDisk, missing, run

pytestmark = [pytest.mark.slow, pytest.mark.flow, pytest.mark.skipif(missing() is not None, reason=missing() or "")]

DISK = 768 << 20


async def cuts(folder: Path, count: int, *, mistake: str = "-", seed: int = 5) -> list[str]:
    """So many power cuts under load; everything that is wrong afterwards."""
    draw, back = random.Random(seed), []
    await first_start(folder)
    with VirtualDisk(folder, DISK) as disk:
        run("cp", "-a", folder / "centre", disk.files / "centre")
        run("sync", "-f", disk.files)
        house = House(folder, data=disk.files / "centre", mistake=mistake)
        try:
            for number in range(count):
                began = time.monotonic()
                house.start()
                await house.ready()
                async with house.clients(CLIENTS, enrolled=2 if number == 0 else 0):
                    await house.answers(began)
                    back.append(time.monotonic() - began)
                    await asyncio.sleep(draw.uniform(0.3, 1.5))
                    disk.cut()
                    kill([psutil.Process(house.server_pid), *house.postgres()])
                    house.kill_server()
                await asyncio.to_thread(disk.restore)
            house.start()
            await house.ready()
            wrong = await house.broken()
        finally:
            kill(house.postgres())
            house.kill_server()
    told = len(house.promises.receipts)
    print(
        f"\n{count} cuts, {mistake}: {told} acknowledged, {len(wrong)} wrong, e2fsck {disk.checked}; back after {max(back):.1f} s"
    )
    assert told > 5 * count
    return wrong + [f"e2fsck returned {status}" for status in disk.checked if status >= FSCK_FAILED]


async def first_start(folder: Path) -> None:
    """A centre that has run once; making its cluster on the slow disk would take minutes."""
    house = House(folder)
    house.start()
    await house.ready()
    await asyncio.to_thread(house.stop_server)


async def test_two_cuts(folder: Path) -> None:
    assert not await cuts(folder, 2)


@pytest.mark.full
async def test_twenty_cuts(folder: Path) -> None:
    assert not await cuts(folder, 20)


@pytest.mark.full
@pytest.mark.parametrize("mistake", ["no_fsync", "keys_not_flushed"])
async def test_the_controls_bite(folder: Path, mistake: str) -> None:
    try:
        wrong = await cuts(folder, 4, mistake=mistake)
    except AssertionError:
        # It does not even come up again.
        return
    assert wrong, f"four cuts did not show that {mistake}"
