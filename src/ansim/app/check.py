"""ansim check: is everything that must be true of what is stored still true?"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ansim.app.holdings import holdings
from ansim.app.hub import LEDGER_KEY
from ansim.app.recording import CLIPS
from ansim.app.running import database_of, read_note
from ansim.app.sources import RECORDINGS
from ansim.city.country.model import HUB
from ansim.city.migration import actions as migration
from ansim.city.recordings import actions as recordings
from ansim.core.database import Database, Transaction
from ansim.nodes.media.recordings import days_in
from ansim.response.evidence import actions as evidence
from ansim.response.evidence.file import ClipFolder
from ansim.trust.access.secrets import site_secret
from ansim.trust.ledger.check import WITNESS_S
from ansim.trust.ledger.check import check as check_ledger
from ansim.trust.ledger.checkpoint import Verifier
from ansim.trust.retention import erasure
from ansim.trust.retention.holdings import unclaimed
from ansim.trust.retention.keys import Erased, Keys, Unreadable
from ansim.trust.retention.master import FileMaster
from ansim.trust.signed import read_private

STUCK = timedelta(seconds=60)
"""A fact that has not left after so long, or a timer that has not fired."""

RULES = {
    "a signal belongs to an incident that does not exist": "SELECT s.id FROM signal s LEFT JOIN incident i ON i.id = s.incident WHERE i.id IS NULL",
    "an incident has no signal": "SELECT i.id FROM incident i LEFT JOIN signal s ON s.incident = i.id WHERE s.id IS NULL",
    "an incident counts other signals than it has": "SELECT i.id FROM incident i JOIN (SELECT incident, count(*) AS n FROM signal GROUP BY incident) s"
    " ON s.incident = i.id WHERE s.n <> i.signals",
    "an incident or signal is not in the ledger": "SELECT i.id FROM incident i WHERE NOT EXISTS (SELECT 1 FROM ledger_entry e"
    " WHERE e.incident = i.id AND e.act = 'incident.opened')",
    "a right outlives its case": "SELECT g.id FROM access_grant g JOIN incident i ON i.id = g.incident WHERE g.ended_at IS NULL"
    " AND i.closed_at < $1::timestamptz - interval '60 s'",
    "a picture outlives its right": "SELECT v.id FROM camera_view v JOIN access_grant g ON g.id = v.grant_id WHERE v.ended_at IS NULL"
    " AND g.ended_at < $1::timestamptz - interval '60 s'",
    "a position outlives its case": "SELECT DISTINCT i.id FROM fix f JOIN incident i ON i.id = f.incident WHERE i.closed_at < $1::timestamptz - interval '60 s'",
    "an open trip has no timer that looks after it": "SELECT p.id FROM trip p LEFT JOIN timer t ON t.kind = 'trip.due' AND t.subject = p.id"
    " WHERE p.state NOT IN ('signalled', 'ended') AND t.subject IS NULL",
    "a trip called for help and no case has it": "SELECT id FROM trip WHERE state = 'signalled' AND incident IS NULL"
    " AND signalled_at < $1::timestamptz - interval '60 s'",
    "a trip outlives its case": "SELECT p.id FROM trip p JOIN incident i ON i.id = p.incident WHERE p.ended_at IS NULL"
    " AND i.closed_at < $1::timestamptz - interval '60 s'",
    "a trip's track key outlives the trip": "SELECT id FROM trip WHERE track_slot IS NOT NULL AND ended_at < $1::timestamptz - interval '60 s'",
    "a position outlives its trip": "SELECT DISTINCT p.id FROM fix f JOIN trip p ON p.id = f.incident WHERE p.ended_at < $1::timestamptz - interval '60 s'",
    "a right outlives its trip": "SELECT g.id FROM access_grant g JOIN trip p ON p.id = g.incident WHERE g.ended_at IS NULL"
    " AND g.until_at > p.ended_at + interval '1 day'",
    "an open escort has no timer that looks after it": "SELECT e.id FROM escort e LEFT JOIN timer t ON t.kind = 'escort.due' AND t.subject = e.id"
    " WHERE e.state NOT IN ('signalled', 'ended') AND t.subject IS NULL",
    "an escort called for help and no case has it": "SELECT id FROM escort WHERE state = 'signalled' AND incident IS NULL"
    " AND signalled_at < $1::timestamptz - interval '60 s'",
    "an escort outlives its case": "SELECT e.id FROM escort e JOIN incident i ON i.id = e.incident WHERE e.ended_at IS NULL"
    " AND i.closed_at < $1::timestamptz - interval '60 s'",
    "an escort's track key outlives the escort": "SELECT id FROM escort WHERE track_slot IS NOT NULL AND ended_at < $1::timestamptz - interval '60 s'",
    "a right outlives its escort": "SELECT g.id FROM access_grant g JOIN escort e ON e.id = g.incident WHERE g.ended_at IS NULL"
    " AND g.until_at > e.ended_at + interval '1 day'",
    "a pair walks with two at once": "SELECT duty FROM escort WHERE state IN ('walking', 'asking') GROUP BY duty HAVING count(*) > 1",
    "an open ward has no timer that looks after her": "SELECT w.id FROM ward w LEFT JOIN timer t ON t.kind = 'ward.due' AND t.subject = w.id"
    " WHERE w.ended_at IS NULL AND w.signalled_at IS NULL AND t.subject IS NULL",
    "help was called for a ward and no case has her": "SELECT id FROM ward WHERE incident IS NULL AND signalled_at < $1::timestamptz - interval '60 s'",
    "a ward is still with a case that is closed": "SELECT w.id FROM ward w JOIN incident i ON i.id = w.incident WHERE w.ended_at IS NULL"
    " AND i.closed_at < $1::timestamptz - interval '60 s'",
    "a ward's track key outlives the watch": "SELECT id FROM ward WHERE track_slot IS NOT NULL AND ended_at < $1::timestamptz - interval '60 s'",
    "an hour of a ward's track has no end": "SELECT h.id FROM ward_hour h JOIN ward w ON w.id = h.ward LEFT JOIN destruction d"
    " ON d.subject = h.id AND d.scope = 'track' WHERE d.id IS NULL OR w.ended_at < $1::timestamptz - interval '60 s'",
    "a right outlives its ward": "SELECT g.id FROM access_grant g JOIN ward w ON w.id = g.incident WHERE g.ended_at IS NULL"
    " AND g.until_at > w.ended_at + interval '1 day'",
    "a search was approved and no case has it": "SELECT s.id FROM ward_search s JOIN ward w ON w.id = s.ward WHERE s.state = 'approved'"
    " AND s.incident IS NULL AND w.ended_at IS NULL AND s.decided_at < $1::timestamptz - interval '60 s'",
    "a search waits and no timer ends it": "SELECT s.id FROM ward_search s LEFT JOIN timer t ON t.kind = 'ward.search-unanswered'"
    " AND t.subject = s.id WHERE s.state = 'asked' AND t.subject IS NULL",
    "a position or notice belongs to nothing": "SELECT a.incident FROM (SELECT incident FROM fix UNION SELECT incident FROM guardian_notice) a"
    " WHERE NOT EXISTS (SELECT FROM incident WHERE id = a.incident) AND NOT EXISTS (SELECT FROM trip WHERE id = a.incident)"
    " AND NOT EXISTS (SELECT FROM escort WHERE id = a.incident) AND NOT EXISTS (SELECT FROM ward WHERE id = a.incident)"
    " AND NOT EXISTS (SELECT FROM ward_hour WHERE id = a.incident)",
    "an unclaimed incident has no timer that presses": "SELECT i.id FROM incident i LEFT JOIN timer t ON t.kind = 'incident.unclaimed' AND t.subject = i.id"
    " WHERE i.state = 'received' AND i.escalation < 2 AND t.subject IS NULL",
    "a phone films on after its case": "SELECT t.id FROM take t JOIN incident i ON i.id = t.incident WHERE t.ended_at IS NULL"
    " AND i.closed_at < $1::timestamptz - interval '60 s'",
    "a take counts other pieces than it has": "SELECT t.id FROM take t LEFT JOIN (SELECT take, count(*) AS n FROM take_piece GROUP BY take) p"
    " ON p.take = t.id WHERE coalesce(p.n, 0) <> t.pieces",
}
"""What must never be found: sentence -> the query that finds it. $1 is now, by the centre's clock, which wrote the times."""

NEVER_IN_A_HUB = ("signal", "incident", "fix", "trip", "ward", "person", "device")


async def wrong(
    database: Database,
    folder: Path,
    centre: str,
    witnesses: Sequence[Verifier] = (),
    *,
    witness_within_s: float = WITNESS_S,
) -> list[str]:
    """Everything that is not as it must be, one line each. `witnesses`: who must sign the ledger's checkpoints."""
    world = database.world
    keys = Keys(world, folder / "keys", FileMaster(world, folder / "keys"), readonly=True)
    database.provide(Keys, keys)
    try:
        async with database.transaction() as tx:
            found = [f"{rule}: {id}" for rule, sql in RULES.items() for id in await _found(tx, sql)]
            found += await _stuck(tx)
            try:
                signing = Ed25519PrivateKey.from_private_bytes(await site_secret(tx, "ledger"))
            except (Unreadable, Erased) as lost:
                found.append(f"the key that signs the ledger cannot be read: {lost}")
            else:
                log = Verifier(centre, signing.public_key())
                found += await check_ledger(tx, log, witnesses, witness_s=witness_within_s)
            found += await erasure.check(tx, keys)
            found += await unclaimed(tx, holdings())
            lying = await asyncio.to_thread(days_in, folder / RECORDINGS)
            found += [f"a recording lies there without its key: {id}" for id in await recordings.orphans(tx, lying)]
            found += await migration.check(tx)
            kept = await asyncio.to_thread(ClipFolder(folder / CLIPS).lying)
            found += await evidence.orphans(tx, kept)
        return found
    finally:
        keys.close()


async def wrong_in_hub(database: Database, folder: Path) -> list[str]:
    """As `wrong`, of a hub: its ledger is as it must be, and nobody's case or position has ever come to it."""
    log = Verifier(HUB, read_private(folder / LEDGER_KEY).public_key())
    async with database.transaction() as tx:
        held = [
            f"a hub holds a row of {table}"
            for table in NEVER_IN_A_HUB
            if await tx.fetchval(f"SELECT EXISTS (SELECT FROM {table})")
        ]
        return held + await _stuck(tx) + await check_ledger(tx, log, (), witness_s=WITNESS_S)


async def _found(tx: Transaction, sql: str) -> list[str]:
    rows = await tx.fetch(sql, *([tx.at] if "$1" in sql else []))
    return [str(next(iter(row.values()))) for row in rows]


async def _stuck(tx: Transaction) -> list[str]:
    facts = await tx.fetch("SELECT name, id FROM outbox WHERE at < $1 ORDER BY seq LIMIT 20", tx.at - STUCK)
    timers = await tx.fetch("SELECT kind, subject FROM timer WHERE due_at < $1 LIMIT 20", tx.at - STUCK)
    return [f"a fact has not left: {row['name']} {row['id']}" for row in facts] + [
        f"a timer has not fired: {row['kind']} {row['subject']}" for row in timers
    ]


async def check(folder: Path) -> int:
    """Check the centre, or the hub, that runs with this data folder; 1 when something is wrong."""
    note = await asyncio.to_thread(read_note, folder)
    database = await database_of(note.dsn)
    try:
        witnesses = [Verifier.parse(key) for key in note.witnesses]
        if note.centre == HUB:
            found = await wrong_in_hub(database, folder)
        else:
            found = await wrong(database, folder, note.centre, witnesses, witness_within_s=note.witness_within_s)
    finally:
        await database.close()
    print("\n".join(f"WRONG  {line}" for line in found) if found else "all is as it must be")
    return 1 if found else 0
