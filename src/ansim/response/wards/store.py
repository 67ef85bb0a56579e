"""The SQL of wards, of the hours of their tracks, and of searches."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from ansim.core.database import Row, Transaction, structs
from ansim.response.wards.model import HourRow, SearchRow, WardCounts, WardRow

_CHANGES = {
    "official": "text", "words": "bytea", "devices": "smallint", "guardians": "smallint", "own_page": "boolean",
    "places": "bytea", "memory": "bytea", "zones": "smallint", "until_at": "timestamptz",
    "silent_after_s": "int", "check_at": "text", "check_grace_s": "int", "ask_at": "timestamptz",
    "asked_at": "timestamptz", "checked_at": "timestamptz", "heard_at": "timestamptz", "alarm": "text",
    "alarm_at": "timestamptz", "told": "smallint", "step_at": "timestamptz", "answered_by": "text",
    "answered_at": "timestamptz", "muted_until_at": "timestamptz", "signalled_at": "timestamptz", "incident": "text",
    "due_at": "timestamptz", "outcome": "text", "ended_at": "timestamptz",
}  # fmt: skip
"""What changes while a ward is watched, and its type."""

_SAVE = structs.saving("ward", _CHANGES)

_LINES = (
    "SELECT w.*, a.name AS official_name, a.disabled_at IS NOT NULL AS unassigned, s.state AS search FROM ward w LEFT JOIN account a ON a.id = w.official"
    " LEFT JOIN LATERAL (SELECT state FROM ward_search WHERE ward = w.id AND (state = 'asked' OR until_at > $1)"
    " ORDER BY asked_at DESC LIMIT 1) s ON true"
)


async def insert(tx: Transaction, ward: WardRow) -> bool:
    """False when the console's id is known already."""
    return await structs.insert(tx, "ward", ward, once="client_id")


def save(tx: Transaction, ward: WardRow) -> None:
    """Keep what has changed of a ward that this transaction holds."""
    tx.write(_SAVE, ward.id, *(getattr(ward, name) for name in _CHANGES))


async def by_client_id(tx: Transaction, client_id: str) -> WardRow | None:
    return _ward(await tx.fetchrow("SELECT * FROM ward WHERE client_id = $1", client_id))


async def get(tx: Transaction, id: str) -> WardRow | None:
    return _ward(await tx.fetchrow("SELECT * FROM ward WHERE id = $1", id))


async def locked(tx: Transaction, id: str) -> WardRow | None:
    return _ward(await tx.fetchrow("SELECT * FROM ward WHERE id = $1 FOR UPDATE", id))


async def open_by_person(tx: Transaction, persons: Collection[str]) -> list[WardRow]:
    """Held until the commit, in one order so that two who hold several never wait in a circle."""
    if not persons:
        return []
    rows = await tx.fetch(
        "SELECT * FROM ward WHERE person = ANY ($1::text[]) AND ended_at IS NULL ORDER BY id FOR UPDATE", list(persons)
    )
    return [WardRow(**row) for row in rows]


async def open_of_official(tx: Transaction, account: str) -> list[WardRow]:
    rows = await tx.fetch("SELECT * FROM ward WHERE official = $1 AND ended_at IS NULL ORDER BY id FOR UPDATE", account)
    return [WardRow(**row) for row in rows]


async def of_incident(tx: Transaction, incident: str) -> list[WardRow]:
    rows = await tx.fetch("SELECT * FROM ward WHERE incident = $1 ORDER BY id FOR UPDATE", incident)
    return [WardRow(**row) for row in rows]


async def case_is_open(tx: Transaction, incident: str) -> bool:
    sql = "SELECT 1 FROM incident WHERE id = $1 AND closed_at IS NULL FOR SHARE"
    return await tx.fetchval(sql, incident) is not None


async def listed(tx: Transaction, centre: str, since: datetime) -> list[Row]:
    """Those under watch and those that ended since then, with the official's name and the state of a search."""
    return await tx.fetch(
        f"{_LINES} WHERE w.centre = $2 AND (w.ended_at IS NULL OR w.ended_at >= $3)"
        " ORDER BY w.ended_at IS NOT NULL, w.alarm IS NULL, w.answered_at IS NOT NULL, w.alarm_at, w.enrolled_at, w.id LIMIT 1000",
        tx.at, centre, since,
    )  # fmt: skip


async def beside(tx: Transaction, ward: WardRow) -> Row:
    """What stands beside her in a list: the official's name, and the state of a search."""
    row = await tx.fetchrow(
        "SELECT (SELECT name FROM account WHERE id = $2) AS official_name, EXISTS (SELECT FROM account WHERE id = $2"
        " AND disabled_at IS NOT NULL) AS unassigned, (SELECT state FROM ward_search WHERE ward = $1"
        " AND (state = 'asked' OR until_at > $3) ORDER BY asked_at DESC LIMIT 1) AS search",
        ward.id, ward.official, tx.at,
    )  # fmt: skip
    assert row is not None
    return row


async def counts(tx: Transaction, centre: str) -> WardCounts:
    row = await tx.fetchrow(
        "SELECT count(*) AS watched, count(*) FILTER (WHERE alarm IS NOT NULL AND answered_at IS NULL AND signalled_at IS NULL) AS alarms,"
        " (SELECT count(*) FROM ward_search WHERE centre = $1 AND state = 'asked') AS searches,"
        " count(*) FILTER (WHERE official IN (SELECT id FROM account WHERE disabled_at IS NOT NULL)) AS unassigned"
        " FROM ward WHERE centre = $1 AND ended_at IS NULL",
        centre,
    )
    return WardCounts() if row is None else WardCounts(**row)


async def can_answer(tx: Transaction, account: str, centre: str) -> bool:
    """Whether somebody with this account may be the official of a ward of this centre."""
    found = await tx.fetchval(
        "SELECT 1 FROM account WHERE id = $1 AND centre = $2 AND role IN ('operator', 'supervisor') AND disabled_at IS NULL",
        account, centre,
    )  # fmt: skip
    return found is not None


async def hours(tx: Transaction, ward: str) -> list[HourRow]:
    """The oldest first."""
    rows = await tx.fetch("SELECT * FROM ward_hour WHERE ward = $1 ORDER BY began_at", ward)
    return [HourRow(**row) for row in rows]


async def hours_at(tx: Transaction, wards: Sequence[str], began_at: datetime) -> dict[str, HourRow]:
    rows = await tx.fetch(
        "SELECT * FROM ward_hour WHERE ward = ANY ($1::text[]) AND began_at = $2", list(wards), began_at
    )
    return {row["ward"]: HourRow(**row) for row in rows}


async def insert_hour(tx: Transaction, hour: HourRow) -> None:
    """Of a ward that this transaction holds."""
    await tx.execute(
        "INSERT INTO ward_hour (id, ward, began_at, track_slot) VALUES ($1, $2, $3, $4)",
        hour.id, hour.ward, hour.began_at, hour.track_slot,
    )  # fmt: skip


async def forget_hour(tx: Transaction, id: str) -> bool:
    """The hour's key is dead: nothing may point to its slot."""
    return (await tx.execute("DELETE FROM ward_hour WHERE id = $1", id)).endswith(" 1")


async def forget_track(tx: Transaction, id: str) -> bool:
    tag = await tx.execute("UPDATE ward SET destroyed_at = $2, track_slot = NULL WHERE id = $1", id, tx.at)
    return tag.endswith(" 1")


async def forget_names(tx: Transaction, id: str) -> bool:
    await tx.execute("UPDATE ward_search SET said = NULL WHERE ward = $1", id)
    tag = await tx.execute("UPDATE ward SET case_slot = NULL, person = NULL WHERE id = $1", id)
    return tag.endswith(" 1")


async def insert_search(tx: Transaction, search: SearchRow) -> bool:
    """False when somebody has asked already."""
    tag = await tx.execute(
        "INSERT INTO ward_search (id, ward, centre, said, asked_by, asked_at, state) VALUES ($1, $2, $3, $4, $5, $6, $7)"
        " ON CONFLICT (ward) WHERE state = 'asked' DO NOTHING",
        search.id, search.ward, search.centre, search.said, search.asked_by, search.asked_at, search.state,
    )  # fmt: skip
    return tag.endswith(" 1")


async def approve(
    tx: Transaction, id: str, centre: str, by: str, until_at: datetime, asked_since: datetime
) -> SearchRow | None:
    """None unless it waits, and waits for somebody else: whoever asked never decides."""
    row = await tx.fetchrow(
        "UPDATE ward_search SET state = 'approved', decided_by = $3, decided_at = $4, until_at = $5 WHERE id = $1 AND centre = $2"
        " AND state = 'asked' AND asked_by <> $3 AND asked_at > $6 RETURNING *",
        id, centre, by, tx.at, until_at, asked_since,
    )  # fmt: skip
    return None if row is None else SearchRow(**row)


async def settle_search(tx: Transaction, id: str, state: str, by: str | None) -> SearchRow | None:
    """None when it does not wait any more."""
    row = await tx.fetchrow(
        "UPDATE ward_search SET state = $2, decided_by = $3, decided_at = $4 WHERE id = $1 AND state = 'asked' RETURNING *",
        id, state, by, tx.at,
    )  # fmt: skip
    return None if row is None else SearchRow(**row)


async def search(tx: Transaction, id: str) -> SearchRow | None:
    row = await tx.fetchrow("SELECT * FROM ward_search WHERE id = $1", id)
    return None if row is None else SearchRow(**row)


_SEARCHES = (
    "SELECT s.*, a.name AS asked_by_name, w.kind, w.case_slot, w.subject_tag FROM ward_search s"
    " JOIN ward w ON w.id = s.ward LEFT JOIN account a ON a.id = s.asked_by"
)


async def searches(tx: Transaction, centre: str) -> list[Row]:
    """Those that wait, and approved ones that are not over; with the name of whoever asked, and the ward's kind and key."""
    return await tx.fetch(
        f"{_SEARCHES} WHERE s.centre = $1 AND (s.state = 'asked' OR s.until_at > $2) ORDER BY s.asked_at, s.id",
        centre, tx.at,
    )  # fmt: skip


async def search_line(tx: Transaction, id: str) -> Row | None:
    """As `searches`, whatever its state."""
    return await tx.fetchrow(f"{_SEARCHES} WHERE s.id = $1", id)


async def waiting(tx: Transaction, ward: str) -> str | None:
    """The search of this ward that waits."""
    found: str | None = await tx.fetchval("SELECT id FROM ward_search WHERE ward = $1 AND state = 'asked'", ward)
    return found


async def set_case(tx: Transaction, search: str, incident: str) -> None:
    await tx.execute("UPDATE ward_search SET incident = $2 WHERE id = $1", search, incident)


async def searched_until(tx: Transaction, incident: str) -> datetime | None:
    """Until when recordings along the way may be opened for this case; None when no search stands behind it."""
    found: datetime | None = await tx.fetchval(
        "SELECT max(until_at) FROM ward_search WHERE incident = $1 AND state = 'approved'", incident
    )
    return found


def _ward(row: Row | None) -> WardRow | None:
    return None if row is None else WardRow(**row)
