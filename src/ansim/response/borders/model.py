"""What a centre tells its neighbour of a case near their border. Pure."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from ansim.city.cameras.model import RankedCamera
from ansim.core.position import Position

LEAVES_M = 100.0
"""Whoever is so far beyond the band has left it: a walk along the border does not come and go."""
AGAIN = timedelta(seconds=60)
"""So often at least a neighbour hears of somebody who stands still: what it shows is then not old."""
KEPT = timedelta(hours=12)
"""A neighbour's copy is destroyed with the case's end, or when she leaves the band; at the latest so long after it came."""
FRESH = timedelta(minutes=10)
"""Word of a case that is older than this, and the first of it, comes from a broker that was away: it says nothing any more."""

LENT = 4
"""So many cameras at most a centre lends for one case."""
NEARER = 4
"""Decimals of a degree: whoever lends cameras is told of every ten metres."""

Wish = Literal["help", "take"]
"""What a neighbour offers to whoever has the case: help: with its cameras and its people; take: it would take the case over."""


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """About where she is: what every operator of the centre that has her sees before the claim."""

    latitude: float
    longitude: float
    accuracy_m: float
    at: datetime

    @classmethod
    def of(cls, position: Position) -> Cell:
        return cls(
            latitude=round(position.latitude, 3), longitude=round(position.longitude, 3),
            accuracy_m=max(100.0, position.accuracy_m), at=position.at,
        )  # fmt: skip


class Sighting(msgspec.Struct, frozen=True, kw_only=True, tag="sighting"):
    """A case near the reader's border: no name, no contact, a cell of about 100 m. `id` is for this case and this reader alone.

    `same` is what the reader compares with its own open cases: it tells whose case this is only to who knows that already.
    """

    id: str
    said_at: datetime
    count: int
    """Grows with each: one that comes late changes nothing."""
    number: str
    kind: str
    trigger: str
    priority: int
    silent: bool
    claimed: bool
    received_at: datetime
    subject_tag: str
    same: str | None
    cell: Cell
    precise: Position | None = None
    """Once somebody has claimed it: for choosing cameras, and not kept."""


class Lent(msgspec.Struct, frozen=True, kw_only=True, tag="lent"):
    """The neighbour's cameras that see her, for this case: under a right of its own, until then. None of them: it is over."""

    id: str
    at: datetime
    grant: str
    until_at: datetime
    origin: str
    cameras: list[RankedCamera]


class Lending(msgspec.Struct, frozen=True, kw_only=True, tag="lending"):
    """The neighbour would lend its cameras now: it asks where she is."""

    id: str


class Viewed(msgspec.Struct, frozen=True, kw_only=True, tag="viewed"):
    """One of the reader's operators opened or left a camera that was lent to it."""

    id: str
    view: str
    camera: str
    viewer: str
    ended: bool


class SightingOver(msgspec.Struct, frozen=True, kw_only=True, tag="sighting-over"):
    """The case is over, or she has left the band."""

    id: str
    at: datetime


class Wished(msgspec.Struct, frozen=True, kw_only=True, tag="wished"):
    """What the neighbour would do."""

    id: str
    wish: Wish


def same_of(id: str, person: str | None) -> str | None:
    """The mark by which two centres find that they have the same person, and nobody else learns who she is."""
    return None if person is None else hashlib.sha256(f"{id} {person}".encode()).hexdigest()


class ToldRow(msgspec.Struct, frozen=True, kw_only=True):
    """That a neighbour knows of a case of ours. `sealed`: what it was last told, under the key of her track."""

    id: str
    incident: str
    centre: str
    told_at: datetime
    count: int
    ended_at: datetime | None
    wish: Wish | None
    sealed: bytes | None
    lent: bytes | None


class BorderRow(msgspec.Struct, frozen=True, kw_only=True):
    """A neighbour's case, as it is known here. `sealed`: its cell, under a key of its own."""

    id: str
    centre: str
    number: str
    kind: str
    trigger: str
    priority: int
    silent: bool
    claimed: bool
    received_at: datetime
    subject_tag: str
    said_at: datetime
    count: int
    ended_at: datetime | None
    wish: Wish | None
    lends: bool
    slot: int | None
    sealed: bytes | None
