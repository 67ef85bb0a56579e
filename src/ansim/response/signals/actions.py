"""Recording what arrived, and what its sender says of it later."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ansim.core.database import Row, Transaction
from ansim.core.errors import not_found
from ansim.response.signals import store
from ansim.response.signals.events import DuressGiven, SignalCancelled, SignalReceived
from ansim.response.signals.model import Arrival, Receipt, receipt_number, secret_hash
from ansim.trust.ledger.actions import entry_of, record, record_many
from ansim.trust.retention.keys import Keys


class Placed(msgspec.Struct, frozen=True):
    """An arrival that has found its incident."""

    arrival: Arrival
    signal: str
    secret: str
    incident: str
    centre: str
    track_slot: int
    case_slot: int
    new_incident: bool


async def known(tx: Transaction, arrivals: Sequence[Arrival]) -> dict[tuple[str, str], Receipt]:
    """The receipts of those among the arrivals that are stored already, by (source, client id)."""
    keys = tx.use(Keys)
    rows = await store.known(tx, [a.source for a in arrivals], [a.client_id for a in arrivals])
    receipts = {}
    for row in rows:
        # Once the case is destroyed only the fact that the signal was received is left.
        secret = keys.opened(row["case_slot"], row["secret"], _secret_context(row["id"])) or b""
        receipts[row["source"], row["client_id"]] = Receipt(
            row["receipt"], secret.decode(), row["id"], row["incident"], row["centre"], row["received_at"], new=False
        )
    return receipts


async def receipts_of(tx: Transaction, incident: str, centre: str, case_slot: int | None) -> list[tuple[str, Receipt]]:
    """The receipt of each of a case's signals, by the id that the phone gave it; none once the case is destroyed."""
    keys, found = tx.use(Keys), []
    for row in await store.receipts(tx, incident):
        secret = keys.opened(case_slot, row["secret"], _secret_context(row["id"]))
        if secret is not None:
            receipt = Receipt(
                row["receipt"], secret.decode(), row["id"], incident, centre, row["received_at"], new=False
            )
            found.append((row["client_id"], receipt))
    return found


def store_placed(tx: Transaction, placed: Sequence[Placed]) -> list[Receipt]:
    """Write the signals of one group and answer each with its receipt."""
    keys, receipts = tx.use(Keys), []
    for one in placed:
        arrival, receipt = one.arrival, receipt_number(tx.world.token_bytes(5))
        store.insert(
            tx,
            store.NewSignal(
                id=one.signal, source=arrival.source, client_id=arrival.client_id, incident=one.incident,
                receipt=receipt,
                kind=arrival.kind, trigger=arrival.trigger, silent=arrival.silent, battery=arrival.battery,
                located=arrival.position is not None, occurred_at=arrival.occurred_at,
                secret_hash=secret_hash(one.secret),
                secret=keys.seal(one.case_slot, one.secret.encode(), _secret_context(one.signal)),
                contacts=None if arrival.contacts is None
                else keys.seal(one.case_slot, arrival.contacts, contacts_context(one.signal)),
            ),
        )  # fmt: skip
        receipts.append(Receipt(receipt, one.secret, one.signal, one.incident, one.centre, tx.at, new=True))
        # Told here only: what it became, an incident opened or repeated, is what others answer.
        tx.mention(SignalReceived(signal=one.signal, incident=one.incident, source=arrival.source, kind=arrival.kind))
    return receipts


async def cancelled(tx: Transaction, signal: str, incident: str, subject_tag: str) -> None:
    if await store.mark_cancelled(tx, signal):
        await record(
            tx, actor="person", act="signal.cancelled", object=signal, incident=incident, subject_tag=subject_tag
        )
        tx.publish(SignalCancelled(signal=signal, incident=incident))


async def duress(tx: Transaction, signal: str, incident: str, subject_tag: str) -> None:
    """Nothing that her phone can reach may differ from `cancelled`: the same row changes, the same time is spent."""
    told = entry_of(tx, actor="person", act="signal.duress", object=signal, incident=incident)
    # Whoever holds her phone can later read what carries her tag: there it was cancelled.
    shown = entry_of(
        tx, actor="person", act="signal.cancelled", object=signal, incident=incident, subject_tag=subject_tag
    )
    await record_many(tx, [shown, told] if await store.mark_cancelled(tx, signal) else [told])
    tx.publish(DuressGiven(signal=signal, incident=incident))


async def own(tx: Transaction, client_id: str, secret: str) -> Row:
    """The signal of a phone, pressed or raised by its trip, for whoever holds its secret; 404 for everybody else."""
    row = await store.by_client_id(tx, client_id, secret_hash(secret))
    if row is None:
        raise not_found("signal")
    return row


def contacts_context(signal: str) -> bytes:
    return f"contacts/{signal}".encode()


def _secret_context(signal: str) -> bytes:
    return f"secret/{signal}".encode()
