"""What the media node needs from the centre it serves, and what it offers to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal, Protocol

import msgspec

Record = Literal["always", "incident", "no"]
"""When a camera is recorded; incident: while it is prepared for one or somebody watches it, and from what the ring still has."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A camera to pull: `url` is rtsp://[account:password@]host[:port]/path and stays in this node. One that turns is
    asked at `device`, http://[account:password@]host[:port]/path, about its `profile`.
    """

    id: str
    url: str
    device: str = ""
    profile: str = ""
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


class WallView(msgspec.Struct, frozen=True, kw_only=True):
    """One admitted look at a wall: of these cameras pictures in which nobody can be recognised, and nothing else."""

    id: str
    grant: str
    cameras: tuple[str, ...]
    until: datetime


class Shown(msgspec.Struct, kw_only=True):
    """How much of one camera has left in one look."""

    pictures: int = 0
    bytes: int = 0


class WallGate(Protocol):
    """As `Gate`, for walls."""

    async def open(self, token: str, wall: str) -> WallView:
        """Returns once the ledger holds the look, camera by camera. Raises Refused."""

    async def renew(self, view: str, token: str) -> datetime:
        """The look's new end. Raises Refused, which ends it."""

    async def ended(self, view: str, *, seconds: float, shown: Mapping[str, Shown], why: str) -> None:
        """Told once for every look that was opened. An exception makes the node tell it again later."""


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

    `codec`: what it sends (H264, H265), empty before it is asked; `every_s`: of single pictures, seconds from one to the next,
    by which all these states come later, None where all of the stream is shown; `clock_offset_s`: how far ahead of ours its
    clock is, None while it has not told; `dark`, `blurred`: its pictures show nothing.

    `recording`: off, on, why nothing of it is kept just now (disk-full, disk, behind, no-key, key), or unknown; `missing_s`: seconds of
    pictures that came and were not kept.
    """

    state: str
    codec: str
    age_s: float | None
    every_s: float | None
    frozen_s: float | None
    last_frame_at: datetime | None
    fps: float
    bitrate_bps: int
    key_interval_s: float | None
    lost_packets: int
    clock_offset_s: float | None
    dark: bool
    blurred: bool
    trouble: str
    recording: str
    missing_s: float


Reason = Literal["no-connection", "no-answer", "sign-in", "malformed", "unsupported", "refused"]
"""Why a camera that was asked is of no use: nobody there, silent, the account is wrong, not understood, cannot do
it, does not do it."""


class Unanswered(Exception):
    """A camera does not do what it was asked. Nothing of its address, account or words is in it."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


class Information(msgspec.Struct, frozen=True, kw_only=True):
    """What a device says of itself."""

    maker: str
    model: str
    firmware: str
    serial: str


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """One way a device encodes its picture. `codec` as ONVIF names it (H264, H265, JPEG); 0 where it does not say.
    `turns`: it can be aimed.
    """

    id: str
    codec: str
    width: int
    height: int
    fps: float
    turns: bool


class Preset(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str


class Aim(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a head points, in ONVIF's generic space."""

    pan: Annotated[float, msgspec.Meta(ge=-1, le=1)]
    tilt: Annotated[float, msgspec.Meta(ge=-1, le=1)]
    zoom: Annotated[float, msgspec.Meta(ge=0, le=1)]


class HeadStatus(msgspec.Struct, frozen=True, kw_only=True):
    """`aim`: None where the device does not tell."""

    aim: Aim | None
    moving: bool


class Device(Protocol):
    """One camera, asked. Every call ends within ten seconds of the world's clock, and raises Unanswered or nothing."""

    async def information(self) -> Information: ...

    async def profiles(self) -> list[Profile]: ...

    async def stream(self, profile: str) -> str:
        """rtsp:// address of this profile at the host that was asked, whatever address the device has for itself; without an
        account.
        """

    async def presets(self, profile: str) -> list[Preset]: ...

    async def go(self, profile: str, to: str | Aim) -> None:
        """To a preset (its id), or to an aim. Returns when the movement has begun."""

    async def status(self, profile: str) -> HeadStatus: ...

    async def close(self) -> None: ...


class Relayed(msgspec.Struct, frozen=True, kw_only=True):
    """A stream of a media server. `url`: where it is to be had from that server, without an account; `ready`: pictures come to
    it now, which they do not for one that is pulled on demand; `readers`: how many take it there now, ours among them.
    """

    name: str
    url: str
    ready: bool
    readers: int


class Relay(Protocol):
    """A media server of another maker that pulls cameras, and that this node pulls them from; never a way to a viewer. Every
    call ends within ten seconds of the world's clock, and raises Unanswered or nothing.
    """

    async def streams(self) -> list[Relayed]:
        """All that it has. Nothing of where it has them from: their addresses may hold the cameras' own passwords."""

    async def lets_strangers(self, to: Relayed | None = None) -> bool:
        """Whether who has no account gets this stream, or, without one, is answered by the server's API."""

    async def close(self) -> None: ...
