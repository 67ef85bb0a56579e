"""Ordering destructions. What they do then is in erasure.py."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from ansim.core.database import Transaction
from ansim.trust.ledger.actions import entry_of, record_many
from ansim.trust.retention import store
from ansim.trust.retention.events import DestructionOrdered
from ansim.trust.retention.holdings import Scope

DUE = "destruction.due"
"""Kind of the timer; its reaction is `due`."""


async def destroy(
    tx: Transaction,
    *,
    subject: str,
    scope: Scope,
    slots: Sequence[int],
    actor: str,
    why: str,
    incident: str | None = None,
    subject_tag: str | None = None,
    due_at: datetime | None = None,
) -> str:
    """Destroy everything of `subject` under its key of this scope: now, or at `due_at`. The destruction's id.

    `why` is one fixed word (closed, retention, withdrawn). Ordering the same again changes nothing, except that an
    earlier time counts. From the moment it is ordered nothing stops it; until then `postpone` does.
    """
    id = tx.world.id()
    due_at = due_at or tx.at
    if not await store.add(
        tx,
        id=id,
        subject=subject,
        scope=scope,
        incident=incident,
        subject_tag=subject_tag,
        actor=actor,
        why=why,
        slots=slots,
        due_at=due_at,
    ):
        there = await store.find(tx, subject, scope)
        assert there is not None
        id = there.id
        if there.ordered_at is not None or (there.due_at <= due_at and due_at > tx.at):
            return id
        await store.move(tx, id, due_at)
    if due_at <= tx.at:
        tx.disarm(DUE, id)
        await due(tx, id)
    else:
        tx.arm(DUE, id, due_at)
    return id


class Ended(Protocol):
    """Whatever has a key for where she was, and one for names and words."""

    @property
    def id(self) -> str: ...
    @property
    def track_slot(self) -> int | None: ...
    @property
    def case_slot(self) -> int | None: ...
    @property
    def subject_tag(self) -> str | None: ...


async def destroy_at_end(tx: Transaction, of: Ended, *, why: str, names_kept: timedelta) -> None:
    """Where she was dies at once (Location Information Act, art. 16: it is not kept beyond the rescue); names and words
    after `names_kept`.
    """
    both: tuple[tuple[Scope, int | None, str, datetime], ...] = (
        ("track", of.track_slot, why, tx.at),
        ("case", of.case_slot, "retention", tx.at + names_kept),
    )
    for scope, slot, reason, due_at in both:
        if slot is not None:
            await destroy(
                tx, subject=of.id, scope=scope, slots=[slot], actor="system", why=reason, incident=of.id,
                subject_tag=of.subject_tag, due_at=due_at,
            )  # fmt: skip


async def postpone(tx: Transaction, destruction: str, due_at: datetime) -> bool:
    """Keep it until later (a hold on evidence). False when it was ordered already."""
    moved = await store.move(tx, destruction, due_at)
    if moved:
        tx.arm(DUE, destruction, due_at)
    return moved


async def due(tx: Transaction, destruction: str) -> None:
    """The point of no return: the ledger says what will be destroyed before anything is.

    One entry for each key, so that the list of dead keys can be read from the witnessed ledger alone. Does nothing
    when it was ordered already.
    """
    found = await store.by_id(tx, destruction, lock=True)
    if found is None or found.ordered_at is not None:
        return
    if found.due_at > tx.at:
        tx.arm(DUE, destruction, found.due_at)
        return
    details: list[dict[str, str | int]] = [{"kind": found.scope, "slot": slot} for slot in found.slots]
    entries = [
        entry_of(
            tx,
            actor=found.actor,
            act=f"{found.scope}.erase-ordered",
            object=found.id,
            incident=found.incident,
            purpose=found.why,
            subject_tag=found.subject_tag,
            details=each,
        )
        for each in (details or [{"kind": found.scope}])
    ]
    await record_many(tx, entries)
    await store.set_ordered(tx, found.id, [entry.id for entry in entries])
    tx.publish(DestructionOrdered(destruction=found.id, subject=found.subject, scope=found.scope))
