from __future__ import annotations

from ansim.core.events import Fact


class DispatchRequested(Fact, frozen=True, tag="dispatch.requested"):
    """An operator asked an agency for help."""

    dispatch: str
    incident: str
    agency: str


class DispatchAnswered(Fact, frozen=True, tag="dispatch.answered"):
    """The agency said something: acknowledged, refused, en_route, arrived, completed."""

    dispatch: str
    incident: str
    state: str


class DispatchUnanswered(Fact, frozen=True, tag="dispatch.unanswered"):
    """The agency said nothing in time; the operator telephones."""

    dispatch: str
    incident: str


class UnitMoved(Fact, frozen=True, tag="unit.moved"):
    """A unit on its way is somewhere else. Told to this process only."""

    dispatch: str
    incident: str
