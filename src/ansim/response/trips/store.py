"""The SQL of trips."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ansim.core.database import Row, Transaction, structs
from ansim.response.trips.model import TripCounts, TripRow

_CHANGES = {
    "words": "bytea", "receipt": "bytea", "memory": "bytea", "mode": "text", "state": "text", "reason": "text",
    "ready": "bool", "question": "text", "asked_at": "timestamptz", "step_at": "timestamptz",
    "grave_at": "timestamptz", "signalled_at": "timestamptz", "incident": "text", "duress_at": "timestamptz",
    "pretended": "text", "pretended_at": "timestamptz", "battery": "smallint", "heard_at": "timestamptz",
    "located_at": "timestamptz", "near_at": "timestamptz", "promised_at": "timestamptz", "due_at": "timestamptz",
    "outcome": "text", "ended_at": "timestamptz",
}  # fmt: skip
"""What changes in a trip's life, and its type."""

_SAVE = structs.saving("trip", _CHANGES)

_OPEN_CASE = (
    "SELECT id, track_slot FROM incident WHERE id = ANY ($1::text[]) AND closed_at IS NULL ORDER BY id FOR SHARE"
)


async def insert(tx: Transaction, trip: TripRow) -> bool:
    """False when the phone's id is known already."""
    return await structs.insert(tx, "trip", trip, once="client_id")


def save(tx: Transaction, trip: TripRow) -> None:
    """Keep what has changed of a trip that this transaction holds."""
    tx.write(_SAVE, trip.id, *(getattr(trip, name) for name in _CHANGES))


async def by_client_id(tx: Transaction, client_id: str) -> TripRow | None:
    row = await tx.fetchrow("SELECT * FROM trip WHERE client_id = $1", client_id)
    return None if row is None else _trip(row)


async def get(tx: Transaction, id: str) -> TripRow | None:
    row = await tx.fetchrow("SELECT * FROM trip WHERE id = $1", id)
    return None if row is None else _trip(row)


async def locked(tx: Transaction, ids: Sequence[str]) -> dict[str, TripRow]:
    """Held until the commit, in one order so that two who hold several never wait in a circle."""
    rows = await tx.fetch("SELECT * FROM trip WHERE id = ANY ($1::text[]) ORDER BY id FOR UPDATE", sorted(set(ids)))
    return {row["id"]: _trip(row) for row in rows}


async def open_by_person(tx: Transaction, persons: Collection[str]) -> list[TripRow]:
    """Held as by `locked`."""
    if not persons:
        return []
    rows = await tx.fetch(
        "SELECT * FROM trip WHERE person = ANY ($1::text[]) AND ended_at IS NULL ORDER BY id FOR UPDATE", list(persons)
    )
    return [_trip(row) for row in rows]


async def open_of_incident(tx: Transaction, incident: str) -> list[TripRow]:
    rows = await tx.fetch(
        "SELECT * FROM trip WHERE incident = $1 AND ended_at IS NULL ORDER BY id FOR UPDATE", incident
    )
    return [_trip(row) for row in rows]


async def open_of_centre(tx: Transaction, centre: str) -> list[TripRow]:
    rows = await tx.fetch(
        "SELECT * FROM trip WHERE centre = $1 AND ended_at IS NULL ORDER BY ready DESC, started_at, id LIMIT 1000",
        centre,
    )
    return [_trip(row) for row in rows]


async def counts(tx: Transaction, centre: str) -> TripCounts:
    row = await tx.fetchrow(
        "SELECT count(*) AS watched, count(*) FILTER (WHERE state IN ('asking', 'calling')) AS asking,"
        " count(*) FILTER (WHERE ready) AS ready FROM trip WHERE centre = $1 AND ended_at IS NULL"
        " AND state <> 'signalled'",
        centre,
    )
    return TripCounts() if row is None else TripCounts(**row)


async def open_cases(tx: Transaction, incidents: Sequence[str]) -> dict[str, int]:
    """Track slots of those cases that are open; none of them closes before the commit."""
    rows = await tx.fetch(_OPEN_CASE, sorted(set(incidents)))
    return {row["id"]: row["track_slot"] for row in rows if row["track_slot"] is not None}


async def forget_track(tx: Transaction, id: str) -> bool:
    """The track key is dead: nothing may point to its slot."""
    tag = await tx.execute("UPDATE trip SET destroyed_at = $2, track_slot = NULL WHERE id = $1", id, tx.at)
    return tag.endswith(" 1")


async def forget_names(tx: Transaction, id: str) -> bool:
    tag = await tx.execute("UPDATE trip SET case_slot = NULL, person = NULL WHERE id = $1", id)
    return tag.endswith(" 1")


def _trip(row: Row) -> TripRow:
    return TripRow(**row)
