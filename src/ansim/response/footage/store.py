"""The SQL of takes. A piece is stored once, in its order, and only while its take and its case are open."""

from __future__ import annotations

import msgspec

from ansim.core.database import Row, Transaction
from ansim.response.footage.model import Take

AT_ONCE = 16
"""Pieces that are read at once: a take need not fit into memory."""


def _take_of(row: Row) -> Take:
    return msgspec.convert(dict(row), Take)


async def insert(tx: Transaction, *, id: str, incident: str, handset: str, client_id: str, media: str) -> None:
    await tx.execute(
        "INSERT INTO take (id, incident, handset, client_id, media, began_at) VALUES ($1, $2, $3, $4, $5, $6)",
        id, incident, handset, client_id, media, tx.at,
    )  # fmt: skip


async def get(tx: Transaction, id: str, *, lock: bool = False) -> Take | None:
    """`lock`: no piece is added to it until this transaction ends."""
    row = await tx.fetchrow(f"SELECT * FROM take WHERE id = $1{' FOR UPDATE' if lock else ''}", id)
    return None if row is None else _take_of(row)


async def of_phone(tx: Transaction, handset: str, client_id: str) -> Take | None:
    row = await tx.fetchrow("SELECT * FROM take WHERE handset = $1 AND client_id = $2", handset, client_id)
    return None if row is None else _take_of(row)


async def of_incident(tx: Transaction, incident: str) -> list[Take]:
    rows = await tx.fetch("SELECT * FROM take WHERE incident = $1 ORDER BY began_at, id", incident)
    return [_take_of(row) for row in rows]


async def open_of(tx: Transaction, incident: str, handset: str | None = None) -> list[str]:
    rows = await tx.fetch(
        "SELECT id FROM take WHERE incident = $1 AND ended_at IS NULL AND ($2::text IS NULL OR handset = $2)"
        " ORDER BY id FOR UPDATE",
        incident, handset,
    )  # fmt: skip
    return [row["id"] for row in rows]


async def kept_bytes(tx: Transaction) -> int:
    """Of all cases together."""
    total: int = await tx.fetchval("SELECT coalesce(sum(size), 0)::bigint FROM take")
    return total


async def add_piece(tx: Transaction, take: str, number: int, sealed: bytes, size: int) -> bool:
    """False when it is not the next one, or nothing more is taken."""
    tag = await tx.execute(
        "WITH grown AS (UPDATE take SET pieces = pieces + 1, size = size + $4, last_at = $5 WHERE id = $1"
        " AND pieces = $2 AND ended_at IS NULL"
        " AND EXISTS (SELECT 1 FROM incident i WHERE i.id = take.incident AND i.closed_at IS NULL)"
        " RETURNING id, incident)"
        " INSERT INTO take_piece (take, number, incident, sealed) SELECT id, $2, incident, $3 FROM grown",
        take, number, sealed, size, tx.at,
    )  # fmt: skip
    return tag.endswith(" 1")


async def pieces(tx: Transaction, take: str, first: int) -> list[tuple[int, bytes]]:
    """Number and ciphertext of the next ones from `first` on, in order; none behind the last."""
    rows = await tx.fetch(
        "SELECT number, sealed FROM take_piece WHERE take = $1 AND number >= $2 ORDER BY number LIMIT $3",
        take, first, AT_ONCE,
    )  # fmt: skip
    return [(row["number"], bytes(row["sealed"])) for row in rows]


async def end(tx: Transaction, take: str, sha256: bytes) -> None:
    await tx.execute("UPDATE take SET ended_at = $2, sha256 = $3 WHERE id = $1", take, tx.at, sha256)


async def forget(tx: Transaction, incident: str) -> None:
    await tx.execute("DELETE FROM take WHERE incident = $1", incident)


async def handsets(tx: Transaction, incident: str) -> list[str]:
    rows = await tx.fetch("SELECT DISTINCT handset FROM take WHERE incident = $1 ORDER BY handset", incident)
    return [row["handset"] for row in rows]
