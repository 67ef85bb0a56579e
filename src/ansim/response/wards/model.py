"""A ward, what is wrong with her, and who has answered; what the official, a guardian and she herself are shown. Pure.

ok -> alarm (-> answered) -> signalled; back to ok by her return, by a sign of life, by her answer, or with the case. Each step has
a time after which the clock takes the next one.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Annotated, Literal

import msgspec

from ansim.core.clock import KOREA
from ansim.core.position import Instant, Position
from ansim.response.notify.model import ToldReceipt
from ansim.response.notify.ports import Language
from ansim.response.signals.model import ClientId, Secret
from ansim.response.wards.zones import Clock, Zone

Kind = Literal["child", "dementia", "quarantine"]
Ground = Literal["representative", "own", "guardian", "order"]
"""Who allowed it: the legal representative of a child; a person with dementia herself or her guardian; a public-health order."""
GROUNDS: dict[Kind, frozenset[Ground]] = {
    "child": frozenset({"representative"}),
    "dementia": frozenset({"own", "guardian"}),
    "quarantine": frozenset({"order"}),
}

Reason = Literal["unchecked", "silent", "left", "entered", "help", "missing", "sos"]
"""What is wrong, the graver the later: the daily question without an answer, nothing heard, out of her zones or in a forbidden one,
she asked for help, a guardian cannot find her, she pressed SOS."""
GRAVITY: dict[Reason, int] = {
    "unchecked": 1, "silent": 2, "left": 3, "entered": 3, "help": 4, "missing": 5, "sos": 5,
}  # fmt: skip
FIRST: frozenset[Reason] = frozenset({"left", "entered", "missing"})
"""First in the queue."""
PLACED: frozenset[Reason] = frozenset({"left", "entered", "silent", "missing"})
"""While one of these is open her guardians may see where she was last."""

State = Literal["ok", "alarm", "silent", "ended"]
Outcome = Literal["ended", "taken-back", "expired"]
SearchState = Literal["asked", "approved", "refused", "expired"]

LONGEST: dict[Kind, timedelta] = {
    "child": timedelta(days=365), "dementia": timedelta(days=365), "quarantine": timedelta(days=31),
}  # fmt: skip
SILENT_AFTER_S: dict[Kind, int] = {"child": 1800, "dementia": 1800, "quarantine": 3600}
"""For devices, which speak by themselves. A page that is closed says nothing, so with a page alone silence is no alarm."""

STEP = timedelta(minutes=10)
STEP_PLACED = timedelta(minutes=3)
"""How long guardians and the official have to answer before help is called; the short one where she left or entered."""
MUTED = timedelta(minutes=60)
"""So long an answer holds; and so long after a case nothing is asked anew."""
NAMES_KEPT = timedelta(hours=24)
TRACK_KEPT = timedelta(hours=24)
SOONEST_SILENT_S = 600
SEARCH_ASKED = timedelta(minutes=30)
"""So long a search waits for the second person."""
SEARCH_LENGTH = timedelta(hours=6)
MOST_ZONES, MOST_GUARDIANS, MOST_DEVICES = 8, 5, 5

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
Note = Annotated[str, msgspec.Meta(max_length=1000)]
Phone = Annotated[str, msgspec.Meta(pattern=r"^\+?[0-9][0-9 ()-]{2,30}$")]
Silence = Annotated[int, msgspec.Meta(ge=0, le=86_400)]
"""Seconds; 0 is never, and anything else ten minutes at least."""
Id = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]


class GroundPost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`reference`: the number of the paper or the order; an order has one."""

    kind: Ground
    reference: Annotated[str, msgspec.Meta(max_length=80)] = ""


class GuardianPost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """In the order in which they are to be rung. At least one of phone and mail."""

    name: Name
    relation: Annotated[str, msgspec.Meta(max_length=80)] = ""
    phone: Phone | None = None
    mail: (
        Annotated[str, msgspec.Meta(max_length=254, pattern=r"^[^\s@<>,;:\"]+@[^\s@<>,;:\"]+\.[^\s@<>,;:\".]{2,63}$")]
        | None
    ) = None
    language: Language = "ko"


class DevicePost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A pendant or a watch, by the number that its maker gave it. `protocol` is for the record of who set it up; every port knows every number."""

    protocol: Literal["osmand", "owntracks", "h02", "gt06", "watch", "gps103", "jt808"]
    number: Annotated[str, msgspec.Meta(pattern=r"^\+?[0-9A-Za-z][0-9A-Za-z ()-]{3,31}$")]


class Check(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """She is asked every day at this Korean time, and has so many minutes to answer."""

    at: Clock
    grace_min: Annotated[int, msgspec.Meta(ge=30, le=240)] = 60


class WardPost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of POST /api/wards. `phone` is her own, to which the link to her page goes; `silent_after_s` 0: silence is no alarm."""

    id: ClientId
    kind: Kind
    name: Name
    note: Note = ""
    ground: GroundPost
    guardians: Annotated[list[GuardianPost], msgspec.Meta(max_length=MOST_GUARDIANS)] = []
    phone: Phone | None = None
    language: Language = "ko"
    devices: Annotated[list[DevicePost], msgspec.Meta(max_length=MOST_DEVICES)] = []
    until_at: Instant
    zones: Annotated[list[Zone], msgspec.Meta(max_length=MOST_ZONES)] = []
    check: Check | None = None
    silent_after_s: Silence | None = None


class WardPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What changes; what is absent stays. `check` null: she is not asked any more; `phone` null: she has no page any more.
    `guardians` and `devices` are all of them: what does not stand there is forgotten.
    """

    zones: Annotated[list[Zone], msgspec.Meta(max_length=MOST_ZONES)] | msgspec.UnsetType = msgspec.UNSET
    check: Check | msgspec.UnsetType | None = msgspec.UNSET
    silent_after_s: Silence | msgspec.UnsetType = msgspec.UNSET
    until_at: Instant | msgspec.UnsetType = msgspec.UNSET
    guardians: Annotated[list[GuardianPost], msgspec.Meta(max_length=MOST_GUARDIANS)] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    phone: Phone | msgspec.UnsetType | None = msgspec.UNSET
    language: Language | msgspec.UnsetType = msgspec.UNSET
    devices: Annotated[list[DevicePost], msgspec.Meta(max_length=MOST_DEVICES)] | msgspec.UnsetType = msgspec.UNSET
    name: Name | msgspec.UnsetType = msgspec.UNSET
    note: Note | msgspec.UnsetType = msgspec.UNSET
    official: Id | msgspec.UnsetType = msgspec.UNSET

    @property
    def changes_person(self) -> bool:
        """Whether something of who she is and who is told stands in it."""
        return any(
            part is not msgspec.UNSET for part in (self.name, self.note, self.guardians, self.phone, self.language)
        )


class Named(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str


class WardAlarm(msgspec.Struct, frozen=True, kw_only=True):
    """`told`: how many guardians; `answered_by`: whose word holds until `muted_until_at`; `step_at`: when help is called unless
    somebody answers; `incident`: the case that has her."""

    reason: Reason
    since_at: datetime
    told: int
    answered_by: Literal["guardian", "official"] | None
    answered_at: datetime | None
    muted_until_at: datetime | None
    step_at: datetime | None
    incident: str | None


class WardLine(msgspec.Struct, frozen=True, kw_only=True):
    """A ward in the list: no name, no place. `mine`: this official answers for her. `official` is null once her account is closed:
    the leader gives the ward to somebody else.
    """

    id: str
    kind: Kind
    state: State
    alarm: WardAlarm | None
    official: Named | None
    mine: bool
    heard_at: datetime | None
    until_at: datetime
    zones: int
    guardians: int
    asked_at: datetime | None
    checked_at: datetime | None
    search: SearchState | None


class WardCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Wards under watch, those with an alarm that nobody has in hand, searches that wait for a second person, and wards whose
    official's account is closed.
    """

    watched: int = 0
    alarms: int = 0
    searches: int = 0
    unassigned: int = 0


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """In words, never on a map: in a zone of hers, outside, or not known; and since when."""

    word: Literal["inside", "outside", "forbidden", "unknown"]
    since_at: datetime | None = None


class WardDetail(WardLine, frozen=True, kw_only=True):
    """What the official who answers sees; reading it is in the ledger. `places` are her zones, `place` where she is, in words."""

    name: str
    note: str
    phone: str
    language: Language
    ground: Ground
    reference: str
    people: list[GuardianPost]
    places: list[Zone]
    place: Place
    check: Check | None
    silent_after_s: int
    devices: int
    enrolled_at: datetime
    receipts: list[ToldReceipt]
    outcome: Outcome | None
    ended_at: datetime | None


class WardEnrolled(msgspec.Struct, frozen=True, kw_only=True):
    """The answer that means: she is watched. `secret` goes on the paper of whoever consented: it opens the record of who looked."""

    ward: WardDetail
    secret: Secret | Literal[""]


class Wards(msgspec.Struct, frozen=True, kw_only=True):
    counts: WardCounts
    wards: list[WardLine]


class SearchPost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why, and the number of the police's case or the paper of the report. Both are sealed."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=400)]
    reference: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]


class SearchLine(msgspec.Struct, frozen=True, kw_only=True):
    """A search. `mine`: whoever reads it asked for it, and so cannot approve it. Reason and reference are for the second person."""

    id: str
    ward: str
    kind: Kind
    state: SearchState
    asked_by: Named
    asked_at: datetime
    mine: bool
    expires_at: datetime
    reason: str
    reference: str
    decided_at: datetime | None
    until_at: datetime | None
    incident: str | None


class GuardianView(msgspec.Struct, frozen=True, kw_only=True):
    """What a guardian's page shows of her ward: in words. Where she was last is asked for by itself, and only while `placed`."""

    person: str
    kind: Kind
    state: State
    alarm: WardAlarm | None
    place: Place
    placed: bool
    heard_at: datetime | None
    zones: list[str]
    may_take_back: bool
    until_at: datetime
    outcome: Outcome | None
    ended_at: datetime | None


class WardView(msgspec.Struct, frozen=True, kw_only=True):
    """What the ward's own page shows. `answer_until` while she is asked."""

    asked_at: datetime | None
    answer_until: datetime | None
    checked_at: datetime | None
    next_check_at: datetime | None
    heard_at: datetime | None
    until_at: datetime
    called_at: datetime | None
    ended_at: datetime | None


class LastPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where she was last heard; null when nobody knows."""

    position: Position | None


class Spoken(msgspec.Struct, frozen=True, kw_only=True):
    """What is under the case key besides her secret: the paper that allows it, and in which language she is written to."""

    reference: str = ""
    language: Language = "ko"


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What is under the case key of a search."""

    reason: str
    reference: str


class HourRow(msgspec.Struct, frozen=True, kw_only=True):
    """An hour of a ward's track, under a key of its own."""

    id: str
    ward: str
    began_at: datetime
    track_slot: int


class SearchRow(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    ward: str
    centre: str
    said: bytes | None
    asked_by: str
    asked_at: datetime
    state: SearchState = "asked"
    decided_by: str | None = None
    decided_at: datetime | None = None
    until_at: datetime | None = None
    incident: str | None = None


class WardRow(msgspec.Struct, frozen=True, kw_only=True):
    """A ward as she is stored."""

    id: str
    client_id: str
    centre: str
    kind: Kind
    ground: Ground
    person: str | None
    subject_tag: str
    secret_hash: bytes
    track_slot: int | None
    case_slot: int | None
    secret: bytes | None
    words: bytes | None
    official: str
    enrolled_by: str
    enrolled_at: datetime
    devices: int
    guardians: int
    own_page: bool
    places: bytes | None
    memory: bytes | None
    zones: int
    until_at: datetime
    silent_after_s: int
    check_at: str | None
    check_grace_s: int | None
    ask_at: datetime | None = None
    asked_at: datetime | None = None
    checked_at: datetime | None = None
    heard_at: datetime | None = None
    alarm: Reason | None = None
    alarm_at: datetime | None = None
    told: int = 0
    step_at: datetime | None = None
    answered_by: str | None = None
    answered_at: datetime | None = None
    muted_until_at: datetime | None = None
    signalled_at: datetime | None = None
    incident: str | None = None
    due_at: datetime | None = None
    outcome: Outcome | None = None
    ended_at: datetime | None = None
    destroyed_at: datetime | None = None

    @property
    def open(self) -> bool:
        return self.ended_at is None

    @property
    def called(self) -> bool:
        """Help was called, by her, a guardian or the clock: whoever has the case looks after her."""
        return self.signalled_at is not None

    @property
    def state(self) -> State:
        if self.ended_at is not None:
            return "ended"
        return "ok" if self.alarm is None else "silent" if self.alarm == "silent" else "alarm"

    @property
    def tells_guardians(self) -> bool:
        """Whether what is wrong is for them to know: who stays in quarantine is a matter between her and the official, help is not."""
        return self.kind != "quarantine" or self.alarm in ("help", "missing")

    @property
    def answer_until(self) -> datetime | None:
        if self.asked_at is None or self.check_grace_s is None:
            return None
        return self.asked_at + timedelta(seconds=self.check_grace_s)

    @property
    def check(self) -> Check | None:
        if self.check_at is None or self.check_grace_s is None:
            return None
        return Check(at=self.check_at, grace_min=self.check_grace_s // 60)

    @property
    def shown_alarm(self) -> WardAlarm | None:
        if self.alarm is None or self.alarm_at is None:
            return None
        by: Literal["guardian", "official"] | None = None
        if self.answered_by is not None:
            by = "guardian" if self.answered_by.startswith("guardian-") else "official"
        return WardAlarm(
            reason=self.alarm, since_at=self.alarm_at, told=self.told, answered_by=by, answered_at=self.answered_at,
            muted_until_at=self.muted_until_at, step_at=self.step_at, incident=self.incident,
        )  # fmt: skip


_CALM: dict[str, int | None] = {
    "alarm": None, "alarm_at": None, "told": 0, "step_at": None, "answered_by": None, "answered_at": None,
    "muted_until_at": None, "signalled_at": None, "incident": None,
}  # fmt: skip


def raised(ward: WardRow, reason: Reason, at: datetime, since: datetime | None = None) -> WardRow:
    """Something is wrong. Unchanged where that, or something graver, is known already, or somebody has her in hand."""
    if not ward.open or ward.called:
        return ward
    if ward.alarm is not None and GRAVITY[reason] <= GRAVITY[ward.alarm]:
        return ward
    muted = ward.alarm is None and ward.muted_until_at is not None and at < ward.muted_until_at
    if muted and reason not in ("help", "missing"):
        return ward
    ward = msgspec.structs.replace(calmed(ward), alarm=reason, alarm_at=since or at)
    return msgspec.structs.replace(ward, step_at=None if not ward.tells_guardians else at + _step(reason))


def answered(ward: WardRow, by: str, at: datetime) -> WardRow:
    """A guardian or the official has her in hand."""
    if ward.alarm is None or ward.called:
        return ward
    return msgspec.structs.replace(ward, step_at=None, answered_by=by, answered_at=at, muted_until_at=at + MUTED)


def calmed(ward: WardRow) -> WardRow:
    return msgspec.structs.replace(ward, **_CALM)


def called(ward: WardRow, why: Reason, at: datetime) -> WardRow:
    """Help is called: what was asked is over."""
    return msgspec.structs.replace(
        ward, alarm=why, alarm_at=ward.alarm_at if ward.alarm == why else at, step_at=None, muted_until_at=None,
        signalled_at=at, asked_at=None,
    )  # fmt: skip


def freed(ward: WardRow, at: datetime) -> WardRow:
    """The case is closed: the watch goes on, and gives those who were there an hour."""
    return msgspec.structs.replace(calmed(ward), muted_until_at=at + MUTED)


def ended(ward: WardRow, outcome: Outcome, at: datetime) -> WardRow:
    return msgspec.structs.replace(
        calmed(ward), outcome=outcome, ended_at=at, asked_at=None, ask_at=None, due_at=None, places=None, memory=None
    )


def next_question(check: Check, after: datetime) -> datetime:
    """The first time after then at which she is asked."""
    local = after.astimezone(KOREA)
    asked = datetime.combine(local.date(), time.fromisoformat(check.at), KOREA)
    return asked if asked > after else asked + timedelta(days=1)


def silent_at(ward: WardRow, listening_since: datetime) -> datetime | None:
    """When her silence is one. What was said while nobody here could hear it is not held against her."""
    if not ward.silent_after_s or ward.called or (ward.alarm and GRAVITY[ward.alarm] >= GRAVITY["silent"]):
        return None
    heard_at = max(ward.heard_at or ward.enrolled_at, listening_since)
    silent = heard_at + timedelta(seconds=ward.silent_after_s)
    return silent if ward.alarm or ward.muted_until_at is None else max(silent, ward.muted_until_at)


def missed_at(ward: WardRow, listening_since: datetime) -> datetime | None:
    """When she has not answered today's question."""
    until = ward.answer_until
    return None if until is None or ward.called else max(until, listening_since + STEP)


def next_step(ward: WardRow, listening_since: datetime) -> datetime | None:
    """When the clock has something to do unless somebody speaks before; None once it is over."""
    if not ward.open:
        return None
    times = [
        # While she is looked for nothing ends by itself.
        None if ward.called else ward.until_at, ward.ask_at, silent_at(ward, listening_since), missed_at(ward, listening_since), ward.step_at,
        ward.muted_until_at,
    ]  # fmt: skip
    return min((at for at in times if at is not None), default=None)


def _step(reason: Reason) -> timedelta:
    return STEP_PLACED if reason in ("left", "entered") else STEP
