"""A bell, what it says of itself, and what can be wrong with it. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec

from ansim.core.position import Latitude, Longitude

BellId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
Kind = Literal["pole", "locker", "shelter", "restroom", "parking"]
TerminalKind = Literal["page", "device"]

BEAT_S = 60
"""A bell says so often that it works."""
SILENT = timedelta(seconds=180)
"""Two lost words are the network's; after three the bell is taken for broken."""
CODE_LENGTH = timedelta(hours=24)
"""Whoever commissions a bell has a day to get there."""
ACCURACY_M = 3.0
"""She stands at it."""

Wrong = Literal["silent", "microphone", "button", "power", "door", "sound", "light", "damaged", "other"]
Reported = Literal["button", "sound", "light", "damaged", "other"]
"""What somebody who passes by can say of one. There is no field for words: they would be about persons."""
FaultSource = Literal["watch", "self-test", "citizen"]
FaultState = Literal["open", "sent", "mended"]

_PROVEN, _UNPROVEN = "bell-", "unproven-bell-"


class Bell(msgspec.Struct, frozen=True, kw_only=True):
    """One bell of the register. `cameras`: what an administrator set; None: those of its own pole."""

    id: BellId
    centre: str
    number: Annotated[str, msgspec.Meta(max_length=60)] = ""
    kind: Kind = "pole"
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    address: Annotated[str, msgspec.Meta(max_length=160)] = ""
    purpose: Annotated[str, msgspec.Meta(max_length=60)] = ""
    latitude: Latitude
    longitude: Longitude
    two_way: bool = True
    cameras: list[str] | None = None


class Tests(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a bell has found out about itself; None: it cannot tell."""

    microphone: bool | None = None
    button: bool | None = None
    power: Literal["mains", "battery"] | None = None
    door: Literal["closed", "open"] | None = None

    def verdicts(self) -> dict[Wrong, bool]:
        """By what could be wrong: whether it is well."""
        said: dict[Wrong, bool | None] = {
            "microphone": self.microphone,
            "button": self.button,
            "power": None if self.power is None else self.power == "mains",
            "door": None if self.door is None else self.door == "closed",
        }
        return {wrong: well for wrong, well in said.items() if well is not None}


class Terminal(msgspec.Struct, frozen=True, kw_only=True):
    """What speaks for a bell."""

    id: str
    bell: str
    kind: TerminalKind
    x: str | None
    y: str | None
    made_at: datetime
    heard_at: datetime
    revoked_at: datetime | None


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    bell: str
    kind: Wrong
    source: FaultSource
    state: FaultState
    times: int
    opened_at: datetime
    last_at: datetime
    sent_at: datetime | None
    mended_at: datetime | None


def caller(bell: str, proven: bool) -> str:
    """What repeats of a bell are folded by. Whoever only claims to be a bell joins no case of the bell itself."""
    return f"{_PROVEN if proven else _UNPROVEN}{bell}"


def bell_of(caller: str | None) -> str | None:
    """The bell that called, if one did."""
    for prefix in (_PROVEN, _UNPROVEN):
        if caller is not None and caller.startswith(prefix):
            return caller.removeprefix(prefix)
    return None
