"""A trip, its states and its steps, and what a phone says and is told. Pure.

walking -> hint -> asking -> calling -> signalled: fixes come oftener, she is asked, her guardians are told, help is
called. Every step but the last goes back when she answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec

from ansim.core.position import Instant, Latitude, Longitude, Position
from ansim.response.notify.model import ToldReceipt
from ansim.response.signals.model import ClientId, Secret, Wrong
from ansim.response.signals.receipts import NamedCentre, ReceiptBody
from ansim.response.trips.watching import Alarm, Mode, Reason

State = Literal["walking", "hint", "asking", "calling", "signalled", "ended"]
Outcome = Literal["arrived", "ended", "signalled", "expired"]
Why = Reason | Literal["duress", "sos"]

SHORTEST, LONGEST = timedelta(minutes=1), timedelta(hours=12)
"""How soon and how late she may promise to be there."""

EXPIRES = timedelta(hours=12)
"""So long after the promised time a trip that nobody ended is over."""

NAMES_KEPT = timedelta(hours=24)
"""How long after the end names, notices and a guardian's right are kept."""

ANSWER: dict[str, timedelta] = {
    "away": timedelta(seconds=30),
    "lost": timedelta(seconds=30),
    "fast": timedelta(seconds=15),
    "late": timedelta(seconds=60),
    "stopped": timedelta(seconds=60),
    "vehicle": timedelta(seconds=60),
    "there": timedelta(seconds=120),
}
"""How long she has to answer before the call."""

CALL = timedelta(seconds=40)
SILENT_CALL = timedelta(seconds=60)
THERE_CALL = timedelta(minutes=10)
"""How long a call lasts before help is called; a phone that is silent gets longer to come back, and whoever seems to have arrived has
her guardians to look first."""

HINT = timedelta(minutes=2)
"""So long after something was half odd fixes come oftener."""

LOST_AFTER = timedelta(seconds=60)
"""A phone that falls silent so soon after she went away or was fast is taken from her, not out of reach."""

GRAVE: frozenset[str] = frozenset({"away", "fast"})
"""What somebody else may have done to her: needs her code, and is first in the queue."""

GIVES_WAY: frozenset[str] = frozenset({"late", "stopped", "lost", "vehicle", "there"})
"""Questions that more time answers."""

THERE_M = 150.0
FRESH = timedelta(minutes=2)
"""A fix so near and so young shows that she is at her destination: then no code is needed to end the trip."""

FIX_EVERY_S, FIX_OFTEN_S = 5, 2


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    latitude: Latitude
    longitude: Longitude
    label: Annotated[str, msgspec.Meta(max_length=80)] = ""


class Vehicle(msgspec.Struct, frozen=True, kw_only=True):
    plate: Annotated[str, msgspec.Meta(max_length=20)]
    note: Annotated[str, msgspec.Meta(max_length=80)] = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.plate, self.note)))


Battery = Annotated[int, msgspec.Meta(ge=0, le=100)]
Code = Annotated[str, msgspec.Meta(min_length=1, max_length=32)]


class TripPost(msgspec.Struct, frozen=True, kw_only=True):
    """The body of POST /api/trips. `sealed`: name, guardians and codes, as in an SOS, bound to this `id`."""

    id: ClientId
    at: Instant
    mode: Mode
    destination: Destination
    promised_at: Instant
    position: Position | None = None
    battery: Battery | None = None
    background: bool = False
    vehicle: Vehicle | None = None
    credential: Annotated[str, msgspec.Meta(max_length=4096)] | None = None
    proof: Annotated[str, msgspec.Meta(max_length=256)] | None = None
    sealed: Annotated[str, msgspec.Meta(max_length=24_576, pattern=r"^[A-Za-z0-9_=-]*$")] | None = None


class TripBegun(msgspec.Struct, frozen=True, kw_only=True):
    """The answer that means: it is watched. The secret opens everything else that the phone can ask."""

    trip: str
    secret: Secret
    centre: NamedCentre
    started_at: datetime
    promised_at: datetime


class TripQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Are you ok? Without an answer until then the next step comes."""

    id: str
    reason: str
    asked_at: datetime
    answer_until: datetime
    needs_code: bool


class TripState(msgspec.Struct, frozen=True, kw_only=True):
    """What her phone shows. It is the same after both of her codes."""

    state: State
    mode: Mode
    started_at: datetime
    promised_at: datetime
    predicted_at: datetime | None
    remaining_m: float | None
    fix_every_s: int
    battery: int | None
    background: bool
    heard_at: datetime | None
    question: TripQuestion | None
    receipts: list[ToldReceipt]
    signal: ReceiptBody | None
    end_needs_code: bool
    outcome: Outcome | None
    ended_at: datetime | None
    destroyed_at: datetime | None


class TripLine(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator sees of a trip: that there is one, and whether it may become a case. No name, no place."""

    id: str
    state: State
    reason: str | None
    ready: bool
    mode: Mode
    started_at: datetime
    promised_at: datetime
    heard_at: datetime | None
    located_at: datetime | None
    battery: int | None
    background: bool
    guardians: int


class TripCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Trips under watch, those whose person is being asked or called, and those that may become a case at once."""

    watched: int = 0
    asking: int = 0
    ready: int = 0


class Spoken(msgspec.Struct, frozen=True, kw_only=True):
    """What is under the case key: what she calls her destination, and the vehicle."""

    label: str = ""
    vehicle: Vehicle | None = None


class TripRow(msgspec.Struct, frozen=True, kw_only=True):
    """A trip as it is stored."""

    id: str
    client_id: str
    centre: str
    person: str | None
    verdict: str
    subject_tag: str
    secret_hash: bytes
    track_slot: int | None
    case_slot: int | None
    secret: bytes | None
    contacts: bytes | None
    words: bytes | None
    receipt: bytes | None
    memory: bytes | None
    mode: Mode
    background: bool
    coded: bool
    guardians: int
    state: State
    started_at: datetime
    promised_at: datetime
    reason: Why | None = None
    ready: bool = False
    question: str | None = None
    asked_at: datetime | None = None
    step_at: datetime | None = None
    grave_at: datetime | None = None
    signalled_at: datetime | None = None
    incident: str | None = None
    duress_at: datetime | None = None
    pretended: Outcome | None = None
    pretended_at: datetime | None = None
    battery: int | None = None
    heard_at: datetime | None = None
    located_at: datetime | None = None
    near_at: datetime | None = None
    due_at: datetime | None = None
    outcome: Outcome | None = None
    ended_at: datetime | None = None
    destroyed_at: datetime | None = None

    @property
    def open(self) -> bool:
        return self.ended_at is None

    @property
    def watched(self) -> bool:
        """Whether the watch may still ask: not once help was called."""
        return self.state not in ("signalled", "ended")

    @property
    def asked(self) -> bool:
        return self.state in ("asking", "calling")

    @property
    def needs_code(self) -> bool:
        """Whether the question that waits takes no answer but her code."""
        return self.coded and self.asked and self.reason in GRAVE

    def end_needs_code(self, at: datetime) -> bool:
        return self.coded and (self.near_at is None or at - self.near_at > FRESH)

    @property
    def line(self) -> TripLine:
        return TripLine(**{name: getattr(self, name) for name in TripLine.__struct_fields__})


def alarmed(trip: TripRow, alarms: Sequence[Alarm], at: datetime, question: str) -> TripRow:
    """What the watch has noticed, as the next step. `question` is the id of a question, if this asks one."""
    for alarm in alarms:
        if not trip.watched:
            break
        if alarm.reason in GRAVE:
            trip = msgspec.structs.replace(trip, grave_at=at)
        if alarm.level == "ask":
            # Whoever went away or was fast on this way, even half, is not believed to have arrived as she wanted.
            doubted = alarm.reason == "there" and trip.grave_at is not None
            trip = _ask(trip, "late" if doubted else alarm.reason, at, question)
        elif not trip.asked:
            trip = msgspec.structs.replace(trip, state="hint", step_at=at + HINT)
    return trip


def left_again(trip: TripRow, at: datetime, question: str) -> TripRow:
    """She is no longer where she seemed to have arrived: then she is late, and asked so."""
    return _ask(trip, "late", at, question) if trip.asked and trip.reason == "there" else trip


def _ask(trip: TripRow, reason: Reason, at: datetime, question: str) -> TripRow:
    if trip.asked and trip.reason == "there" and reason != "there":
        # That she had arrived was a guess, and its long times were for that: what is odd now is asked from the beginning.
        trip = calmed(trip)
    if trip.asked and (trip.reason in GRAVE or reason not in GRAVE):
        return trip
    taken = reason == "silent" and trip.grave_at is not None and trip.heard_at is not None
    taken = taken and trip.heard_at - trip.grave_at <= LOST_AFTER  # type: ignore[operator]
    asking = msgspec.structs.replace(
        trip, reason=reason, question=question, asked_at=at, ready=trip.ready or taken or reason == "fast"
    )
    if trip.state == "calling":
        return asking
    if reason == "silent" and not taken:
        # Nobody can be asked on a phone that is not heard: whoever is near her is told at once.
        return msgspec.structs.replace(asking, state="calling", step_at=at + SILENT_CALL)
    until = at + ANSWER["fast" if taken else reason]
    if trip.asked and trip.step_at is not None:
        until = min(until, trip.step_at)
    return msgspec.structs.replace(asking, state="asking", step_at=until)


def lapsed(trip: TripRow, at: datetime) -> TripRow:
    """The time of a step is over: the next one. After an outage she has the whole of it."""
    if trip.step_at is None or trip.step_at > at:
        return trip
    if trip.state == "hint" or (trip.state == "asking" and trip.reason == "vehicle"):
        # That she rides is no reason to call for help: whoever takes her away in a car is noticed by her way.
        return calmed(trip)
    if trip.state == "asking":
        length = THERE_CALL if trip.reason == "there" else CALL
        return msgspec.structs.replace(trip, state="calling", step_at=at + length)
    return signalled(trip, trip.reason, at)


def calmed(trip: TripRow) -> TripRow:
    """She has answered, or nothing came of it: on with the walk."""
    return msgspec.structs.replace(
        trip, state="walking", reason=None, ready=False, question=None, asked_at=None, step_at=None
    )


def signalled(trip: TripRow, why: Why | None, at: datetime) -> TripRow:
    return msgspec.structs.replace(
        calmed(trip), state="signalled", reason=why, signalled_at=trip.signalled_at or at, due_at=None
    )


def ended(trip: TripRow, outcome: Outcome, at: datetime) -> TripRow:
    reason = trip.reason if outcome == "signalled" else None
    return msgspec.structs.replace(
        calmed(trip), state="ended", reason=reason, outcome=outcome, ended_at=at, due_at=None
    )


def heard_again(trip: TripRow, *, located: bool) -> TripRow:
    """What asked for a sign of life has it."""
    if trip.asked and not trip.ready and (trip.reason == "silent" or (trip.reason == "lost" and located)):
        return calmed(trip)
    return trip


def as_shown(trip: TripRow) -> TripRow:
    """What her phone may know. After the code that says she is forced it is what the other code brings about."""
    if trip.duress_at is None:
        return trip
    if trip.pretended_at is None and trip.open:
        return calmed(msgspec.structs.replace(trip, receipt=None))
    ended_at = trip.pretended_at or trip.ended_at
    return msgspec.structs.replace(
        calmed(trip), state="ended", receipt=None, outcome=trip.pretended or "ended", ended_at=ended_at,
        destroyed_at=ended_at,
    )  # fmt: skip


def wrong_of(why: Why | None) -> Wrong:
    """What the case is called that the trip opens."""
    assert why not in (None, "sos", "vehicle")
    return why  # type: ignore[return-value]
