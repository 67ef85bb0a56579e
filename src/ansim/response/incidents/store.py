"""The SQL of incidents. Every change of state is a conditional update that says who won."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from ansim.core.database import Row, Transaction
from ansim.response.incidents.model import TRANSITIONS, IncidentRow, number_prefix
from ansim.trust.access.model import SESSION_IDLE_S

_VISIBLE = "(centre = $1 OR $1 = ANY (escalated_to))"


def incident_of(row: Row) -> IncidentRow:
    return msgspec.convert(dict(row), IncidentRow)


async def open_by_person(tx: Transaction, persons: Sequence[str]) -> dict[str, Row]:
    """The open incident of each person, locked: it cannot be closed under a signal that joins it."""
    if not persons:
        return {}
    rows = await tx.fetch(
        "SELECT id, person, centre, track_slot, case_slot FROM incident WHERE person = ANY ($1::text[]) AND "
        "closed_at IS NULL"
        " FOR UPDATE",
        list(persons),
    )
    return {row["person"]: row for row in rows}


class NewIncident(msgspec.Struct, kw_only=True):
    """What opens with a group of signals; those of the same group that join it are counted before it is stored."""

    id: str
    centre: str
    municipality: str | None
    route: str
    kind: str
    trigger: str
    silent: bool
    priority: int
    marks: list[str]
    person: str | None
    verdict: str
    subject_tag: str
    track_slot: int
    case_slot: int
    signals: int = 1

    def repeat(self, priority: int) -> None:
        self.signals += 1
        self.priority = min(self.priority, priority)
        if "repeated" not in self.marks:
            self.marks.append("repeated")


def insert(tx: Transaction, one: NewIncident) -> None:
    tx.write(
        "INSERT INTO incident (id, number, centre, municipality, route, kind, trigger, silent, priority, state, marks,"
        " person, verdict, subject_tag, track_slot, case_slot, signals, received_at, unclaimed_since)"
        # lpad cuts what is longer: the ten thousandth case would have had the number of the thousandth.
        " SELECT id, prefix || '-' || to_char(at AT TIME ZONE 'Asia/Seoul', 'MMDD') || '-' || lpad(counted, greatest(4, length(counted)), '0'), centre, municipality, route, kind,"
        " trigger, silent, priority, 'received', coalesce(string_to_array(nullif(marks, ''), ','), '{}'), person, verdict,"
        " subject_tag, track_slot, case_slot, signals, at, at"
        " FROM (SELECT *, nextval('incident_number')::text AS counted FROM unnest($1::text[], $2::text[], $3::text[],"
        " $4::text[], $5::text[], $6::text[], $7::text[], $8::bool[], $9::text[], $10::text[], $11::text[],"
        " $12::text[], $13::bigint[], $14::bigint[], $15::int[], $16::timestamptz[], $17::smallint[]) AS new(id, prefix,"
        " centre, municipality, route, kind, trigger, silent, marks, person, verdict, subject_tag, track_slot, case_slot,"
        " signals, at, priority)) AS counting",
        one.id, number_prefix(one.centre), one.centre, one.municipality, one.route, one.kind, one.trigger,
        one.silent, ",".join(one.marks), one.person, one.verdict, one.subject_tag, one.track_slot, one.case_slot,
        one.signals, tx.at, one.priority,
    )  # fmt: skip


def add_signal(tx: Transaction, incident: str, priority: int) -> None:
    """One more signal of an incident that is stored already; it presses as the most urgent of them does."""
    tx.write(
        "UPDATE incident SET signals = signals + more.n, marks = CASE WHEN 'repeated' = ANY (marks) THEN marks"
        " ELSE marks || ARRAY['repeated'] END, priority = least(incident.priority, more.priority)"
        " FROM (SELECT id, count(*) AS n, min(priority) AS priority FROM unnest($1::text[], $2::smallint[])"
        " AS new(id, priority) GROUP BY id) AS more WHERE incident.id = more.id",
        incident, priority,
    )  # fmt: skip


async def get(tx: Transaction, id: str) -> IncidentRow | None:
    row = await tx.fetchrow("SELECT * FROM incident WHERE id = $1", id)
    return None if row is None else incident_of(row)


async def reread(tx: Transaction, id: str) -> IncidentRow:
    """One that is known to exist, as it is now."""
    incident = await get(tx, id)
    assert incident is not None
    return incident


async def locked(tx: Transaction, id: str) -> IncidentRow | None:
    row = await tx.fetchrow("SELECT * FROM incident WHERE id = $1 FOR UPDATE", id)
    return None if row is None else incident_of(row)


async def seen_by(tx: Transaction, centre: str, id: str) -> IncidentRow | None:
    """The incident, if this centre may see it."""
    row = await tx.fetchrow(f"SELECT * FROM incident WHERE {_VISIBLE} AND id = $2", centre, id)
    return None if row is None else incident_of(row)


async def open_of(tx: Transaction, centre: str) -> list[IncidentRow]:
    """What is open, and what closed within the last ten seconds, so that it can leave the list gently."""
    rows = await tx.fetch(
        f"SELECT * FROM incident WHERE {_VISIBLE} AND (closed_at IS NULL OR closed_at > $2::timestamptz - interval "
        f"'10 s')"
        " ORDER BY received_at",
        centre,
        tx.at,
    )
    return [incident_of(row) for row in rows]


async def closed_of(tx: Transaction, centre: str, limit: int) -> list[IncidentRow]:
    rows = await tx.fetch(
        f"SELECT * FROM incident WHERE {_VISIBLE} AND closed_at IS NOT NULL ORDER BY closed_at DESC LIMIT $2",
        centre,
        limit,
    )
    return [incident_of(row) for row in rows]


async def move(tx: Transaction, id: str, to: str, **changes: Any) -> bool:
    """Change the state if the table of transitions allows it from where it is. False: somebody was faster."""
    names = list(changes)
    assignments = "".join(f", {name} = ${at}" for at, name in enumerate(names, start=4))
    tag = await tx.execute(
        f"UPDATE incident SET state = $2{assignments} WHERE id = $1 AND state = ANY ($3::text[])",
        id, to, list(TRANSITIONS[to]), *changes.values(),
    )  # fmt: skip
    return tag.endswith(" 1")


async def set_owner(tx: Transaction, id: str, owner: str) -> bool:
    """Claim: exactly one of those who press at once gets it."""
    return await move(tx, id, "claimed", owner=owner, claimed_at=tx.at, unclaimed_since=None)


async def set_offer(tx: Transaction, id: str, to: str) -> None:
    await tx.execute("UPDATE incident SET offered_to = $2, offered_at = $3 WHERE id = $1", id, to, tx.at)


async def end_offer(tx: Transaction, id: str) -> None:
    await tx.execute("UPDATE incident SET offered_to = NULL, offered_at = NULL WHERE id = $1", id)


async def pass_on(tx: Transaction, id: str, owner: str) -> None:
    await tx.execute("UPDATE incident SET owner = $2, offered_to = NULL, offered_at = NULL WHERE id = $1", id, owner)


async def on_duty(tx: Transaction, centre: str) -> list[Row]:
    """Operators and leaders of the centre who are signed in: id, name, role, cases (open, theirs), seen_at. Those with the
    fewest cases first, operators before leaders.
    """
    return await tx.fetch(
        "SELECT a.id, a.name, a.role, max(s.seen_at) AS seen_at,"
        " (SELECT count(*) FROM incident i WHERE i.owner = a.id AND i.closed_at IS NULL) AS cases"
        " FROM account a JOIN session s ON s.account = a.id WHERE a.centre = $1 AND a.role IN ('operator', 'supervisor')"
        " AND a.disabled_at IS NULL AND s.ended_at IS NULL AND s.expires_at > $2::timestamptz"
        " AND (s.kind = 'bearer' OR s.seen_at > $3) GROUP BY a.id ORDER BY cases, a.role, a.name, a.id",
        centre, tx.at, tx.at - timedelta(seconds=SESSION_IDLE_S),
    )  # fmt: skip


async def set_first(tx: Transaction, id: str, column: str, at: datetime) -> None:
    """Keep the first time something happened (requested_at, arrived_at)."""
    assert column in ("requested_at", "arrived_at")
    await tx.execute(f"UPDATE incident SET {column} = $2 WHERE id = $1 AND {column} IS NULL", id, at)


async def mark(tx: Transaction, id: str, mark: str) -> bool:
    tag = await tx.execute(
        "UPDATE incident SET marks = marks || $2::text WHERE id = $1 AND NOT $2 = ANY (marks) AND closed_at IS NULL",
        id,
        mark,
    )
    return tag.endswith(" 1")


async def escalate(tx: Transaction, id: str, level: int, neighbours: Sequence[str]) -> bool:
    tag = await tx.execute(
        "UPDATE incident SET escalation = $2, escalated_to = escalated_to || $3::text[] WHERE id = $1"
        " AND state = 'received' AND escalation < $2",
        id, level, list(neighbours),
    )  # fmt: skip
    return tag.endswith(" 1")


async def cover(tx: Transaction, id: str, centre: str) -> bool:
    tag = await tx.execute(
        "UPDATE incident SET escalated_to = escalated_to || $2::text WHERE id = $1 AND closed_at IS NULL"
        " AND NOT $2 = ANY (escalated_to)",
        id, centre,
    )  # fmt: skip
    return tag.endswith(" 1")


async def answer_for(tx: Transaction, id: str, centre: str) -> bool:
    tag = await tx.execute(
        "UPDATE incident SET centre = $2 WHERE id = $1 AND centre <> $2 AND closed_at IS NULL", id, centre
    )
    return tag.endswith(" 1")


async def served_here(tx: Transaction, centre: str) -> bool:
    """Whether anybody works for that centre in this process."""
    return bool(await tx.fetchval("SELECT 1 FROM account WHERE centre = $1 AND disabled_at IS NULL LIMIT 1", centre))


async def forget_track(tx: Transaction, id: str) -> bool:
    """The track key is dead: nothing may point to its slot. False when it was no case's."""
    tag = await tx.execute(
        "UPDATE incident SET destroyed_at = $2, track_slot = NULL WHERE id = $1 AND destroyed_at IS NULL", id, tx.at
    )
    return tag.endswith(" 1")


async def forget_case(tx: Transaction, id: str) -> bool:
    tag = await tx.execute("UPDATE incident SET case_slot = NULL WHERE id = $1", id)
    return tag.endswith(" 1")


def note(tx: Transaction, id: str, incident: str, act: str, actor: str, sealed: bytes | None) -> None:
    tx.write(
        "INSERT INTO timeline (id, incident, at, act, actor, sealed) SELECT * FROM"
        " unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::bytea[])",
        id, incident, tx.at, act, actor, sealed,
    )  # fmt: skip


async def timeline(tx: Transaction, incident: str) -> list[Row]:
    await tx.settle()
    return await tx.fetch(
        "SELECT id, at, act, actor, sealed FROM timeline WHERE incident = $1 ORDER BY at, id", incident
    )


async def insert_message(tx: Transaction, id: str, incident: str, sender: str, sealed: bytes) -> None:
    await tx.execute(
        "INSERT INTO message (id, incident, at, sender, sealed) VALUES ($1, $2, $3, $4, $5)",
        id,
        incident,
        tx.at,
        sender,
        sealed,
    )


async def messages(tx: Transaction, incident: str) -> list[Row]:
    return await tx.fetch("SELECT id, at, sender, sealed FROM message WHERE incident = $1 ORDER BY at, id", incident)


async def lay_out(tx: Transaction, incident: str, steps: Sequence[tuple[str, datetime | None]]) -> None:
    await tx.execute(
        "INSERT INTO procedure_step (incident, place, step, due_at) SELECT $1, row_number() OVER (), step, due_at"
        " FROM unnest($2::text[], $3::timestamptz[]) AS s(step, due_at) ON CONFLICT DO NOTHING",
        incident,
        [step for step, _ in steps],
        [due_at for _, due_at in steps],
    )


async def tick(tx: Transaction, incident: str, step: str, done_at: datetime | None, done_by: str | None) -> bool:
    tag = await tx.execute(
        "UPDATE procedure_step SET done_at = $3::timestamptz, done_by = $4 WHERE incident = $1 AND step = $2"
        " AND (done_at IS NULL) <> ($3::timestamptz IS NULL)",
        incident, step, done_at, done_by,
    )  # fmt: skip
    return tag.endswith(" 1")


async def procedure(tx: Transaction, incident: str) -> list[Row]:
    return await tx.fetch(
        "SELECT step, due_at, done_at, done_by FROM procedure_step WHERE incident = $1 ORDER BY place", incident
    )
