"""Power cuts at any moment, on a disk that keeps any part of what was not flushed: what was acknowledged holds."""

import asyncio
import random
from pathlib import Path

import pytest

from ansim.core.clock import ManualClock
from ansim.core.world import World
from ansim.trust.retention.keys import Erased, Keys, Unreadable
from ansim.trust.retention.master import FileMaster, MasterDamaged
from ansim.trust.retention.slots import NotSlots


class PowerCut(BaseException):
    """Nothing in the code under test may catch it."""


class TornFile:
    """What is flushed is safe; of every other write any 16 bytes may or may not reach the disk."""

    def __init__(self, disk: "TornDisk", safe: bytearray) -> None:
        self._disk, self.safe = disk, safe
        self.cache = bytearray(safe)
        self.pending: list[tuple[int, bytes]] = []

    def pread(self, length: int, at: int) -> bytes:
        return bytes(self.cache[at : at + length])

    def pwrite(self, content: bytes, at: int) -> None:
        self._disk.step()
        _put(self.cache, content, at)
        self.pending.append((at, content))

    def flush(self) -> None:
        self._disk.step()
        if not self._disk.lies:
            self.safe[:] = self.cache
        self.pending.clear()
        self._disk.step()

    def size(self) -> int:
        return len(self.cache)

    def close(self) -> None: ...

    def lose_power(self, chance: random.Random) -> None:
        for at, content in self.pending:
            for offset in range(0, len(content), 16):
                if chance.random() < 0.5:
                    _put(self.safe, content[offset : offset + 16], at + offset)


def _put(into: bytearray, content: bytes, at: int) -> None:
    into.extend(bytes(max(0, at + len(content) - len(into))))
    into[at : at + len(content)] = content


class TornDisk:
    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._safe: dict[Path, bytearray] = {}
        self._open: list[TornFile] = []
        self.steps_left = 0
        self.lies = False

    def step(self) -> None:
        """One thing done to the disk; the power may go just before it."""
        self.steps_left -= 1
        if self.steps_left == 0:
            raise PowerCut

    def open(self, path: Path, *, create: bool = True) -> TornFile:
        file = TornFile(self, self._safe.setdefault(path, bytearray()))
        self._open.append(file)
        return file

    def exists(self, path: Path) -> bool:
        return path in self._safe

    def lose_power(self) -> None:
        for file in self._open:
            file.lose_power(self._chance)
        self._open.clear()


async def life(seed: int, *, lies: bool = False, rounds: int = 12) -> None:
    """Some days of a centre that keeps losing power; what it was told is checked after every restart."""
    chance = random.Random(seed)
    disk, clock = TornDisk(chance), ManualClock()
    disk.lies = lies
    world = World(clock=clock, random=random.Random(seed + 1), disk=disk)
    folder = Path("/nowhere")
    living: dict[int, bytes] = {}
    dead: set[int] = set()
    given: set[int] = set()
    for _ in range(rounds):
        disk.steps_left = chance.randrange(1, 60)
        try:
            keys = Keys(world, folder, FileMaster(world, folder))
            for slot, sealed in living.items():
                assert keys.open(slot, sealed, b"c") == b"%d" % slot
            for slot in dead:
                with pytest.raises(Erased):
                    keys.open(slot, b"x" * 40, b"c")
            while True:
                await asyncio.sleep(0)
                what = chance.random()
                if what < 0.5:
                    slots = keys.new(chance.randrange(1, 4))
                    sealed_now = {slot: keys.seal(slot, b"%d" % slot, b"c") for slot in slots}
                    assert not given & set(slots), "a number was given out twice"
                    await keys.flush()
                    living |= sealed_now
                    given |= set(slots)
                elif what < 0.75 and living:
                    gone = chance.sample(sorted(living), min(len(living), 2))
                    # Ordered: from now on either state is right, until it is acknowledged.
                    for slot in gone:
                        del living[slot]
                    await keys.erase(gone)
                    dead |= set(gone)
                else:
                    await clock.advance(86_400 * chance.randrange(0, 4))
                    await keys.rewrap()
        except PowerCut:
            disk.lose_power()


@pytest.fixture(autouse=True)
def threads_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A power cut in the flushing thread must stop the world at once, not when somebody awaits it."""

    async def here(call: object, *arguments: object) -> object:
        assert callable(call)
        return call(*arguments)

    monkeypatch.setattr(asyncio, "to_thread", here)


def run(seed: int, *, lies: bool = False) -> None:
    with asyncio.Runner() as runner:
        runner.run(life(seed, lies=lies))


@pytest.mark.parametrize("first", range(0, 300, 50))
def test_what_was_acknowledged_survives_and_what_was_erased_stays_dead(first: int) -> None:
    for seed in range(first, first + 50):
        run(seed)


@pytest.mark.full
def test_the_same_for_many_more_lives() -> None:
    for seed in range(1000, 2500):
        run(seed)


def test_control_a_disk_that_lies_about_flushing_is_found_out() -> None:
    caught = 0
    for seed in range(40):
        try:
            run(seed, lies=True)
        except (AssertionError, Unreadable, Erased, MasterDamaged, NotSlots, pytest.fail.Exception):
            caught += 1
    assert caught > 10


def test_control_overwriting_in_place_without_a_safe_copy_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(self: Keys, fresh: dict[int, bytes]) -> None: ...

    monkeypatch.setattr(Keys, "_keep_batch", nothing)
    caught = 0
    for seed in range(300):
        try:
            run(seed)
        except Unreadable:
            caught += 1
    assert caught > 5
