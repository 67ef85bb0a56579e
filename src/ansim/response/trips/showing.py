"""What her phone is shown of her trip."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import msgspec

from ansim.core.database import Row, Transaction
from ansim.response.notify import store as notices
from ansim.response.notify.actions import HERSELF, unsealed
from ansim.response.notify.model import ToldReceipt
from ansim.response.signals.receipts import ReceiptBody
from ansim.response.trips import watching
from ansim.response.trips.actions import Kept, open_memory, receipt_context
from ansim.response.trips.model import (
    FIX_EVERY_S,
    FIX_OFTEN_S,
    TripQuestion,
    TripRow,
    TripState,
    as_shown,
)
from ansim.trust.retention.keys import Erased, Keys


async def state(tx: Transaction, trip: TripRow) -> TripState:
    kept: Kept | TripRow = trip
    with suppress(Erased):
        kept = open_memory(tx, trip)
    return (await states(tx, [kept]))[trip.id]


async def states(tx: Transaction, trips: Sequence[Kept | TripRow]) -> dict[str, TripState]:
    """By the ids of the trips; those that have ended come without what lay under their track key."""
    rows = [one.trip if isinstance(one, Kept) else one for one in trips]
    told: dict[str, list[Row]] = {}
    for notice in await notices.of_incidents(tx, [row.id for row in rows]):
        told.setdefault(notice["incident"], []).append(notice)
    return {
        row.id: _state(tx, row, one if isinstance(one, Kept) else None, told.get(row.id, []))
        for row, one in zip(rows, trips, strict=True)
    }


def _state(tx: Transaction, row: TripRow, kept: Kept | None, told: Sequence[Row]) -> TripState:
    trip = as_shown(row)
    return TripState(
        state=trip.state, mode=trip.mode, started_at=trip.started_at, promised_at=trip.promised_at,
        fix_every_s=FIX_EVERY_S if trip.state == "walking" else FIX_OFTEN_S,
        battery=trip.battery, background=trip.background, heard_at=trip.heard_at, question=_question(trip),
        receipts=_receipts(tx, trip, told), signal=_signal(tx, trip), end_needs_code=trip.end_needs_code(tx.at),
        outcome=trip.outcome, ended_at=trip.ended_at, destroyed_at=trip.destroyed_at, **_ahead(tx, trip, kept),
    )  # fmt: skip


def _ahead(tx: Transaction, trip: TripRow, kept: Kept | None) -> dict[str, Any]:
    if kept is None or not trip.open:
        return {"predicted_at": None, "remaining_m": None}
    remaining_m = watching.remaining_m(kept.watch)
    return {
        "predicted_at": watching.predicted_at(kept.watch, kept.plan, tx.at),
        "remaining_m": None if remaining_m is None else round(remaining_m),
    }


def _question(trip: TripRow) -> TripQuestion | None:
    if trip.question is None or trip.asked_at is None or trip.step_at is None or not trip.asked:
        return None
    return TripQuestion(
        id=trip.question, reason=str(trip.reason), asked_at=trip.asked_at, answer_until=trip.step_at,
        needs_code=trip.needs_code,
    )  # fmt: skip


def _receipts(tx: Transaction, trip: TripRow, told: Sequence[Row]) -> list[ToldReceipt]:
    """The newest word of every way to every guardian."""
    newest: dict[tuple[int, str], ToldReceipt] = {}
    for notice in told:
        if notice["guardian"] == HERSELF:
            continue
        sealed = unsealed(tx, trip.case_slot, notice)
        newest[notice["guardian"], notice["channel"]] = ToldReceipt(
            who="" if sealed is None else sealed.name, channel=notice["channel"], state=notice["state"],
            at=_not_before(notice["at"], trip),
        )  # fmt: skip
    return list(newest.values())


def _not_before(at: datetime, trip: TripRow) -> datetime:
    # After a forced end nobody was told anything new; the list looks as if they had been.
    return at if trip.duress_at is None or trip.ended_at is None else max(at, trip.ended_at)


def _signal(tx: Transaction, trip: TripRow) -> ReceiptBody | None:
    content = tx.use(Keys).opened(trip.case_slot, trip.receipt, receipt_context(trip.id))
    return None if content is None else msgspec.json.decode(content, type=ReceiptBody)
