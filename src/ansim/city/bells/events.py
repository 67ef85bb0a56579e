"""Facts about bells."""

from ansim.core.events import Fact


class BellsChanged(Fact, frozen=True, kw_only=True, tag="bells.changed"):
    """The register of bells has changed; whoever keeps it in memory reads it again."""

    count: int


class BellFaultsChanged(Fact, frozen=True, kw_only=True, tag="bell.faults-changed"):
    """Something of a bell is broken, or is mended."""

    bell: str


class BellRevoked(Fact, frozen=True, kw_only=True, tag="bell.revoked"):
    """What spoke for a bell does so no more: it was replaced or lost."""

    bell: str
    terminal: str
