"""A camera's day begins with a key and ends with its destruction."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, date, datetime, timedelta

from ansim.city.recordings import store
from ansim.city.recordings.ports import RecordedDays
from ansim.core.database import Database, Transaction
from ansim.core.errors import Problem
from ansim.trust.retention import store as retention
from ansim.trust.retention.actions import destroy, postpone
from ansim.trust.retention.events import DestructionCertified
from ansim.trust.retention.holdings import Scope
from ansim.trust.retention.keys import Keys, Slot

SCOPE: Scope = "camera-day"


def subject_of(camera: str, day: str) -> str:
    return f"{camera}/{day}"


async def open_day(tx: Transaction, camera: str, day: date, keep_days: int) -> Slot:
    """The slot of its key. Made when it is asked for first, with its end `keep_days` after the day is over. Raises Problem
    410 when that day is destroyed.
    """
    id = subject_of(camera, day.isoformat())
    found = await store.slot(tx, id)
    if found is not None:
        return found
    if await retention.find(tx, id, SCOPE) is not None:
        raise Problem(410, "recording.destroyed", "That day's recording is destroyed")
    keys = tx.use(Keys)
    [slot] = keys.new()
    if not await store.insert(tx, id, camera, day, slot):
        found = await store.slot(tx, id)  # somebody asked at the same moment; the key made here is swept away
        assert found is not None
        return found
    await destroy(
        tx, subject=id, scope=SCOPE, slots=[slot], actor="system", why="retention",
        due_at=_end(tx, day, keep_days),
    )  # fmt: skip
    await keys.flush()
    return slot


async def plan_again(tx: Transaction, keep_days: Callable[[str], int]) -> int:
    """The setting may have changed: every day gets the end that it has now; how many moved."""
    moved = 0
    for row in await store.planned(tx):
        due_at = _end(tx, row["day"], keep_days(row["camera"]))
        if row["due_at"] > tx.at and due_at != row["due_at"]:
            moved += await postpone(tx, row["destruction"], due_at)
    return moved


def _end(tx: Transaction, day: date, keep_days: int) -> datetime:
    over = datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC)
    return max(over + timedelta(days=keep_days), tx.at + timedelta(seconds=1))


async def forget(tx: Transaction, fact: DestructionCertified) -> None:
    """A certificate is written: nothing points to the dead key."""
    if fact.scope == SCOPE:
        await store.remove(tx, fact.subject)


async def take_files_away(database: Database, fact: DestructionCertified) -> None:
    """What nobody can read any more need not lie there either."""
    if fact.scope == SCOPE:
        camera, _, day = fact.subject.rpartition("/")
        await database.use(RecordedDays).forget(camera, day)


async def orphans(tx: Transaction, lying: Collection[tuple[str, str]]) -> list[str]:
    """Of the days that lie on disk, those that no key opens."""
    known = await store.ids(tx)
    return [subject_of(*one) for one in lying if subject_of(*one) not in known]
