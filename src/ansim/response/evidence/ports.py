"""What evidence needs of whoever holds the recordings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Protocol

import msgspec


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """Some of a recording: first an init segment (`frames` 0), then groups of pictures, each from its key frame on."""

    content: bytes
    frames: int
    start: datetime
    end: datetime


class Recorded(Protocol):
    def cut(self, camera: str, start: datetime, end: datetime) -> AsyncIterator[Stretch]:
        """What there is between these instants, rounded out to key frames; nothing where nothing was recorded."""
