"""What a bell says when it is pressed, what its page shows, and a talk through it. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from ansim.city.bells.model import BellId, Kind, Tests, Wrong
from ansim.core.position import Instant
from ansim.response.signals.model import ClientId

EndedWhy = Literal[
    "operator", "bell", "lost", "released", "closed", "revoked", "expired", "replaced", "signed-out", "restarted"
]
"""operator, bell: that side hung up. lost: its line broke."""

SHOWN_S = 30
"""So long the page of a bell still says that the case is over."""


class Pressed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The press of a bell's page: `id` is the page's own, the same again is the same press; `proof` its signature over "ansim bell press", bell, id
    and time.
    """

    bell: BellId
    id: ClientId
    at: Instant
    proof: Annotated[str, msgspec.Meta(max_length=256)] = ""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What a bell without a browser sends, as a form or as JSON; its members beyond these are ignored, because makers add some. `id`: its own of the press (a
    counter does); `well` and `failed`: names of self-tests (microphone, button, power, door), with commas between.
    """

    bell: BellId
    secret: Annotated[str, msgspec.Meta(max_length=64)] = ""
    event: Literal["press", "beat"]
    id: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.:-]{0,64}$")] = ""
    well: Annotated[str, msgspec.Meta(max_length=80)] = ""
    failed: Annotated[str, msgspec.Meta(max_length=80)] = ""


class BellReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """The answer that means: it is stored. Without the secret that a phone gets: a pole belongs to everybody."""

    receipt: str
    received_at: datetime


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """What has become of the bell's last press, as much as whoever stands there may know."""

    state: Literal["received", "claimed", "closed"]
    received_at: datetime
    claimed_at: datetime | None
    requested_at: datetime | None
    """When 112 or 119 was asked to go."""


class TalkRow(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    bell: str
    incident: str
    grant_id: str
    account: str
    began_at: datetime
    connected_at: datetime | None
    ended_at: datetime | None
    ended_why: str | None


class TalkLine(msgspec.Struct, frozen=True, kw_only=True):
    """A talk that goes on."""

    began_at: datetime
    connected_at: datetime | None


class BellDetail(msgspec.Struct, frozen=True, kw_only=True):
    """The bell of a case. `there`: its page is connected, so that somebody can speak through it; `proven`: what called is the bell itself."""

    id: str
    number: str
    kind: Kind
    name: str
    address: str
    two_way: bool
    proven: bool
    there: bool
    heard_at: datetime | None
    faults: list[Wrong]
    cameras: list[str]
    talk: TalkLine | None


# -- what the two sides of a talk say to each other, through us

Sdp = Annotated[str, msgspec.Meta(max_length=16_384)]


class Description(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="description"):
    """One side's half of the connection (RFC 8829). Of a talk it is about sound alone."""

    kind: Literal["offer", "answer"]
    sdp: Sdp

    def __post_init__(self) -> None:
        media = [line for line in self.sdp.splitlines() if line.startswith("m=")]
        if not media or any(not line.startswith("m=audio ") for line in media):
            raise ValueError("a talk has sound and nothing else")


class Candidate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="candidate"):
    """A way to one side (RFC 8838); empty at their end."""

    candidate: Annotated[str, msgspec.Meta(max_length=1024)]
    mid: Annotated[str, msgspec.Meta(max_length=16)] = ""


class Connected(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="connected"):
    """The operator's side hears that the connection stands."""


class HangUp(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="hang-up"):
    """This side has enough."""


class Ready(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="ready"):
    """The bell answers; without a microphone she hears and is not heard."""

    microphone: bool


class Beat(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="beat"):
    """The bell's page works, and this is what it found out about itself."""

    tests: Tests = msgspec.field(default_factory=Tests)


class Look(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="look"):
    """The bell's page has pressed, and asks what has become of it."""


OfOperator = Description | Candidate | Connected | HangUp
OfBell = Description | Candidate | Ready | HangUp | Beat | Look
MOST_WORDS = 200
"""Of one side in one talk: a connection takes twenty."""
