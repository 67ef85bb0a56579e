"""ansim after-restore: a backup knows people who have been forgotten since. They are forgotten again before anybody is let in."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import msgspec

from ansim.app.centre import Centre
from ansim.app.running import read_note
from ansim.app.settings import Settings
from ansim.city.people import actions as people
from ansim.city.people.contacts import Contacts
from ansim.core.database import Transaction
from ansim.core.errors import Problem
from ansim.core.world import World
from ansim.response.escorts import actions as escorts
from ansim.response.escorts.model import Outcome as EscortOutcome
from ansim.response.incidents.events import IncidentClosed
from ansim.response.trips import actions as trips
from ansim.response.trips.model import Outcome
from ansim.response.wards import actions as wards
from ansim.response.wards.model import Outcome as WardOutcome
from ansim.trust.ledger.actions import record
from ansim.trust.ledger.export import Export
from ansim.trust.ledger.model import Entry
from ansim.trust.ledger.restore import write_back
from ansim.trust.retention import store
from ansim.trust.retention.actions import destroy
from ansim.trust.retention.holdings import Scope
from ansim.trust.verify import verify

WHY = "restored"
_ORDERED = ".erase-ordered"
SUBJECTS: dict[Scope, str] = {
    "track": "SELECT id, id AS incident, subject_tag FROM incident WHERE track_slot = $1"
    " UNION ALL SELECT id, id, subject_tag FROM trip WHERE track_slot = $1"
    " UNION ALL SELECT id, id, subject_tag FROM escort WHERE track_slot = $1"
    " UNION ALL SELECT id, id, subject_tag FROM ward WHERE track_slot = $1"
    " UNION ALL SELECT h.id, w.id, w.subject_tag FROM ward_hour h JOIN ward w ON w.id = h.ward WHERE h.track_slot = $1",
    "case": "SELECT id, id AS incident, subject_tag FROM incident WHERE case_slot = $1"
    " UNION ALL SELECT id, id, subject_tag FROM trip WHERE case_slot = $1"
    " UNION ALL SELECT id, id, subject_tag FROM escort WHERE case_slot = $1"
    " UNION ALL SELECT id, id, subject_tag FROM ward WHERE case_slot = $1"
    " UNION ALL SELECT id, NULL, NULL FROM escort_duty WHERE case_slot = $1",
    "person": "SELECT id, NULL AS incident, NULL AS subject_tag FROM person WHERE slot = $1",
    "camera-day": "SELECT id, NULL AS incident, NULL AS subject_tag FROM camera_day WHERE slot = $1",
}
"""Whose key that is, by its scope and slot."""

WITHDRAWN = {
    "person.withdrawn": "UPDATE person SET withdrawn_at = $2, thumbprint = NULL WHERE id = $1 AND withdrawn_at IS NULL",
    "account.disabled": "UPDATE account SET disabled_at = $2, password = NULL, totp_sealed = NULL, totp_slot = NULL"
    " WHERE id = $1 AND disabled_at IS NULL",
    "duty.withdrawn": "UPDATE escort_duty SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL",
}
"""An act in the ledger, and what it did to whom it names."""


@dataclass
class Replay:
    """What was done, for whoever restored the backup."""

    written_back: int = 0
    keys: int = 0
    destroyed: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        return [
            f"{self.written_back} ledger entries written back",
            f"{self.keys} keys destroyed again",
            *(f"closed again     {one}" for one in self.closed),
            *(f"withdrawn again  {one}" for one in self.withdrawn),
            *(f"destroyed again  {one}" for one in self.destroyed),
        ]


async def after_restore(
    settings: Settings, ledger: Path | None, keys: Sequence[str] = (), *, world: World | None = None
) -> Replay:
    """Raises Problem when a centre runs there, when the export is not valid or not of this ledger; nothing is changed then.

    ledger: an export taken after the backup, the later the better. Without one only what the database and the key file know
    themselves is destroyed again. keys: verifier keys that the export must be signed by.
    """
    await asyncio.to_thread(_insist_alone, settings.folder)
    document = None if ledger is None else await asyncio.to_thread(_read, ledger, keys)
    replay = Replay()
    async with Centre(settings, world).behind_closed_doors() as centre:
        entries: list[Entry] = []
        if document is not None:
            replay.written_back = await write_back(centre.database, document, centre.sequencer.verifier)
            entries = [leaf.entry for leaf in document.entries]
        replay.keys = await _keys(centre, entries)
        async with centre.database.transaction() as tx:
            await _close(tx, entries, replay)
            await _withdraw(tx, entries, replay)
            await _order(tx, centre, entries, replay)
            await record(
                tx, actor="command-line", act="database.restored", object=settings.centre, purpose="restore",
                details={"count": len(replay.destroyed)},
            )  # fmt: skip
        while await _unfinished(centre):
            if not await centre.eraser.finish_all():
                raise Problem(500, "restore.unfinished", "Not everything could be destroyed again", "Run it once more.")
        await centre.sequencer.settle()
    return replay


def _insist_alone(folder: Path) -> None:
    """The note of a centre that was killed stays: it counts only while its process lives."""
    try:
        pid = read_note(folder).pid
        os.kill(pid, 0)
    except (Problem, ProcessLookupError):
        return
    raise Problem(409, "restore.running", "The centre runs", f"Stop it first (process {pid}).")


def _read(file: Path, keys: Sequence[str]) -> Export:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise Problem(400, "restore.ledger", f"{file.name} cannot be read", error.strerror or "") from None
    report = verify(content, keys)
    if report.wrong:
        raise Problem(400, "restore.ledger", "This export is not valid", report.wrong[0])
    try:
        return msgspec.json.decode(content, type=Export)
    except msgspec.MsgspecError:
        raise Problem(400, "restore.ledger", "This is not an export of the whole ledger") from None


async def _keys(centre: Centre, entries: Sequence[Entry]) -> int:
    """First of all the keys: with them everything under them is gone, whatever happens next. Numbers that were given out and
    destroyed after the backup are never given out again."""
    ordered = {slot for entry in entries if (slot := _slot(entry)) is not None}
    async with centre.database.transaction(readonly=True) as tx:
        ordered |= await store.slots_of_done(tx)
    living = sorted(slot for slot in ordered if not centre.keys.erased(slot))
    await centre.keys.erase(living)
    return len(living)


async def _close(tx: Transaction, entries: Sequence[Entry], replay: Replay) -> None:
    """A case that was closed is closed, a trip, an escort or a ward's watch that ended has ended. What follows from that follows when the centre starts."""
    for entry in entries:
        if entry.act != "incident.closed":
            continue
        code = int(entry.details.get("code", 1))
        tag = await tx.execute(
            "UPDATE incident SET state = 'closed', closed_at = $2, resolved_at = coalesce(resolved_at, $2), close_code = $3,"
            " unclaimed_since = NULL, offered_to = NULL, offered_at = NULL WHERE id = $1 AND closed_at IS NULL",
            entry.incident, datetime.fromisoformat(entry.at), code,
        )  # fmt: skip
        if tag.endswith(" 1"):
            assert entry.incident is not None
            tx.publish(IncidentClosed(incident=entry.incident, code=code))
            replay.closed.append(entry.incident)
    for entry in entries:
        if entry.act == "trip.ended":
            outcome = msgspec.convert(entry.details.get("why"), Outcome)
            if await trips.end_again(tx, entry.object, outcome):
                replay.closed.append(entry.object)
        elif entry.act == "escort.ended":
            how = msgspec.convert(entry.details.get("why"), EscortOutcome)
            if await escorts.end_again(tx, entry.object, how):
                replay.closed.append(entry.object)
        elif entry.act == "ward.ended":
            over = msgspec.convert(entry.details.get("why"), WardOutcome)
            if await wards.end_again(tx, entry.object, over):
                replay.closed.append(entry.object)


async def _withdraw(tx: Transaction, entries: Sequence[Entry], replay: Replay) -> None:
    """Who withdrew has withdrawn, who was shut out is shut out, a pair off the rota is off it, and everybody signs in anew."""
    for entry in entries:
        if entry.act in WITHDRAWN:
            tag = await tx.execute(WITHDRAWN[entry.act], entry.object, datetime.fromisoformat(entry.at))
            if tag.endswith(" 1"):
                replay.withdrawn.append(entry.object)
    await tx.execute("UPDATE session SET ended_at = $1, ended_why = 'revoked' WHERE ended_at IS NULL", tx.at)


async def _order(tx: Transaction, centre: Centre, entries: Sequence[Entry], replay: Replay) -> None:
    """Order again what stands in the backup and whose key is dead: by the ledger's list, and by the key file itself, which may
    be newer than the database."""
    listed = {(entry.act.removesuffix(_ORDERED), _slot(entry)) for entry in entries if entry.act.endswith(_ORDERED)}
    replaced = {_slot(entry) for entry in entries if entry.purpose == people.REPLACED}
    used = await store.used_slots(tx)
    for scope, sql in SUBJECTS.items():
        for slot in sorted(used):
            if (scope, slot) not in listed and not centre.keys.erased(slot):
                continue
            row = await tx.fetchrow(sql, slot)
            if row is None:
                continue
            if slot in replaced and await people.rewrite(tx, row["id"], Contacts(), "command-line"):
                # She is still known, and what was written instead came after the backup: it must be asked for anew.
                replay.destroyed.append(f"contacts of {row['id']}")
                continue
            known = await store.find(tx, row["id"], scope)
            if known is not None and known.erased_at is not None:
                continue
            await destroy(
                tx, subject=row["id"], scope=scope, slots=[slot], actor="command-line", why=WHY,
                incident=row["incident"], subject_tag=row["subject_tag"],
            )  # fmt: skip
            replay.destroyed.append(f"{scope} of {row['id']}")


async def _unfinished(centre: Centre) -> list[str]:
    async with centre.database.transaction(readonly=True) as tx:
        return await store.unfinished(tx)


def _slot(entry: Entry) -> int | None:
    slot = entry.details.get("slot") if entry.act.endswith(_ORDERED) else None
    return slot if isinstance(slot, int) else None
