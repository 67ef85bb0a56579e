"""What must hold at the end of every history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from ansim.app import check
from ansim.core.database import Database, Transaction
from ansim.response.incidents.model import ESCALATION
from ansim.simulation.homeward import Watched
from ansim.simulation.people import NOTICES, Told
from ansim.simulation.watched import unkept
from ansim.trust.retention.keys import Keys, Unreadable
from ansim.trust.retention.master import FileMaster

LATE = timedelta(seconds=5)
ROUNDED = timedelta(microseconds=1)
"""A timer waits by a clock of fractions, and the ledger's instants are whole microseconds."""


async def broken(database: Database, folder: Path, centre: str, told: Told, watched: Watched) -> list[str]:
    """Every promise that was not kept, one line each. The centre has healed and had time to finish."""
    wrong = await check.wrong(database, folder, centre)
    keys = Keys(database.world, folder / "keys", FileMaster(database.world, folder / "keys"), readonly=True)
    database.provide(Keys, keys)
    async with database.transaction(readonly=True) as tx:
        wrong += await _signals(tx, keys, told)
        wrong += await _folding(tx)
        wrong += await _escalation(tx)
        wrong += await _ledger(tx)
        wrong += await _closed(tx, keys)
        wrong += await _notices(tx)
        wrong += await _desks(tx)
        wrong += await unkept(tx, keys, watched)
        wrong += await _left_over(tx)
    return wrong


async def _signals(tx: Transaction, keys: Keys, told: Told) -> list[str]:
    """Acknowledged: stored exactly once, with the receipt and the secret that the phone was told, readable."""
    rows = await tx.fetch(
        "SELECT s.*, i.case_slot FROM signal s LEFT JOIN incident i ON i.id = s.incident WHERE s.source = 'app'"
    )
    stored: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        stored.setdefault(row["client_id"], []).append(row)
    wrong = [f"{id} is stored and nobody sent it" for id in stored if id not in told.sent]
    # what went to another centre may come again, and open another case
    fresh = {id: [row for row in found if not row["went"]] for id, found in stored.items()}
    wrong += [f"{id} is stored {len(found)} times" for id, found in fresh.items() if len(found) > 1]
    for id, receipts in told.receipts.items():
        if id not in stored:
            wrong.append(f"{id} was acknowledged and is lost")
            continue
        for receipt in receipts:
            row = next((row for row in stored[id] if row["id"] == receipt.signal), stored[id][0])
            if (receipt.receipt, receipt.signal, receipt.incident) != (row["receipt"], row["id"], row["incident"]):
                wrong.append(f"{id} was told another receipt than is stored")
            if row["secret"] is None and row["went"]:
                continue  # it went with its case, and what was only lent here is destroyed
            try:
                secret = keys.open(row["case_slot"], bytes(row["secret"]), f"secret/{row['id']}".encode()).decode()
            except Unreadable as error:
                wrong.append(f"{id} cannot be read: {error}")
            else:
                if secret != receipt.secret:
                    wrong.append(f"{id} was told another secret than is stored")
    return wrong


async def _folding(tx: Transaction) -> list[str]:
    rows = await tx.fetch(
        "SELECT person, count(*) AS n FROM incident WHERE person IS NOT NULL AND closed_at IS NULL"
        " GROUP BY person HAVING count(*) > 1"
    )
    return [f"{row['person']} has {row['n']} open incidents" for row in rows]


async def _escalation(tx: Transaction) -> list[str]:
    """Open means claimed, or called out to the neighbours; each level once for each time it waited, and not early."""
    rows = await tx.fetch("SELECT id FROM incident WHERE state = 'received' AND escalation < 2")
    wrong = [f"incident {row['id']} waits and nobody was called" for row in rows]
    acts = await tx.fetch(
        "SELECT incident, act, at, details::text AS details FROM ledger_entry WHERE act IN ('incident.opened',"
        " 'incident.released', 'incident.escalated') ORDER BY at, id"
    )
    since: dict[str, Any] = {}
    called: Counter[tuple[str, str]] = Counter()
    for row in acts:
        id = row["incident"]
        if row["act"] != "incident.escalated":
            since[id] = row["at"]
            called = Counter({key: n for key, n in called.items() if key[0] != id})
            continue
        level = 1 if '"level": 1' in row["details"] or '"level":1' in row["details"] else 2
        called[id, str(level)] += 1
        if called[id, str(level)] > 1:
            wrong.append(f"incident {id} was escalated to level {level} twice")
        if row["at"] < since[id] + ESCALATION[level] - ROUNDED:
            wrong.append(f"incident {id} was escalated to level {level} too early")
    return wrong


async def _ledger(tx: Transaction) -> list[str]:
    rows = await tx.fetch(
        "SELECT s.id, count(e.id) AS n FROM signal s LEFT JOIN ledger_entry e ON e.object = s.id"
        " AND e.act = 'signal.received' GROUP BY s.id HAVING count(e.id) <> 1"
    )
    wrong = [f"signal {row['id']} stands {row['n']} times in the ledger" for row in rows]
    rows = await tx.fetch(
        "SELECT e.id FROM ledger_entry e LEFT JOIN signal s ON s.id = e.object"
        " WHERE e.act = 'signal.received' AND s.id IS NULL"
    )
    return wrong + [f"ledger entry {row['id']} tells of a signal that is not stored" for row in rows]


async def _closed(tx: Transaction, keys: Keys) -> list[str]:
    """Closed: no right lives, her track is destroyed and certified; open: everything still opens."""
    rows = await tx.fetch(
        "SELECT i.id, i.state, i.closed_at, i.destroyed_at, i.track_slot, i.case_slot, d.slots, d.certificate"
        " FROM incident i LEFT JOIN destruction d ON d.subject = i.id AND d.scope = 'track'"
    )
    wrong = []
    for row in rows:
        if row["closed_at"] is None:
            if keys.erased(row["track_slot"]):
                wrong.append(f"incident {row['id']} is open and its track key is dead")
            continue
        if row["certificate"] is None or row["destroyed_at"] is None or row["track_slot"] is not None:
            wrong.append(f"incident {row['id']} is closed and its track not destroyed")
        elif not all(keys.erased(slot) for slot in row["slots"]):
            wrong.append(f"incident {row['id']} has a certificate and its track key lives")
    rows = await tx.fetch(
        "SELECT g.id FROM access_grant g JOIN incident i ON i.id = g.incident"
        " WHERE g.ended_at IS NULL AND i.closed_at IS NOT NULL"
    )
    return wrong + [f"right {row['id']} outlives its case" for row in rows]


async def _notices(tx: Transaction) -> list[str]:
    """Guardians are queued once for a case, once more each time they are told again, and none stays queued while it is open."""
    rows = await tx.fetch(
        "SELECT i.id, count(n.id) AS n, count(n.id) FILTER (WHERE n.state = 'queued' AND n.queued_at < $1"
        " AND i.closed_at IS NULL) AS q,"
        " (SELECT count(*) FROM ledger_entry e WHERE e.incident = i.id AND e.act = 'guardians.unread') AS again"
        " FROM incident i JOIN guardian_notice n ON n.incident = i.id GROUP BY i.id",
        tx.at - LATE,
    )
    wrong = [f"incident {row['id']} has {row['n']} notices" for row in rows if row["n"] != NOTICES * (1 + row["again"])]
    return wrong + [f"incident {row['id']}: {row['q']} guardians are not told" for row in rows if row["q"]]


async def _desks(tx: Transaction) -> list[str]:
    """An agency that was asked in an open case has it on its desk; of a closed one nothing of hers is left there, and a
    link that is not on its way has arrived."""
    rows = await tx.fetch(
        "SELECT d.id, d.state, d.reference, i.closed_at, r.id AS asked, r.sealed, r.closed_at AS told, d.handing"
        " FROM dispatch d JOIN incident i ON i.id = d.incident LEFT JOIN desk_request r ON r.id = d.id"
    )
    wrong = []
    for row in rows:
        if row["closed_at"] is not None and row["asked"] is not None and (row["sealed"] or row["told"] is None):
            wrong.append(f"the desk was not told that the case of {row['id']} is over")
        elif row["closed_at"] is None and row["state"] != "no_answer" and row["asked"] is None:
            wrong.append(f"request {row['id']} is {row['state']} and lies on no desk")
        elif row["closed_at"] is None and row["asked"] is not None and row["reference"] is None:
            wrong.append(f"request {row['id']} lies on a desk and has no reference")
        elif row["closed_at"] is None and row["handing"] is not None:
            wrong.append(f"the link of {row['id']} never arrived")
    return wrong


async def _left_over(tx: Transaction) -> list[str]:
    facts = await tx.fetch("SELECT name, id FROM outbox WHERE at < $1", tx.at - LATE)
    timers = await tx.fetch("SELECT kind, subject, due_at FROM timer WHERE due_at < $1", tx.at - LATE)
    return [f"{row['name']} {row['id']} did not leave" for row in facts] + [
        f"timer {row['kind']} of {row['subject']} has not fired since {row['due_at']:%H:%M:%S}" for row in timers
    ]
