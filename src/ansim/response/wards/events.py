"""What wards state."""

from __future__ import annotations

from ansim.core.events import Fact


class WardHeard(Fact, frozen=True, tag="ward.heard"):
    """She was heard, and nothing else has changed. Told to this process only: the next one makes it worthless."""

    ward: str


class WardChanged(Fact, frozen=True, tag="ward.changed"):
    """Something else of her has changed: an alarm, an answer, a search. Told to this process only, for the screens."""

    ward: str


class WardSignalled(Fact, frozen=True, tag="ward.signalled"):
    """Nobody answered, or a guardian cannot find her: help is called for her."""

    ward: str


class SearchApproved(Fact, frozen=True, tag="ward.search-approved"):
    """A second person has allowed the search: what is left of her last day goes into a case."""

    search: str
