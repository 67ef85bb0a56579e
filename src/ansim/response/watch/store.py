"""The SQL of turning: the ledger itself says which cameras a case has turned."""

from __future__ import annotations

from ansim.core.database import Transaction


async def turned_in(tx: Transaction, incident: str) -> list[str]:
    rows = await tx.fetch(
        "SELECT DISTINCT object FROM ledger_entry WHERE incident = $1 AND act = 'camera.turned' ORDER BY object",
        incident,
    )
    return [row["object"] for row in rows]


async def turned_by_another(tx: Transaction, camera: str, incident: str) -> bool:
    """Whether another case, which is still open, has turned it, and it has not gone back since."""
    found = await tx.fetchval(
        "SELECT EXISTS (SELECT 1 FROM incident i JOIN ledger_entry l ON l.incident = i.id WHERE i.closed_at IS NULL"
        " AND i.id <> $2 AND l.act = 'camera.turned' AND l.object = $1 AND NOT EXISTS (SELECT 1 FROM ledger_entry b"
        " WHERE b.incident = i.id AND b.act = 'camera.returned' AND b.object = $1 AND b.at >= l.at))",
        camera,
        incident,
    )
    return bool(found)


async def used_by_another(tx: Transaction, camera: str, incident: str) -> bool:
    """Whether another open case has turned it, or somebody looks through it for one."""
    if await turned_by_another(tx, camera, incident):
        return True
    found = await tx.fetchval(
        "SELECT EXISTS (SELECT 1 FROM camera_view v JOIN access_grant g ON g.id = v.grant_id"
        " WHERE v.camera = $1 AND v.incident <> $2 AND v.ended_at IS NULL AND g.ended_at IS NULL)",
        camera,
        incident,
    )
    return bool(found)
