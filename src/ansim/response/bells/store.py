"""The SQL of talks, and of the case that a bell has opened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ansim.core.database import Transaction
from ansim.response.bells.model import TalkRow
from ansim.response.incidents.model import IncidentRow
from ansim.response.incidents.store import incident_of


async def newest_case(tx: Transaction, caller: str, since: datetime) -> IncidentRow | None:
    """The open case of this caller, or the last one that was closed since then."""
    row = await tx.fetchrow(
        "SELECT * FROM incident WHERE person = $1 AND (closed_at IS NULL OR closed_at >= $2)"
        " ORDER BY closed_at DESC NULLS FIRST, received_at DESC LIMIT 1",
        caller, since,
    )  # fmt: skip
    return None if row is None else incident_of(row)


async def begin(tx: Transaction, *, id: str, bell: str, incident: str, grant: str, account: str) -> bool:
    """False when somebody speaks through this bell already."""
    tag = await tx.execute(
        "INSERT INTO bell_talk (id, bell, incident, grant_id, account, began_at) VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT (bell) WHERE ended_at IS NULL DO NOTHING",
        id, bell, incident, grant, account, tx.at,
    )  # fmt: skip
    return tag.endswith(" 1")


async def connect(tx: Transaction, id: str) -> TalkRow | None:
    row = await tx.fetchrow(
        "UPDATE bell_talk SET connected_at = $2 WHERE id = $1 AND connected_at IS NULL AND ended_at IS NULL RETURNING *",
        id, tx.at,
    )  # fmt: skip
    return None if row is None else TalkRow(**row)


async def end(tx: Transaction, id: str, why: str) -> TalkRow | None:
    """None when it had ended before."""
    row = await tx.fetchrow(
        "UPDATE bell_talk SET ended_at = $2, ended_why = $3 WHERE id = $1 AND ended_at IS NULL RETURNING *",
        id, tx.at, why,
    )  # fmt: skip
    return None if row is None else TalkRow(**row)


async def open_talks(tx: Transaction) -> Sequence[TalkRow]:
    return [TalkRow(**row) for row in await tx.fetch("SELECT * FROM bell_talk WHERE ended_at IS NULL ORDER BY id")]


async def open_under(tx: Transaction, grant: str) -> Sequence[TalkRow]:
    rows = await tx.fetch("SELECT * FROM bell_talk WHERE ended_at IS NULL AND grant_id = $1", grant)
    return [TalkRow(**row) for row in rows]


async def open_of(tx: Transaction, incident: str) -> TalkRow | None:
    row = await tx.fetchrow("SELECT * FROM bell_talk WHERE ended_at IS NULL AND incident = $1", incident)
    return None if row is None else TalkRow(**row)
