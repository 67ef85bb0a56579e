"""A disk that loses what was not flushed when its power goes, block by block, and sometimes tears a write in two."""

from __future__ import annotations

import errno
import random
from pathlib import Path


class _Content:
    """One file: what the system shows, and what is on the platter."""

    def __init__(self) -> None:
        self.seen = bytearray()
        self.kept = bytearray()
        self.pending: list[tuple[int, bytes]] = []


class SimulatedFile:
    def __init__(self, disk: SimulatedDisk, content: _Content) -> None:
        self._disk = disk
        self._content = content
        self._power = disk.power

    def pread(self, length: int, at: int) -> bytes:
        return bytes(self._content.seen[at : at + length])

    def pwrite(self, content: bytes, at: int) -> None:
        self._check()
        _put(self._content.seen, content, at)
        self._content.pending.append((at, bytes(content)))

    def flush(self) -> None:
        self._check()
        pending, self._content.pending = self._content.pending, []
        if self._disk.fails():
            # As the kernel does it: the pages count as clean from now on, and what they held may never be written.
            raise OSError(errno.EIO, "simulated")
        for at, content in pending:
            _put(self._content.kept, content, at)

    def size(self) -> int:
        return len(self._content.seen)

    def close(self) -> None:
        pass

    def _check(self) -> None:
        if self._power != self._disk.power:
            raise OSError(errno.EIO, "the machine is off")


class SimulatedDisk:
    """`failing`: how often a flush is refused."""

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw
        self._files: dict[Path, _Content] = {}
        self.failing = 0.0
        self.power = 0
        self.lost = 0

    def open(self, path: Path, *, create: bool = True) -> SimulatedFile:
        if path not in self._files:
            if not create:
                raise FileNotFoundError(path)
            self._files[path] = _Content()
        return SimulatedFile(self, self._files[path])

    def exists(self, path: Path) -> bool:
        return path in self._files

    def fails(self) -> bool:
        return self._draw.random() < self.failing

    def cut(self) -> None:
        """Power off: of every write that was not flushed some arrived, some did not, some are torn."""
        self.power += 1
        for content in self._files.values():
            for at, written in content.pending:
                fate = self._draw.random()
                if fate < 0.4:
                    self.lost += 1
                    continue
                if fate > 0.8 and any(written):
                    written = written[: self._draw.randrange(len(written))]
                    self.lost += 1
                _put(content.kept, written, at)
            content.pending = []
            content.seen = bytearray(content.kept)


def _put(into: bytearray, content: bytes, at: int) -> None:
    if len(into) < at:
        into.extend(bytes(at - len(into)))
    into[at : at + len(content)] = content
