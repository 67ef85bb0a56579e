"""The SQL of fixes: ciphertext in, ciphertext out."""

from __future__ import annotations

from collections.abc import Sequence

from ansim.core.database import Row, Transaction


def insert(tx: Transaction, incident: str, sealed: bytes) -> None:
    tx.write(
        "INSERT INTO fix (incident, sealed, received_at) SELECT * FROM unnest($1::text[], $2::bytea[], "
        "$3::timestamptz[])",
        incident, sealed, tx.at,
    )  # fmt: skip


async def latest(tx: Transaction, incidents: Sequence[str], each: int = 1) -> list[Row]:
    """The newest `each` fixes of every incident, oldest first within an incident."""
    return await tx.fetch(
        "SELECT f.incident, f.sealed, f.received_at FROM unnest($1::text[]) AS asked(incident)"
        " CROSS JOIN LATERAL (SELECT id, incident, sealed, received_at FROM fix WHERE fix.incident = asked.incident"
        " ORDER BY id DESC LIMIT $2) AS f ORDER BY f.incident, f.id",
        list(incidents),
        each,
    )
