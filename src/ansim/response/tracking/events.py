from __future__ import annotations

from ansim.core.events import Fact


class PersonMoved(Fact, frozen=True, tag="person.moved"):
    """A new fix is stored. Told to this process only: the next one makes it worthless."""

    incident: str
