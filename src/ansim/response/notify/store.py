"""The SQL of notices."""

from __future__ import annotations

from collections.abc import Sequence

from ansim.core.database import Row, Transaction


async def insert(
    tx: Transaction, id: str, incident: str, guardian: int, channel: str, state: str, sealed: bytes
) -> None:
    await tx.execute(
        "INSERT INTO guardian_notice (id, incident, guardian, channel, state, at, queued_at, sealed)"
        " VALUES ($1, $2, $3, $4, $5, $6, $6, $7)",
        id, incident, guardian, channel, state, tx.at, sealed,
    )  # fmt: skip


async def get(tx: Transaction, id: str) -> Row | None:
    return await tx.fetchrow(
        "SELECT n.*, coalesce(i.case_slot, t.case_slot, e.case_slot, w.case_slot) AS case_slot, i.closed_at,"
        " coalesce(i.subject_tag, t.subject_tag, e.subject_tag, w.subject_tag) AS subject_tag, e.id IS NOT NULL AS escorted FROM guardian_notice n"
        " LEFT JOIN incident i ON i.id = n.incident LEFT JOIN trip t ON t.id = n.incident"
        " LEFT JOIN escort e ON e.id = n.incident LEFT JOIN ward w ON w.id = n.incident WHERE n.id = $1",
        id,
    )


async def set_state(tx: Transaction, id: str, state: str, reason: str | None, tries: int) -> None:
    # What has been read never becomes less: a late "delivered" must not hide it.
    await tx.execute(
        "UPDATE guardian_notice SET state = $2, reason = $3, tries = tries + $4, at = $5 WHERE id = $1 AND state "
        "<> 'read'",
        id, state, reason, tries, tx.at,
    )  # fmt: skip


async def mark_read(tx: Transaction, incident: str, guardian: int, notice: str | None) -> list[Row]:
    return await tx.fetch(
        "UPDATE guardian_notice SET state = 'read', at = $3 WHERE incident = $1 AND guardian = $2"
        " AND state IN ('sent', 'delivered') AND ($4::text IS NULL OR id = $4) RETURNING id",
        incident, guardian, tx.at, notice,
    )  # fmt: skip


async def of_incidents(tx: Transaction, incidents: Sequence[str]) -> list[Row]:
    """Of cases, trips, escorts or wards, in the order of those who were told."""
    return await tx.fetch(
        "SELECT id, incident, guardian, channel, state, reason, at, sealed FROM guardian_notice"
        " WHERE incident = ANY ($1::text[]) ORDER BY guardian, queued_at, channel",
        list(incidents),
    )


async def forget(tx: Transaction, incident: str, guardians: Sequence[int]) -> None:
    """Messages to whoever is no longer told: her number stands in them."""
    await tx.execute(
        "DELETE FROM guardian_notice WHERE incident = $1 AND guardian = ANY ($2::int[])", incident, list(guardians)
    )


async def of_guardians(tx: Transaction, incident: str) -> list[Row]:
    """Of one case or trip, the oldest first."""
    return await tx.fetch(
        "SELECT id, guardian, channel, state, sealed FROM guardian_notice WHERE incident = $1 ORDER BY queued_at, id",
        incident,
    )
