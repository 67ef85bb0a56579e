"""The SQL of clips."""

from __future__ import annotations

from datetime import datetime

from ansim.core.database import Row, Transaction


async def insert(
    tx: Transaction, *, id: str, incident: str, camera: str, from_at: datetime, until_at: datetime, bytes: int,
    saved_by: str, sealed: bytes,
) -> None:  # fmt: skip
    await tx.execute(
        "INSERT INTO clip (id, incident, camera, from_at, until_at, bytes, saved_at, saved_by, sealed)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        id, incident, camera, from_at, until_at, bytes, tx.at, saved_by, sealed,
    )  # fmt: skip


_CLIP = (
    "SELECT c.id, c.incident, c.camera, c.from_at, c.until_at, c.bytes, c.saved_at, c.saved_by, c.sealed,"
    " a.name AS saved_by_name FROM clip c LEFT JOIN account a ON a.id = c.saved_by"
)


async def get(tx: Transaction, id: str) -> Row | None:
    return await tx.fetchrow(f"{_CLIP} WHERE c.id = $1", id)


async def of_incident(tx: Transaction, incident: str) -> list[Row]:
    return await tx.fetch(f"{_CLIP} WHERE c.incident = $1 ORDER BY c.saved_at, c.id", incident)


async def was_permitted(tx: Transaction, incident: str, camera: str) -> bool:
    """Whether this camera has ever come under a right to watch for this case."""
    found = await tx.fetchval(
        "SELECT 1 FROM access_grant WHERE incident = $1 AND video AND $2 = ANY (cameras)", incident, camera
    )
    return found is not None


async def ids(tx: Transaction) -> set[tuple[str, str]]:
    """Case and clip of everything that is kept."""
    return {(row["incident"], row["id"]) for row in await tx.fetch("SELECT incident, id FROM clip")}
