from __future__ import annotations

from ansim.core.events import Fact


class BorderChanged(Fact, frozen=True, tag="border.changed"):
    """What is known here of a neighbour's case at our border: it came, it moved, it is over."""

    border: str


class NeighbourAnswered(Fact, frozen=True, tag="neighbour.answered"):
    """A neighbour was told of a case, or has said what it would do for it."""

    incident: str
