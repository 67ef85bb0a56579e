"""One key for each thing that must be destroyable, in a file outside PostgreSQL.

Rows hold ciphertext and the number of a slot. Overwriting the slot destroys every row sealed under it, wherever its
copies are: in the heap, the write-ahead log, a replica, a backup. NIST SP 800-88 calls it cryptographic erase.

A column that holds a slot is named `slot` or `…_slot`: a key that no such column names is destroyed within a day.
"""

from __future__ import annotations

import asyncio
import struct
import zlib
from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ansim.core.errors import Unavailable
from ansim.core.world import World
from ansim.trust.retention.master import Master, NoDayKey
from ansim.trust.retention.slots import EMPTY, ERASED, SIZE, SlotFile

Slot: TypeAlias = int
NONCE = 12
OVERHEAD = NONCE + 16
"""Bytes that sealing adds: a nonce and a tag."""
_CACHED = 65_536
_BATCH = 256
_BATCH_HEAD = struct.Struct("<8sII")  # magic, number of slots, CRC-32 of them
_BATCH_MAGIC = b"rewrap 1"


class Erased(Exception):
    """The key was destroyed: what it sealed cannot be read by anybody, ever again."""


class Unreadable(Exception):
    """The sealed bytes do not open: changed, sealed for another context, or the slot is empty or damaged."""


@dataclass(frozen=True, kw_only=True)
class KeyReport:
    """What `Keys.check` found: numbers of slots, ascending."""

    live: int
    erased: int
    orphans: tuple[Slot, ...]  # live, but no row uses them: a crash between allocation and commit
    damaged: tuple[Slot, ...]  # do not open under their day's key, or that day's key is gone
    missing: tuple[Slot, ...]  # rows use them, the file has nothing there
    days: int  # day keys that exist
    stale_days: tuple[int, ...]  # day keys older than a backup may live: destruction is overdue


class Keys:
    """The keys of one centre. One process owns the file; others may read it, and see an erasure at once.

    Randomness, time and disk come from `world`. `folder` must exist, readable by its owner only.
    """

    def __init__(
        self, world: World, folder: Path, master: Master, *, backup_days: int = 7, readonly: bool = False
    ) -> None:
        """`readonly`: for whoever looks at the keys of a running centre, such as its check."""
        self._world = world
        self._master = master
        self._backup_days = backup_days
        self._readonly = readonly
        self._slots = SlotFile(world, folder / "keys")
        self._batch = world.disk.open(folder / "rewrap")
        self._cache: OrderedDict[Slot, tuple[bytes, AESGCM]] = OrderedDict()
        self._wrappers: dict[int, AESGCM] = {}
        self._written = 0
        self._durable = 0
        self._flushing: asyncio.Task[None] | None = None
        self._rewriting = asyncio.Lock()
        if not readonly:
            master.make_durable()
            self._slots.make_durable(slots=False)
            self._finish_batch()

    def close(self) -> None:
        self._slots.close()
        self._batch.close()
        self._master.close()

    # -- making and using keys

    def today(self) -> int:
        return int(self._world.clock.now().timestamp()) // 86_400

    def new(self, count: int = 1) -> list[Slot]:
        """New keys in new slots. Await `flush` before anything that uses them is acknowledged.

        Raises Unavailable when the file cannot grow.
        """
        day = self.today()
        slots = list(range(self._slots.next, self._slots.next + count))
        keys = [self._world.token_bytes(32) for _ in slots]
        try:
            contents = [self._wrap(slot, key, day, make=True) for slot, key in zip(slots, keys, strict=True)]
            self._write(self._slots.next, *contents)
        except OSError as error:
            raise Unavailable from error
        for slot, content, key in zip(slots, contents, keys, strict=True):
            self._remember(slot, content, AESGCM(key))
        return slots

    async def flush(self) -> None:
        """Return when every slot written so far is on stable storage; concurrent callers share one flush.

        Raises Unavailable when the disk refuses; the slots stay unacknowledged and the next flush writes them again.
        """
        wanted = self._written
        while self._durable < wanted:
            # Shielded: whoever gives up waiting must not take the flush from the others.
            await asyncio.shield(self.begin_flush())

    def begin_flush(self) -> asyncio.Task[None]:
        """What was written so far goes to the disk while its keys seal already; whoever relies on it awaits `flush`."""
        if self._flushing is None:
            covers, slots = self._written, self._slots.begin_flush()
            # not by `to_thread`, which would begin when the caller awaits something
            done = asyncio.get_running_loop().run_in_executor(None, self._slots.flush_blocking)
            self._flushing = asyncio.create_task(self._flush(done, covers, slots))
            # When everybody has given up waiting, nobody is left to hear that it failed; the next one writes again.
            self._flushing.add_done_callback(lambda done: done.cancelled() or done.exception())
        return self._flushing

    def seal(self, slot: Slot, plaintext: bytes, context: bytes) -> bytes:
        """AES-256-GCM under the slot's key: nonce (12 B), ciphertext, tag (16 B).

        `context` says what it is and whose ("position/<incident>"); opening needs the same. Raises Erased, Unreadable.
        """
        nonce = self._world.token_bytes(NONCE)
        return nonce + self._cipher(slot).encrypt(nonce, plaintext, context)

    def open(self, slot: Slot, sealed: bytes, context: bytes) -> bytes:
        """Raises Erased when the key was destroyed, Unreadable when the bytes are not what was sealed here."""
        cipher = self._cipher(slot)
        try:
            return cipher.decrypt(sealed[:NONCE], sealed[NONCE:], context)
        except (InvalidTag, ValueError):
            raise Unreadable(f"slot {slot}") from None

    def opened(self, slot: Slot | None, sealed: bytes | None, context: bytes) -> bytes | None:
        """As `open`, for whoever can do without: None where nothing was sealed, or its key was destroyed. Raises Unreadable."""
        if slot is None or sealed is None:
            return None
        try:
            return self.open(slot, bytes(sealed), context)
        except Erased:
            return None

    def lend(self, slot: Slot) -> bytes:
        """The key itself, for whoever seals for us in another process and forgets it when told. Raises Erased, Unreadable."""
        content = self._slots.read(slot)
        if content == ERASED:
            raise Erased(f"slot {slot}")
        return self._unwrap(slot, content)

    # -- destroying them

    async def erase(self, slots: Iterable[Slot]) -> None:
        """Overwrite the slots; gone from the file when this returns. Erasing twice is harmless.

        Works beyond the end of the file too: after an old copy of it was restored, what was erased since must be erased
        again, and no such number may be given out anew.
        """
        async with self._rewriting:
            try:
                for slot in slots:
                    self._cache.pop(slot, None)
                    self._write(slot, ERASED)
            except OSError as error:
                raise Unavailable from error
            await self.flush()

    def erased(self, slot: Slot) -> bool:
        return self._slots.read(slot) == ERASED

    async def rewrap(self) -> int:
        """Wrap every living key anew under today's, then destroy the day keys that no backup may need any more.

        Run it once a day. Returns how many slots were wrapped anew.
        """
        today = self.today()
        self._master.key(today, make=True)
        behind = [slot for slot, content in self._living() if _day(content) != today]
        done = 0
        for start in range(0, len(behind), _BATCH):
            done += await self._rewrap_batch(behind[start : start + _BATCH], today)
        needed = {_day(content) for _, content in self._living()}
        for day in self._master.days():
            if day < today - self._backup_days and day not in needed:
                self._master.destroy(day)
                self._wrappers.pop(day, None)
        return done

    def check(self, used: Collection[Slot]) -> KeyReport:
        """Compare the file with the slots that rows use. Changes nothing."""
        living, erased, damaged = [], 0, []
        for slot, content in self._all():
            if content == ERASED:
                erased += 1
            elif content != EMPTY:
                # Read again before it is called damaged: the owner may have wrapped it anew since.
                if self._opens(slot, content) or self._opens(slot, self._slots.read(slot)):
                    living.append(slot)
                else:
                    damaged.append(slot)
        known = set(used)
        days = self._master.days()
        return KeyReport(
            live=len(living),
            erased=erased,
            orphans=tuple(slot for slot in living if slot not in known),
            damaged=tuple(damaged),
            missing=tuple(slot for slot in sorted(known) if self._slots.read(slot) == EMPTY),
            days=len(days),
            stale_days=tuple(day for day in days if day < self.today() - self._backup_days - 1),
        )

    # -- inside

    def _write(self, first: Slot, *contents: bytes) -> None:
        if self._readonly:
            raise PermissionError("these keys were opened to be looked at only")
        self._slots.write(first, *contents)
        self._written += 1

    async def _flush(self, done: asyncio.Future[None], covers: int, slots: dict[Slot, bytes]) -> None:
        try:
            await done
        except OSError as error:
            raise Unavailable from error
        finally:
            self._flushing = None
        self._slots.end_flush(slots)
        self._durable = covers

    def _cipher(self, slot: Slot) -> AESGCM:
        # Read every time (about 1 µs): a slot that another process erased is dead in this one too,
        # cache or not.
        content = self._slots.read(slot)
        cached = self._cache.get(slot)
        if cached is not None and cached[0] == content:
            return cached[1]
        self._cache.pop(slot, None)
        if content == ERASED:
            raise Erased(f"slot {slot}")
        if content == EMPTY:
            raise Unreadable(f"slot {slot} is empty")
        cipher = AESGCM(self._unwrap(slot, content))
        self._remember(slot, content, cipher)
        return cipher

    def _remember(self, slot: Slot, content: bytes, cipher: AESGCM) -> None:
        if len(self._cache) >= _CACHED:
            self._cache.popitem(last=False)
        self._cache[slot] = content, cipher

    def _wrapper(self, day: int, *, make: bool) -> AESGCM:
        if day not in self._wrappers:
            self._wrappers[day] = AESGCM(self._master.key(day, make=make))
        return self._wrappers[day]

    def _context(self, slot: Slot, day: int) -> bytes:
        # A slot opens in its own place only: nobody can put a copy of one key where another was.
        return b"ansim slot" + self._slots.identity + struct.pack("<QI", slot, day)

    def _wrap(self, slot: Slot, key: bytes, day: int, *, make: bool = False) -> bytes:
        nonce = self._world.token_bytes(NONCE)
        wrapped = self._wrapper(day, make=make).encrypt(nonce, key, self._context(slot, day))
        return nonce + wrapped + struct.pack("<I", day)

    def _unwrap(self, slot: Slot, content: bytes) -> bytes:
        day = _day(content)
        try:
            wrapper = self._wrapper(day, make=False)
            return wrapper.decrypt(content[:NONCE], content[NONCE:60], self._context(slot, day))
        except (InvalidTag, NoDayKey):
            raise Unreadable(f"slot {slot} is damaged") from None

    def _opens(self, slot: Slot, content: bytes) -> bool:
        try:
            self._unwrap(slot, content)
        except Unreadable:
            return False
        return True

    def _all(self) -> list[tuple[Slot, bytes]]:
        everything = self._slots.read_all()
        return [(at // SIZE + 1, everything[at : at + SIZE]) for at in range(0, len(everything), SIZE)]

    def _living(self) -> list[tuple[Slot, bytes]]:
        return [(slot, content) for slot, content in self._all() if content not in (EMPTY, ERASED)]

    async def _rewrap_batch(self, slots: list[Slot], today: int) -> int:
        async with self._rewriting:
            fresh: dict[Slot, bytes] = {}
            for slot in slots:
                content = self._slots.read(slot)
                # Erased since the list was made, or damaged: not ours to touch.
                if content in (EMPTY, ERASED):
                    continue
                try:
                    fresh[slot] = self._wrap(slot, self._unwrap(slot, content), today)
                except Unreadable:
                    continue
            # A living key is never overwritten before its new form is safe elsewhere: a torn
            # write would kill it.
            await self._keep_batch(fresh)
            for slot, content in fresh.items():
                self._write(slot, content)
            await self.flush()
            await self._keep_batch({})
            return len(fresh)

    async def _keep_batch(self, fresh: dict[Slot, bytes]) -> None:
        body = b"".join(struct.pack("<Q", slot) + content for slot, content in fresh.items())
        head = _BATCH_HEAD.pack(_BATCH_MAGIC, len(fresh), zlib.crc32(body)) if fresh else bytes(_BATCH_HEAD.size)
        room = _BATCH * (8 + SIZE)
        self._batch.pwrite(head + body.ljust(room, b"\0"), 0)
        try:
            await asyncio.to_thread(self._batch.flush)
        except OSError as error:
            raise Unavailable from error

    def _finish_batch(self) -> None:
        """After a crash in the middle of wrapping anew: write the batch that was safe already."""
        head = self._batch.pread(_BATCH_HEAD.size, 0)
        if len(head) < _BATCH_HEAD.size:
            return
        magic, count, crc = _BATCH_HEAD.unpack(head)
        body = self._batch.pread(min(count, _BATCH) * (8 + SIZE), _BATCH_HEAD.size)
        if magic == _BATCH_MAGIC and zlib.crc32(body) == crc:
            for at in range(0, len(body), 8 + SIZE):
                (slot,) = struct.unpack_from("<Q", body, at)
                if self._slots.read(slot) != ERASED:
                    self._write(slot, body[at + 8 : at + 8 + SIZE])
            self._slots.flush()
            self._durable = self._written
        self._batch.pwrite(bytes(_BATCH_HEAD.size + _BATCH * (8 + SIZE)), 0)
        self._batch.flush()


def _day(content: bytes) -> int:
    return int.from_bytes(content[60:64], "little")
