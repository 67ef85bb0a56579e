"""Facts that the register states."""

from ansim.core.events import Fact


class CamerasImported(Fact, frozen=True, kw_only=True, tag="cameras.imported"):
    """The register has changed by a file; whoever keeps it in memory reads it again."""

    count: int
