"""The SQL of dispatches."""

from __future__ import annotations

from typing import Any

import msgspec

from ansim.core.database import Transaction
from ansim.response.dispatch.model import TRANSITIONS, Dispatch


async def insert(tx: Transaction, id: str, incident: str, agency: str, actor: str) -> bool:
    """False while a request to this agency is still open: no case is dispatched twice."""
    tag = await tx.execute(
        "INSERT INTO dispatch (id, incident, agency, state, requested_by, requested_at, changed_at)"
        " VALUES ($1, $2, $3, 'requested', $4, $5, $5) ON CONFLICT DO NOTHING",
        id, incident, agency, actor, tx.at,
    )  # fmt: skip
    return tag.endswith(" 1")


async def get(tx: Transaction, id: str) -> Dispatch | None:
    row = await tx.fetchrow("SELECT * FROM dispatch WHERE id = $1", id)
    return None if row is None else msgspec.convert(dict(row), Dispatch)


async def of_incident(tx: Transaction, incident: str) -> list[Dispatch]:
    rows = await tx.fetch("SELECT * FROM dispatch WHERE incident = $1 ORDER BY requested_at, id", incident)
    return [msgspec.convert(dict(row), Dispatch) for row in rows]


async def unanswered(tx: Transaction, incident: str, agency: str) -> str | None:
    id: str | None = await tx.fetchval(
        "SELECT id FROM dispatch WHERE incident = $1 AND agency = $2 AND state = 'no_answer'", incident, agency
    )
    return id


async def move(tx: Transaction, id: str, to: str, **changes: Any) -> bool:
    names = list(changes)
    assignments = "".join(f", {name} = ${at}" for at, name in enumerate(names, start=5))
    tag = await tx.execute(
        f"UPDATE dispatch SET state = $2, changed_at = $4{assignments} WHERE id = $1 AND state = ANY ($3::text[])",
        id, to, list(TRANSITIONS[to]), tx.at, *changes.values(),
    )  # fmt: skip
    return tag.endswith(" 1")


async def set_reference(tx: Transaction, id: str, reference: str) -> None:
    await tx.execute("UPDATE dispatch SET reference = $2 WHERE id = $1", id, reference)


async def set_phone(tx: Transaction, id: str, number: str) -> None:
    await tx.execute("UPDATE dispatch SET phone_number = $2, changed_at = $3 WHERE id = $1", id, number, tx.at)


async def set_handing(tx: Transaction, id: str, grant: str) -> None:
    await tx.execute("UPDATE dispatch SET handing = $2 WHERE id = $1", id, grant)


async def set_handed(tx: Transaction, id: str, grant: str) -> None:
    await tx.execute("UPDATE dispatch SET handing = NULL WHERE id = $1 AND handing = $2", id, grant)
