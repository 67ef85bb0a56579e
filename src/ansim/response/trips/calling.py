"""Calling for help for her: the trip's own signal goes the way of every SOS."""

from __future__ import annotations

import msgspec

from ansim.core.database import Database, Transaction
from ansim.response.signals.events import DuressGiven
from ansim.response.signals.model import Arrival, Receipt
from ansim.response.signals.ports import Intake
from ansim.response.signals.receipts import CentreNames, shown
from ansim.response.tracking.actions import track
from ansim.response.trips import store
from ansim.response.trips.actions import close, receipt_context, sealed_contacts
from ansim.response.trips.events import TripChanged, TripSignalled
from ansim.response.trips.model import TripRow, wrong_of
from ansim.trust.retention.keys import Keys

FIRST = frozenset({"away", "fast", "duress"})
"""What is first in the queue; with the rest an operator may call her before it is more than a delay."""

LAST = frozenset({"there"})
"""What is behind all else: she was seen to stand at her destination. Being held at one's door looks like that, so it is a case."""

TRACK = 240
"""Fixes that the case begins with, so that it can be seen where she went."""


async def call(database: Database, fact: TripSignalled) -> None:
    """Errand: hand the trip to the centre that answers where she is. Sent twice it is one signal, by the trip's client id."""
    async with database.transaction(readonly=True) as tx:
        trip = await store.get(tx, fact.trip)
        if trip is None or trip.state != "signalled" or trip.receipt is not None:
            return
        arrival = await _arrival(tx, trip)
    receipt = await database.use(Intake).submit(arrival)
    async with database.transaction() as tx:
        await _received(tx, fact.trip, receipt)


async def _arrival(tx: Transaction, trip: TripRow) -> Arrival:
    fixes = await track(tx, trip.id, trip.track_slot, length=TRACK)
    why = wrong_of(trip.reason)
    return Arrival(
        source="trip", client_id=trip.client_id, kind="trip", trigger=why, silent=why in FIRST,
        occurred_at=trip.signalled_at or tx.at, position=fixes[-1] if fixes else None, battery=trip.battery,
        person=trip.person, verdict=trip.verdict, contacts=sealed_contacts(tx, trip),
        priority=1 if why in FIRST else 3 if why in LAST else 2, track=tuple(fixes[:-1]),
    )  # fmt: skip


async def _received(tx: Transaction, id: str, receipt: Receipt) -> None:
    trip = (await store.locked(tx, [id])).get(id)
    if trip is None or trip.case_slot is None:
        return
    theirs = msgspec.structs.replace(shown(receipt, tx.use(CentreNames)), signal=trip.client_id)
    sealed = tx.use(Keys).seal(trip.case_slot, msgspec.json.encode(theirs), receipt_context(trip.id))
    trip = msgspec.structs.replace(trip, receipt=sealed, incident=receipt.incident)
    if trip.duress_at is not None:
        tx.publish(DuressGiven(signal=receipt.signal, incident=receipt.incident))
    if trip.open and not await store.open_cases(tx, [receipt.incident]):
        # Closed meanwhile, by somebody who was quicker than this answer.
        await close(tx, trip, "signalled", actor="system")
        return
    store.save(tx, trip)
    tx.mention(TripChanged(trip=trip.id))
