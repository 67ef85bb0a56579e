from __future__ import annotations

import msgspec

from ansim.response.signals.model import Arrival


class Routed(msgspec.Struct, frozen=True):
    """An arrival with the centre that answers for where it came from. `route` says how that was found: exact, nearest,
    default (she is outside every boundary), none (no position), handed-over (another centre gave it to this one), rolled-over (a centre takes it for the one that answers there, by
    policy)."""

    arrival: Arrival
    centre: str
    municipality: str | None
    route: str
