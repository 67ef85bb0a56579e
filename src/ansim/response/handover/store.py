"""The SQL of hand-overs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from ansim.core.database import Row, Transaction
from ansim.response.handover.model import HandoverRow, State, Why


def offer(tx: Transaction, id: str, incident: str, centre: str, why: Why) -> None:
    tx.write(
        "INSERT INTO handover (id, incident, way, centre, why, state, offered_at)"
        " SELECT id, incident, 'out', centre, why, 'offered', at"
        " FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[]) AS new(id, incident, centre, why, at)",
        id, incident, centre, why, tx.at,
    )  # fmt: skip


async def begin(tx: Transaction, id: str, incident: str, centre: str, why: Why) -> bool:
    """One that comes from a centre. False when it has begun already."""
    tag = await tx.execute(
        "INSERT INTO handover (id, incident, way, centre, why, state, offered_at) VALUES ($1, $2, 'in', $3, $4, 'offered', $5)"
        " ON CONFLICT DO NOTHING",
        id, incident, centre, why, tx.at,
    )  # fmt: skip
    return tag.endswith(" 1")


async def begun(tx: Transaction, id: str) -> bool:
    return bool(await tx.fetchval("SELECT 1 FROM handover WHERE id = $1", id))


async def locked(tx: Transaction, id: str) -> HandoverRow | None:
    """The case before its hand-over, as everybody has them who begins with the case: else two could wait for each other."""
    await tx.execute("SELECT FROM incident WHERE id = (SELECT incident FROM handover WHERE id = $1) FOR UPDATE", id)
    return _row(await tx.fetchrow("SELECT * FROM handover WHERE id = $1 FOR UPDATE", id))


async def open_of(tx: Transaction, incident: str, way: str) -> HandoverRow | None:
    """The one that waits for an answer."""
    return _row(
        await tx.fetchrow(
            "SELECT * FROM handover WHERE incident = $1 AND way = $2 AND state = 'offered' ORDER BY offered_at DESC LIMIT 1"
            " FOR UPDATE",
            incident,
            way,
        )
    )


async def centres_of(tx: Transaction, incident: str) -> set[str]:
    """Every centre that was asked to take it, or gave it."""
    rows = await tx.fetch("SELECT DISTINCT centre FROM handover WHERE incident = $1", incident)
    return {row["centre"] for row in rows}


async def offers_of(tx: Transaction, incident: str, why: Why) -> int:
    """How often it was offered for that reason."""
    count: int = await tx.fetchval(
        "SELECT count(*) FROM handover WHERE incident = $1 AND way = 'out' AND why = $2", incident, why
    )
    return count


async def asked(tx: Transaction, incidents: Sequence[str]) -> dict[tuple[str, str], HandoverRow]:
    """Those that wait for a person's answer, by incident and way."""
    rows = await tx.fetch(
        "SELECT DISTINCT ON (incident, way) * FROM handover WHERE incident = ANY ($1::text[]) AND state = 'offered'"
        " AND why IN ('moved', 'unclaimed') ORDER BY incident, way, offered_at DESC",
        list(incidents),
    )
    return {(row["incident"], row["way"]): msgspec.convert(dict(row), HandoverRow) for row in rows}


async def asked_out(tx: Transaction, incident: str) -> set[str]:
    """The centres that are asked to take it just now."""
    rows = await tx.fetch(
        "SELECT centre FROM handover WHERE incident = $1 AND way = 'out' AND state = 'offered'", incident
    )
    return {row["centre"] for row in rows}


async def accepted_of(tx: Transaction, incident: str) -> HandoverRow | None:
    """How the case went to another centre, if it did."""
    return _row(
        await tx.fetchrow(
            "SELECT * FROM handover WHERE incident = $1 AND way = 'out' AND state = 'accepted'"
            " ORDER BY answered_at DESC LIMIT 1",
            incident,
        )
    )


async def taken(tx: Transaction, incident: str) -> HandoverRow | None:
    """How the case came here from another centre, if it did."""
    return _row(
        await tx.fetchrow(
            "SELECT * FROM handover WHERE incident = $1 AND way = 'in' AND state = 'accepted' ORDER BY answered_at LIMIT 1",
            incident,
        )
    )


async def latest_of(tx: Transaction, incident: str) -> HandoverRow | None:
    return _row(
        await tx.fetchrow(
            "SELECT * FROM handover WHERE incident = $1 ORDER BY offered_at DESC, id DESC LIMIT 1", incident
        )
    )


async def answer(tx: Transaction, id: str, state: State, sealed: bytes | None = None) -> bool:
    """False when it had its end already. An acceptance that comes late still counts: there, somebody has it."""
    tag = await tx.execute(
        "UPDATE handover SET state = $2, answered_at = $3, sealed = $4 WHERE id = $1"
        " AND (state = 'offered' OR ($2 = 'accepted' AND state = 'lapsed'))",
        id, state, tx.at, sealed,
    )  # fmt: skip
    return tag.endswith(" 1")


async def signals_of(tx: Transaction, incident: str) -> list[Row]:
    return await tx.fetch(
        "SELECT id, source, client_id, trigger, silent, battery, occurred_at, cancelled_at FROM signal WHERE incident = $1"
        " ORDER BY received_at, id",
        incident,
    )


async def said_of(tx: Transaction, incident: str, since: datetime | None) -> list[Row]:
    """What she and the operator said, the oldest first; `since` then only."""
    await tx.settle()
    return await tx.fetch(
        "SELECT id, at, sender, sealed FROM message WHERE incident = $1 AND ($2::timestamptz IS NULL OR at >= $2) ORDER BY at, id",
        incident, since,
    )  # fmt: skip


async def done_of(tx: Transaction, incident: str, since: datetime | None) -> list[Row]:
    await tx.settle()
    return await tx.fetch(
        "SELECT id, at, act, actor, sealed FROM timeline WHERE incident = $1 AND ($2::timestamptz IS NULL OR at >= $2)"
        " ORDER BY at, id",
        incident, since,
    )  # fmt: skip


async def add_said(tx: Transaction, id: str, incident: str, at: datetime, sender: str, sealed: bytes) -> None:
    await tx.execute(
        "INSERT INTO message (id, incident, at, sender, sealed) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        id, incident, at, sender, sealed,
    )  # fmt: skip


async def add_done(
    tx: Transaction, id: str, incident: str, at: datetime, act: str, actor: str, sealed: bytes | None
) -> None:
    await tx.execute(
        "INSERT INTO timeline (id, incident, at, act, actor, sealed) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        id, incident, at, act, actor, sealed,
    )  # fmt: skip


async def keep_part(tx: Transaction, sender: str, letter: str, n: int, id: str, sealed: bytes) -> None:
    # two that come at the same moment would each not see the other
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", letter)
    await tx.execute(
        "INSERT INTO letter_part (sender, letter, n, id, sealed, came_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        sender, letter, n, id, sealed, tx.at,
    )  # fmt: skip


async def parts_of(tx: Transaction, sender: str, letter: str) -> list[Row]:
    """In their order."""
    return await tx.fetch(
        "SELECT id, sealed FROM letter_part WHERE sender = $1 AND letter = $2 ORDER BY n", sender, letter
    )


async def forget_parts(tx: Transaction, letter: str) -> None:
    await tx.execute("DELETE FROM letter_part WHERE letter = $1", letter)


async def known_here(tx: Transaction, client_ids: Sequence[str]) -> str | None:
    """The case that one of these signals of phones opened here, if one did."""
    found: str | None = await tx.fetchval(
        "SELECT incident FROM signal WHERE client_id = ANY ($1::text[]) AND went = 0 ORDER BY received_at LIMIT 1",
        list(client_ids),
    )
    return found


async def cancel(tx: Transaction, client_ids: Sequence[str]) -> None:
    """They were taken back where they came from: her phone shows the same here."""
    await tx.execute(
        "UPDATE signal SET cancelled_at = $2 WHERE client_id = ANY ($1::text[]) AND went = 0 AND cancelled_at IS NULL",
        list(client_ids),
        tx.at,
    )


def _row(row: Row | None) -> HandoverRow | None:
    return None if row is None else msgspec.convert(dict(row), HandoverRow)
