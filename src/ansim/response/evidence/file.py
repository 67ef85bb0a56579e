"""Where the parts of clips lie: sealed one by one under the key of their case."""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from ansim.response.evidence.manifest import Part
from ansim.response.evidence.ports import Stretch
from ansim.trust.retention.keys import Keys, Slot

_LENGTH = struct.Struct(">I")


@dataclass(frozen=True)
class ClipFolder:
    """A folder for each case, in it a file for each clip."""

    path: Path

    def of(self, incident: str, clip: str) -> Path:
        return self.path / incident / clip

    def lying(self) -> set[tuple[str, str]]:
        """Case and clip of everything that is there."""
        if not self.path.is_dir():
            return set()
        return {(case.name, clip.name) for case in self.path.iterdir() if case.is_dir() for clip in case.iterdir()}


@dataclass(frozen=True)
class ClipFile:
    """One clip: each part sealed for its own place, behind the length of what is sealed (4 bytes, big-endian). Blocks."""

    keys: Keys
    slot: Slot
    path: Path
    clip: str

    def add(self, number: int, stretch: Stretch) -> Part:
        content = stretch.content
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        sealed = self.keys.seal(self.slot, content, self._context(number))
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "ab") as file:
            file.write(_LENGTH.pack(len(sealed)) + sealed)
        digest = hashlib.sha256(content).hexdigest()
        return Part(bytes=len(content), sha256=digest, frames=stretch.frames, start=stretch.start, end=stretch.end)

    def parts(self) -> Generator[bytes, None, None]:
        """One after the other. Raises Erased, Unreadable."""
        with self.path.open("rb") as file:
            number = 0
            while head := file.read(_LENGTH.size):
                yield self.keys.open(self.slot, file.read(_LENGTH.unpack(head)[0]), self._context(number))
                number += 1

    def between(self, first: int, last: int) -> bytes:
        """The init segment, and these parts behind it, without opening what lies before. Raises Erased, Unreadable."""
        opened = []
        with self.path.open("rb") as file:
            for number in range(last + 1):
                size = _LENGTH.unpack(file.read(_LENGTH.size))[0]
                if number == 0 or number >= first:
                    opened.append(self.keys.open(self.slot, file.read(size), self._context(number)))
                else:
                    file.seek(size, os.SEEK_CUR)
        return b"".join(opened)

    def make_durable(self) -> None:
        for each, how in (
            (self.path, os.O_RDWR), (self.path.parent, os.O_RDONLY), (self.path.parent.parent, os.O_RDONLY),
        ):  # fmt: skip
            descriptor = os.open(each, how)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def _context(self, part: int) -> bytes:
        return f"clip/{self.clip}/{part}".encode()


def statement_context(clip: str) -> bytes:
    """What the sealed statement of a clip is bound to."""
    return f"clip/{clip}/statement".encode()
