"""Reads across the stages that no single stage has a use for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ansim.core.database import Transaction
from ansim.response.incidents.model import IncidentRow
from ansim.response.incidents.store import incident_of
from ansim.response.picture.model import TripDone


async def names(tx: Transaction, accounts: Sequence[str]) -> dict[str, str]:
    """How the room calls the holders of these accounts."""
    rows = await tx.fetch("SELECT id, name FROM account WHERE id = ANY ($1::text[])", list(accounts))
    return {row["id"]: row["name"] for row in rows}


async def cancel_requested(tx: Transaction, incidents: Sequence[str]) -> dict[str, datetime]:
    """When she first said that it is over, by incident."""
    rows = await tx.fetch(
        "SELECT incident, min(cancelled_at) AS at FROM signal WHERE incident = ANY ($1::text[])"
        " AND cancelled_at IS NOT NULL GROUP BY incident",
        list(incidents),
    )
    return {row["incident"]: row["at"] for row in rows}


async def with_newest_fix(tx: Transaction, ids: Sequence[str]) -> list[tuple[IncidentRow, bytes | None]]:
    """Incidents, each with her newest fix as it was sealed. One query: the operator's screen waits for it."""
    rows = await tx.fetch(
        "SELECT i.*, newest.sealed AS fix FROM incident i LEFT JOIN LATERAL"
        " (SELECT sealed FROM fix WHERE fix.incident = i.id ORDER BY fix.id DESC LIMIT 1) AS newest ON true"
        " WHERE i.id = ANY ($1::text[])",
        list(ids),
    )
    return [(incident_of(row), row["fix"]) for row in rows]


async def steps(tx: Transaction, trip: str) -> list[TripDone]:
    """What the watch over a trip has done, as the ledger holds it."""
    rows = await tx.fetch(
        "SELECT act, at, details ->> 'why' AS why FROM ledger_entry WHERE incident = $1 AND act = ANY ($2::text[])"
        " ORDER BY at, id",
        trip, [f"trip.{act}" for act in ("asked", "answered", "calmed", "called", "signalled")],
    )  # fmt: skip
    return [TripDone(act=row["act"].removeprefix("trip."), at=row["at"], reason=row["why"]) for row in rows]


async def one_at_a_time(tx: Transaction, name: str) -> None:
    """Wait until no other transaction is inside this; others wait until this one has ended."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", name)
