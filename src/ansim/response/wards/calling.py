"""Calling for help for her: the watch's own signal goes the way of every SOS. With a second person's word her last day goes with it."""

from __future__ import annotations

from ansim.core.database import Database, Transaction
from ansim.core.position import Position
from ansim.response.signals.model import Arrival, Receipt, Wrong
from ansim.response.signals.ports import Intake
from ansim.response.wards import store
from ansim.response.wards.actions import open_memory, release, track
from ansim.response.wards.events import SearchApproved, WardChanged, WardSignalled
from ansim.response.wards.model import FIRST, WardRow

APART_S = 60.0
"""So far apart are the fixes of her last day that a case gets: enough to go along it with cameras."""


async def call(database: Database, fact: WardSignalled) -> None:
    """Errand: hand her to the centre that answers where she was last. Sent twice it is one signal, by the instant of the call."""
    async with database.transaction(readonly=True) as tx:
        ward = await store.get(tx, fact.ward)
        if ward is None or ward.signalled_at is None or ward.incident is not None or not ward.open:
            return
        why = _wrong(ward)
        newest = open_memory(tx, ward).memory.newest
        arrival = _arrival(
            ward, f"{ward.id}-{ward.signalled_at:%Y%m%dT%H%M%S}", why, 1 if ward.alarm in FIRST else 2, newest, ()
        )
    receipt = await database.use(Intake).submit(arrival)
    async with database.transaction() as tx:
        await _received(tx, ward.id, receipt)


async def search(database: Database, fact: SearchApproved) -> None:
    """Errand: her last day, into the case that she has or gets by this."""
    async with database.transaction(readonly=True) as tx:
        search = await store.search(tx, fact.search)
        ward = None if search is None else await store.get(tx, search.ward)
        if search is None or ward is None or search.state != "approved" or search.incident is not None or not ward.open:
            return
        fixes = await track(tx, ward)
        newest = open_memory(tx, ward).memory.newest
        arrival = _arrival(ward, search.id, "missing", 1, newest or (fixes[-1] if fixes else None), _thinned(fixes))
    receipt = await database.use(Intake).submit(arrival)
    async with database.transaction() as tx:
        await store.set_case(tx, search.id, receipt.incident)
        tx.mention(WardChanged(ward=ward.id))


def _arrival(
    ward: WardRow, client_id: str, why: Wrong, priority: int, position: Position | None, way: tuple[Position, ...]
) -> Arrival:
    assert ward.person is not None
    return Arrival(
        source="ward", client_id=client_id, kind="ward", trigger=why, silent=False,
        occurred_at=ward.signalled_at or ward.enrolled_at, position=position, battery=None, person=ward.person,
        verdict="verified", contacts=None, priority=priority, track=way,
    )  # fmt: skip


def _wrong(ward: WardRow) -> Wrong:
    assert ward.alarm not in (None, "sos")
    return ward.alarm  # type: ignore[return-value]


def _thinned(fixes: list[Position]) -> tuple[Position, ...]:
    kept: list[Position] = []
    for fix in fixes:
        if not kept or (fix.at - kept[-1].at).total_seconds() >= APART_S:
            kept.append(fix)
    return tuple(kept)


async def _received(tx: Transaction, id: str, receipt: Receipt) -> None:
    """The case joins her by its own fact; here only where it was closed before that."""
    closed = not await store.case_is_open(tx, receipt.incident)
    ward = await store.locked(tx, id)
    if closed and ward is not None and ward.open and ward.called:
        await release(tx, ward)
