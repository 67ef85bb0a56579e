"""An escort, its states and its steps; the rota of pairs; who is free and near. Pure.

booked -> assigned -> walking (-> asking -> signalled) -> ended. Each step has a time after which the clock takes the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec

from ansim.core.geo import distance_m
from ansim.core.position import Instant, Latitude, Longitude, Position
from ansim.response.notify.model import ToldReceipt
from ansim.response.notify.ports import Language
from ansim.response.signals.model import ClientId, Secret
from ansim.response.signals.receipts import NamedCentre, ReceiptBody

State = Literal["booked", "assigned", "walking", "asking", "signalled", "ended"]
Outcome = Literal["arrived", "cancelled", "no-show", "unserved", "signalled"]
Mark = Literal["unassigned", "scouts-late", "missing", "wrong", "hand-over"]
"""What a dispatcher should look at: nobody assigned yet; the scouts, or she, not there; wrong numbers; another pair is asked for."""

Side = Literal["walker", "scout", "incoming"]
"""Who speaks: she, the pair that has her, the pair that takes her over."""

NOTICE = timedelta(minutes=30)
"""So long before the meeting it must be asked for: the pair has to get there."""
AHEAD = timedelta(hours=24)
FURTHEST_M = 5_000.0
PACE_MPS = 1.1
DETOUR = 1.3
SHORTEST_WALK = timedelta(minutes=10)
BACK = timedelta(minutes=20)
"""So long after the walk a pair is at its post again."""

URGE = timedelta(minutes=10)
"""So long before the meeting a booking that nobody has given to a pair is pressed on the dispatcher, and as long after it given up."""
SCOUTS_LATE, SCOUTS_MISSING = timedelta(minutes=5), timedelta(minutes=15)
HER_LATE, HER_MISSING = timedelta(minutes=10), timedelta(minutes=20)
ANSWER = timedelta(minutes=2)
"""How long both sides have to answer when the time to be there has passed."""
MORE = timedelta(minutes=10)
ALONE = timedelta(minutes=10)
"""One side says that she is home; so long the other is asked, then that word counts alone."""
FORGOTTEN = timedelta(hours=6)
"""So long after the meeting time an escort that nobody ever ended is over."""
WRONG_MOST = 5
"""So many wrong numbers, then only a new pair (with new numbers) can meet her."""
NAMES_KEPT = timedelta(hours=24)
STEP = timedelta(minutes=10)

Label = Annotated[str, msgspec.Meta(max_length=80)]
Code = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}$")]


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    latitude: Latitude
    longitude: Longitude
    label: Label = ""


class EscortPost(msgspec.Struct, frozen=True, kw_only=True):
    """The body of POST /api/escorts. `sealed`: name and phone number, as in an SOS, bound to this `id`."""

    id: ClientId
    at: Instant
    meet_at: Instant
    meeting: Place
    home: Place
    credential: Annotated[str, msgspec.Meta(max_length=4096)] | None = None
    proof: Annotated[str, msgspec.Meta(max_length=256)] | None = None
    sealed: Annotated[str, msgspec.Meta(max_length=24_576, pattern=r"^[A-Za-z0-9_=-]*$")] | None = None


class CallerPost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same for somebody who has called: what she says over the telephone."""

    id: ClientId
    meet_at: Instant
    meeting: Place
    home: Place
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    phone: Annotated[str, msgspec.Meta(pattern=r"^\+?[0-9][0-9 ()-]{2,30}$")]
    language: Language = "ko"


class Scout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    phone: Annotated[str, msgspec.Meta(pattern=r"^\+?[0-9][0-9 ()-]{2,30}$")]
    language: Language = "ko"


class DutyPost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A pair, and where and when it is on duty: around this post, as far as `reach_m`."""

    area: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    latitude: Latitude
    longitude: Longitude
    reach_m: Annotated[int, msgspec.Meta(ge=100, le=10_000)] = 2_000
    starts_at: Instant
    ends_at: Instant
    scouts: Annotated[list[Scout], msgspec.Meta(min_length=2, max_length=2)]


class DutyRow(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    centre: str
    area: str
    latitude: float
    longitude: float
    reach_m: int
    starts_at: datetime
    ends_at: datetime
    case_slot: int | None
    scouts: bytes | None
    made_by: str
    ended_at: datetime | None = None


class DutyLine(msgspec.Struct, frozen=True, kw_only=True):
    """A duty of the rota. `scouts` are names only."""

    id: str
    area: str
    latitude: float
    longitude: float
    reach_m: int
    starts_at: datetime
    ends_at: datetime
    scouts: list[str]


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A pair on duty then, the nearest that is free first. `centre` is another one where she is handed over at the border."""

    duty: str
    area: str
    centre: str
    distance_m: int
    free: bool
    scouts: list[str] = []


class Engaged(msgspec.Struct, frozen=True, kw_only=True):
    """From when until when a pair, or with `duty` null any pair, is needed."""

    duty: str | None
    from_at: datetime
    until_at: datetime


class Spoken(msgspec.Struct, frozen=True, kw_only=True):
    """What is under the case key: names, what the places are called, and the two numbers. `language` is hers."""

    name: str = ""
    phone: str = ""
    language: Language = "ko"
    meeting: str = ""
    home: str = ""
    scouts: list[Scout] = []
    incoming: list[Scout] = []
    number: str = ""
    """Hers: she shows it."""
    pair: str = ""
    """The scouts': they show it."""


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """What is under the track key."""

    meeting: tuple[float, float]
    home: tuple[float, float]
    newest: Position | None = None


class EscortRow(msgspec.Struct, frozen=True, kw_only=True):
    """An escort as it is stored."""

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
    places: bytes | None
    booked_by: str
    booked_at: datetime
    meet_at: datetime
    walk_s: int
    receipt: bytes | None = None
    state: State = "booked"
    duty: str | None = None
    incoming: str | None = None
    pairs: int = 0
    pair: int = 0
    assigned_by: str | None = None
    assigned_at: datetime | None = None
    here_at: datetime | None = None
    met_by_her_at: datetime | None = None
    met_by_scouts_at: datetime | None = None
    wrong: int = 0
    marks: list[str] = []
    walking_at: datetime | None = None
    expected_at: datetime | None = None
    asked_at: datetime | None = None
    home_by_her_at: datetime | None = None
    home_by_scouts_at: datetime | None = None
    reason: str | None = None
    signalled_at: datetime | None = None
    incident: str | None = None
    outcome: Outcome | None = None
    ended_at: datetime | None = None
    destroyed_at: datetime | None = None

    @property
    def open(self) -> bool:
        return self.ended_at is None

    @property
    def before(self) -> bool:
        """Nobody walks yet: it can be taken back."""
        return self.state in ("booked", "assigned")

    @property
    def under_way(self) -> bool:
        return self.state in ("walking", "asking")

    @property
    def window(self) -> Engaged:
        return Engaged(
            duty=self.duty, from_at=self.meet_at, until_at=self.meet_at + timedelta(seconds=self.walk_s) + BACK
        )

    @property
    def asked_until(self) -> datetime | None:
        return None if self.asked_at is None or self.state != "asking" else self.asked_at + ANSWER

    @property
    def no_show_from(self) -> datetime | None:
        """From when on the scouts may say that she has not come."""
        if self.state != "assigned" or self.here_at is None or self.met_by_her_at or self.met_by_scouts_at:
            return None
        return max(self.meet_at, self.here_at) + HER_LATE


class EscortLine(msgspec.Struct, frozen=True, kw_only=True):
    """What a dispatcher sees of an escort in the list: no name, no place."""

    id: str
    state: State
    marks: list[str]
    booked_at: datetime
    meet_at: datetime
    expected_at: datetime | None
    area: str | None
    here_at: datetime | None
    walking_at: datetime | None
    outcome: Outcome | None


class EscortCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Escorts that wait for a pair, that have one, that walk, and those a dispatcher should look at."""

    booked: int = 0
    assigned: int = 0
    walking: int = 0
    marked: int = 0


class EscortBegun(msgspec.Struct, frozen=True, kw_only=True):
    """The answer that means: it is asked for, and a pair is free then. The secret opens everything else."""

    escort: str
    secret: Secret
    centre: NamedCentre
    meet_at: datetime


class EscortView(msgspec.Struct, frozen=True, kw_only=True):
    """What she, or one of the scouts, sees. `number` is what this side shows, and only while the meeting is ahead; `met` and
    `home` say who has confirmed that."""

    side: Side
    state: State
    meet_at: datetime
    meeting: Place | None
    home: Place | None
    people: list[str]
    phone: str | None
    number: str | None
    locked: bool
    here_at: datetime | None
    met_by_her: bool
    met_by_scouts: bool
    handing_over: bool
    expected_at: datetime | None
    asked_until: datetime | None
    home_by_her: bool
    home_by_scouts: bool
    late: bool
    no_show_from: datetime | None
    next_at: datetime | None
    signal: ReceiptBody | None
    outcome: Outcome | None
    ended_at: datetime | None
    destroyed_at: datetime | None


class EscortDetail(msgspec.Struct, frozen=True, kw_only=True):
    """What a dispatcher sees of one escort; reading it is in the ledger."""

    id: str
    state: State
    marks: list[str]
    booked_at: datetime
    booked_by_phone: bool
    meet_at: datetime
    walk_s: int
    expected_at: datetime | None
    name: str
    phone: str
    meeting: Place | None
    home: Place | None
    duty: str | None
    incoming: str | None
    scouts: list[Scout]
    proposals: list[Proposal]
    receipts: list[ToldReceipt]
    outcome: Outcome | None
    ended_at: datetime | None


def walk_of(meeting: Place, home: Place) -> timedelta:
    """How long they will walk, at her pace and not as the crow flies."""
    way_m = distance_m(meeting.latitude, meeting.longitude, home.latitude, home.longitude) * DETOUR
    return max(SHORTEST_WALK, timedelta(seconds=round(way_m / PACE_MPS)))


def proposals(
    duties: Iterable[DutyRow], engaged: Sequence[Engaged], at: tuple[float, float], wanted: Engaged
) -> list[Proposal]:
    """Pairs that are on duty for the whole of it and whose reach this is in; the free ones first, the nearest first."""
    found = []
    for duty in duties:
        away = distance_m(duty.latitude, duty.longitude, *at)
        if away > duty.reach_m or duty.starts_at > wanted.from_at or duty.ends_at < wanted.until_at - BACK:
            continue
        free = not any(one.duty == duty.id and _overlap(one, wanted) for one in engaged)
        found.append(Proposal(duty=duty.id, area=duty.area, centre=duty.centre, distance_m=round(away), free=free))
    return sorted(found, key=lambda one: (not one.free, one.distance_m, one.duty))


def has_room(duties: Sequence[DutyRow], engaged: Sequence[Engaged], at: tuple[float, float], wanted: Engaged) -> bool:
    """Whether a pair will be free even after those who asked before her have theirs."""
    free = sum(one.free for one in proposals(duties, engaged, at, wanted))
    return free > sum(one.duty is None and _overlap(one, wanted) for one in engaged)


def next_free(
    duties: Sequence[DutyRow], engaged: Sequence[Engaged], at: tuple[float, float], wanted: Engaged, now: datetime
) -> datetime | None:
    """The first time from `wanted` on, in steps of ten minutes, at which there is room; None within the next day."""
    length, start = wanted.until_at - wanted.from_at, max(wanted.from_at, now + NOTICE)
    start += (datetime.min.replace(tzinfo=start.tzinfo) - start) % STEP
    while start <= now + AHEAD:
        if has_room(duties, engaged, at, Engaged(duty=None, from_at=start, until_at=start + length)):
            return start
        start += STEP
    return None


def _overlap(one: Engaged, other: Engaged) -> bool:
    return one.from_at < other.until_at and other.from_at < one.until_at


def next_step(escort: EscortRow) -> datetime | None:
    """When the clock has something to do unless somebody speaks before; None: nothing."""
    match escort.state:
        case "booked":
            return escort.meet_at + URGE if "unassigned" in escort.marks else escort.meet_at - URGE
        case "assigned":
            if escort.here_at is None:
                return escort.meet_at + (SCOUTS_MISSING if "scouts-late" in escort.marks else SCOUTS_LATE)
            if escort.met_by_her_at or escort.met_by_scouts_at:
                return escort.meet_at + FORGOTTEN
            return max(escort.meet_at, escort.here_at) + (HER_MISSING if "missing" in escort.marks else HER_LATE)
        case "walking":
            said = [at + ALONE for at in (escort.home_by_her_at, escort.home_by_scouts_at) if at]
            return min(said) if said else escort.expected_at
        case "asking":
            return escort.asked_until
    return None
