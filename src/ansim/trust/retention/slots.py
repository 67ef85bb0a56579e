"""A file of fixed 64-byte slots: written in place, durable on flush, a slot number never used twice.

The first slot is the header: magic (16 B), identity of the file (16 B, random), the first 16 B of their SHA-256, zeros.
Slots count from 1. A slot is *empty* (all zeros: never written), *erased* (zeros, then ff ff ff ff) or holds 60 bytes
and a day number (u32, little-endian).
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from ansim.core.disk import File
from ansim.core.world import World

SIZE = 64
EMPTY = bytes(SIZE)
ERASED = bytes(SIZE - 4) + b"\xff" * 4
_MAGIC = b"ansim key slots\n"
# The file grows by whole chunks of zeros, so that a flush of one slot is a flush of one block and not of
# the file's length too.
_CHUNK = 1024 * SIZE


class NotSlots(Exception):
    """The file is not one of slots, or its header is damaged."""


def _header(identity: bytes) -> bytes:
    content = _MAGIC + identity
    return (content + hashlib.sha256(content).digest()[:16]).ljust(SIZE, b"\0")


class SlotFile:
    def __init__(self, world: World, path: Path, *, identity: bytes | None = None) -> None:
        """`identity` is written into a new file (16 bytes, random by default)."""
        self._file: File = world.disk.open(path)
        self._dirty: dict[int, bytes] = {}
        self._failed = False
        size = self._file.size()
        header = self._file.pread(SIZE, 0)
        if header != _header(header[16:32]):
            # A crash in the middle of making the file leaves nothing but part of its header.
            if size > SIZE:
                raise NotSlots(path.name)
            header = _header(identity or world.token_bytes(16))
            self._file.pwrite(header, 0)
            self._file.flush()
        self.identity = header[16:32]
        self.refresh()

    def make_durable(self, *, slots: bool) -> None:
        """Put what was read at opening on stable storage: the header, and on demand every slot. For the owner only.

        After a refused flush the system shows what never reached the disk, also to the next process; whatever later
        hangs on it would be lost with the power.
        """
        self._file.pwrite(_header(self.identity) + (self.read_all() if slots else b""), 0)
        self._file.flush()

    def refresh(self) -> None:
        """See what another process that owns the file has added."""
        self._end = self._file.size() // SIZE
        self.next = self._first_unused()

    def _first_unused(self) -> int:
        end = self._end
        while end > 1:
            start = max(1, end - _CHUNK // SIZE)
            chunk = self._file.pread((end - start) * SIZE, start * SIZE)
            used = len(chunk.rstrip(b"\0"))
            if used:
                return start + (used - 1) // SIZE + 1
            end = start
        return 1

    def read(self, slot: int) -> bytes:
        """The 64 bytes of a slot; EMPTY beyond the end."""
        if slot < 1:
            raise ValueError("slots count from 1")
        if (ours := self._dirty.get(slot)) is not None:
            return ours  # nobody else writes this file
        return self._file.pread(SIZE, slot * SIZE).ljust(SIZE, b"\0")

    def read_all(self) -> bytes:
        """Every slot from 1 to the last one used, in one piece."""
        return self._file.pread((self.next - 1) * SIZE, SIZE).ljust((self.next - 1) * SIZE, b"\0")

    def write(self, first: int, *contents: bytes) -> None:
        """One slot, or several side by side, in place; durable only after a flush."""
        if first < 1 or not all(len(content) == SIZE for content in contents):
            raise ValueError("a slot is 64 bytes and slots count from 1")
        end = first + len(contents)
        while end > self._end:
            self._file.pwrite(bytes(_CHUNK), self._end * SIZE)
            self._end += _CHUNK // SIZE
        self._file.pwrite(b"".join(contents), first * SIZE)
        self._dirty.update(enumerate(contents, first))
        self.next = max(self.next, end)

    def begin_flush(self) -> dict[int, bytes]:
        """What the coming flush covers.

        After a failed flush the system may hold the pages for clean and lose them; so they are written again from
        our own copy.
        """
        if self._failed:
            for slot, content in self._dirty.items():
                self._file.pwrite(content, slot * SIZE)
        return dict(self._dirty)

    def flush_blocking(self) -> None:
        """The slow part; may run in another thread."""
        try:
            self._file.flush()
        except OSError:
            self._failed = True
            raise

    def end_flush(self, covered: dict[int, bytes]) -> None:
        self._failed = False
        for slot, content in covered.items():
            if self._dirty.get(slot) is content:
                del self._dirty[slot]

    def flush(self) -> None:
        covered = self.begin_flush()
        self.flush_blocking()
        self.end_flush(covered)

    def close(self) -> None:
        self._file.close()
