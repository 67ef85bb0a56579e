"""Carrying out destructions, in an order in which a crash at any point leaves nothing undone and no lie.

ordered (ledger) -> keys overwritten on stable storage -> rows deleted -> done (ledger) -> certificate.
Each step is recorded when it is done and harmless when it is done twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import structlog

from ansim.core.database import Committed, Database, Transaction
from ansim.core.errors import Unavailable
from ansim.trust.ledger import store as ledger
from ansim.trust.ledger.actions import record
from ansim.trust.ledger.model import instant
from ansim.trust.ledger.proof import prove
from ansim.trust.ledger.sequencer import Sequencer
from ansim.trust.retention import store
from ansim.trust.retention.certificate import DeadKey, Statement, certify, encode
from ansim.trust.retention.events import DestructionCertified, DestructionOrdered
from ansim.trust.retention.holdings import Line, destroyed_with
from ansim.trust.retention.keys import Keys, Slot
from ansim.trust.retention.store import Destruction

log = structlog.get_logger()
_AGAIN_S = 1.0
_DAY_S = 86_400
_ORPHAN_S = 3600.0
LATE_S = 60.0


CAME_BACK = "an old key file was put back: what was destroyed is destroyed again"


class Eraser:
    """Finishes every ordered destruction, also one that a crash left half done; moves the living keys on each day
    and destroys those that no row uses.

    `lines`: all holdings.
    """

    def __init__(
        self,
        database: Database,
        keys: Keys,
        sequencer: Sequencer,
        lines: Sequence[Line],
    ) -> None:
        self._database = database
        self._keys = keys
        self._sequencer = sequencer
        self._lines = tuple(lines)
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        database.on_commit.append(self._committed)

    async def start(self) -> None:
        self._wake.set()
        self._tasks = [
            asyncio.create_task(self._run(), name="eraser"),
            asyncio.create_task(self._each_day(), name="eraser-of-day-keys"),
        ]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _committed(self, committed: Committed) -> None:
        if any(isinstance(stated.fact, DestructionOrdered) for stated in committed.facts):
            self._wake.set()

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            if not await self.finish_all():
                await self._database.world.clock.sleep(_AGAIN_S)
                self._wake.set()

    async def _each_day(self) -> None:
        """What is erased today must be unreadable in every old copy of the key file once that day's key is gone too."""
        clock = self._database.world.clock
        while True:
            try:
                await self._keys.rewrap()
                await self.sweep()
                await clock.sleep(_DAY_S - clock.now().timestamp() % _DAY_S)
            except Unavailable:
                log.warning("keys are not wrapped anew", why="key file away")
                await clock.sleep(_AGAIN_S)

    async def sweep(self) -> int:
        """Destroy the keys that no row has used for an hour; how many. Younger ones may wait for their commit."""
        async with self._database.transaction(readonly=True) as tx:
            before = await orphans(tx, self._keys)
        await self._database.world.clock.sleep(_ORPHAN_S)
        async with self._database.transaction(readonly=True) as tx:
            gone = sorted(before & await orphans(tx, self._keys))
        await self._keys.erase(gone)
        return len(gone)

    async def finish_all(self) -> bool:
        """Carry every ordered destruction to its certificate; False when some must be tried again."""
        try:
            async with self._database.transaction(readonly=True) as tx:
                waiting = await store.unfinished(tx)
        except Unavailable:
            log.warning("erasure waits for the database")
            return False
        whole = True
        for id in waiting:
            try:
                await self.finish(id)
            except Exception as error:
                # One that cannot be finished must not keep the others from being destroyed.
                log.error("destruction not finished", destruction=id, error=type(error).__name__)
                whole = False
        return whole

    async def finish(self, id: str) -> None:
        found = await self._read(id)
        if found.keys_at is None:
            await self._keys.erase(found.slots)
            async with self._database.transaction() as tx:
                await store.set_keys_gone(tx, id)
        if found.erased_at is None:
            async with self._database.transaction() as tx:
                await self._destroy_rows(tx, id)
        if found.certified_at is None:
            await self._certify(await self._read(id))

    async def repeat_all(self) -> int:
        """Before anybody is let in: erase again what was erased and lives, because an old key file was put back. How many
        slots.
        """
        async with self._database.transaction(readonly=True) as tx:
            slots = [slot for slot in sorted(await store.slots_of_done(tx)) if not self._keys.erased(slot)]
        if slots:
            await self._keys.erase(slots)
            log.warning(CAME_BACK, keys=len(slots))
        return len(slots)

    async def _read(self, id: str) -> Destruction:
        async with self._database.transaction(readonly=True) as tx:
            found = await store.by_id(tx, id)
        if found is None or found.ordered_at is None:
            raise ValueError("not an ordered destruction")
        return found

    async def _destroy_rows(self, tx: Transaction, id: str) -> None:
        found = await store.by_id(tx, id, lock=True)
        if found is None or found.erased_at is not None:
            return
        rows: dict[str, int] = {}
        for holding in destroyed_with(self._lines, found.scope):
            count = await store.destroy_rows(tx, holding, found.subject)
            rows[holding.table] = rows.get(holding.table, 0) + count
        entry = await record(
            tx,
            actor="eraser",
            act=f"{found.scope}.erased",
            object=found.id,
            incident=found.incident,
            purpose=found.why,
            subject_tag=found.subject_tag,
            details={"kind": found.scope, "count": sum(rows.values())},
        )
        await store.set_erased(tx, id, rows, entry)

    async def _certify(self, found: Destruction) -> None:
        assert found.ordered_at and found.keys_at and found.erased_at and found.erased and found.rows is not None
        await self._sequencer.settle()
        async with self._database.transaction() as tx:
            leaves = await ledger.by_ids(tx, [*found.ordered, found.erased])
            witnesses = [witness.verifier for witness in self._sequencer.witnesses]
            proof = await prove(tx, leaves, self._sequencer.verifier, witnesses)
            if proof is None:
                raise Unavailable
            statement = Statement(
                centre=self._sequencer.origin,
                destruction=found.id,
                subject=found.subject,
                scope=found.scope,
                why=found.why,
                ordered_at=instant(found.ordered_at),
                erased_at=instant(found.erased_at),
                keys=[DeadKey(kind=found.scope, slot=slot, at=instant(found.keys_at)) for slot in found.slots],
                rows=found.rows,
                ordered=found.ordered,
                erased=found.erased,
            )
            certificate = certify(statement, self._sequencer.sign, proof)
            if await store.set_certified(tx, found.id, encode(certificate)):
                tx.publish(DestructionCertified(destruction=found.id, subject=found.subject, scope=found.scope))


async def overdue(tx: Transaction, *, late_s: float = LATE_S) -> list[str]:
    """Destructions that should have happened."""
    late = await store.late(tx, tx.at - timedelta(seconds=late_s))
    return [f"destruction {one.id} ({one.scope}) is overdue since {instant(one.due_at)}: {_stage(one)}" for one in late]


async def check(tx: Transaction, keys: Keys) -> list[str]:
    """What is wrong with keys and destructions, one line each: for `ansim check`."""
    used = await store.used_slots(tx)
    done = await store.slots_of_done(tx)
    report = keys.check(used - done)
    wrong = await overdue(tx)
    # A power cut tears slots that nobody was told of: nothing was sealed under them.
    wrong += [f"key slot {slot} is damaged: what it sealed cannot be read" for slot in report.damaged if slot in used]
    wrong += [f"key slot {slot} is used by a row, but there is no key" for slot in report.missing]
    wrong += [
        f"key slot {slot} was destroyed, but lives: an old key file was put back"
        for slot in sorted(done)
        if not keys.erased(slot)
    ]
    wrong += [
        f"the key of day {day} should be destroyed: keys are not wrapped anew each day" for day in report.stale_days
    ]
    return wrong


async def orphans(tx: Transaction, keys: Keys) -> set[Slot]:
    """Living keys that no row uses: a crash between a key and its row leaves them, and rows that went by themselves."""
    used = await store.used_slots(tx) | await store.slots_of_undone(tx)
    report = await asyncio.to_thread(keys.check, used)
    return set(report.orphans)


def _stage(one: Destruction) -> str:
    if one.ordered_at is None:
        return "not ordered"
    if one.keys_at is None:
        return "keys not destroyed"
    return "rows not deleted" if one.erased_at is None else "no certificate"
