"""The SQL of destructions, and of what they delete in the tables of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from ansim.core.database import Row, Transaction
from ansim.trust.retention.holdings import Holding

_COLUMNS = (
    "id, subject, scope, incident, subject_tag, actor, why, slots, due_at, ordered_at, ordered, keys_at,"
    " rows::text AS rows, erased_at, erased, certificate, certified_at"
)


class Destruction(msgspec.Struct, frozen=True, kw_only=True):
    """How far a destruction has come; every step that is done has its instant."""

    id: str
    subject: str
    scope: str
    incident: str | None
    subject_tag: str | None
    actor: str
    why: str
    slots: list[int]
    due_at: datetime
    ordered_at: datetime | None
    ordered: list[str]
    keys_at: datetime | None
    rows: dict[str, int] | None
    erased_at: datetime | None
    erased: str | None
    certificate: str | None
    certified_at: datetime | None


def _destruction(row: Row) -> Destruction:
    values = dict(row)
    values["rows"] = None if values["rows"] is None else msgspec.json.decode(values["rows"])
    return Destruction(**values)


async def add(
    tx: Transaction,
    *,
    id: str,
    subject: str,
    scope: str,
    incident: str | None,
    subject_tag: str | None,
    actor: str,
    why: str,
    slots: Sequence[int],
    due_at: datetime,
) -> bool:
    """False when there is one already for this subject and scope."""
    tag = await tx.execute(
        "INSERT INTO destruction (id, subject, scope, incident, subject_tag, actor, why, slots, due_at)"
        " VALUES ($1::text, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text, $8::bigint[], $9::timestamptz)"
        " ON CONFLICT (subject, scope) DO NOTHING",
        id,
        subject,
        scope,
        incident,
        subject_tag,
        actor,
        why,
        list(slots),
        due_at,
    )
    return tag.endswith(" 1")


async def move(tx: Transaction, id: str, due_at: datetime) -> bool:
    """False when it was ordered already: nothing stops it then."""
    tag = await tx.execute(
        "UPDATE destruction SET due_at = $2::timestamptz WHERE id = $1::text AND ordered_at IS NULL",
        id,
        due_at,
    )
    return tag.endswith(" 1")


async def by_id(tx: Transaction, id: str, *, lock: bool = False) -> Destruction | None:
    row = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM destruction WHERE id = $1::text{' FOR UPDATE' if lock else ''}", id
    )
    return None if row is None else _destruction(row)


async def find(tx: Transaction, subject: str, scope: str) -> Destruction | None:
    row = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM destruction WHERE subject = $1::text AND scope = $2::text", subject, scope
    )
    return None if row is None else _destruction(row)


async def of_subject(tx: Transaction, subject: str) -> list[Destruction]:
    rows = await tx.fetch(
        f"SELECT {_COLUMNS} FROM destruction WHERE subject = $1::text OR incident = $1 ORDER BY due_at, id",
        subject,
    )
    return [_destruction(row) for row in rows]


async def unfinished(tx: Transaction, limit: int = 100) -> list[str]:
    """Ordered, not certified: the work of the eraser."""
    rows = await tx.fetch(
        "SELECT id FROM destruction WHERE certified_at IS NULL AND ordered_at IS NOT NULL"
        " ORDER BY due_at, id LIMIT $1::int",
        limit,
    )
    return [row["id"] for row in rows]


async def late(tx: Transaction, before: datetime) -> list[Destruction]:
    rows = await tx.fetch(
        f"SELECT {_COLUMNS} FROM destruction WHERE certified_at IS NULL AND due_at < $1::timestamptz"
        " ORDER BY due_at, id",
        before,
    )
    return [_destruction(row) for row in rows]


async def set_ordered(tx: Transaction, id: str, entries: Sequence[str]) -> None:
    await tx.execute(
        "UPDATE destruction SET ordered_at = $2::timestamptz, ordered = $3::text[] WHERE id = $1::text",
        id,
        tx.at,
        list(entries),
    )


async def set_keys_gone(tx: Transaction, id: str) -> None:
    await tx.execute("UPDATE destruction SET keys_at = $2::timestamptz WHERE id = $1::text", id, tx.at)


async def set_erased(tx: Transaction, id: str, rows: Mapping[str, int], entry: str) -> None:
    await tx.execute(
        "UPDATE destruction SET rows = ($2::text)::jsonb, erased_at = $3::timestamptz, erased = $4::text"
        " WHERE id = $1::text",
        id,
        msgspec.json.encode(rows).decode(),
        tx.at,
        entry,
    )


async def set_certified(tx: Transaction, id: str, certificate: str) -> bool:
    """False when it was certified already."""
    tag = await tx.execute(
        "UPDATE destruction SET certificate = $2::text, certified_at = $3::timestamptz"
        " WHERE id = $1::text AND certified_at IS NULL",
        id,
        certificate,
        tx.at,
    )
    return tag.endswith(" 1")


async def destroy_rows(tx: Transaction, holding: Holding, subject: str) -> int:
    """Delete or blank the subject's rows; how many. The names come from a checked `Holding`, never from a request."""
    if holding.destroyed_by == "delete":
        tag = await tx.execute(f"DELETE FROM {holding.table} WHERE {holding.by} = $1::text", subject)
    else:
        blank = ", ".join(f"{column} = NULL" for column in holding.columns)
        tag = await tx.execute(f"UPDATE {holding.table} SET {blank} WHERE {holding.by} = $1::text", subject)
    return int(tag.rpartition(" ")[2])


async def used_slots(tx: Transaction) -> set[int]:
    """Every slot that a row refers to: the columns named `slot` or `…_slot`, in whatever table."""
    columns = await tx.fetch(
        "SELECT c.table_name AS name, c.column_name AS slot FROM information_schema.columns c"
        " JOIN information_schema.tables t USING (table_schema, table_name)"
        " WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE'"
        " AND c.data_type IN ('integer', 'bigint') AND (c.column_name = 'slot' OR c.column_name LIKE '%\\_slot')"
        " ORDER BY 1, 2"
    )
    used: set[int] = set()
    for column in columns:
        name, slot = column["name"], column["slot"]
        rows = await tx.fetch(f'SELECT "{slot}" AS slot FROM "{name}" WHERE "{slot}" IS NOT NULL')
        used |= {row["slot"] for row in rows}
    return used


async def slots_of_undone(tx: Transaction) -> set[int]:
    """Slots named by destructions whose keys are not overwritten yet."""
    rows = await tx.fetch("SELECT unnest(slots) AS slot FROM destruction WHERE keys_at IS NULL")
    return {row["slot"] for row in rows}


async def slots_of_done(tx: Transaction) -> set[int]:
    rows = await tx.fetch("SELECT unnest(slots) AS slot FROM destruction WHERE keys_at IS NOT NULL")
    return {row["slot"] for row in rows}
