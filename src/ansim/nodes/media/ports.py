"""What the media node needs from the centre it serves, and what it offers to it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Protocol

import msgspec

Record = Literal["always", "incident", "no"]
"""When a camera is recorded; incident: while it is prepared for one or somebody watches it, and from what the ring still has."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A camera to pull: `url` is rtsp://[account:password@]host[:port]/path and stays in this node."""

    id: str
    url: str
    record: Record = "no"

    def __repr__(self) -> str:
        return f"Source(id={self.id!r})"


class View(msgspec.Struct, frozen=True, kw_only=True):
    """One admitted viewing of one camera. `until`: when it ends unless it is renewed (aware, UTC)."""

    id: str
    grant: str
    camera: str
    viewer: str
    until: datetime
    watermark: str = ""


class Refused(Exception):
    """The centre does not allow it. `reason` is a short dotted word that the viewer is told, nothing
    personal.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Gate(Protocol):
    async def open(self, token: str, camera: str) -> View:
        """Returns once the ledger holds the view; not one byte of video leaves before. Raises Refused."""

    async def renew(self, view: str, token: str) -> datetime:
        """The view's new end. Raises Refused, which ends the view."""

    async def ended(self, view: str, *, seconds: float, bytes: int, frames: int, why: str) -> None:
        """Told once for every view that was opened. An exception makes the node tell it again later."""


class DayKey(Protocol):
    """The key of one camera and one day. Its methods may be called from any thread, and raise once it was destroyed."""

    def seal(self, content: bytes, context: bytes) -> bytes: ...
    def open(self, sealed: bytes, context: bytes) -> bytes: ...


class DayKeys(Protocol):
    """Whoever keeps the keys of recordings: the centre."""

    async def of(self, camera: str, day: str) -> DayKey:
        """`day`: ISO date, UTC. Made when it is asked for first, and safe before this returns. Raises Refused when that day
        is destroyed.
        """


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How a camera is. `state`: idle (nobody needs it), live (a new picture within 1 s), late (5 s), stale (30 s), lost;
    frozen: pictures come, but for `frozen_s` seconds it has been the same one.

    `recording`: off, on, or why nothing of it is kept just now (disk-full, disk, behind, no-key, key); `missing_s`: seconds of
    pictures that came and were not kept.
    """

    state: str
    age_s: float | None
    frozen_s: float | None
    last_frame_at: datetime | None
    fps: float
    bitrate_bps: int
    key_interval_s: float | None
    lost_packets: int
    trouble: str
    recording: str
    missing_s: float
