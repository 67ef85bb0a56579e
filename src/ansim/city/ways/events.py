"""Facts that the register of places of light and help states."""

from ansim.core.events import Fact


class FacilitiesImported(Fact, frozen=True, kw_only=True, tag="facilities.imported"):
    """Lights, police boxes, shops or shelters have changed by a file; whoever keeps them in memory reads them again."""

    count: int
