"""Calling for help for her: the escort's own signal goes the way of every SOS."""

from __future__ import annotations

import msgspec

from ansim.core.database import Database, Transaction
from ansim.core.position import Position
from ansim.response.escorts import store
from ansim.response.escorts.actions import close, context, places_of
from ansim.response.escorts.events import EscortChanged, EscortSignalled
from ansim.response.escorts.model import EscortRow
from ansim.response.signals.model import Arrival, Receipt
from ansim.response.signals.ports import Intake
from ansim.response.signals.receipts import CentreNames, shown
from ansim.trust.retention.keys import Keys

STOP_M = 50.0
"""How exactly the stop says where they are before anybody was heard on the way."""


async def call(database: Database, fact: EscortSignalled) -> None:
    """Errand: hand the escort to the centre that answers where they are. Sent twice it is one signal, by the escort's client id."""
    async with database.transaction(readonly=True) as tx:
        escort = await store.get(tx, fact.escort)
        if escort is None or escort.state != "signalled" or escort.receipt is not None:
            return
        arrival = _arrival(tx, escort)
    receipt = await database.use(Intake).submit(arrival)
    async with database.transaction() as tx:
        await _received(tx, fact.escort, receipt)


def _arrival(tx: Transaction, escort: EscortRow) -> Arrival:
    places = places_of(tx, escort)
    at, position = escort.signalled_at or tx.at, None
    if places is not None:
        latitude, longitude = places.meeting
        position = places.newest or Position(latitude=latitude, longitude=longitude, accuracy_m=STOP_M, at=at)
    pressed = escort.reason == "button"
    contacts = tx.use(Keys).opened(escort.case_slot, escort.contacts, context("contacts", escort.id))
    return Arrival(
        source="escort", client_id=escort.client_id, kind="escort", trigger="button" if pressed else "late",
        silent=pressed, occurred_at=at, position=position, battery=None, person=escort.person, verdict=escort.verdict,
        contacts=contacts, priority=1 if pressed else 2,
    )  # fmt: skip


async def _received(tx: Transaction, id: str, receipt: Receipt) -> None:
    escort = await store.locked(tx, id)
    if escort is None or escort.case_slot is None:
        return
    theirs = msgspec.structs.replace(shown(receipt, tx.use(CentreNames)), signal=escort.client_id)
    sealed = tx.use(Keys).seal(escort.case_slot, msgspec.json.encode(theirs), context("receipt", id))
    escort = msgspec.structs.replace(escort, receipt=sealed, incident=receipt.incident)
    if escort.open and not await store.case_is_open(tx, receipt.incident):
        # Closed meanwhile, by somebody who was quicker than this answer.
        await close(tx, escort, "signalled", actor="system")
        return
    await store.save(tx, escort)
    tx.mention(EscortChanged(escort=id))
