"""What a hub keeps of how its centres were: their changes of state, and how busy they were in each ten minutes.

Coarser than what it sees: of fewer than five cases it keeps no count, and of a wait the steps of twenty seconds. After eight days it is gone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

from ansim.city.country import store
from ansim.city.country.model import FEW, ServiceState
from ansim.city.country.store import Busy
from ansim.core.database import Database
from ansim.core.errors import Unavailable

CentreState = Literal[ServiceState, "silent", "unknown"]
"""As the hub sees it. silent: it is not heard; unknown: it has never been heard, or the hub was away."""

LOOK_EVERY_S = 1.0
KEEP_EVERY_S = 60.0
SLOT = timedelta(minutes=10)
WAIT_STEP_S = 20
KEPT = timedelta(days=8)
FORGET_EVERY = timedelta(hours=1)


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A centre at this moment."""

    centre: str
    state: CentreState
    covered_by: str | None = None
    open: int = 0
    waiting_s: float = 0.0


class Since(msgspec.Struct, frozen=True, kw_only=True):
    """Since when a centre is in its state, and since when somebody covers for it as now."""

    state: CentreState
    state_at: datetime
    covered_by: str | None = None
    covered_at: datetime | None = None


class Was(msgspec.Struct, frozen=True, kw_only=True):
    """A state, until the next one."""

    from_at: datetime
    state: CentreState
    covered_by: str | None


class BusySlot(msgspec.Struct, frozen=True, kw_only=True):
    """`open`: the most cases at once, 0 for fewer than five; `waited_s`: the longest wait, in whole steps of twenty seconds."""

    at: datetime
    open: int
    waited_s: int


class CentreHistory(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    states: list[Was]
    busy: list[BusySlot]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """How every centre was between two moments. `slot_s`: how long each of `busy` is."""

    from_at: datetime
    until_at: datetime
    slot_s: int
    centres: list[CentreHistory]


class History:
    """`look` says how every centre is now. It is written down when it changes, at the latest after a minute; while the database is away,
    when it is back."""

    def __init__(self, database: Database, look: Callable[[], Sequence[Seen]]) -> None:
        self._database = database
        self._look = look
        self._since: dict[str, Since] = {}
        self._states: list[store.State] = []
        self._busy: dict[tuple[str, datetime], Busy] = {}
        self._forgotten: datetime | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """What happened while no hub looked is not known."""
        async with self._database.transaction() as tx:
            looked = await store.last_looked(tx) or tx.at
            gap: list[store.State] = []
            for row in await store.latest(tx):
                known = row["state"] == "unknown"
                at = row["since"] if known else max(looked, row["from_at"])
                self._since[row["centre"]] = Since(state="unknown", state_at=at)
                if not known:
                    gap.append((row["centre"], at, "unknown", None))
            await store.add(tx, gap, ())
        self._task = asyncio.create_task(self._watch(), name="history")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def since(self, centre: str) -> Since | None:
        """None for a centre that no hub has ever heard."""
        return self._since.get(centre)

    async def told(self, hours: int) -> Told:
        """The last day in slots of ten minutes, or more days in slots of an hour."""
        slot = SLOT if hours <= 24 else timedelta(hours=1)
        async with self._database.transaction(readonly=True) as tx:
            from_at = _floor(tx.at, slot) - timedelta(hours=hours)
            states = await store.states_since(tx, from_at)
            busy = await store.busy_since(tx, from_at, int(slot.total_seconds()))
            until = tx.at
        centres = {row["centre"]: CentreHistory(id=row["centre"], states=[], busy=[]) for row in (*states, *busy)}
        for row in states:
            at = max(from_at, row["from_at"])
            centres[row["centre"]].states.append(Was(from_at=at, state=row["state"], covered_by=row["covered_by"]))
        for row in busy:
            centres[row["centre"]].busy.append(BusySlot(at=row["at"], open=row["open"], waited_s=row["waited_s"]))
        return Told(from_at=from_at, until_at=until, slot_s=int(slot.total_seconds()), centres=[*centres.values()])

    async def _watch(self) -> None:
        clock, kept = self._database.world.clock, 0.0
        while True:
            changed = self._note(clock.now())
            if changed or clock.monotonic() - kept >= KEEP_EVERY_S:
                kept = clock.monotonic()
                await self._keep(clock.now())
            await clock.sleep(LOOK_EVERY_S)

    def _note(self, now: datetime) -> bool:
        slot, changed = _floor(now, SLOT), False
        for one in self._look():
            before = self._since.get(one.centre)
            if before is None and one.state == "unknown":
                continue
            if before is None or (before.state, before.covered_by) != (one.state, one.covered_by):
                changed = True
                self._states.append((one.centre, now, one.state, one.covered_by))
                self._since[one.centre] = _from_now(before, one, now)
            busy = self._busy.setdefault((one.centre, slot), Busy(centre=one.centre, from_at=slot, seen_at=now))
            busy.seen_at = now
            busy.open = max(busy.open, one.open if one.open >= FEW else 0)
            busy.waited_s = max(busy.waited_s, int(one.waiting_s) // WAIT_STEP_S * WAIT_STEP_S)
        return changed

    async def _keep(self, now: datetime) -> None:
        forget = self._forgotten is None or now - self._forgotten >= FORGET_EVERY
        try:
            async with self._database.transaction() as tx:
                await store.add(tx, self._states, [*self._busy.values()])
                if forget:
                    await store.forget(tx, now - KEPT)
        except Unavailable:
            return
        self._states, self._busy = [], {}
        if forget:
            self._forgotten = now


def _from_now(before: Since | None, one: Seen, now: datetime) -> Since:
    state_at = before.state_at if before is not None and before.state == one.state else now
    return Since(
        state=one.state, state_at=state_at, covered_by=one.covered_by,
        covered_at=None if one.covered_by is None else now,
    )  # fmt: skip


def _floor(at: datetime, step: timedelta) -> datetime:
    return datetime.fromtimestamp(at.timestamp() // step.total_seconds() * step.total_seconds(), UTC)
