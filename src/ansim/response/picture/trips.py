"""What a guardian sees of a trip, and what a phone does."""

from __future__ import annotations

from contextlib import suppress

from ansim.core.database import Transaction
from ansim.response.picture import store
from ansim.response.picture.labels import Places, Telephones
from ansim.response.picture.model import LinkPerson, TripLink
from ansim.response.tracking.actions import track
from ansim.response.trips import watching
from ansim.response.trips.actions import known_of, open_memory, spoken
from ansim.response.trips.model import TripRow
from ansim.trust.grants.model import Link
from ansim.trust.retention.keys import Erased


async def link_state(tx: Transaction, link: Link, trip: TripRow) -> TripLink:
    """Her name, her place while she is on her way, and what was done; nothing once the right has ended."""
    if link.ended_at is not None or link.until_at <= tx.at:
        return TripLink(grant=link.grant_id, closed=True, until_at=None)
    known, said = await known_of(tx, trip), spoken(tx, trip)
    fixes = await track(tx, trip.id, trip.track_slot) if trip.open else []
    predicted_at = None
    with suppress(Erased):
        kept = open_memory(tx, trip)
        predicted_at = watching.predicted_at(kept.watch, kept.plan, tx.at) if trip.open else None
    return TripLink(
        grant=link.grant_id, closed=False, until_at=link.until_at, centre=tx.use(Places).centre(trip.centre).ko,
        centre_phone=tx.use(Telephones).centre, person=None if known is None else LinkPerson(name=known.name, note=""),
        state=trip.state, mode=trip.mode, vehicle=said.vehicle, destination=said.label or None,
        started_at=trip.started_at, promised_at=trip.promised_at, predicted_at=predicted_at,
        position=fixes[-1] if fixes else None, located_at=trip.located_at, heard_at=trip.heard_at,
        battery=trip.battery, outcome=trip.outcome, ended_at=trip.ended_at, told=await store.steps(tx, trip.id),
    )  # fmt: skip
