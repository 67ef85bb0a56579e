"""Planned aims, driven: a calibrated camera is turned to her by a key, or by itself where the centre wants that, and then follows.

A camera that the operator turned by hand, or whose picture she holds, is left to her; one that another open case uses is left to it. Each
move is in the ledger before the camera moves. It goes back five minutes after her last sign, and with the case.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from functools import partial

import msgspec

from ansim.city.cameras.calibration import Calibration, turn
from ansim.city.cameras.model import Aim, RankedCamera
from ansim.city.cameras.register import Register
from ansim.city.cameras.sight import TOGETHER, Mode
from ansim.core.database import Database, Transaction
from ansim.core.errors import Problem, Unavailable
from ansim.response.incidents import store as incidents
from ansim.response.incidents.model import IncidentRow
from ansim.response.tracking.actions import track
from ansim.response.tracking.events import PersonMoved
from ansim.response.watch import store
from ansim.response.watch.actions import followed, usable
from ansim.response.watch.aims import Aimed, Aims, State
from ansim.response.watch.events import CameraAimed, CameraLooks, CameraReturns
from ansim.response.watch.following import Following
from ansim.response.watch.ports import CameraRefuses, Direction, Heads
from ansim.response.watch.turning import RETURN, refusal
from ansim.trust.access.model import Actor
from ansim.trust.grants import store as grants
from ansim.trust.grants.model import Grant
from ansim.trust.ledger.actions import record

AIMED = timedelta(minutes=5)
"""So long after her last sign a camera looks at the place where she was."""
AGAIN = timedelta(seconds=4)
"""No camera is moved more often: a picture that swings shows nobody."""
AFTER_REFUSAL = timedelta(seconds=30)
LOSES = 0.1
"""A camera is moved again when that makes it so much likelier that she is in its picture."""
SLOW = timedelta(seconds=15)
"""The slowest head turns half round in less."""
ASKED_EVERY_S = 0.5
_CLOSE_DEG = 2.0


async def aim(database: Database, grant: str, camera: str, actor: Actor, mode: Mode) -> Aim:
    """Turn it to her, and go on doing so. Raises Problem 409 saying why not."""
    async with database.transaction() as tx:
        holding = await usable(tx, grant, actor)
        refused = await refusal(tx, holding, camera, actor)
        if refused is None:
            return await _begin(tx, holding, camera, actor, mode)
    raise refused


async def leave(database: Database, grant: str, camera: str, actor: Actor) -> None:
    """It stays as it looks now, and nothing turns it by itself: the operator holds its picture."""
    async with database.transaction() as tx:
        holding = await usable(tx, grant, actor)
        refused = await refusal(tx, holding, camera, actor)
        if refused is None:
            tx.after_commit(partial(tx.use(Aims).leave, holding.incident, camera, by_hand=False))
            tx.mention(CameraLooks(incident=holding.incident, camera=camera))
    if refused is not None:
        raise refused


async def _begin(tx: Transaction, holding: Grant, camera: str, actor: Actor, mode: Mode) -> Aim:
    calibration = tx.use(Register).calibrations.get(camera)
    if calibration is None:
        raise Problem(409, "aim.uncalibrated", "Nobody has found out yet how this camera hangs", "Turn it by hand.")
    if await _used(tx, camera, holding.incident):
        raise Problem(409, "camera.in-use", "Another open case uses this camera")
    incident = await incidents.get(tx, holding.incident)
    assert incident is not None
    fixes = await track(tx, incident.id, incident.track_slot)
    outlook = followed(tx, incident, fixes)
    ranked = next((one for one in outlook.cameras if one.id == camera), None)
    planned = None if ranked is None else _planned(tx, incident, ranked, mode)
    if planned is None:
        raise Problem(409, "aim.nowhere", "From there it would see nothing of her")
    to = _direction(tx, incident, camera, calibration, planned)
    if to is None:
        raise Problem(409, "aim.behind", "It cannot turn that far", "She is behind the end of its range.")
    incidents.note(tx, tx.world.id(), incident.id, "camera.aimed", actor.id, None)
    before = tx.use(Aims).get(incident.id, camera)
    over = before is not None and not before.rests
    await _command(tx, holding, camera, actor.id, Aimed(aim=planned, to=to, mode=mode, by="key", at=tx.at, over=over))
    return planned


async def follow(database: Database, fact: PersonMoved) -> None:
    """She moved: what follows her looks whether it still has her, and what should by itself begins."""
    aims = database.use(Aims)
    if not aims.by_itself and not aims.of(fact.incident):
        return
    async with database.transaction() as tx:
        incident = await incidents.get(tx, fact.incident)
        if incident is None or not incident.open or incident.owner is None:
            return
        holding = await grants.live_grant(tx, incident.id, "operator", incident.owner)
        if holding is None:
            return
        fixes = await track(tx, incident.id, incident.track_slot)
        ranked = {one.id: one for one in followed(tx, incident, fixes).cameras if holding.allows(one.id, tx.at) is None}
        for camera, aimed in aims.of(incident.id).items():
            await _keep(tx, incident, holding, camera, aimed, ranked.get(camera))
        if aims.by_itself:
            for one in list(ranked.values())[:TOGETHER]:
                await _start(tx, incident, holding, one)


async def _keep(
    tx: Transaction, incident: IncidentRow, holding: Grant, camera: str, aimed: Aimed, ranked: RankedCamera | None
) -> None:
    """One camera that follows her: again where she is, still as it is, or back where it belongs."""
    if ranked is None or (aimed.by == "itself" and ranked.order > TOGETHER):
        tx.disarm(RETURN, f"{incident.id}/{camera}")
        tx.publish(CameraReturns(incident=incident.id, camera=camera))
        tx.after_commit(partial(tx.use(Aims).drop, incident.id, camera))
        return
    tx.arm(RETURN, f"{incident.id}/{camera}", tx.at + AIMED)
    calibration = tx.use(Register).calibrations.get(camera)
    pause = AFTER_REFUSAL if aimed.state == "refused" else AGAIN
    if calibration is None or not aimed.rests or tx.at - aimed.at < pause:
        return
    planned = _planned(tx, incident, ranked, aimed.mode)
    ahead = tx.use(Following).ahead(incident.id, tx.use(Register).sight)
    if planned is None or ahead is None:
        return
    sight, looks = tx.use(Register).sight, aimed.looks or aimed.aim
    if aimed.state != "refused" and sight.chance(camera, ahead, planned) - sight.chance(camera, ahead, looks) < LOSES:
        return
    to = _direction(tx, incident, camera, calibration, planned)
    if to is not None and not await _used(tx, camera, incident.id):
        again = Aimed(aim=planned, to=to, mode=aimed.mode, by=aimed.by, at=tx.at, looks=aimed.looks)
        await _command(tx, holding, camera, "system", again)


async def _start(tx: Transaction, incident: IncidentRow, holding: Grant, ranked: RankedCamera) -> None:
    aims, calibration = tx.use(Aims), tx.use(Register).calibrations.get(ranked.id)
    if calibration is None or not ranked.live or aims.get(incident.id, ranked.id) or aims.left(incident.id, ranked.id):
        return
    planned = _planned(tx, incident, ranked, "find")
    to = None if planned is None else _direction(tx, incident, ranked.id, calibration, planned)
    if planned is not None and to is not None and not await _used(tx, ranked.id, incident.id):
        first = Aimed(aim=planned, to=to, mode="find", by="itself", at=tx.at)
        await _command(tx, holding, ranked.id, "system", first)


def _planned(tx: Transaction, incident: IncidentRow, ranked: RankedCamera, mode: Mode) -> Aim | None:
    """To find her, its part in the set of pictures; to identify her, what is best for this picture alone."""
    ahead = tx.use(Following).ahead(incident.id, tx.use(Register).sight)
    if mode == "find" or ahead is None:
        return ranked.aim
    found = tx.use(Register).sight.aim(ranked.id, ahead, mode)
    return None if found is None else found[0]


def _direction(
    tx: Transaction, incident: IncidentRow, camera: str, calibration: Calibration, planned: Aim
) -> Direction | None:
    ahead = tx.use(Following).ahead(incident.id, tx.use(Register).sight)
    if ahead is None:
        return None
    generic = calibration.turned_to(planned, tx.use(Register).sight.away_m(camera, ahead, planned))
    return None if generic is None else Direction(pan=generic[0], tilt=generic[1], zoom=generic[2])


async def _used(tx: Transaction, camera: str, incident: str) -> bool:
    return tx.use(Aims).others(camera, incident) or await store.used_by_another(tx, camera, incident)


async def _command(tx: Transaction, holding: Grant, camera: str, actor: str, aimed: Aimed) -> None:
    """In the ledger; the camera is told once that is committed."""
    await record(
        tx, actor=actor, act="camera.turned", object=camera, incident=holding.incident, purpose=holding.purpose,
        subject_tag=holding.subject_tag, details={"grant": holding.id, "kind": "aim", "state": aimed.mode},
    )  # fmt: skip
    tx.arm(RETURN, f"{holding.incident}/{camera}", tx.at + AIMED)
    tx.after_commit(partial(tx.use(Aims).put, holding.incident, camera, aimed))
    tx.publish(CameraAimed(incident=holding.incident, camera=camera))


async def drive(database: Database, fact: CameraAimed) -> None:
    """Tell the head. One that moves already obeys somebody else: it is not fought over."""
    aims, heads = database.use(Aims), database.use(Heads)
    aimed = aims.get(fact.incident, fact.camera)
    if aimed is None or aimed.state != "sent":
        return
    why = ""
    try:
        if not aimed.over and (await heads.heading(fact.camera)).moving:
            why = "moving"
        else:
            await heads.go(fact.camera, aimed.to)
    except CameraRefuses as refuses:
        why = refuses.reason
    if aims.get(fact.incident, fact.camera) is not aimed:
        return  # meanwhile it was turned by hand, or has gone back
    aims.put(fact.incident, fact.camera, msgspec.structs.replace(aimed, state="refused" if why else "moving", why=why))
    await _said(database, fact.incident, fact.camera, why)


async def _said(database: Database, incident: str, camera: str, why: str) -> None:
    async with database.transaction() as tx:
        if why:
            await record(
                tx, actor="system", act="camera.turn-failed", object=camera, incident=incident, details={"why": why}
            )
        tx.mention(CameraLooks(incident=incident, camera=camera))


class Arrivals:
    """Asks heads that are on their way where they are, until they say that they have arrived."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="heads on their way")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        aims = self._database.use(Aims)
        while True:
            await aims.moving.wait()
            aims.moving.clear()
            while moving := [one for one in aims.every() if one[2].state == "moving"]:
                await self._database.world.clock.sleep(ASKED_EVERY_S)
                await asyncio.gather(*(self._ask(*one) for one in moving))

    async def _ask(self, incident: str, camera: str, aimed: Aimed) -> None:
        aims, now = self._database.use(Aims), self._database.world.clock.now()
        looks, why = aimed.looks, ""
        state: State = "moving"
        try:
            heading = await self._database.use(Heads).heading(camera)
        except CameraRefuses as refuses:
            state, why = "refused", refuses.reason
        else:
            calibration = self._database.use(Register).calibrations.get(camera)
            if heading.direction is not None and calibration is not None:
                looks = calibration.looks(heading.direction.pan, heading.direction.zoom)
            if not heading.moving:
                state, why = _arrived(aimed, looks if heading.direction is not None else None)
            elif now - aimed.at > SLOW:
                state, why = "refused", "slow"
        after = msgspec.structs.replace(aimed, state=state, why=why, looks=looks)
        if aims.get(incident, camera) is not aimed or after == aimed:
            return
        aims.put(incident, camera, after)
        with suppress(Unavailable):  # the picture says it with the next change
            await _said(self._database, incident, camera, why)


def _arrived(aimed: Aimed, looks: Aim | None) -> tuple[State, str]:
    if looks is None:
        return "untold", ""
    off = abs(turn(looks.bearing_deg - aimed.aim.bearing_deg))
    return ("there", "") if off <= max(_CLOSE_DEG, aimed.aim.view_deg / 4) else ("refused", "elsewhere")
