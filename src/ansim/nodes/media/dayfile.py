"""One camera's day on disk: sealed groups of pictures, one behind the other, and a list of where each lies.

    pictures   record | record | …     a record is a header (44 B) and what was sealed: an init segment, or a group of fragments
    index      entry  | entry  | …     an entry is where a record begins (8 B) and a copy of its header

Both only grow. A record is written before its entry, so whatever the index names is there; what a process was killed over
lies behind the last entry, is found by its header when it is whole, and is written over when it is not. Nothing is repaired.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ansim.core.disk import Disk, File

INIT, GROUP, REST = 1, 2, 3
"""What a record holds: an init segment, a group that begins with its key frame, the rest of a group begun before."""

_MAGIC = b"ansr"
_HEADER = struct.Struct("<4sB3xIIqqQI")
_AT = struct.Struct("<Q")
_ENTRY = np.dtype(
    [
        ("at", "<u8"), ("magic", "S4"), ("kind", "u1"), ("pad", "V3"), ("frames", "<u4"), ("length", "<u4"),
        ("start", "<i8"), ("end", "<i8"), ("init", "<u8"), ("crc", "<u4"),
    ]
)  # fmt: skip


class Record(NamedTuple):
    """`at`: where it begins in the file. `start`, `end`: microseconds since 1970, UTC, by this machine's clock. `init`:
    where the init segment that it needs begins. `length`: of what was sealed.
    """

    at: int
    kind: int
    frames: int
    length: int
    start: int
    end: int
    init: int

    @property
    def after(self) -> int:
        return self.at + _HEADER.size + self.length

    def header(self) -> bytes:
        head = _HEADER.pack(
            _MAGIC, self.kind, self.frames, self.length, self.start, self.end, self.init, 0
        )[:-4]  # fmt: skip
        return head + struct.pack("<I", zlib.crc32(head + _AT.pack(self.at)))

    def context(self, whose: str) -> bytes:
        """What sealing binds it to: a record opens in its own place, of its own camera and day, only. The length is not in
        it, because it is known only then."""
        return f"recording/{whose}/{self.at}/{self.kind}/{self.frames}/{self.start}/{self.end}/{self.init}".encode()


def _read_header(content: bytes, at: int) -> Record | None:
    if len(content) < _HEADER.size:
        return None
    magic, kind, frames, length, start, end, init, _ = _HEADER.unpack(content)
    record = Record(at, kind, frames, length, start, end, init)
    return record if magic == _MAGIC and record.header() == content else None


class DayFile:
    """`whose`: what the records are bound to, for example "cam-1/2026-11-22". For writing by one thread; `read_day` reads
    beside it. Raises OSError as the disk does.
    """

    def __init__(self, disk: Disk, folder: Path, whose: str) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.whose = whose
        self._pictures = disk.open(folder / "pictures")
        try:
            self._index = disk.open(folder / "index")
        except OSError:
            self._pictures.close()
            raise
        self._entries = self._index.size() // _ENTRY.itemsize
        self._end = 0
        self._init: tuple[bytes, int] | None = None
        self.dirty = False
        try:
            self._find_end()
        except OSError:
            self.close()
            raise

    def _find_end(self) -> None:
        while self._entries:
            last = _entry(self._index.pread(_ENTRY.itemsize, (self._entries - 1) * _ENTRY.itemsize))
            if last is not None:
                self._end = last.after
                break
            self._entries -= 1  # a power cut can leave an entry that was never written
        for record in _beyond(self._pictures, self._end):
            self._list(record)

    def append(
        self, seal: Callable[[bytes, bytes], bytes], kind: int, content: bytes, frames: int, start: int, end: int,
        init: bytes,
    ) -> None:  # fmt: skip
        """`seal(content, context)` gives what is stored. `init`: the segment that the content needs; stored once in a row."""
        if self._init is None or self._init[0] is not init:
            at = self._end
            self._write(seal, Record(at, INIT, 0, 0, start, start, at), init)
            self._init = (init, at)
        self._write(seal, Record(self._end, kind, frames, 0, start, end, self._init[1]), content)

    def _write(self, seal: Callable[[bytes, bytes], bytes], record: Record, content: bytes) -> None:
        sealed = seal(content, record.context(self.whose))
        record = record._replace(length=len(sealed))
        self.dirty = True
        self._pictures.pwrite(sealed, record.at + _HEADER.size)
        # the header last: what has one is whole
        self._pictures.pwrite(record.header(), record.at)
        self._list(record)

    def _list(self, record: Record) -> None:
        self._index.pwrite(_AT.pack(record.at) + record.header(), self._entries * _ENTRY.itemsize)
        self._entries += 1
        self._end = record.after
        self.dirty = True

    def flush(self) -> None:
        """Return when all of it is on stable storage."""
        if self.dirty:
            self._pictures.flush()
            self._index.flush()
            self.dirty = False

    def close(self) -> None:
        self._pictures.close()
        self._index.close()


class ReadDay:
    """A camera's day as it is now. Raises FileNotFoundError when there is none."""

    def __init__(self, disk: Disk, folder: Path, whose: str) -> None:
        self.whose = whose
        self._pictures = disk.open(folder / "pictures", create=False)
        try:
            index = disk.open(folder / "index", create=False)
            try:
                whole = index.size() // _ENTRY.itemsize
                listed = np.frombuffer(index.pread(whole * _ENTRY.itemsize, 0), _ENTRY)
            finally:
                index.close()
        except FileNotFoundError:  # it can be made again from the pictures, and here it is
            listed = np.empty(0, _ENTRY)
        while len(listed) and _entry(listed[-1].tobytes()) is None:
            listed = listed[:-1]
        end = int(listed["at"][-1]) + _HEADER.size + int(listed["length"][-1]) if len(listed) else 0
        beyond = b"".join(_AT.pack(one.at) + one.header() for one in _beyond(self._pictures, end))
        self._listed = np.concatenate([listed, np.frombuffer(beyond, _ENTRY)])

    def records(self, start: int, end: int) -> list[Record]:
        """The groups that overlap this time, from a key frame on, in the order in which they were written."""
        listed = self._listed
        hit = np.flatnonzero((listed["kind"] != INIT) & (listed["start"] < end) & (listed["end"] > start))
        if not len(hit):
            return []
        first = int(hit[0])
        while first > 0 and listed["kind"][first] == REST:
            first -= 1
        chosen: npt.NDArray[np.intp] = np.concatenate([np.arange(first, hit[0]), hit])
        found = [_entry(listed[at].tobytes()) for at in chosen]
        return [record for record in found if record is not None and record.kind != INIT]

    def init_of(self, record: Record) -> Record | None:
        return _read_header(self._pictures.pread(_HEADER.size, record.init), record.init)

    def content(self, open: Callable[[bytes, bytes], bytes], record: Record) -> bytes:
        """`open(sealed, context)` gives what was stored, and raises what it raises when it was changed."""
        return open(self._pictures.pread(record.length, record.at + _HEADER.size), record.context(self.whose))

    def close(self) -> None:
        self._pictures.close()


def _entry(content: bytes) -> Record | None:
    return _read_header(content[_AT.size :], _AT.unpack_from(content)[0])


def _beyond(pictures: File, end: int) -> list[Record]:
    """Whole records behind the last that is listed."""
    found: list[Record] = []
    size = pictures.size()
    while (record := _read_header(pictures.pread(_HEADER.size, end), end)) is not None and record.after <= size:
        found.append(record)
        end = record.after
    return found
