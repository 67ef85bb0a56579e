"""What escorts state."""

from __future__ import annotations

from ansim.core.events import Fact


class EscortChanged(Fact, frozen=True, tag="escort.changed"):
    """Something of it has changed. Told to this process only, for the screens."""

    escort: str


class EscortSignalled(Fact, frozen=True, tag="escort.signalled"):
    """Somebody pressed SOS on the way, or neither she nor the scouts answered: it calls for help."""

    escort: str
