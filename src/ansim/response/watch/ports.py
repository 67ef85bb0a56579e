"""What watching needs of whoever holds the cameras."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Annotated, Protocol

import msgspec


class Media(Protocol):
    """The media node, as the centre sees it."""

    def prepare(self, cameras: Sequence[str]) -> None:
        """Connect to these cameras so that the first picture comes quickly. Nobody sees anything yet."""

    def revoke(self, grant: str, why: str) -> None:
        """Cut every view under this grant within a frame, and every one that is just being opened."""

    def lease(self, until: datetime) -> None:
        """The centre is alive: views may go on until then."""

    def live(self) -> Collection[str]:
        """Ids of the cameras that are known to deliver."""

    def delivers(self, camera: str) -> bool:
        """Whether this one is; cheap, where `live` asks all of them."""

    def total(self) -> int: ...

    def health(self, cameras: Collection[str]) -> list[CameraHealth]:
        """Of those among `cameras` that are pulled now, or failed a moment ago."""


class CameraHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How a camera is. `state`: live (a new picture within 1 s), late (5 s), stale (30 s), lost, idle (nobody needs it),
    frozen (pictures come, but for `frozen_s` seconds it has been the same one); `codec`: what it sends (H264, H265), empty
    before it is asked; `clock_offset_s`: how far ahead of ours its clock is; `dark`, `blurred`: its pictures show nothing;
    `trouble`: why it gives none, in words without its address or account.
    """

    id: str
    state: str
    codec: str
    last_frame_at: datetime | None
    fps: float
    bitrate_bps: int
    key_interval_s: float | None
    lost_packets: int
    clock_offset_s: float | None
    frozen_s: float | None
    dark: bool
    blurred: bool
    trouble: str


class Preset(msgspec.Struct, frozen=True, kw_only=True):
    """Where a camera was set up to look; its name is a place, never a person."""

    id: str
    name: str


class Direction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a head points: pan and tilt from one end of what it can to the other, zoom from wide to narrow."""

    pan: Annotated[float, msgspec.Meta(ge=-1, le=1)]
    tilt: Annotated[float, msgspec.Meta(ge=-1, le=1)]
    zoom: Annotated[float, msgspec.Meta(ge=0, le=1)]


class Heading(msgspec.Struct, frozen=True, kw_only=True):
    """`direction`: None where the camera does not tell."""

    direction: Direction | None
    moving: bool


class CameraRefuses(Exception):
    """The camera does not do it. `reason` is a short word, with nothing of its address or account."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Heads(Protocol):
    """The cameras that turn, as the centre sees them. Every call ends in seconds and raises CameraRefuses or nothing."""

    def turns(self, camera: str) -> bool: ...

    async def presets(self, camera: str) -> list[Preset]:
        """The first is where it was put up to look."""

    async def heading(self, camera: str) -> Heading: ...

    async def go(self, camera: str, to: str | Direction) -> None:
        """To a preset (its id) or a direction; returns when it has begun to move."""
