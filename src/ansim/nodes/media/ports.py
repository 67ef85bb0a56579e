"""What the media node needs from the centre it serves, and what it offers to it."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import msgspec


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A camera to pull: `url` is rtsp://[account:password@]host[:port]/path and stays in this node."""

    id: str
    url: str

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


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How a camera is. `state`: idle (nobody needs it), live (a new picture within 1 s), late (5 s), stale (30 s), lost;
    frozen: pictures come, but for `frozen_s` seconds it has been the same one.
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
