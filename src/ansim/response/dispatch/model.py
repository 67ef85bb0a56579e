from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec

State = Literal["requested", "acknowledged", "refused", "en_route", "arrived", "completed", "no_answer"]

TRANSITIONS: dict[str, tuple[State, ...]] = {
    "requested": ("no_answer",),  # asked again
    "acknowledged": ("requested", "no_answer"),
    "refused": ("requested", "no_answer", "acknowledged"),
    "en_route": ("requested", "acknowledged", "no_answer", "en_route"),
    "arrived": ("acknowledged", "en_route"),
    "completed": ("acknowledged", "en_route", "arrived"),
    "no_answer": ("requested",),
}
"""State -> the states it may be reached from. An answer after the deadline is still an answer."""

ANSWER_WITHIN = timedelta(seconds=30)
"""After this the operator is told to telephone."""


class Dispatch(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    incident: str
    agency: str
    state: State
    requested_by: str
    requested_at: datetime
    reference: str | None
    answered_at: datetime | None
    unit: str | None
    eta_s: int | None
    arrived_at: datetime | None
    completed_at: datetime | None
    reason: str | None
    phone_number: str | None
    changed_at: datetime
    handing: str | None


class AgencyLine(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the line to an agency stands, since when, and the number to call when it does not."""

    up: bool
    since: datetime
    number: str
