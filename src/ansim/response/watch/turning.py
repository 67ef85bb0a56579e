"""Turning a camera under a right: to its presets, or beyond them for a reason, and always back.

The law wants a camera to look where it was put up to look (개인정보보호법 25): a move beyond the presets needs a reason, which is sealed into the case while the ledger holds its
hash; it ends by itself after a minute, and every camera that a case turned goes back with the case.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from functools import partial

import msgspec
import structlog

from ansim.core.database import Database, Transaction
from ansim.core.errors import Problem
from ansim.response.incidents import store as incidents
from ansim.response.incidents.actions import words_context
from ansim.response.incidents.events import IncidentClosed
from ansim.response.watch import store
from ansim.response.watch.actions import usable
from ansim.response.watch.aims import Aims
from ansim.response.watch.events import CameraLooks, CameraReturns
from ansim.response.watch.ports import CameraRefuses, Direction, Heads, Preset
from ansim.trust.access.model import Actor
from ansim.trust.grants import actions as grants
from ansim.trust.grants.model import Grant
from ansim.trust.ledger.actions import record
from ansim.trust.retention.keys import Keys

RETURN = "camera.return"
BEYOND = timedelta(seconds=60)
"""How long a camera may look beyond its presets."""

log = structlog.get_logger()


class Turning(msgspec.Struct, frozen=True, kw_only=True):
    """What a camera can be turned to, and where it looks; the first preset is where it always goes back to."""

    presets: list[Preset]
    direction: Direction | None
    moving: bool


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """`returns_s`: when it goes back by itself; None: with the case."""

    returns_s: float | None


async def look(database: Database, grant: str, camera: str, actor: Actor) -> Turning:
    async with database.transaction() as tx:
        refused = await refusal(tx, await usable(tx, grant, actor), camera, actor)
    if refused is not None:
        raise refused
    heads = database.use(Heads)
    try:
        presets = await heads.presets(camera)
        heading = await heads.heading(camera)
    except CameraRefuses as refuses:
        raise as_problem(refuses) from None
    return Turning(presets=presets, direction=heading.direction, moving=heading.moving)


async def turn(database: Database, grant: str, camera: str, actor: Actor, to: str | Direction, reason: str) -> Move:
    """In the ledger before the camera moves. `reason` is needed for a direction; for a preset it is kept if there is one."""
    beyond = isinstance(to, Direction)
    if beyond and not reason:
        raise Problem(
            422, "turn.reason", "A move beyond the presets needs a reason", "Say in a line why.", field="reason"
        )
    async with database.transaction() as tx:
        holding = await usable(tx, grant, actor)
        refused = await refusal(tx, holding, camera, actor)
        if refused is None:
            await _write(tx, holding, camera, actor.id, "camera.turned", "direction" if beyond else "preset", reason)
            if beyond:
                tx.arm(RETURN, f"{holding.incident}/{camera}", tx.at + BEYOND)
            else:
                tx.disarm(RETURN, f"{holding.incident}/{camera}")
            tx.after_commit(partial(tx.use(Aims).leave, holding.incident, camera, by_hand=True))
            tx.mention(CameraLooks(incident=holding.incident, camera=camera))
    if refused is not None:
        raise refused
    await go(database, camera, to, actor, incident=holding.incident, subject_tag=holding.subject_tag)
    return Move(returns_s=BEYOND.total_seconds() if beyond else None)


async def go(
    database: Database,
    camera: str,
    to: str | Direction,
    actor: Actor,
    *,
    incident: str | None = None,
    purpose: str = "",
    subject_tag: str | None = None,
) -> None:
    """Tell the head, after the ledger. That it does not do it is in the ledger, too. Raises Problem 409 saying why."""
    try:
        await database.use(Heads).go(camera, to)
    except CameraRefuses as refuses:
        async with database.transaction() as tx:
            await record(
                tx, actor=actor.id, act="camera.turn-failed", object=camera, incident=incident, purpose=purpose,
                subject_tag=subject_tag, details={"why": refuses.reason},
            )  # fmt: skip
        raise as_problem(refuses) from None


async def due(tx: Transaction, subject: str) -> None:
    """Timer: it has looked beyond its presets long enough."""
    incident, _, camera = subject.partition("/")
    tx.publish(CameraReturns(incident=incident, camera=camera))


async def return_with_case(tx: Transaction, fact: IncidentClosed) -> None:
    """The case is over: every camera that it turned goes back."""
    for camera in await store.turned_in(tx, fact.incident):
        tx.disarm(RETURN, f"{fact.incident}/{camera}")
        tx.publish(CameraReturns(incident=fact.incident, camera=camera))


async def turn_back(database: Database, fact: CameraReturns) -> None:
    """To its first preset, unless another case that is still open has turned it since."""
    database.use(Aims).drop(fact.incident, fact.camera)
    async with database.transaction(readonly=True) as tx:
        if await store.turned_by_another(tx, fact.camera, fact.incident):
            return
    heads, why = database.use(Heads), ""
    try:
        presets = await heads.presets(fact.camera)
        if presets:
            await heads.go(fact.camera, presets[0].id)
        else:
            why = "no-preset"
    except CameraRefuses as refuses:
        why = refuses.reason
        log.warning("camera did not turn back", camera=fact.camera, why=why)
    async with database.transaction() as tx:
        act = "camera.turn-failed" if why else "camera.returned"
        await record(
            tx,
            actor="system",
            act=act,
            object=fact.camera,
            incident=fact.incident or None,
            details={"why": why} if why else None,
        )
        tx.mention(CameraLooks(incident=fact.incident, camera=fact.camera))


async def _write(tx: Transaction, grant: Grant, camera: str, actor: str, act: str, kind: str, reason: str) -> None:
    """One line in the case, one in the ledger. The reason may name anybody: it is sealed under the case key, and the ledger
    holds the hash of what was sealed.
    """
    incident = await incidents.get(tx, grant.incident)
    assert incident is not None
    sealed = None
    if reason and incident.case_slot is not None:
        sealed = tx.use(Keys).seal(incident.case_slot, reason.encode(), words_context(incident.id))
    incidents.note(tx, tx.world.id(), incident.id, act, actor, sealed)
    await record(
        tx, actor=actor, act=act, object=camera, incident=incident.id, purpose=grant.purpose,
        subject_tag=grant.subject_tag, sealed_hash=None if sealed is None else hashlib.sha256(sealed).hexdigest(),
        details={"grant": grant.id, "kind": kind},
    )  # fmt: skip


async def refusal(tx: Transaction, grant: Grant, camera: str, actor: Actor) -> Problem | None:
    """What is to be raised once the transaction that recorded it is through."""
    why = grant.allows(camera, tx.at)
    if why is None:
        return None
    await grants.refuse_view(
        tx, viewer=actor.id, camera=camera if why != "other-camera" else "unknown", why=why, grant=grant
    )
    return Problem(403, "grant.refused", "No right to this camera", f"The reason is: {why}.")


def as_problem(refuses: CameraRefuses) -> Problem:
    """How a route says it."""
    if refuses.reason == "unsupported":
        return Problem(409, "camera.fixed", "This camera does not turn")
    return Problem(
        409, "camera.unanswered", "The camera does not do it", f"The reason is: {refuses.reason}.", why=refuses.reason
    )
