"""The SQL of escorts and of the rota."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ansim.core.database import Transaction, structs
from ansim.response.escorts.model import DutyRow, Engaged, EscortCounts, EscortLine, EscortRow

_FIXED = {
    "id", "client_id", "person", "verdict", "subject_tag", "secret_hash", "track_slot", "case_slot", "secret", "contacts",
    "booked_by", "booked_at", "meet_at", "walk_s", "destroyed_at",
}  # fmt: skip
_CHANGES = [name for name in EscortRow.__struct_fields__ if name not in _FIXED]

_OPEN = "ended_at IS NULL"


async def one_at_a_time(tx: Transaction, *centres: str) -> None:
    """Whoever books or assigns pairs of these centres sees what the one before her has taken."""
    for centre in sorted(set(centres)):
        await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"escorts {centre}")


async def insert(tx: Transaction, escort: EscortRow) -> None:
    await structs.insert(tx, "escort", escort)


async def save(tx: Transaction, escort: EscortRow) -> None:
    """Keep what has changed of an escort that this transaction holds."""
    sets = ", ".join(f"{name} = ${at}" for at, name in enumerate(_CHANGES, start=2))
    await tx.execute(
        f"UPDATE escort SET {sets} WHERE id = $1", escort.id, *(getattr(escort, name) for name in _CHANGES)
    )


async def take(tx: Transaction, id: str, state: str, before: str | None) -> bool:
    """Whether the escort still stands as the dispatcher saw it; of two who assign at once the second finds that it does not."""
    tag = await tx.execute(
        "UPDATE escort SET pairs = pairs + 1 WHERE id = $1 AND state = $2 AND coalesce(incoming, duty) IS NOT DISTINCT FROM $3",
        id, state, before,
    )  # fmt: skip
    return tag.endswith(" 1")


async def by_client_id(tx: Transaction, client_id: str) -> EscortRow | None:
    row = await tx.fetchrow("SELECT * FROM escort WHERE client_id = $1", client_id)
    return None if row is None else EscortRow(**row)


async def get(tx: Transaction, id: str) -> EscortRow | None:
    row = await tx.fetchrow("SELECT * FROM escort WHERE id = $1", id)
    return None if row is None else EscortRow(**row)


async def locked(tx: Transaction, id: str) -> EscortRow | None:
    row = await tx.fetchrow("SELECT * FROM escort WHERE id = $1 FOR UPDATE", id)
    return None if row is None else EscortRow(**row)


async def under_way_of_person(tx: Transaction, person: str) -> list[EscortRow]:
    rows = await tx.fetch(
        f"SELECT * FROM escort WHERE person = $1 AND {_OPEN} AND state IN ('walking', 'asking', 'signalled')"
        " ORDER BY id FOR UPDATE",
        person,
    )
    return [EscortRow(**row) for row in rows]


async def open_of_incident(tx: Transaction, incident: str) -> list[EscortRow]:
    rows = await tx.fetch(f"SELECT * FROM escort WHERE incident = $1 AND {_OPEN} ORDER BY id FOR UPDATE", incident)
    return [EscortRow(**row) for row in rows]


async def case_is_open(tx: Transaction, incident: str) -> bool:
    sql = "SELECT 1 FROM incident WHERE id = $1 AND closed_at IS NULL FOR SHARE"
    return await tx.fetchval(sql, incident) is not None


async def lines(tx: Transaction, centre: str, since: datetime) -> list[EscortLine]:
    """What is open, and what ended since then."""
    rows = await tx.fetch(
        "SELECT e.id, e.state, e.marks, e.booked_at, e.meet_at, e.expected_at, d.area, e.here_at, e.walking_at, e.outcome"
        " FROM escort e LEFT JOIN escort_duty d ON d.id = e.duty WHERE e.centre = $1"
        " AND (e.ended_at IS NULL OR e.ended_at >= $2)"
        " ORDER BY e.ended_at IS NOT NULL, cardinality(e.marks) = 0, e.meet_at, e.id LIMIT 500",
        centre, since,
    )  # fmt: skip
    return [EscortLine(**row) for row in rows]


async def counts(tx: Transaction, centre: str) -> EscortCounts:
    row = await tx.fetchrow(
        "SELECT count(*) FILTER (WHERE state = 'booked') AS booked, count(*) FILTER (WHERE state = 'assigned') AS assigned,"
        " count(*) FILTER (WHERE state IN ('walking', 'asking')) AS walking,"
        f" count(*) FILTER (WHERE cardinality(marks) > 0) AS marked FROM escort WHERE centre = $1 AND {_OPEN}",
        centre,
    )
    return EscortCounts(**(row or {}))


async def engaged(tx: Transaction, centres: Sequence[str], but: str | None = None) -> list[Engaged]:
    """When pairs of these centres are needed, by the escorts that are open; two rows for one that is being handed over, also
    for one of a neighbour's whom a pair from here takes over.
    """
    rows = await tx.fetch(
        f"SELECT * FROM escort WHERE {_OPEN} AND id IS DISTINCT FROM $2 AND (centre = ANY ($1::text[])"
        " OR incoming IN (SELECT id FROM escort_duty WHERE centre = ANY ($1::text[]))) ORDER BY id",
        list(centres), but,
    )  # fmt: skip
    escorts = [EscortRow(**row) for row in rows]
    taken = [one.window for one in escorts]
    return taken + [
        Engaged(duty=one.incoming, from_at=one.meet_at, until_at=one.window.until_at) for one in escorts if one.incoming
    ]


async def insert_duty(tx: Transaction, duty: DutyRow) -> None:
    await structs.insert(tx, "escort_duty", duty)


async def duties(tx: Transaction, centres: Sequence[str], from_at: datetime) -> list[DutyRow]:
    rows = await tx.fetch(
        "SELECT * FROM escort_duty WHERE centre = ANY ($1::text[]) AND ends_at > $2 AND ended_at IS NULL"
        " ORDER BY starts_at, id",
        list(centres), from_at,
    )  # fmt: skip
    return [DutyRow(**row) for row in rows]


async def duty(tx: Transaction, id: str) -> DutyRow | None:
    row = await tx.fetchrow("SELECT * FROM escort_duty WHERE id = $1", id)
    return None if row is None else DutyRow(**row)


async def end_duty(tx: Transaction, id: str) -> bool:
    """False when it has ended, or somebody counts on the pair."""
    tag = await tx.execute(
        "UPDATE escort_duty d SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL AND NOT EXISTS (SELECT FROM escort e"
        " WHERE e.ended_at IS NULL AND d.id IN (e.duty, e.incoming))",
        id, tx.at,
    )  # fmt: skip
    return tag.endswith(" 1")


async def forget_places(tx: Transaction, id: str) -> bool:
    """The track key is dead: nothing may point to its slot."""
    tag = await tx.execute("UPDATE escort SET destroyed_at = $2, track_slot = NULL WHERE id = $1", id, tx.at)
    return tag.endswith(" 1")


async def forget_names(tx: Transaction, id: str) -> bool:
    """Of an escort or of a duty."""
    await tx.execute("UPDATE escort_duty SET case_slot = NULL WHERE id = $1", id)
    tag = await tx.execute("UPDATE escort SET case_slot = NULL, person = NULL WHERE id = $1", id)
    return tag.endswith(" 1")
