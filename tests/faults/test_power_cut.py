"""The power goes, with whatever the disk had not flushed: what was acknowledged is there. Database and keys lie on it."""

from __future__ import annotations

import asyncio
import random
import time
from pathlib import Path

import psutil
import pytest

from tests.faults.house import House, first_start, kill
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
                if worse := await up_again(house):
                    return worse
                async with house.clients(CLIENTS, enrolled=2 if number == 0 else 0):
                    await house.answers(began)
                    back.append(time.monotonic() - began)
                    await asyncio.sleep(draw.uniform(0.3, 1.5))
                    disk.cut()
                    kill([psutil.Process(house.server_pid), *house.postgres()])
                    house.kill_server()
                await asyncio.to_thread(disk.restore)
            if worse := await up_again(house):
                return worse
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


async def up_again(house: House) -> list[str]:
    """Started after a cut; what is wrong when it does not come up, though it had given receipts before."""
    house.start()
    try:
        await house.ready()
    except AssertionError as error:
        if not house.promises.receipts:
            raise
        return [f"does not come up: {error}"]
    return []


async def test_two_cuts(folder: Path) -> None:
    assert not await cuts(folder, 2)


@pytest.mark.full
async def test_twenty_cuts(folder: Path) -> None:
    assert not await cuts(folder, 20)


BITES = {"no_fsync": ("lost", "does not come up"), "keys_not_flushed": ("unreadable",)}
"""mistake -> how it must show"""


@pytest.mark.full
@pytest.mark.parametrize("mistake", BITES)
async def test_the_controls_bite(folder: Path, mistake: str) -> None:
    wrong = await cuts(folder, 4, mistake=mistake)
    found = [line for line in wrong if line.startswith(BITES[mistake])]
    print("\n".join(found[:3]))
    assert found, f"four cuts did not show that {mistake}: {wrong[:5]}"
