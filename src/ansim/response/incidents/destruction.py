"""destroyed: what dies with the case, what dies later, and a hold that makes it later still."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from ansim.core.database import Transaction
from ansim.core.errors import Problem, not_found
from ansim.response.incidents import store
from ansim.response.incidents.actions import said
from ansim.response.incidents.events import CaseDestroyed, IncidentClosed, TrackDestroyed
from ansim.response.incidents.model import CASE_RETENTION, IncidentRow
from ansim.trust.retention import store as retention
from ansim.trust.retention.actions import destroy_at_end, postpone
from ansim.trust.retention.events import DestructionCertified
from ansim.trust.retention.store import Destruction

Ground = Literal["investigation", "trial", "complaint", "inspection"]
"""Why a closed case may be kept beyond its retention. The ledger holds this word, the timeline the reason itself."""


async def destroy_with_case(tx: Transaction, fact: IncidentClosed) -> None:
    """The track dies at once, names and words at the case's retention."""
    incident = await store.locked(tx, fact.incident)
    if incident is None or incident.open:
        return
    await destroy_at_end(tx, incident, why="closed", names_kept=CASE_RETENTION)


async def forget(tx: Transaction, fact: DestructionCertified) -> None:
    """A certificate is written: let nothing point to the dead key."""
    if fact.scope == "track" and await store.forget_track(tx, fact.subject):
        tx.publish(TrackDestroyed(incident=fact.subject))
    elif fact.scope == "case" and await store.forget_case(tx, fact.subject):
        tx.publish(CaseDestroyed(incident=fact.subject))


async def hold(tx: Transaction, id: str, centre: str, actor: str, days: int, ground: Ground, reason: str) -> datetime:
    """Keep names and words of a closed case for so many days from now, as evidence; until when. Where she was is gone:
    no hold brings it back.
    """
    incident, planned, _ = await _planned(tx, id, centre)
    until = tx.at + timedelta(days=days)
    if until <= planned.due_at:
        raise Problem(
            422, "hold.days", "It is kept longer than that already", "A hold only adds time.", field="days",
            due_at=planned.due_at,
        )  # fmt: skip
    return await _move(tx, incident, planned, until, "case.held", actor, reason, why=ground, count=days)


async def end_hold(tx: Transaction, id: str, centre: str, actor: str, reason: str) -> datetime:
    """The evidence is no longer needed: it dies when the rule says, and at once where that is past; when."""
    incident, planned, ruled = await _planned(tx, id, centre)
    if planned.due_at <= ruled:
        raise Problem(409, "hold.none", "No hold keeps this case", due_at=planned.due_at)
    return await _move(tx, incident, planned, max(ruled, tx.at), "case.hold-ended", actor, reason)


async def _planned(tx: Transaction, id: str, centre: str) -> tuple[IncidentRow, Destruction, datetime]:
    """A closed case of this centre, the destruction of what it kept, and when the rule wants it."""
    incident = await store.locked(tx, id)
    if incident is None or incident.centre != centre:
        raise not_found("incident")
    if incident.closed_at is None:
        raise Problem(409, "incident.state", "The case is open", "Nothing of it is due yet.", state=incident.state)
    planned = await retention.find(tx, id, "case")
    if planned is None:
        raise Problem(409, "incident.state", "The case has only just been closed", "Try again in a moment.")
    return incident, planned, incident.closed_at + CASE_RETENTION


async def _move(
    tx: Transaction, incident: IncidentRow, planned: Destruction, due_at: datetime, act: str, actor: str, reason: str,
    **details: str | int,
) -> datetime:  # fmt: skip
    if not await postpone(tx, planned.id, due_at):
        raise Problem(409, "destruction.ordered", "Its destruction has begun", "Nothing stops it now.")
    await said(tx, incident, act, actor, words=reason, **details)
    return due_at
