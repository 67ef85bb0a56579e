"""Which centre answers there, and which takes its new cases now. Pure look-ups in memory: nothing is stored that the incident does not store."""

from __future__ import annotations

from collections.abc import Sequence

from ansim.city.country.member import Country
from ansim.core.database import Transaction
from ansim.response.routing.model import Routed
from ansim.response.routing.ports import Boundaries
from ansim.response.signals.model import Arrival
from ansim.trust.access.model import Site


def route(tx: Transaction, arrivals: Sequence[Arrival]) -> list[Routed]:
    boundaries, country, site = tx.use(Boundaries), tx.use(Country), tx.use(Site).centre
    return [_routed(boundaries, country, site, arrival) for arrival in arrivals]


def _routed(boundaries: Boundaries, country: Country, site: str, arrival: Arrival) -> Routed:
    centre, municipality, route = boundaries.answer(arrival.position)
    if arrival.centre is not None:
        centre, route = arrival.centre, "handed-over"
    taking = centre if arrival.stays else country.answering(centre, site)
    return Routed(arrival, taking, municipality, route if taking == centre else "rolled-over")
