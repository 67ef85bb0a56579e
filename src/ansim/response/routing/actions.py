"""Which centre answers there. Pure look-ups in memory: nothing is stored that the incident does not store."""

from __future__ import annotations

from collections.abc import Sequence

from ansim.core.database import Transaction
from ansim.response.routing.model import Routed
from ansim.response.routing.ports import Boundaries
from ansim.response.signals.model import Arrival


def route(tx: Transaction, arrivals: Sequence[Arrival]) -> list[Routed]:
    boundaries = tx.use(Boundaries)
    return [Routed(arrival, *boundaries.answer(arrival.position)) for arrival in arrivals]
