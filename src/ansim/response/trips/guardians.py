"""Her guardians hear when she starts, when she does not answer, and when it is over; in the quiet hours of one of them she hears
only that there was no answer."""

from __future__ import annotations

from datetime import datetime

from ansim.core.clock import KOREA
from ansim.core.database import Transaction
from ansim.response.notify import actions as notify
from ansim.response.notify import store as notices
from ansim.response.notify.actions import Origin, unsealed, ways
from ansim.response.notify.ports import URGENT, Notice, Occasion
from ansim.response.trips import store
from ansim.response.trips.actions import known_of, spoken
from ansim.response.trips.events import TripEnded, TripRides, TripStarted, TripUnanswered
from ansim.response.trips.model import EXPIRES, GRAVE, LONGEST, NAMES_KEPT, TripRow
from ansim.trust.grants import actions as grants

GRANT_LENGTH = LONGEST + EXPIRES + NAMES_KEPT
"""A guardian's right ends a day after the trip; this is only where it ends if nobody ever ends that."""


async def tell_started(tx: Transaction, fact: TripStarted) -> None:
    """Each gets a link of her own, that shows where she is while she is on her way."""
    trip = await store.get(tx, fact.trip)
    if trip is None or not trip.open:
        return
    await _tell(tx, trip, "trip.started", trip.started_at)


async def tell_rides(tx: Transaction, fact: TripRides) -> None:
    trip = await store.get(tx, fact.trip)
    if trip is not None and trip.open:
        await _tell(tx, trip, "trip.vehicle", tx.at)


async def tell_unanswered(tx: Transaction, fact: TripUnanswered) -> None:
    """Who is near her hears of it before help is called; also where she seems to have arrived, and has not said so."""
    trip = await store.get(tx, fact.trip)
    if trip is not None and trip.open:
        await _tell(tx, trip, "trip.unsaid" if trip.reason == "there" else "trip.unanswered", tx.at)


async def tell_ended(tx: Transaction, fact: TripEnded) -> None:
    """Not of one that became a case: what that came to is for the centre to say."""
    trip = await store.get(tx, fact.trip)
    if trip is not None and trip.ended_at is not None and fact.outcome != "signalled":
        await _tell(tx, trip, "trip.arrived" if fact.outcome == "arrived" else "trip.ended", trip.ended_at)


async def _tell(tx: Transaction, trip: TripRow, occasion: Occasion, at: datetime) -> None:
    known = await known_of(tx, trip)
    if known is None or trip.case_slot is None:
        return
    links = await _links(tx, trip)
    words = spoken(tx, trip)
    clock = tx.at.astimezone(KOREA).time()
    for order, guardian in enumerate(known.guardians, start=1):
        link = links.get(order) or await _link(tx, trip, order)
        for channel, address in ways(guardian):
            await notify.queue(
                tx, incident=trip.id, case_slot=trip.case_slot, guardian=order, name=guardian.name,
                relation=guardian.relation, channel=channel, address=address,
                notice=Notice(
                    id=tx.world.id(), person=known.name, place="", link=link, silent=trip.reason in GRAVE,
                    at=_clock(at), occasion=occasion, promised=_clock(trip.promised_at),
                    vehicle=str(words.vehicle or ""), language=guardian.language,
                ),
                quiet=occasion not in URGENT and guardian.is_quiet(clock),
            )  # fmt: skip


async def _link(tx: Transaction, trip: TripRow, order: int) -> str:
    grant = await grants.issue(
        tx, incident=trip.id, centre=trip.centre, holder_kind="guardian", holder=f"guardian-{order}",
        label=f"보호자 {order}", purpose="guardian", subject_tag=trip.subject_tag, video=False, length=GRANT_LENGTH,
        actor="system",
    )  # fmt: skip
    _, secret = await grants.issue_link(tx, grant, "guardian", f"guardian-{order}")
    return f"{tx.use(Origin)}/l/{secret}"


async def _links(tx: Transaction, trip: TripRow) -> dict[int, str]:
    """The links that were sent already, by guardian: only the notices know them, under the case key."""
    found: dict[int, str] = {}
    for row in await notices.of_incidents(tx, [trip.id]):
        if (sealed := unsealed(tx, trip.case_slot, row)) is not None:
            found[row["guardian"]] = sealed.notice.link
    return found


def _clock(at: datetime) -> str:
    return at.astimezone(KOREA).strftime("%H:%M")
