"""What is done with a camera on its way, one transaction each. Who answers for its recording changes only here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from ansim.city.migration import store
from ansim.city.migration.events import RecordingGivenBack, RecordingTaken
from ansim.city.migration.model import Comparison
from ansim.city.migration.ports import Puller
from ansim.city.migration.store import Moving
from ansim.core.database import Database, Transaction
from ansim.core.errors import Problem
from ansim.trust.ledger.actions import record

LEASE = timedelta(seconds=30)
"""Who answers for a camera and keeps nothing of it for so long, answers no more: `ansim check` names the camera."""
RENEW = timedelta(seconds=10)


class Seen(NamedTuple):
    """One camera at the media node. `single`: it refused a session because another has it."""

    keeps: bool
    single: bool
    trouble: str


async def plan(tx: Transaction, camera: str, old: str, *, single: bool, actor: str) -> bool:
    """From now on both record it, and the old system answers. False when it is on its way already."""
    new = await store.begin(tx, camera, old, single, actor)
    if new:
        await record(tx, actor=actor, act="recording.beside", object=camera, details={"camera": camera, "epoch": 1})
    return new


async def keep(tx: Transaction, camera: str, found: Comparison, *, actor: str) -> None:
    """What a comparison says. Nothing is changed for a camera that we answer for already."""
    moving = await _moving(tx, camera)
    if moving.owner == "ansim":
        return
    await store.compared(tx, camera, found)
    if found.proven:
        await record(
            tx, actor=actor, act="recording.compared", object=camera,
            details={"camera": camera, "epoch": moving.epoch, "seconds": int(found.seconds)},
        )  # fmt: skip


async def switch(tx: Transaction, camera: str, epoch: int, *, accept_gap: bool, actor: str) -> int:
    """We answer from now on; the new epoch. Raises Problem 409 when somebody was faster, and for what is not proven, unless
    a gap is accepted.
    """
    moving = await _moving(tx, camera)
    if moving.owner == "ansim":
        raise Problem(409, "migration.switched", f"{camera} is switched already", f"In epoch {moving.epoch}.")
    if moving.state != "compared" and not accept_gap:
        raise Problem(409, "migration.unproven", f"{camera} is not proven", "Compare it first, or accept a gap.")
    if not await store.pass_on(tx, camera, epoch, "ansim", actor):
        raise _overtaken(camera, epoch)
    await store.switched(tx, camera)
    await record(
        tx, actor=actor, act="recording.taken", object=camera,
        details={"camera": camera, "epoch": epoch + 1, "result": "proven" if moving.state == "compared" else "gap-accepted"},
    )  # fmt: skip
    tx.publish(RecordingTaken(camera=camera, epoch=epoch + 1))
    return epoch + 1


async def release(tx: Transaction, camera: str, at: datetime, gap_ms: int, *, actor: str) -> None:
    """The old system no longer pulls it, since then; what was lost around the switch is known and final."""
    moving = await _moving(tx, camera)
    if moving.owner != "ansim":
        raise Problem(409, "migration.old", f"The old system answers for {camera}", "Switch it first.")
    await store.released(tx, camera, at, gap_ms)
    await record(
        tx, actor=actor, act="recording.released", object=camera,
        details={"camera": camera, "epoch": moving.epoch, "gap_ms": gap_ms},
    )  # fmt: skip


async def give_back(tx: Transaction, camera: str, epoch: int, *, actor: str) -> int:
    """The old system answers again; the new epoch."""
    moving = await _moving(tx, camera)
    if moving.owner == "old":
        raise Problem(409, "migration.old", f"The old system answers for {camera} already")
    if not await store.pass_on(tx, camera, epoch, "old", actor):
        raise _overtaken(camera, epoch)
    await store.back(tx, camera)
    await record(
        tx, actor=actor, act="recording.given-back", object=camera, details={"camera": camera, "epoch": epoch + 1}
    )
    tx.publish(RecordingGivenBack(camera=camera, epoch=epoch + 1))
    return epoch + 1


async def observe(tx: Transaction, look: Callable[[str], Seen | None]) -> list[Moving]:
    """Renew the lease of what is kept, and write down what is wrong with the rest. Gives those that ask something of the node:
    see `lead`.
    """
    changed: list[tuple[str, bool, bool, str]] = []
    asking: list[Moving] = []
    for moving in await store.every(tx):
        seen = look(moving.camera) or Seen(False, False, "not in the media node's file")
        single = moving.single or seen.single
        old = moving.kept_at is None or tx.at - moving.kept_at >= RENEW
        if (seen.keeps and old) or seen.trouble != moving.trouble or single != moving.single:
            changed.append((moving.camera, seen.keeps, single, seen.trouble))
        if single or (moving.owner == "ansim" and not seen.keeps):
            asking.append(moving)
    await store.seen(tx, changed)
    return asking


def lead(puller: Puller, asking: Sequence[Moving]) -> None:
    """A camera that gives one session is left to whoever answers for it; what is ours is tried without a pause."""
    for moving in asking:
        if moving.owner == "ansim":
            puller.connect(moving.camera)
        else:
            puller.leave(moving.camera)


async def taken(database: Database, fact: RecordingTaken) -> None:
    await _lead_anew(database, fact.camera)


async def given_back(database: Database, fact: RecordingGivenBack) -> None:
    await _lead_anew(database, fact.camera)


async def _lead_anew(database: Database, camera: str) -> None:
    """By what is so now: a fact may come late, and after another."""
    async with database.transaction(readonly=True) as tx:
        found = [one for one in await store.every(tx) if one.camera == camera and (one.single or one.owner == "ansim")]
    lead(database.use(Puller), found)


async def check(tx: Transaction) -> list[str]:
    """Cameras that two epochs claim, or none, and those for which whoever claims them keeps nothing."""
    return await store.wrong(tx) + [
        f"nothing has been kept for {LEASE.seconds} s of a camera that ansim answers for: {camera}"
        for camera in await store.unheld(tx, tx.at - LEASE)
    ]


async def _moving(tx: Transaction, camera: str) -> Moving:
    moving = await store.one(tx, camera)
    if moving is None:
        raise Problem(
            404, "migration.unknown", f"{camera} is not in the plan", "Bring it in with `ansim migration plan`."
        )
    return moving


def _overtaken(camera: str, epoch: int) -> Problem:
    return Problem(
        409, "migration.epoch", f"Epoch {epoch} of {camera} is over", "Somebody else has just changed who answers."
    )
