"""The case, its states, and the numbers that press for an answer. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Literal

import msgspec

State = Literal["received", "claimed", "confirmed", "false_alarm", "resolved", "closed"]

TRANSITIONS: dict[str, tuple[State, ...]] = {
    "claimed": ("received",),
    "received": ("claimed", "confirmed"),  # released: the clock starts again
    "confirmed": ("claimed",),
    "false_alarm": ("claimed", "confirmed"),
    "resolved": ("received", "claimed", "confirmed"),  # received: another centre has it
    "closed": ("resolved", "false_alarm"),
}
"""State -> the states it may be reached from. Nothing leaves `closed`."""

ESCALATION = (timedelta(0), timedelta(seconds=20), timedelta(seconds=40))
"""Unclaimed for so long: all consoles of the centre, its leader, the neighbour centres."""

OFFER_WITHIN = timedelta(seconds=30)
"""A colleague who is offered a case answers within this, or it stays whose it is."""

NO_OFFER: dict[str, None] = {"offered_to": None, "offered_at": None}

CLOSE_CODES = {1: "resolved", 2: "false_alarm", 3: "false_alarm", 4: "resolved", 5: "false_alarm"}
"""1 real, 2 pressed by mistake, 3 practice, 4 could not be verified, 5 duplicate."""

HANDED_OVER = 6
"""Not an operator's to choose: another centre has the case."""

NOTE_REQUIRED = frozenset({1, 4})

CASE_RETENTION = timedelta(days=180)
"""How long names and words of a closed case are kept before their key is destroyed."""

PROCEDURE: tuple[tuple[str, int | None], ...] = (
    ("locate", 30),
    ("contact", 60),
    ("dispatch", 90),
    ("watch", None),
    ("guide", None),
    ("hand-to-unit", None),
)
"""The standard procedure: step and the seconds after the claim by which it should be done."""


class IncidentRow(msgspec.Struct, frozen=True, kw_only=True):
    """An incident as it is stored."""

    id: str
    number: str
    centre: str
    municipality: str | None
    route: str
    kind: str
    trigger: str
    silent: bool
    priority: int
    state: State
    marks: list[str]
    person: str | None
    verdict: str
    subject_tag: str
    track_slot: int | None
    case_slot: int | None
    signals: int
    received_at: datetime
    owner: str | None
    claimed_at: datetime | None
    confirmed_at: datetime | None
    requested_at: datetime | None
    arrived_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    close_code: int | None
    escalation: int
    escalated_to: list[str]
    unclaimed_since: datetime | None
    destroyed_at: datetime | None
    offered_to: str | None
    offered_at: datetime | None

    @property
    def open(self) -> bool:
        return self.closed_at is None


_SYLLABLES = re.compile(r"(?:^|[aeiouy](?:ng|[nmlkpt])?)([bcdghjkmnprstw])")


def number_prefix(centre: str) -> str:
    """Two letters for the numbers of a centre's cases, from the syllables of its name: gyeonggi-seongnam -> SN."""
    name = centre.rpartition("-")[2]
    letters = "".join(_SYLLABLES.findall(name)) or name
    return letters[:2].upper().ljust(2, "X")


def next_escalation(level: int, since: datetime) -> datetime | None:
    """When the next level is due for an incident unclaimed since then; None when there is none."""
    return since + ESCALATION[level + 1] if level + 1 < len(ESCALATION) else None
