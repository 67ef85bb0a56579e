from __future__ import annotations

from ansim.core.events import Fact


class IncidentOpened(Fact, frozen=True, tag="incident.opened"):
    """A signal opened a case, which waits for somebody to claim it."""

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
    """An operator has taken it."""

    incident: str
    owner: str


class IncidentReleased(Fact, frozen=True, tag="incident.released"):
    """Its operator gave it back to the queue."""

    incident: str
    owner: str


class IncidentEscalated(Fact, frozen=True, tag="incident.escalated"):
    """Nobody claimed it in time: the leader (1) or the neighbour centres (2) are called."""

    incident: str
    level: int


class IncidentConfirmed(Fact, frozen=True, tag="incident.confirmed"):
    """Its operator found it real."""

    incident: str


class IncidentNoted(Fact, frozen=True, tag="incident.noted"):
    """Something was added to what is known: a note, a message, a procedure step."""

    incident: str


class IncidentClosed(Fact, frozen=True, tag="incident.closed"):
    """It is over; `code` says how it ended."""

    incident: str
    code: int


class TrackDestroyed(Fact, frozen=True, tag="track.destroyed"):
    """The key of where she was is gone, and with it the positions."""

    incident: str


class CaseDestroyed(Fact, frozen=True, tag="case.destroyed"):
    """The key of names and words is gone, and with it what it sealed."""

    incident: str


class IncidentOffered(Fact, frozen=True, tag="incident.offered"):
    """Its operator wants to pass it to a colleague, who has not answered yet."""

    incident: str
    to: str


class IncidentKept(Fact, frozen=True, tag="incident.kept"):
    """The offer is over and it stays whose it is: declined, withdrawn or unanswered."""

    incident: str
    why: str


class IncidentPassed(Fact, frozen=True, tag="incident.passed"):
    """A colleague has taken it over, with its rights."""

    incident: str
    owner: str
    before: str
