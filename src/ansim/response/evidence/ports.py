"""What evidence needs of whoever holds the recordings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Annotated, Protocol

import msgspec


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """Some of a recording: first an init segment (`frames` 0), then groups of pictures, each from its key frame on."""

    content: bytes
    frames: int
    start: datetime
    end: datetime


Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Mask(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is not shown: shares of the picture from its upper left, all the time or between two instants, in seconds from the
    clip's beginning.
    """

    x: Share
    y: Share
    width: Share
    height: Share
    from_s: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    until_s: Annotated[float, msgspec.Meta(ge=0)] | None = None


class Redactor(Protocol):
    def redact(self, pieces: Iterable[bytes], masks: Sequence[Mask], words: str, began: datetime) -> Iterator[Stretch]:
        """The clip made anew, in the order of `Recorded.cut`: masked, with the words in every picture. Blocks its thread."""

    def still(self, piece: bytes, after: int) -> bytes:
        """JPEG of the picture after so many others, of parts behind their init segment. Blocks its thread. Raises ValueError for parts that do not begin with
        a key frame."""


class Recorded(Protocol):
    def cut(self, camera: str, start: datetime, end: datetime) -> AsyncIterator[Stretch]:
        """What there is between these instants, rounded out to key frames; nothing where nothing was recorded."""
