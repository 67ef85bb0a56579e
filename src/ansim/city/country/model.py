"""What a centre says of itself, and what the hub says of all of them. Nothing here is about a person. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

BEAT_EVERY_S = 1.0
SILENT_S = 3.0
"""Not heard for so long, a centre counts as away: whoever answers next is asked first."""
DIRECTORY_EVERY_S = 1.0
HUB_AWAY_S = 5.0
"""A directory older than this says nothing any more about who is there; who they are still holds."""

HUB = "hub"
"""By this name the hub signs."""
BEATS, DIRECTORY = "beats", "directory"
"""Names on the bus, of what is only said."""


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """How a centre is reached. `sealing` is the key (JWK, P-256) to which phones and other centres seal; `issuer`, base64, the one by
    which it signs the credentials of those who enrolled there."""

    centre: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,64}$")]
    origin: Annotated[str, msgspec.Meta(pattern=r"^https?://[^/\s?#]+$")]
    sealing: dict[str, str]
    issuer: str
    media: Annotated[str, msgspec.Meta(pattern=r"^(https?://[^/\s?#]+)?$")] = ""
    """Where browsers get its pictures, if that is another than `origin`."""


FEW = 5
"""Of fewer cases no time is told and no count is kept: in a small town one case is one person."""


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How long it took from a call for help to its claim, in half and in nine of ten of at least `FEW` cases."""

    median_s: float
    p90_s: float


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """How busy it is: open cases, those among them that nobody has claimed, how long the oldest of these has waited, and operators
    signed in; and how quickly the cases of the last hour and day were claimed, None where they were few."""

    open: int = 0
    unclaimed: int = 0
    waiting_s: float = 0.0
    operators: int = 0
    hour: Pace | None = None
    day: Pace | None = None


ServiceState = Literal["normal", "overloaded", "unstaffed"]
"""As NENA i3 names what a centre says of itself. overloaded: more waits than its rules allow; unstaffed: closed, for the night or by its
leader."""


class Duty(msgspec.Struct, frozen=True, kw_only=True):
    """Whether it takes its own new cases. `until`: when it opens again by itself; `covered_by`: who takes them meanwhile, None where nobody
    does and they stay its own; `takes_from`: for whom it has agreed to."""

    state: ServiceState = "normal"
    until: datetime | None = None
    covered_by: str | None = None
    takes_from: tuple[str, ...] = ()


class Beat(msgspec.Struct, frozen=True, kw_only=True):
    """What a centre says every second. `count` grows with every beat of a process that began at `began`: an older one that comes late
    changes nothing."""

    card: Card
    load: Load
    duty: Duty = Duty()
    began: float
    count: int


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A centre as the hub knows it. `key`, base64, is the one it signs with; `heard_ago_s` is None before it was first heard."""

    card: Card
    key: str
    load: Load
    duty: Duty = Duty()
    heard_ago_s: float | None

    @property
    def up(self) -> bool:
        return self.heard_ago_s is not None and self.heard_ago_s < SILENT_S


class Directory(msgspec.Struct, frozen=True, kw_only=True):
    centres: list[Listed]
