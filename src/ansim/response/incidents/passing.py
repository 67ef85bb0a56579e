"""Passing a case on. Its operator offers it, a colleague takes it; until she does, it stays whose it is.

Nobody is given a case without her own act: a case whose operator has gone home is nobody's.
"""

from __future__ import annotations

from ansim.core.database import Transaction
from ansim.core.errors import Problem, not_found
from ansim.response.incidents import store
from ansim.response.incidents.actions import not_now, own, said
from ansim.response.incidents.events import IncidentKept, IncidentOffered, IncidentPassed
from ansim.response.incidents.model import OFFER_WITHIN, IncidentRow

UNANSWERED = "incident.offer-unanswered"
"""The timer that gives an offer back when the colleague does not answer."""


async def offer(tx: Transaction, id: str, centre: str, actor: str, to: str) -> IncidentRow:
    """Ask a colleague of the centre who is signed in to take it. An offer before is replaced."""
    incident = await own(tx, id, actor)
    if incident.state not in ("claimed", "confirmed"):
        raise not_now(incident)
    names = {row["id"]: row["name"] for row in await store.on_duty(tx, centre)}
    if to == actor or to not in names:
        raise Problem(422, "offer.to", "Nobody to take it", "Choose a colleague who is signed in.", field="to")
    await store.set_offer(tx, id, to)
    tx.arm(UNANSWERED, id, tx.at + OFFER_WITHIN)
    await said(tx, incident, "incident.offered", actor, words=names[to])
    tx.publish(IncidentOffered(incident=id, to=to))
    return await store.reread(tx, id)


async def take(tx: Transaction, id: str, centre: str, actor: str) -> tuple[IncidentRow, str]:
    """It is hers from now on, with everything in it; and whose it was. Whoever watches for it gives her its rights in
    the same transaction (`watch.take_over`).
    """
    incident = await _open_to(tx, id, centre)
    if incident.offered_to != actor or incident.owner is None:
        raise Problem(409, "incident.not-offered", "It is not offered to you any more", state=incident.state)
    await store.pass_on(tx, id, actor)
    tx.disarm(UNANSWERED, id)
    await said(tx, incident, "incident.taken-over", actor)
    tx.publish(IncidentPassed(incident=id, owner=actor, before=incident.owner))
    return await store.reread(tx, id), incident.owner


async def end(tx: Transaction, id: str, centre: str, actor: str) -> IncidentRow:
    """The colleague does not take it, or its operator takes the offer back: it stays whose it is."""
    incident = await _open_to(tx, id, centre)
    if incident.offered_to is None or actor not in (incident.owner, incident.offered_to):
        raise Problem(409, "incident.not-offered", "There is no offer to end", state=incident.state)
    await _end(tx, incident, "withdrawn" if actor == incident.owner else "declined", actor)
    return await store.reread(tx, id)


async def lapse(tx: Transaction, id: str) -> None:
    """Timer: the colleague did not answer."""
    incident = await store.locked(tx, id)
    if incident is None or incident.offered_at is None:
        return
    if incident.offered_at + OFFER_WITHIN > tx.at:
        tx.arm(UNANSWERED, id, incident.offered_at + OFFER_WITHIN)
        return
    await _end(tx, incident, "unanswered", "clock")


async def _end(tx: Transaction, incident: IncidentRow, why: str, actor: str) -> None:
    await store.end_offer(tx, incident.id)
    tx.disarm(UNANSWERED, incident.id)
    await said(tx, incident, f"incident.offer-{why}", actor)
    tx.publish(IncidentKept(incident=incident.id, why=why))


async def _open_to(tx: Transaction, id: str, centre: str) -> IncidentRow:
    """The incident, held until the commit, if this centre may see it."""
    incident = await store.locked(tx, id)
    if incident is None or (incident.centre != centre and centre not in incident.escalated_to):
        raise not_found("incident")
    return incident
