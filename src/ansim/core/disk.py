"""The disk behind a narrow port, so that simulation can tear writes and lose what was not flushed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol


class File(Protocol):
    def pread(self, length: int, at: int) -> bytes: ...
    def pwrite(self, content: bytes, at: int) -> None: ...
    def flush(self) -> None:
        """Return when everything written is on stable storage (fdatasync)."""

    def size(self) -> int: ...
    def close(self) -> None: ...


class Disk(Protocol):
    def open(self, path: Path, *, create: bool = True) -> File: ...
    def exists(self, path: Path) -> bool: ...


class RealFile:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def pread(self, length: int, at: int) -> bytes:
        return os.pread(self._descriptor, length, at)

    def pwrite(self, content: bytes, at: int) -> None:
        view = memoryview(content)
        while view:
            written = os.pwrite(self._descriptor, view, at)
            view, at = view[written:], at + written

    def flush(self) -> None:
        os.fdatasync(self._descriptor)

    def size(self) -> int:
        return os.fstat(self._descriptor).st_size

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class RealDisk:
    def open(self, path: Path, *, create: bool = True) -> RealFile:
        new = not path.exists()
        descriptor = os.open(path, os.O_RDWR | (os.O_CREAT if create else 0), 0o600)
        if new:
            # The name itself must survive a power cut, not only the bytes under it.
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        return RealFile(descriptor)

    def exists(self, path: Path) -> bool:
        return path.exists()
