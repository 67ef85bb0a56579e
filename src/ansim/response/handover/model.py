"""What two centres say to each other about a case. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from ansim.core.position import Position
from ansim.response.signals.receipts import ReceiptBody

Why = Literal["place", "overflow", "moved", "unclaimed", "same"]
"""place: the other centre answers for where she is, and her phone came here because that one was silent, or by an old mapping. overflow: this one
does, and is closed or has more than it can claim: by its policy the other takes its new cases. moved: she has crossed the border, and whoever has
the case asks the other to take it. unclaimed: nobody here has claimed it. same: the other has a case of the same person, and claimed it or had it
first."""

State = Literal["offered", "accepted", "rejected", "withdrawn", "lapsed"]

TAKEN_HOME_WITHIN = timedelta(seconds=1)
"""The centre that answers for her place has stored the case within this, or it is ours, with alarm and guardians."""
ANSWERED_WITHIN = timedelta(seconds=30)
"""A centre that is asked to take a case answers within this, or it stays whose it is."""
FRESH = timedelta(seconds=30)
"""A case that was offered longer ago has long been somebody's: it is not taken any more."""
HOME_AGAIN, HOME_AGAIN_AT_MOST = timedelta(seconds=5), timedelta(minutes=5)
"""How soon a case that nobody has claimed is offered again to the centre whose it is; each time twice as long, because two clocks that differ
by more than `FRESH` would offer and refuse for ever."""
TRACK_LENGTH = 5000
"""So many of her newest positions go with her: nearly three hours of one every two seconds."""
PART = 128 * 1024
"""A letter longer than this goes in parts, which a broker carries, and is read when all are there."""
PARTS_KEPT = timedelta(minutes=10)
"""Parts whose letter does not get whole are deleted after so long; its sender has acted long before."""


class SignalCopy(msgspec.Struct, frozen=True, kw_only=True):
    """A signal of the case, by the id that her phone gave it: whoever has that already makes nothing new of it."""

    source: str
    client_id: str
    trigger: str
    silent: bool
    battery: int | None
    occurred_at: datetime
    cancelled: bool = False


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """Words between her and whoever had the case."""

    id: str
    at: datetime
    sender: str
    text: str


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """A line of what was done for her. `by` is the centre: who of its people did it stays there."""

    id: str
    at: datetime
    act: str
    by: str
    text: str | None


class Offer(msgspec.Struct, frozen=True, kw_only=True, tag="offer"):
    """The whole case. `contacts` is what she sealed to the centre that sends it, opened there: the letter is sealed to the one that gets it."""

    id: str
    why: Why
    at: datetime
    kind: str
    priority: int
    verdict: str
    person: str | None
    marks: list[str]
    """What changes how it is to be read: a duress code, a cancellation that waits."""
    signals: list[SignalCopy]
    track: list[Position]
    contacts: bytes | None = None
    note: str = ""
    said: list[Said] = []
    done: list[Done] = []


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """One signal's receipt at the centre that took the case: with it her phone goes on there."""

    client_id: str
    receipt: ReceiptBody


class Answer(msgspec.Struct, frozen=True, kw_only=True, tag="answer"):
    """Accepted, with what her phone needs to go on there; or not, and why: late, rejected, not-agreed, not-now, claimed (somebody there works
    on the same already), here (it is there already, by her own phone)."""

    id: str
    accepted: bool
    why: str = ""
    origin: str = ""
    taken: list[Taken] = []


class Rest(msgspec.Struct, frozen=True, kw_only=True, tag="rest"):
    """The case is yours: what came here while it was being offered."""

    id: str
    track: list[Position]
    said: list[Said]
    done: list[Done]


class Part(msgspec.Struct, frozen=True, kw_only=True, tag="part"):
    """A piece of a letter that is too long for one message: the `n`-th of `count`."""

    letter: str
    n: int
    count: int
    body: bytes


class Withdrawal(msgspec.Struct, frozen=True, kw_only=True, tag="withdrawal"):
    """The sender keeps it: it was claimed or closed there, or nobody answered in time (`lapsed`)."""

    id: str
    at: datetime
    lapsed: bool = False


class Over(msgspec.Struct, frozen=True, kw_only=True, tag="over"):
    """The case that was taken is closed: from now on she may read here, too, who saw her."""

    id: str


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """Where her phone goes on: the centre's address and the receipt it has there."""

    uri: str
    receipt: ReceiptBody


class HandoverRow(msgspec.Struct, frozen=True, kw_only=True):
    """A hand-over as it is stored, at either end."""

    id: str
    incident: str
    way: Literal["out", "in"]
    centre: str
    why: Why
    state: State
    offered_at: datetime
    answered_at: datetime | None
    sealed: bytes | None
