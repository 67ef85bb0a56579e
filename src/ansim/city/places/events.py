"""Facts that boundaries state."""

from ansim.core.events import Fact


class BoundariesImported(Fact, frozen=True, kw_only=True, tag="boundaries.imported"):
    """Who answers where has changed by a file; whoever keeps it in memory reads it again."""

    count: int
