"""Writing the ledger: in the transaction of the act itself, so that neither exists without the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ansim.core.database import Transaction
from ansim.trust.ledger import store
from ansim.trust.ledger.model import Entry, admit


async def record(
    tx: Transaction,
    *,
    actor: str,
    act: str,
    object: str,
    incident: str | None = None,
    purpose: str = "",
    subject_tag: str | None = None,
    sealed_hash: str | None = None,
    details: Mapping[str, str | int] | None = None,
) -> str:
    """Accept one entry; its id. It gets its place in the tree within a second of the commit.

    Raises Problem 422 for anything that could hold a person or a place.
    """
    entry = entry_of(
        tx,
        actor=actor,
        act=act,
        object=object,
        incident=incident,
        purpose=purpose,
        subject_tag=subject_tag,
        sealed_hash=sealed_hash,
        details=details,
    )
    await record_many(tx, [entry])
    return entry.id


def entry_of(
    tx: Transaction,
    *,
    actor: str,
    act: str,
    object: str,
    incident: str | None = None,
    purpose: str = "",
    subject_tag: str | None = None,
    sealed_hash: str | None = None,
    details: Mapping[str, str | int] | None = None,
) -> Entry:
    """An entry of this transaction's instant, for `record_many`. Raises as `record` does."""
    return admit(
        id=tx.world.id(),
        at=tx.at,
        actor=actor,
        act=act,
        object=object,
        incident=incident,
        purpose=purpose,
        subject_tag=subject_tag,
        sealed_hash=sealed_hash,
        details=details,
    )


async def record_many(tx: Transaction, entries: Sequence[Entry]) -> None:
    """Accept many entries at once (the hot intake)."""
    store.insert(tx, entries)
