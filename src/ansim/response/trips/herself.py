"""Her own phone, whose screen may be off: the question comes by push, or by SMS where her browser has none, and once more by both
when her guardians are about to hear. No name and no place: it lies on a screen for others to see.
"""

from __future__ import annotations

from ansim.core.clock import KOREA
from ansim.core.database import Transaction
from ansim.response.notify import actions as notify
from ansim.response.notify.actions import HERSELF, Origin
from ansim.response.notify.ports import ChannelName, Notice, Occasion
from ansim.response.trips import store
from ansim.response.trips.actions import known_of
from ansim.response.trips.events import TripAsked, TripUnanswered
from ansim.response.trips.model import TripRow


async def ask(tx: Transaction, fact: TripAsked) -> None:
    """The question reaches a phone in a pocket."""
    trip = await store.get(tx, fact.trip)
    if trip is not None and trip.asked:
        await _tell(tx, trip, "trip.there" if trip.reason == "there" else "trip.asked")


async def warn(tx: Transaction, fact: TripUnanswered) -> None:
    """Without an answer her guardians hear; she learns it, and can still answer."""
    trip = await store.get(tx, fact.trip)
    if trip is not None and trip.asked:
        await _tell(tx, trip, "trip.called")


async def _tell(tx: Transaction, trip: TripRow, occasion: Occasion) -> None:
    known = await known_of(tx, trip)
    if known is None or trip.case_slot is None:
        return
    found: list[tuple[ChannelName, str]] = []
    if known.push is not None:
        found.append(("push", known.push.address))
    if known.phone and (occasion == "trip.called" or not found):
        found.append(("sms", known.phone))
    for channel, address in found:
        await notify.queue(
            tx, incident=trip.id, case_slot=trip.case_slot, guardian=HERSELF, name=known.name, relation="",
            channel=channel, address=address,
            notice=Notice(
                id=tx.world.id(), person="", place="", link=f"{tx.use(Origin)}/citizen", silent=False,
                at=tx.at.astimezone(KOREA).strftime("%H:%M"), occasion=occasion, language=known.language,
            ),
        )  # fmt: skip
