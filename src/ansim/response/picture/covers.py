"""Who takes whose new cases, as far as this centre has a part in it: closed, overloaded, or not heard."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

import msgspec

from ansim.city.country.member import Country
from ansim.city.country.model import Listed, ServiceState
from ansim.core.database import Database, Transaction
from ansim.response.picture.labels import Places
from ansim.response.picture.model import Words
from ansim.response.routing.ports import Boundaries
from ansim.trust.access.model import Site

NEAR = 8
"""Of so many neighbours it is told who covers for them."""


class CoverLine(msgspec.Struct, frozen=True, kw_only=True):
    """`centre` does not take its new cases, and `by` does; None where nobody does and they stay its own. `part`: own, where it is this centre that
    is closed; ours, where this centre covers; else it is a neighbour."""

    centre: Words
    by: Words | None
    why: Literal[ServiceState, "silent"]
    until: datetime | None
    part: Literal["own", "ours", "near"]


def covers(here: Database | Transaction) -> list[CoverLine]:
    """This centre first, then those for which it covers."""
    order = ("own", "ours", "near")
    return sorted(_covers(here), key=lambda line: order.index(line.part))


def _covers(here: Database | Transaction) -> Iterator[CoverLine]:
    country, site, places = here.use(Country), here.use(Site).centre, here.use(Places)
    if country.duty.state != "normal":
        duty = country.duty
        yield CoverLine(
            centre=places.centre(site), by=None if duty.covered_by is None else places.centre(duty.covered_by),
            why=duty.state, until=duty.until, part="own",
        )  # fmt: skip
    if not country.hub_up:
        return
    near = here.use(Boundaries).neighbours(site)[:NEAR] if country.listed else []
    for one in country.listed:
        id = one.card.centre
        if id == site or (one.up and one.duty.state == "normal"):
            continue
        by = one.duty.covered_by if one.up else _next_to(here, one)
        if by == site or id in near:
            yield CoverLine(
                centre=places.centre(id), by=None if by is None else places.centre(by),
                why=one.duty.state if one.up else "silent", until=one.duty.until if one.up else None,
                part="ours" if by == site else "near",
            )  # fmt: skip


def _next_to(here: Database | Transaction, silent: Listed) -> str | None:
    """To whom the hub sends its phones."""
    country = here.use(Country)
    return next((one for one in here.use(Boundaries).neighbours(silent.card.centre) if country.up(one)), None)
