"""Which centre answers there. Pure look-ups in memory: nothing is stored that the incident does not store."""

from __future__ import annotations

from collections.abc import Sequence

from ansim.core.database import Transaction
from ansim.response.routing.model import Routed
from ansim.response.routing.ports import Boundaries
from ansim.response.signals.model import Arrival


def route(tx: Transaction, arrivals: Sequence[Arrival]) -> list[Routed]:
    return [_routed(tx.use(Boundaries), arrival) for arrival in arrivals]


def _routed(boundaries: Boundaries, arrival: Arrival) -> Routed:
    centre, municipality, route = boundaries.answer(arrival.position)
    if arrival.centre is not None:
        return Routed(arrival, arrival.centre, municipality, "handed-over")
    return Routed(arrival, centre, municipality, route)
