"""The shapes that pages receive. What a viewer may not know is not in the value at all."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from ansim.city.cameras.model import Outlook, RankedCamera
from ansim.core.position import Position, Source
from ansim.response.bells.model import BellDetail
from ansim.response.borders.model import Cell, Wish
from ansim.response.dispatch.ports import UnitPlace
from ansim.response.escorts.model import EscortView
from ansim.response.footage.actions import TakeLine
from ansim.response.handover.model import Moved
from ansim.response.notify.model import ToldReceipt
from ansim.response.trips.model import Outcome, State, Vehicle
from ansim.response.trips.watching import Mode
from ansim.response.wards.model import GuardianView, WardView


class Named(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str


class Words(msgspec.Struct, frozen=True, kw_only=True):
    ko: str
    en: str


class Escalation(msgspec.Struct, frozen=True, kw_only=True):
    level: int
    next: Literal["leader", "neighbour"] | None
    due_at: datetime | None


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """Its operator wants to pass the case to somebody, who answers by `due_at` or it stays."""

    to: Named
    at: datetime
    due_at: datetime
    centre: bool = False
    """It is another centre, not a colleague of this one."""


class SeenPosition(msgspec.Struct, frozen=True, kw_only=True):
    """Where she is, as precisely as the viewer may know: before the claim a cell of about 100 m (`coarse`)."""

    latitude: float
    longitude: float
    accuracy_m: float
    source: Source
    at: datetime
    heading_deg: float | None = None
    speed_mps: float | None = None
    coarse: bool = False

    @classmethod
    def precise(cls, position: Position) -> SeenPosition:
        return cls(**msgspec.structs.asdict(position))

    @classmethod
    def cell(cls, position: Position) -> SeenPosition:
        return cls(**msgspec.structs.asdict(Cell.of(position)), source=position.source, coarse=True)


class Beyond(msgspec.Struct, frozen=True, kw_only=True):
    """A centre beyond a border near her that knows of the case, and what it would do for it."""

    centre: Named
    since: datetime
    wish: Wish | None


class BorderCase(msgspec.Struct, frozen=True, kw_only=True):
    """A neighbour's case at our border: it is theirs, and quiet here. `wish` is what this centre said that it would do."""

    id: str
    centre: Named
    number: str
    kind: str
    trigger: str
    priority: int
    silent: bool
    claimed: bool
    received_at: datetime
    heard_at: datetime
    place: Words
    position: SeenPosition
    wish: Wish | None
    lends: bool
    """Whether the cameras here that see her are lent to that centre."""


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """What everybody in the room may see: kind, place, accuracy, clock. No name, no picture."""

    id: str
    number: str
    centre: Named
    kind: str
    trigger: str
    priority: int
    silent: bool
    state: str
    marks: list[str]
    route: str
    verdict: str
    received_at: datetime
    place: Words
    position: SeenPosition | None
    cameras_ready: int
    signals: int
    cancel_requested_at: datetime | None
    owner: Named | None
    offer: Offer | None
    coming: Offer | None
    """Another centre (`to`) asks this one to take it: whoever claims it answers that."""
    beyond: list[Beyond]
    """The centres beyond a border that know of it."""
    claimed_at: datetime | None
    confirmed_at: datetime | None
    requested_at: datetime | None
    arrived_at: datetime | None
    closed_at: datetime | None
    destroyed_at: datetime | None
    escalation: Escalation | None
    mine: bool
    detailed: bool = False


class Person(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    phone: str
    note: str
    battery: int | None


class NoticeReceipt(msgspec.Struct, frozen=True, kw_only=True):
    channel: str
    state: str
    at: datetime
    reason: str | None


class GuardianLine(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    relation: str
    receipts: list[NoticeReceipt]
    phone: str = ""
    """To be rung; told only once all of them have been told again and none has looked."""


class GrantHolder(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    kind: str


class GrantLine(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    incident: str
    holder: GrantHolder
    purpose: str
    video: bool
    cameras: list[str]
    from_at: datetime
    until_at: datetime
    extensions: int
    ended_at: datetime | None
    ended_why: str | None


class DispatchLine(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    agency: str
    state: str
    requested_at: datetime
    answered_at: datetime | None
    unit: str | None
    eta_s: int | None
    position: UnitPlace | None
    reason: str | None
    reference: str | None
    arrived_at: datetime | None
    completed_at: datetime | None
    phone: str | None


class ProcedureLine(msgspec.Struct, frozen=True, kw_only=True):
    step: str
    label: Words
    due_at: datetime | None
    done_at: datetime | None
    done_by: str | None


class TimelineLine(msgspec.Struct, frozen=True, kw_only=True):
    """`name`: what the room calls the actor; None for the clock, the person and the system."""

    id: str
    at: datetime
    act: str
    actor: str
    name: str | None
    text: str | None


class MessageLine(msgspec.Struct, frozen=True, kw_only=True, rename={"sender": "from"}):
    id: str
    at: datetime
    sender: str
    text: str


class LinkLine(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    kind: str
    recipient: str
    opened_at: datetime | None
    until_at: datetime
    ended_at: datetime | None
    refused: int


class ChannelLine(msgspec.Struct, frozen=True, kw_only=True):
    """The link that she was sent last: to which number, what is known of the SMS (`state`, `at`, `reason`) and what has become of it."""

    link: str
    number: str
    sent_at: datetime
    state: str
    at: datetime
    reason: str | None
    opened_at: datetime | None
    ended_at: datetime | None
    ended_why: str | None
    refused: int


class SightLine(msgspec.Struct, frozen=True, kw_only=True):
    """The chance that one of the first four cameras shows her, and what is known of the ground around her."""

    probability: float
    map: Literal["none", "roads", "entrances", "footprints"]

    @classmethod
    def of(cls, outlook: Outlook) -> SightLine:
        return cls(probability=outlook.probability, map=outlook.map)


class Borrowed(msgspec.Struct, frozen=True, kw_only=True):
    """Cameras of a neighbour that see her, lent for this case until then. Pictures come from its own node at `origin`; see
    /api/incidents/{incident}/borrowed."""

    centre: Named
    grant: str
    until_at: datetime
    origin: str
    cameras: list[RankedCamera]


class IncidentDetail(Incident, frozen=True, kw_only=True):
    """What the operator who has it sees."""

    person: Person | None
    guardians: list[GuardianLine]
    cameras: list[RankedCamera]
    sight: SightLine
    borrowed: list[Borrowed]
    grants: list[GrantLine]
    dispatches: list[DispatchLine]
    procedure: list[ProcedureLine]
    timeline: list[TimelineLine]
    messages: list[MessageLine]
    links: list[LinkLine]
    bell: BellDetail | None
    channel: ChannelLine | None
    takes: list[TakeLine]
    track: list[Position]
    close_code: int | None
    detailed: bool = True


class TakenIncident(IncidentDetail, frozen=True, kw_only=True):
    """What she sees who has just taken it, and by camera the tokens that open its pictures at /media/{camera}: within sixty
    seconds, without asking once more.
    """

    tokens: dict[str, str]


class PhoneDispatch(msgspec.Struct, frozen=True, kw_only=True):
    """`at`: since when it is in this state."""

    agency: str
    state: str
    unit: str | None
    eta_s: int | None
    at: datetime


class PhoneMessage(msgspec.Struct, frozen=True, kw_only=True, rename={"sender": "from"}):
    sender: str
    text: str
    at: datetime


class PhoneState(msgspec.Struct, frozen=True, kw_only=True):
    """What her phone shows. It is the same for a cancellation and for the duress code."""

    state: Literal["received", "claimed", "cancelled", "closed"]
    holder: str | None
    centre: str
    received_at: datetime
    claimed_at: datetime | None
    cameras: int
    receipts: list[ToldReceipt]
    messages: list[PhoneMessage]
    dispatch: PhoneDispatch | None
    closed_at: datetime | None
    destroyed_at: datetime | None
    moved: Moved | None = None
    """Another centre has the case: her phone goes on there, with the receipt it has there."""


class LinkPerson(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    note: str


class LinkState(msgspec.Struct, frozen=True, kw_only=True):
    """What the page behind a link shows. A closed one carries nothing personal, and hers (`person`) nothing but what was said since
    it was sent: who opened it is not known.
    """

    kind: Literal["officer", "guardian", "person"]
    grant: str
    closed: bool
    until_at: datetime | None
    state: str | None = None
    number: str | None = None
    centre: str | None = None
    received_at: datetime | None = None
    claimed_at: datetime | None = None
    silent: bool = False
    centre_phone: str | None = None
    person: LinkPerson | None = None
    battery: int | None = None
    place: Words | None = None
    position: Position | None = None
    track: list[Position] = []
    cameras: list[RankedCamera] = []
    instructions: list[str] = []
    unit: str | None = None
    dispatches: list[PhoneDispatch] = []
    arrived_at: datetime | None = None
    messages: list[PhoneMessage] = []


class TripDone(msgspec.Struct, frozen=True, kw_only=True):
    """A step of the watch over a trip: asked, answered, calmed, called, signalled; and what it was about."""

    act: str
    at: datetime
    reason: str | None


class EscortLink(msgspec.Struct, frozen=True, kw_only=True):
    """What the page of a scout shows, and that of somebody who asked by telephone. A closed one carries nothing personal."""

    kind: Literal["escort"] = "escort"
    grant: str
    closed: bool
    until_at: datetime | None
    centre: str | None = None
    centre_phone: str | None = None
    escort: EscortView | None = None


class WardLink(msgspec.Struct, frozen=True, kw_only=True):
    """What a guardian's page shows of a ward, in words. A closed one carries nothing personal."""

    kind: Literal["ward"] = "ward"
    grant: str
    closed: bool
    until_at: datetime | None
    centre: str | None = None
    centre_phone: str | None = None
    ward: GuardianView | None = None


class WardedLink(msgspec.Struct, frozen=True, kw_only=True):
    """What the ward's own page shows: whether she is asked today, and whom it tells. No name: it may lie open on a table."""

    kind: Literal["warded"] = "warded"
    grant: str
    closed: bool
    until_at: datetime | None
    centre: str | None = None
    centre_phone: str | None = None
    ward: WardView | None = None


class TripLink(msgspec.Struct, frozen=True, kw_only=True):
    """What a guardian's page shows of a trip: where she is as long as she is on her way, then how it ended. A closed one
    carries nothing personal.
    """

    kind: Literal["trip"] = "trip"
    grant: str
    closed: bool
    until_at: datetime | None
    centre: str | None = None
    centre_phone: str | None = None
    person: LinkPerson | None = None
    state: State | None = None
    mode: Mode | None = None
    vehicle: Vehicle | None = None
    destination: str | None = None
    started_at: datetime | None = None
    promised_at: datetime | None = None
    predicted_at: datetime | None = None
    position: Position | None = None
    located_at: datetime | None = None
    heard_at: datetime | None = None
    battery: int | None = None
    outcome: Outcome | None = None
    ended_at: datetime | None = None
    told: list[TripDone] = []
