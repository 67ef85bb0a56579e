"""The SQL of borders."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ansim.core.database import Row, Transaction
from ansim.response.borders.model import BorderRow, Sighting, ToldRow, Wish


async def told_of(tx: Transaction, incidents: Sequence[str]) -> list[ToldRow]:
    """The neighbours that know of these cases just now."""
    rows = await tx.fetch(
        "SELECT * FROM border_told WHERE incident = ANY ($1::text[]) AND ended_at IS NULL ORDER BY told_at, id",
        list(incidents),
    )
    return [msgspec.convert(dict(row), ToldRow) for row in rows]


async def told(tx: Transaction, id: str) -> ToldRow | None:
    row = await tx.fetchrow("SELECT * FROM border_told WHERE id = $1", id)
    return None if row is None else msgspec.convert(dict(row), ToldRow)


async def tell(tx: Transaction, id: str, incident: str, centre: str, count: int, sealed: bytes) -> None:
    await tx.execute(
        "INSERT INTO border_told (id, incident, centre, told_at, count, sealed) VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT (id) DO UPDATE SET told_at = excluded.told_at, count = excluded.count, sealed = excluded.sealed",
        id, incident, centre, tx.at, count, sealed,
    )  # fmt: skip


async def end_told(tx: Transaction, id: str) -> None:
    await tx.execute("UPDATE border_told SET ended_at = $2, sealed = NULL, lent = NULL WHERE id = $1", id, tx.at)


async def set_wish_of_told(tx: Transaction, id: str, wish: Wish) -> bool:
    """False when it was said already."""
    tag = await tx.execute("UPDATE border_told SET wish = $2 WHERE id = $1 AND wish IS DISTINCT FROM $2", id, wish)
    return tag.endswith(" 1")


async def lent(tx: Transaction, id: str, sealed: bytes | None) -> None:
    await tx.execute("UPDATE border_told SET lent = $2 WHERE id = $1", id, sealed)


async def border(tx: Transaction, id: str) -> BorderRow | None:
    return _border(await tx.fetchrow("SELECT * FROM border_case WHERE id = $1 FOR UPDATE", id))


async def borders(tx: Transaction) -> list[BorderRow]:
    """The neighbours' cases at our border, the oldest first."""
    rows = await tx.fetch("SELECT * FROM border_case WHERE ended_at IS NULL ORDER BY received_at, id")
    return [msgspec.convert(dict(row), BorderRow) for row in rows]


async def one_at_a_time(tx: Transaction, id: str) -> None:
    """Two letters of one case that come at the same moment: the second finds what the first has stored."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", id)


async def come(tx: Transaction, sender: str, sighting: Sighting, slot: int, sealed: bytes, lends: bool) -> None:
    await tx.execute(
        "INSERT INTO border_case (id, centre, number, kind, trigger, priority, silent, claimed, received_at, subject_tag, said_at,"
        " count, slot, sealed, lends) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        sighting.id, sender, sighting.number, sighting.kind, sighting.trigger, sighting.priority, sighting.silent, sighting.claimed,
        sighting.received_at, sighting.subject_tag, sighting.said_at, sighting.count, slot, sealed, lends,
    )  # fmt: skip


async def change(tx: Transaction, sighting: Sighting, sealed: bytes) -> None:
    await tx.execute(
        "UPDATE border_case SET priority = $2, claimed = $3, said_at = $4, count = $5, sealed = $6 WHERE id = $1",
        sighting.id, sighting.priority, sighting.claimed, sighting.said_at, sighting.count, sealed,
    )  # fmt: skip


async def set_wish(tx: Transaction, id: str, wish: Wish) -> None:
    await tx.execute("UPDATE border_case SET wish = $2 WHERE id = $1", id, wish)


async def set_lends(tx: Transaction, id: str, lends: bool) -> None:
    await tx.execute("UPDATE border_case SET lends = $2 WHERE id = $1", id, lends)


async def end(tx: Transaction, id: str) -> bool:
    """False when it had ended."""
    tag = await tx.execute("UPDATE border_case SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL", id, tx.at)
    return tag.endswith(" 1")


async def forget(tx: Transaction, id: str) -> bool:
    """Its key is dead: nothing may point to its slot. False when it was none of these."""
    tag = await tx.execute(
        "UPDATE border_case SET slot = NULL, ended_at = coalesce(ended_at, $2) WHERE id = $1 AND slot IS NOT NULL",
        id,
        tx.at,
    )
    return tag.endswith(" 1")


async def persons(tx: Transaction) -> list[Row]:
    """The open cases of people who are known by a pseudonym: id, person."""
    return await tx.fetch("SELECT id, person FROM incident WHERE closed_at IS NULL AND person IS NOT NULL ORDER BY id")


def _border(row: Row | None) -> BorderRow | None:
    return None if row is None else msgspec.convert(dict(row), BorderRow)
