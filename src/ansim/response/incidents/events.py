from __future__ import annotations

from ansim.core.events import Fact


class IncidentOpened(Fact, frozen=True, tag="incident.opened"):
    incident: str
    centre: str


class IncidentRepeated(Fact, frozen=True, tag="incident.repeated"):
    """Another signal of the same person joined it."""

    incident: str
    signal: str


class IncidentMarked(Fact, frozen=True, tag="incident.marked"):
    """She cancelled, or gave the duress code, or something else that changes how it is to be read."""

    incident: str


class IncidentClaimed(Fact, frozen=True, tag="incident.claimed"):
    incident: str
    owner: str


class IncidentReleased(Fact, frozen=True, tag="incident.released"):
    incident: str
    owner: str


class IncidentEscalated(Fact, frozen=True, tag="incident.escalated"):
    incident: str
    level: int


class IncidentConfirmed(Fact, frozen=True, tag="incident.confirmed"):
    incident: str


class IncidentNoted(Fact, frozen=True, tag="incident.noted"):
    """Something was added to what is known: a note, a message, a procedure step."""

    incident: str


class IncidentClosed(Fact, frozen=True, tag="incident.closed"):
    incident: str
    code: int


class TrackDestroyed(Fact, frozen=True, tag="track.destroyed"):
    incident: str


class CaseDestroyed(Fact, frozen=True, tag="case.destroyed"):
    incident: str
