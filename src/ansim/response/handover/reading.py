"""What a centre does with a letter. Each may come twice, and late."""

from __future__ import annotations

import msgspec

from ansim.city.country.member import Country
from ansim.city.people.sealed import INFO as CONTACTS
from ansim.city.people.sealed import CentreKey
from ansim.core.database import Database, Transaction
from ansim.core.errors import Unavailable
from ansim.response.handover import actions, letters, store
from ansim.response.handover.events import HandoverAccepted, HandoverEnded
from ansim.response.handover.model import (
    FRESH,
    TAKEN_HOME_WITHIN,
    Answer,
    HandoverRow,
    Moved,
    Offer,
    Over,
    Rest,
    Withdrawal,
)
from ansim.response.incidents import actions as incidents
from ansim.response.incidents import store as incident_store
from ansim.response.incidents.actions import elsewhere, said
from ansim.response.incidents.events import IncidentNoted
from ansim.response.incidents.model import IncidentRow
from ansim.response.signals.model import Arrival
from ansim.response.signals.ports import Intake
from ansim.response.tracking.actions import keep, track
from ansim.trust import sealing
from ansim.trust.access.model import Site
from ansim.trust.ledger import store as ledger
from ansim.trust.retention.keys import Keys


async def offered(database: Database, sender: str, offer: Offer) -> None:
    """A case that we are to take. Its signals are stored as if they had come here; those that had, make nothing new."""
    if database.world.clock.now() - offer.at > FRESH:
        await _too_late(database, sender, offer)
        return
    async with database.transaction(readonly=True) as tx:
        if await store.begun(tx, offer.id):
            return
    if offer.why == "overflow" and (refused := _refused(database, sender)):
        async with database.transaction() as tx:
            letters.write(tx, sender, Answer(id=offer.id, accepted=False, why=refused))
        return
    intake = database.use(Intake)
    receipts = [await intake.submit(arrival) for arrival in arrivals_of(database, offer)]
    known = not any(receipt.new for receipt in receipts)
    async with database.transaction() as tx:
        case = await incident_store.locked(tx, receipts[-1].incident)
        if case is None:
            return
        home = not await elsewhere(tx, case)
        if known and case.state == "received" and offer.why in ("moved", "unclaimed") and not home:
            # Ours already, by her own phone, until the centre whose it is has taken it: this one ends neither with theirs nor theirs with it.
            if await store.begin(tx, offer.id, case.id, sender, offer.why):
                await store.answer(tx, offer.id, "rejected")
                letters.write(tx, sender, Answer(id=offer.id, accepted=False, why="here"))
            return
        if not await store.begin(tx, offer.id, case.id, sender, offer.why):
            return
        await said(tx, case, "handover.came", f"centre:{sender}", words=offer.note or None, why=offer.why)
        for mark in ("handed_over", *offer.marks):
            await incidents.mark(tx, case.id, mark)
        await actions.lay(tx, case, offer.id, sender, offer.said, offer.done)
        await store.cancel(tx, [one.client_id for one in offer.signals if one.cancelled])
        if offer.why == "overflow" and (sent := await store.open_of(tx, case.id, "out")) is not None:
            # We had sent it there, where our word crossed with this one: it stays here, and their acceptance comes too late.
            await store.answer(tx, sent.id, "withdrawn")
            tx.disarm(actions.UNANSWERED, sent.id)
            await actions.keep(tx, case)
        handover = await store.locked(tx, offer.id)
        assert handover is not None
        if offer.why in ("place", "overflow", "same") or (known and home) or case.owner is not None or not case.open:
            await actions.accept(tx, case, handover)


def _refused(database: Database, sender: str) -> str:
    """Why we do not take the new cases of that centre; empty where we do."""
    duty = database.use(Country).duty
    if sender not in duty.takes_from:
        return "not-agreed"
    return "" if duty.state == "normal" else "not-now"


async def _too_late(database: Database, sender: str, offer: Offer) -> None:
    """Somebody there has long had it. What is unclaimed of it here is hers, too, if her phone brought it: what came from a centre is ours,
    and an older offer of the same changes nothing.
    """
    async with database.transaction() as tx:
        if await store.locked(tx, offer.id) is not None:
            return
        mine, why = await store.known_here(tx, [one.client_id for one in offer.signals]), "late"
        twin = None if mine is None else await incident_store.locked(tx, mine)
        if twin is not None and await store.taken(tx, twin.id) is None:
            if twin.state == "received":
                await said(tx, twin, "handover.covered", f"centre:{sender}")
                await incidents.hand_over(tx, twin)
            else:
                why = "claimed"
                if twin.open:
                    await said(tx, twin, "handover.twice", f"centre:{sender}")
        letters.write(tx, sender, Answer(id=offer.id, accepted=False, why=why))


async def answered(database: Database, sender: str, answer: Answer) -> None:
    """The other centre has it, or does not take it."""
    async with database.transaction() as tx:
        handover = await store.locked(tx, answer.id)
        if handover is None or handover.centre != sender or handover.way != "out":
            return
        incident = await incident_store.locked(tx, handover.incident)
        if incident is None or incident.case_slot is None:
            return
        if not answer.accepted:
            if await store.answer(tx, handover.id, "rejected"):
                tx.disarm(actions.UNANSWERED, handover.id)
                await said(tx, incident, "handover.rejected", f"centre:{sender}")
                tx.publish(HandoverEnded(incident=incident.id, why=answer.why or "rejected"))
                if handover.why in ("place", "overflow") and incident.open:
                    await (actions.cover if handover.why == "place" else actions.roll_on)(tx, incident)
                if handover.why == "unclaimed" and incident.open:
                    await actions.ask_neighbour(tx, incident)
            if answer.why == "claimed" and incident.open and incident.state != "received":
                await said(tx, incident, "handover.twice", f"centre:{sender}")
            return
        moved = {one.client_id: Moved(uri=answer.origin, receipt=one.receipt) for one in answer.taken}
        sealed = tx.use(Keys).seal(incident.case_slot, msgspec.json.encode(moved), actions.moved_context(incident.id))
        # What somebody here has claimed since stays, though it was offered when nobody had.
        kept = handover.why == "place" and handover.state == "lapsed" and incident.owner is not None
        if kept or not await store.answer(tx, handover.id, "accepted", sealed):
            if incident.open:
                # Kept here in the same moment as it was claimed there: both know, and one of them closes.
                await said(tx, incident, "handover.twice", f"centre:{sender}")
            return
        tx.disarm(actions.UNANSWERED, handover.id)
        if incident.open:
            await said(tx, incident, "handover.accepted", f"centre:{sender}")
            if handover.why != "place" or tx.at - handover.offered_at > TAKEN_HOME_WITHIN:
                letters.write(tx, sender, await actions.rest_of(tx, incident, handover))
            await incidents.hand_over(tx, incident)
        tx.publish(HandoverAccepted(incident=incident.id, to=sender))


async def rest(database: Database, sender: str, rest: Rest) -> None:
    """What came to the sender while we were being asked."""
    async with database.transaction() as tx:
        _, incident = await _accepted(tx, rest.id, sender, "in")
        if incident is None or not incident.open:
            return
        await actions.lay(tx, incident, rest.id, sender, rest.said, rest.done)
        if incident.track_slot is not None:
            newest = await track(tx, incident.id, incident.track_slot)
            fresh = [one for one in rest.track if not newest or one.at > newest[-1].at]
            keep(tx, [(incident.id, incident.track_slot, one) for one in fresh])
        tx.publish(IncidentNoted(incident=incident.id))


async def withdrawn(database: Database, sender: str, withdrawal: Withdrawal) -> None:
    """The sender keeps it. Whoever has claimed it here keeps it, too, and knows of the other."""
    async with database.transaction() as tx:
        handover = await store.locked(tx, withdrawal.id)
        if handover is None and tx.at - withdrawal.at <= FRESH:
            raise Unavailable  # the offer may come after it; until it would be too old to be taken, this is brought again
        if handover is None or handover.centre != sender or handover.way != "in":
            return
        incident = await incident_store.locked(tx, handover.incident)
        if incident is None or not incident.open:
            return
        if handover.state == "rejected":
            return  # what is here is here for itself
        if not await store.answer(tx, handover.id, "withdrawn") and withdrawal.lapsed:
            return  # we had taken it, and that still counts there
        if incident.state == "received":
            await said(tx, incident, "handover.withdrawn", f"centre:{sender}")
            await actions.give_back(tx, incident)
        else:
            await said(tx, incident, "handover.twice", f"centre:{sender}")
        tx.publish(HandoverEnded(incident=incident.id, why="withdrawn"))


async def over(database: Database, sender: str, said_over: Over) -> None:
    """What she may not read while somebody could hold her phone, she may read now."""
    async with database.transaction() as tx:
        handover, incident = await _accepted(tx, said_over.id, sender, "out")
        if handover is None or incident is None:
            return
        if not await ledger.wrote(
            tx, incident=incident.id, actor=f"centre:{sender}", act="incident.closed", since=handover.offered_at
        ):
            await said(tx, incident, "incident.closed", f"centre:{sender}")


async def _accepted(
    tx: Transaction, id: str, sender: str, way: str
) -> tuple[HandoverRow, IncidentRow | None] | tuple[None, None]:
    """What went to that centre, or came from it, for good, with its case; None for what did not."""
    handover = await store.locked(tx, id)
    if handover is None or (handover.centre, handover.way, handover.state) != (sender, way, "accepted"):
        return None, None
    return handover, await incident_store.locked(tx, handover.incident)


def arrivals_of(database: Database, offer: Offer) -> list[Arrival]:
    """Her signals, as they came there: the newest of her positions is where she is."""
    key, centre = database.use(CentreKey).private.public_key(), database.use(Site).centre
    position = offer.track[-1] if offer.track else None
    return [
        Arrival(
            source=one.source, client_id=one.client_id, kind=offer.kind, trigger=one.trigger, silent=one.silent,  # type: ignore[arg-type]
            occurred_at=one.occurred_at, position=position if first else None, battery=one.battery,
            person=offer.person, verdict=offer.verdict, priority=offer.priority,
            contacts=None if offer.contacts is None
            else sealing.seal(key, offer.contacts, CONTACTS, one.client_id.encode()),
            track=tuple(offer.track[:-1]) if first else (), centre=centre, stays=offer.why != "place",
        )
        for first, one in ((index == 0, one) for index, one in enumerate(offer.signals))
    ]  # fmt: skip
