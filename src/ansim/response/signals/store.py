"""The SQL of signals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from ansim.core.database import Row, Transaction


class NewSignal(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    source: str
    client_id: str
    incident: str
    receipt: str
    kind: str
    trigger: str
    silent: bool
    battery: int | None
    located: bool
    occurred_at: datetime
    secret_hash: bytes
    secret: bytes
    contacts: bytes | None


async def known(tx: Transaction, sources: Sequence[str], client_ids: Sequence[str]) -> list[Row]:
    return await tx.look(
        "SELECT s.id, s.source, s.client_id, s.incident, s.receipt, s.secret, s.received_at, i.case_slot, i.centre"
        " FROM unnest($1::text[], $2::text[]) AS asked(source, client_id)"
        " JOIN signal s ON s.source = asked.source AND s.client_id = asked.client_id AND s.went = 0 JOIN incident i ON i.id = "
        "s.incident",
        list(sources), list(client_ids),
    )  # fmt: skip


def insert(tx: Transaction, signal: NewSignal) -> None:
    tx.write(
        "INSERT INTO signal (id, source, client_id, incident, receipt, kind, trigger, silent, battery, located, "
        "occurred_at, secret_hash, secret, contacts, received_at) SELECT * FROM unnest($1::text[], $2::text[],"
        " $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bool[], $9::smallint[], $10::bool[],"
        " $11::timestamptz[], $12::bytea[], $13::bytea[], $14::bytea[], $15::timestamptz[])",
        signal.id, signal.source, signal.client_id, signal.incident, signal.receipt, signal.kind, signal.trigger,
        signal.silent, signal.battery, signal.located, signal.occurred_at, signal.secret_hash, signal.secret,
        signal.contacts, tx.at,
    )  # fmt: skip


async def by_client_id(tx: Transaction, client_id: str, secret_hash: bytes) -> Row | None:
    """A phone's own signal, pressed or raised by its trip: the id alone opens nothing."""
    return await tx.fetchrow(
        "SELECT s.*, i.case_slot, i.track_slot, i.state, i.subject_tag, i.centre, i.closed_at FROM signal s"
        " JOIN incident i ON i.id = s.incident WHERE s.source IN ('app', 'trip') AND s.client_id = $1 AND s.secret_hash = $2",
        client_id, secret_hash,
    )  # fmt: skip


async def latest_contacts(tx: Transaction, incident: str) -> Row | None:
    return await tx.fetchrow(
        "SELECT s.id, s.client_id, s.contacts, i.case_slot FROM signal s JOIN incident i ON i.id = s.incident"
        " WHERE s.incident = $1 AND s.contacts IS NOT NULL ORDER BY s.received_at DESC LIMIT 1",
        incident,
    )


async def receipts(tx: Transaction, incident: str) -> list[Row]:
    return await tx.fetch(
        "SELECT id, client_id, receipt, secret, received_at FROM signal WHERE incident = $1 ORDER BY received_at, id",
        incident,
    )


async def let_go(tx: Transaction, incident: str) -> None:
    """They went to another centre with their case: the same ones may come again, and open another."""
    await tx.execute(
        "UPDATE signal s SET went = 1 + (SELECT max(went) FROM signal o WHERE (o.source, o.client_id) = (s.source, s.client_id))"
        " WHERE incident = $1 AND went = 0",
        incident,
    )


async def mark_cancelled(tx: Transaction, id: str) -> bool:
    tag = await tx.execute("UPDATE signal SET cancelled_at = $2 WHERE id = $1 AND cancelled_at IS NULL", id, tx.at)
    return tag.endswith(" 1")


async def of_incident(tx: Transaction, incident: str) -> list[Row]:
    return await tx.fetch(
        "SELECT id, source, trigger, silent, battery, received_at, cancelled_at FROM signal WHERE incident = $1"
        " ORDER BY received_at",
        incident,
    )
