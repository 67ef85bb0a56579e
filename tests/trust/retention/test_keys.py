"""Keys: durable before anything is acknowledged, gone when they are erased, whole after a crash."""

import asyncio
import os
import struct
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ansim.core.clock import ManualClock
from ansim.core.disk import File, RealDisk, RealFile
from ansim.core.errors import Unavailable
from ansim.core.world import World
from ansim.trust.retention.keys import Erased, Keys, Unreadable
from ansim.trust.retention.master import FileMaster, MasterDamaged, NoDayKey
from ansim.trust.retention.slots import ERASED, SIZE, NotSlots

BATCH = (256 * 72) + 16


class Opened:
    """Opens the same folder again and again, as restarts do."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock()
        self.disk = FaultyDisk()
        self.world = World(clock=self.clock, disk=self.disk)
        self._open: list[Keys] = []

    def __call__(self) -> Keys:
        keys = Keys(self.world, self.folder, FileMaster(self.world, self.folder))
        self._open.append(keys)
        return keys

    def close(self) -> None:
        for keys in self._open:
            keys.close()

    def bytes(self) -> bytes:
        return (self.folder / "keys").read_bytes()


class FaultyFile:
    """A file whose flushes and writes can be made to fail, and are counted."""

    def __init__(self, disk: "FaultyDisk", file: RealFile, name: str) -> None:
        self._disk, self._file, self._name = disk, file, name

    def pread(self, length: int, at: int) -> bytes:
        return self._file.pread(length, at)

    def pwrite(self, content: bytes, at: int) -> None:
        if self._disk.writes_left is not None:
            if self._disk.writes_left == 0:
                raise OSError(28, "no space")
            self._disk.writes_left -= 1
        self._file.pwrite(content, at)

    def flush(self) -> None:
        if self._disk.flush_fails:
            raise OSError(5, "flush")
        self._disk.flushes[self._name] = self._disk.flushes.get(self._name, 0) + 1
        self._file.flush()

    def size(self) -> int:
        return self._file.size()

    def close(self) -> None:
        self._file.close()


class FaultyDisk(RealDisk):
    def __init__(self) -> None:
        self.flush_fails = False
        self.writes_left: int | None = None
        self.flushes: dict[str, int] = {}

    def open(self, path: Path, *, create: bool = True) -> File:  # type: ignore[override]
        return FaultyFile(self, super().open(path, create=create), path.name)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    opened = Opened(tmp_path)
    yield opened
    opened.close()


async def test_what_is_sealed_opens_with_the_same_context_only(opened: Opened) -> None:
    keys = opened()
    one, two = keys.new(2)
    await keys.flush()
    sealed = keys.seal(one, b"her place", b"position/i1")
    assert b"her place" not in sealed
    assert len(sealed) == len(b"her place") + 28
    assert keys.open(one, sealed, b"position/i1") == b"her place"
    assert keys.seal(one, b"her place", b"position/i1") != sealed
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for slot, content, context in [
        (one, sealed, b"position/i2"),
        (two, sealed, b"position/i1"),
        (one, changed, b"position/i1"),
    ]:
        with pytest.raises(Unreadable):
            keys.open(slot, content, context)
    for short in (b"", b"x" * 12, b"x" * 27):
        with pytest.raises(Unreadable):
            keys.open(one, short, b"position/i1")


async def test_keys_survive_a_restart(opened: Opened) -> None:
    keys = opened()
    (slot,) = keys.new()
    await keys.flush()
    sealed = keys.seal(slot, b"text", b"c")
    again = opened()
    assert again.open(slot, sealed, b"c") == b"text"
    assert again.new() == [slot + 1]


async def test_a_key_that_memory_let_go_of_opens_from_the_file(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ansim.trust.retention.keys._CACHED", 2)
    keys = opened()
    slots = keys.new(5)
    await keys.flush()
    sealed = [keys.seal(slot, b"text", b"c") for slot in slots]
    assert [keys.open(slot, one, b"c") for slot, one in zip(slots, sealed, strict=True)] == [b"text"] * 5
    assert len(keys._cache) == 2


async def test_a_slot_is_never_used_twice(opened: Opened) -> None:
    keys = opened()
    slots = keys.new(5)
    await keys.erase(slots[2:])
    assert keys.new() == [6]
    assert keys.new(0) == []
    await keys.erase([6])
    assert opened().new() == [7]


async def test_numbers_go_on_beyond_one_chunk(opened: Opened) -> None:
    keys = opened()
    assert keys.new(1500) == list(range(1, 1501))
    await keys.flush()
    assert opened().new() == [1501]


async def test_an_erased_key_is_gone_from_the_file_and_the_others_are_untouched(opened: Opened) -> None:
    keys = opened()
    slots = keys.new(5)
    await keys.flush()
    sealed = {slot: keys.seal(slot, b"text", b"c") for slot in slots}
    before = opened.bytes()
    await keys.erase([3])
    after = opened.bytes()
    assert before[3 * SIZE : 3 * SIZE + 60] not in after
    assert after[3 * SIZE : 4 * SIZE] == ERASED
    assert after[: 3 * SIZE] + after[4 * SIZE :] == before[: 3 * SIZE] + before[4 * SIZE :]
    for reader in (keys, opened()):
        with pytest.raises(Erased):
            reader.open(3, sealed[3], b"c")
        with pytest.raises(Erased):
            reader.seal(3, b"more", b"c")
        assert all(reader.open(slot, sealed[slot], b"c") == b"text" for slot in (1, 2, 4, 5))
    await keys.erase([3])
    assert keys.erased(3)


async def test_an_erasure_is_seen_at_once_by_another_reader_with_a_warm_cache(opened: Opened) -> None:
    keys, other = opened(), opened()
    (slot,) = keys.new()
    await keys.flush()
    sealed = keys.seal(slot, b"text", b"c")
    assert other.open(slot, sealed, b"c") == b"text"
    await keys.erase([slot])
    with pytest.raises(Erased):
        other.open(slot, sealed, b"c")


async def test_erasing_beyond_the_end_of_a_restored_file_keeps_the_number_from_coming_back(
    opened: Opened,
) -> None:
    keys = opened()
    keys.new(2)
    await keys.erase([9])
    assert keys.new() == [10]
    assert keys.check([]).erased == 1


async def test_many_callers_share_a_flush(opened: Opened) -> None:
    keys = opened()
    keys.new()
    await keys.flush()
    before = opened.disk.flushes["keys"]

    async def one() -> None:
        keys.new(2)
        await keys.flush()

    await asyncio.gather(*(one() for _ in range(50)))
    assert opened.disk.flushes["keys"] - before <= 2
    before = opened.disk.flushes["keys"]
    await keys.flush()
    assert opened.disk.flushes["keys"] == before, "nothing was written, so nothing needs a flush"


async def test_who_gives_up_waiting_does_not_take_the_flush_from_the_others(opened: Opened) -> None:
    keys = opened()
    keys.new()
    impatient, patient = asyncio.create_task(keys.flush()), asyncio.create_task(keys.flush())
    await asyncio.sleep(0)
    impatient.cancel()
    await patient
    assert impatient.cancelled() or impatient.done()


async def test_a_failed_flush_acknowledges_nothing_and_is_made_good_later(opened: Opened) -> None:
    keys = opened()
    (slot,) = keys.new()
    opened.disk.flush_fails = True
    with pytest.raises(Unavailable):
        await keys.flush()
    with pytest.raises(Unavailable):
        await keys.flush()
    opened.disk.flush_fails = False
    # The system dropped the page that it could not write: only our own copy has it.
    with (opened.folder / "keys").open("r+b") as file:
        file.seek(slot * SIZE)
        file.write(bytes(SIZE))
    await keys.flush()
    assert opened().check([slot]).missing == ()


async def test_a_full_disk_is_said_and_passes(opened: Opened) -> None:
    keys = opened()
    opened.disk.writes_left = 1
    with pytest.raises(Unavailable):
        keys.new(5)
    opened.disk.writes_left = None
    (slot,) = keys.new()
    await keys.flush()
    assert keys.open(slot, keys.seal(slot, b"x", b"c"), b"c") == b"x"


# -- days


async def test_wrapping_anew_moves_living_keys_to_today_and_old_day_keys_die(opened: Opened) -> None:
    keys = opened()
    slots = keys.new(300)
    await keys.erase([7])
    sealed = {slot: keys.seal(slot, b"text", b"c") for slot in slots if slot != 7}
    copy = opened.bytes()
    first_day = keys.today()
    await opened.clock.advance(86_400 * 3)
    assert await keys.rewrap() == 299
    assert await keys.rewrap() == 0
    master = FileMaster(opened.world, opened.folder)
    assert master.days() == [first_day, first_day + 3], "a backup of the first day may still need its key"
    await opened.clock.advance(86_400 * 5)
    assert await keys.rewrap() == 299
    for reader in (keys, opened()):
        assert all(reader.open(slot, content, b"c") == b"text" for slot, content in sealed.items())
        with pytest.raises(Erased):
            reader.seal(7, b"x", b"c")
    # The backup of the first day, put back: nothing of it opens any more.
    (opened.folder / "keys").write_bytes(copy)
    restored = opened()
    for slot, content in sealed.items():
        with pytest.raises(Unreadable):
            restored.open(slot, content, b"c")
    with pytest.raises(NoDayKey):
        FileMaster(opened.world, opened.folder).key(first_day)


async def test_a_day_key_is_kept_while_a_slot_needs_it(opened: Opened) -> None:
    keys = opened()
    (slot,) = keys.new()
    sealed = keys.seal(slot, b"text", b"c")
    await keys.flush()
    await opened.clock.advance(86_400 * 30)
    assert keys.check([slot]).stale_days == (keys.today() - 30,)
    await keys.rewrap()
    assert keys.check([slot]).stale_days == ()
    assert opened().open(slot, sealed, b"c") == b"text"


@pytest.mark.parametrize("torn", [0, 1, 30, 63])
async def test_a_crash_while_wrapping_anew_loses_no_key(opened: Opened, torn: int) -> None:
    keys = opened()
    slots = keys.new(10)
    sealed = {slot: keys.seal(slot, b"text", b"c") for slot in slots}
    await keys.erase([4])
    await opened.clock.advance(86_400)
    before = opened.bytes()
    # Two writes of the batch area and of the day key pass; then the machine dies while it writes the third slot in
    # place.
    safe = asyncio.Event()
    original = keys._keep_batch

    async def keep(fresh: dict[int, bytes]) -> None:
        await original(fresh)
        if fresh:
            safe.set()
            raise asyncio.CancelledError

    keys._keep_batch = keep  # type: ignore[method-assign]
    with pytest.raises(asyncio.CancelledError):
        await keys.rewrap()
    assert safe.is_set()
    half = bytearray(before)
    half[3 * SIZE : 3 * SIZE + torn] = os.urandom(torn)
    half[6 * SIZE : 7 * SIZE] = os.urandom(SIZE)
    (opened.folder / "keys").write_bytes(half)
    again = opened()
    for slot in slots:
        if slot != 4:
            assert again.open(slot, sealed[slot], b"c") == b"text"
    assert again.erased(4)
    assert (opened.folder / "rewrap").read_bytes() == bytes(BATCH)


async def test_a_batch_that_was_not_safe_yet_is_forgotten(opened: Opened) -> None:
    keys = opened()
    (slot,) = keys.new()
    await keys.flush()
    sealed = keys.seal(slot, b"text", b"c")
    (opened.folder / "rewrap").write_bytes(struct.pack("<8sIIQ", b"rewrap 1", 1, 0, slot) + os.urandom(SIZE))
    assert opened().open(slot, sealed, b"c") == b"text"


async def test_an_erasure_waits_for_a_batch_and_wins(opened: Opened) -> None:
    keys = opened()
    keys.new(3)
    await keys.flush()
    await opened.clock.advance(86_400)
    await asyncio.gather(keys.rewrap(), keys.erase([2]))
    assert keys.erased(2)
    assert opened().erased(2)
    assert keys.check([1, 3]).damaged == ()


# -- the check


async def test_the_check_names_what_is_wrong(opened: Opened) -> None:
    keys = opened()
    keys.new(6)
    await keys.erase([1])
    content = bytearray(opened.bytes())
    content[2 * SIZE + 20] ^= 1
    content[5 * SIZE : 6 * SIZE] = content[4 * SIZE : 5 * SIZE]
    (opened.folder / "keys").write_bytes(content)
    report = opened().check([3, 99])
    assert (report.live, report.erased) == (3, 1)
    assert report.orphans == (4, 6)
    assert report.damaged == (2, 5), "5 holds a copy of 4, which must not open in another place"
    assert report.missing == (99,)


async def test_every_bit_of_a_slot_matters(opened: Opened) -> None:
    keys = opened()
    (slot,) = keys.new()
    await keys.flush()
    sealed, whole = keys.seal(slot, b"text", b"c"), opened.bytes()
    for bit in range(0, SIZE * 8, 7):
        content = bytearray(whole)
        content[slot * SIZE + bit // 8] ^= 1 << bit % 8
        (opened.folder / "keys").write_bytes(content)
        with pytest.raises(Unreadable):
            keys.open(slot, sealed, b"c")


async def test_a_torn_header_of_a_new_file_is_made_again_but_a_strange_file_is_refused(
    opened: Opened,
) -> None:
    (opened.folder / "keys").write_bytes(b"ansim key s")
    keys = opened()
    assert keys.new() == [1]
    await keys.flush()
    (opened.folder / "keys").write_bytes(b"x" * 4096)
    with pytest.raises(NotSlots):
        opened()


async def test_the_master_key_is_for_its_owner_only(opened: Opened) -> None:
    opened()
    assert (opened.folder / "master").stat().st_mode & 0o777 == 0o600
    assert (opened.folder / "keys").stat().st_mode & 0o777 == 0o600
    (opened.folder / "master").chmod(0o640)
    with pytest.raises(MasterDamaged, match="chmod 600"):
        opened()
    (opened.folder / "master").chmod(0o600)
    (opened.folder / "master").write_bytes(b"short")
    with pytest.raises(MasterDamaged):
        opened()


async def test_another_master_opens_nothing(opened: Opened) -> None:
    keys = opened()
    (slot,) = keys.new()
    await keys.flush()
    sealed = keys.seal(slot, b"x", b"c")
    other = opened.folder / "other"
    other.mkdir()
    FileMaster(opened.world, other).close()
    (opened.folder / "master").write_bytes((other / "master").read_bytes())
    with pytest.raises(MasterDamaged, match="another"):
        opened().open(slot, sealed, b"c")


async def test_days_are_days_of_utc(opened: Opened) -> None:
    keys = opened()
    assert keys.today() == (opened.clock.now() - timedelta(0)).toordinal() - 719_163
