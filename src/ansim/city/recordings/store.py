"""The SQL of camera-days."""

from __future__ import annotations

from datetime import date

from ansim.core.database import Row, Transaction


async def slot(tx: Transaction, id: str) -> int | None:
    found: int | None = await tx.fetchval("SELECT slot FROM camera_day WHERE id = $1", id)
    return found


async def insert(tx: Transaction, id: str, camera: str, day: date, slot: int) -> bool:
    """False when it is there already."""
    tag = await tx.execute(
        "INSERT INTO camera_day (id, camera, day, slot, opened_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        id, camera, day, slot, tx.at,
    )  # fmt: skip
    return tag.endswith(" 1")


async def remove(tx: Transaction, id: str) -> None:
    await tx.execute("DELETE FROM camera_day WHERE id = $1", id)


async def planned(tx: Transaction) -> list[Row]:
    """Camera, day, and when its destruction is due, of every day whose end has not begun: camera, day, destruction, due_at."""
    return await tx.fetch(
        "SELECT c.camera, c.day, d.id AS destruction, d.due_at FROM camera_day c JOIN destruction d"
        " ON d.subject = c.id AND d.scope = 'camera-day' WHERE d.ordered_at IS NULL ORDER BY c.day, c.camera"
    )


async def ids(tx: Transaction) -> set[str]:
    """Every camera-day whose key lives, or whose destruction was certified within the last minute: its files are going."""
    rows = await tx.fetch(
        "SELECT id FROM camera_day UNION SELECT subject FROM destruction WHERE scope = 'camera-day'"
        " AND (certified_at IS NULL OR certified_at > $1::timestamptz - interval '60 s')",
        tx.at,
    )
    return {row["id"] for row in rows}
