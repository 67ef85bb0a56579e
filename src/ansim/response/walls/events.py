"""Facts about routine rights."""

from __future__ import annotations

from ansim.core.events import Fact


class RoutineEnded(Fact, frozen=True, kw_only=True, tag="routine.ended"):
    """A routine right is over. Its pictures end at once."""

    right: str
    why: str
