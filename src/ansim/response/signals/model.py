"""What can arrive, and what the sender gets back."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec

from ansim.core.position import Instant, Position

ClientId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
Secret = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{16,64}$")]
Trigger = Literal["button", "shake", "silent", "device", "call"]
Source = Literal[
    "app",
    "osmand",
    "owntracks",
    "h02",
    "gt06",
    "watch",
    "gps103",
    "jt808",
    "aml",
    "trip",
    "escort",
    "ward",
    "bell",
]
Wrong = Literal[
    "late",
    "away",
    "stopped",
    "fast",
    "silent",
    "lost",
    "there",
    "duress",
    "left",
    "entered",
    "unchecked",
    "help",
    "missing",
]
"""What went wrong with a trip or a ward that calls by itself."""


class SignalPost(msgspec.Struct, frozen=True, kw_only=True):
    """The body of POST /api/signals."""

    id: ClientId
    kind: Literal["sos"]
    trigger: Literal["button", "shake", "silent"] = "button"
    at: Instant
    position: Position | None = None
    silent: bool = False
    battery: Annotated[int, msgspec.Meta(ge=0, le=100)] | None = None
    credential: Annotated[str, msgspec.Meta(max_length=4096)] | None = None
    proof: Annotated[str, msgspec.Meta(max_length=256)] | None = None
    sealed: Annotated[str, msgspec.Meta(max_length=24_576, pattern=r"^[A-Za-z0-9_=-]*$")] | None = None


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """A signal that has been understood and not yet stored. `person` is the pseudonym or device key that repeats are
    folded by; `verdict` is what the credential was worth; `damaged`, that a device's frame had a wrong checksum. `track`:
    where she was before, oldest first."""

    source: Source
    client_id: str
    kind: str
    trigger: Trigger | Wrong
    silent: bool
    occurred_at: datetime
    position: Position | None
    battery: int | None
    person: str | None
    verdict: str
    contacts: bytes | None
    damaged: bool = False
    priority: int = 1
    track: tuple[Position, ...] = ()
    centre: str | None = None
    """Who answers for it, where a hand-over has settled that; else the place does."""
    stays: bool = False
    """It was given to this centre for good: no policy gives it to another again."""


class Receipt(msgspec.Struct, frozen=True):
    """The answer that means: stored. The secret opens the sender's own view and, later, the record of who looked."""

    receipt: str
    secret: str
    signal: str
    incident: str
    centre: str
    received_at: datetime
    new: bool


FUTURE, PAST = timedelta(minutes=5), timedelta(days=365)


def believed(at: datetime, now: datetime) -> datetime:
    """A phone's clock may be wrong; nothing is refused for it. Beyond these bounds the time of arrival is kept instead."""
    return at if now - PAST <= at <= now + FUTURE else now


def receipt_number(random_bytes: bytes) -> str:
    """Eight characters that survive being read out over a telephone."""
    return base64.b32encode(random_bytes[:5]).decode().replace("O", "8").replace("I", "9")


def secret_hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
