"""The simulated disk loses what a disk may lose; the keys survive it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from ansim.core.clock import ManualClock
from ansim.core.world import World
from ansim.simulation.disk import SimulatedDisk
from ansim.trust.retention.keys import Keys
from ansim.trust.retention.master import FileMaster

FOLDER = Path("/simulated")


def test_only_what_was_flushed_survives() -> None:
    disk = SimulatedDisk(random.Random(1))
    file = disk.open(FOLDER)
    file.pwrite(b"kept", 0)
    file.flush()
    for at in range(4, 400, 4):
        file.pwrite(b"lost", at)
    disk.cut()
    after = disk.open(FOLDER)
    content = after.pread(400, 0)
    assert content.startswith(b"kept") and b"lost" in content and content.count(b"lost") < 99
    with pytest.raises(OSError):
        file.pwrite(b"late", 0)


def test_what_a_refused_flush_covered_is_seen_and_not_kept() -> None:
    disk = SimulatedDisk(random.Random(1))
    file = disk.open(FOLDER)
    file.pwrite(b"seen", 0)
    disk.failing = 1.0
    with pytest.raises(OSError):
        file.flush()
    disk.failing = 0.0
    file.flush()
    assert file.pread(4, 0) == b"seen"
    disk.cut()
    assert disk.open(FOLDER).pread(4, 0) == b""


class Refusing(SimulatedDisk):
    """Refuses one flush, the `number`-th."""

    def __init__(self, number: int) -> None:
        super().__init__(random.Random(1))
        self._left = number

    def fails(self) -> bool:
        self._left -= 1
        return self._left == 0


@pytest.mark.parametrize("number", range(1, 8))
async def test_keys_outlive_a_refused_flush_then_a_crash_then_a_power_cut(number: int) -> None:
    disk = Refusing(number)
    world = World(clock=ManualClock(), disk=disk)

    def start() -> Keys:
        return Keys(world, FOLDER, FileMaster(world, FOLDER))

    try:
        first = start()
        first.new()
        await first.flush()
    except Exception:
        # The process gives up, as it must; the next one sees what never reached the disk.
        pass
    keys = start()
    [slot] = keys.new()
    await keys.flush()
    sealed = keys.seal(slot, b"where she is", b"fix")
    disk.cut()
    assert start().open(slot, sealed, b"fix") == b"where she is"
