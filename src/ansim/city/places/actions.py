"""Bringing boundaries in, and reading them again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from msgspec import Struct

from ansim.city.places import store
from ansim.city.places.areas import Areas
from ansim.city.places.boundary import Boundary
from ansim.city.places.events import BoundariesImported
from ansim.core.database import Database, Transaction
from ansim.trust.ledger.actions import record


class Change(Struct, frozen=True, kw_only=True):
    """What an import did."""

    new: int
    removed: int
    same: int


async def bring(tx: Transaction, sheet: str, boundaries: Sequence[Boundary], *, actor: str) -> Change:
    """Bring what is known of a sheet to what its file says now: the same file again changes nothing, and what it names no longer goes."""
    known = await store.ids_of(tx, sheet)
    named = {one.id: one for one in boundaries}
    gone = sorted(known - set(named))
    new = [one for id, one in named.items() if id not in known]
    await store.put(tx, sheet, new)
    await store.remove(tx, gone)
    await record(
        tx, actor=actor, act="boundaries.imported", object="boundaries", details={"count": len(new) + len(gone), "size": len(named)}
    )  # fmt: skip
    if new or gone:
        tx.publish(BoundariesImported(count=len(new) + len(gone)))
    return Change(new=len(new), removed=len(gone), same=len(named) - len(new))


async def load(database: Database, areas: Areas) -> None:
    """Everything anew; laid out beside the loop."""
    async with database.transaction(readonly=True) as tx:
        boundaries = await store.every(tx)
    await asyncio.to_thread(areas.lay, boundaries)


async def draw(database: Database, _: BoundariesImported) -> None:
    """Boundaries have changed, here or in another process."""
    await load(database, database.use(Areas))
