"""What she, a scout and a dispatcher are shown of an escort."""

from __future__ import annotations

from typing import Any

import msgspec

from ansim.core.database import Transaction
from ansim.response.escorts.actions import context, next_time, places_of, proposed, spoken
from ansim.response.escorts.model import (
    WRONG_MOST,
    EscortDetail,
    EscortRow,
    EscortView,
    Place,
    Places,
    Side,
    Spoken,
)
from ansim.response.notify import store as notices
from ansim.response.notify.actions import HERSELF, unsealed
from ansim.response.notify.model import ToldReceipt
from ansim.response.signals.receipts import ReceiptBody
from ansim.trust.retention.keys import Keys

_SAME = (
    "id", "state", "marks", "booked_at", "meet_at", "walk_s", "expected_at", "duty", "incoming", "outcome", "ended_at",
)  # fmt: skip
"""What a dispatcher sees as it is stored."""


async def view(tx: Transaction, escort: EscortRow, side: Side) -> EscortView:
    words, places = spoken(tx, escort), places_of(tx, escort)
    hers = side == "walker"
    handing = escort.incoming is not None
    meets = escort.state == "assigned" or (handing and side != "scout")
    scouts = words.incoming if handing and hers else words.scouts
    people = [one.name for one in scouts] if hers else [words.name] if words.name and escort.open else []
    number = (words.number if hers else words.pair) if meets else ""
    next_at = None
    if hers and escort.state == "booked" and "unassigned" in escort.marks:
        next_at = await next_time(tx, escort)
    return EscortView(
        side=side, state=escort.state, meet_at=escort.meet_at, people=people,
        phone=None if hers or not escort.open else words.phone or None,
        number=number or None, locked=meets and escort.wrong >= WRONG_MOST, here_at=escort.here_at,
        met_by_her=escort.met_by_her_at is not None, met_by_scouts=escort.met_by_scouts_at is not None,
        handing_over=handing or "hand-over" in escort.marks, expected_at=escort.expected_at,
        asked_until=escort.asked_until, home_by_her=escort.home_by_her_at is not None,
        home_by_scouts=escort.home_by_scouts_at is not None,
        late="scouts-late" in escort.marks or "unassigned" in escort.marks, no_show_from=escort.no_show_from,
        next_at=next_at, signal=_signal(tx, escort) if hers else None, outcome=escort.outcome,
        ended_at=escort.ended_at, destroyed_at=escort.destroyed_at,
        meeting=_place(places, "meeting", words),
        # Where she lives is for those who bring her there, and only from when they have met her.
        home=_place(places, "home", words) if hers or escort.walking_at is not None else None,
    )  # fmt: skip


async def detail(tx: Transaction, escort: EscortRow) -> EscortDetail:
    words, places = spoken(tx, escort), places_of(tx, escort)
    same: dict[str, Any] = {name: getattr(escort, name) for name in _SAME}
    return EscortDetail(
        **same, booked_by_phone=escort.booked_by != "person", name=words.name, phone=words.phone,
        meeting=_place(places, "meeting", words), home=_place(places, "home", words), scouts=words.scouts,
        proposals=await proposed(tx, escort), receipts=await receipts(tx, escort),
    )  # fmt: skip


async def receipts(tx: Transaction, escort: EscortRow) -> list[ToldReceipt]:
    """Every message, in the order of those who were told."""
    found = []
    for row in await notices.of_incidents(tx, [escort.id]):
        sealed = unsealed(tx, escort.case_slot, row)
        who = None if row["guardian"] == HERSELF else "" if sealed is None else sealed.name
        found.append(ToldReceipt(who=who, channel=row["channel"], state=row["state"], at=row["at"]))
    return found


def _place(places: Places | None, which: str, words: Spoken) -> Place | None:
    if places is None:
        return None
    latitude, longitude = getattr(places, which)
    return Place(latitude=latitude, longitude=longitude, label=getattr(words, which))


def _signal(tx: Transaction, escort: EscortRow) -> ReceiptBody | None:
    content = tx.use(Keys).opened(escort.case_slot, escort.receipt, context("receipt", escort.id))
    return None if content is None else msgspec.json.decode(content, type=ReceiptBody)
