"""destroyed: what dies with the case, and what dies later."""

from __future__ import annotations

from ansim.core.database import Transaction
from ansim.response.incidents import store
from ansim.response.incidents.events import CaseDestroyed, IncidentClosed, TrackDestroyed
from ansim.response.incidents.model import CASE_RETENTION
from ansim.trust.retention.actions import destroy
from ansim.trust.retention.events import DestructionCertified


async def destroy_with_case(tx: Transaction, fact: IncidentClosed) -> None:
    """The track dies at once (Location Information Act, art. 16: where she was is not kept beyond the rescue);
    names and words at the case's retention.
    """
    incident = await store.locked(tx, fact.incident)
    if incident is None or incident.open:
        return
    if incident.track_slot is not None:
        await destroy(
            tx, subject=incident.id, scope="track", slots=[incident.track_slot], actor="system", why="closed",
            incident=incident.id, subject_tag=incident.subject_tag,
        )  # fmt: skip
    if incident.case_slot is not None:
        await destroy(
            tx, subject=incident.id, scope="case", slots=[incident.case_slot], actor="system", why="retention",
            incident=incident.id, subject_tag=incident.subject_tag, due_at=tx.at + CASE_RETENTION,
        )  # fmt: skip


async def forget(tx: Transaction, fact: DestructionCertified) -> None:
    """A certificate is written: let nothing point to the dead key."""
    if fact.scope == "track":
        await store.forget_track(tx, fact.subject)
        tx.publish(TrackDestroyed(incident=fact.subject))
    elif fact.scope == "case":
        await store.forget_case(tx, fact.subject)
        tx.publish(CaseDestroyed(incident=fact.subject))
