"""Facts that the register states."""

from ansim.core.events import Fact


class CamerasImported(Fact, frozen=True, kw_only=True, tag="cameras.imported"):
    """The register has changed by a file; whoever keeps it in memory reads it again."""

    count: int


class MapImported(Fact, frozen=True, kw_only=True, tag="map.imported"):
    """The ground between the cameras has changed by a file; whoever ranks cameras draws it again."""

    count: int
