"""Finding out how a head hangs, without a picture: outside a case nobody has the right to one.

Whoever commissions a camera sees it where it is put up, or on the maker's own monitor; here the head is turned and asked where it is. A
camera under the right of an open case is left to it. Each move is in the ledger before the camera moves, and ten minutes after the last
one it goes back by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from ansim.city.cameras import store as cameras
from ansim.city.cameras.calibration import Calibration, Fit, Mount, Sighted
from ansim.city.cameras.model import Camera
from ansim.city.cameras.register import Register, calibrate
from ansim.core.database import Database, Transaction
from ansim.core.errors import Problem, not_found
from ansim.response.watch.ports import CameraRefuses, Direction, Heading, Heads
from ansim.response.watch.turning import RETURN, as_problem, go
from ansim.trust.access.model import Actor
from ansim.trust.grants import store as grants
from ansim.trust.ledger.actions import record

PURPOSE = "calibration"
COMMISSIONING = timedelta(minutes=10)
"""So long after its last move a camera that is being calibrated goes back."""


class HeadLine(msgspec.Struct, frozen=True, kw_only=True):
    """A camera of this centre that turns, and whether it is known how it hangs. `state` moved: it was, on a pole that stood elsewhere."""

    id: str
    name: str
    latitude: float
    longitude: float
    state: Literal["none", "good", "moved"]
    connected: bool
    calibrated_at: datetime | None
    calibrated_by: str | None
    calibration: Calibration | None


async def heads_of(database: Database, centre: str) -> list[HeadLine]:
    register, heads = database.use(Register), database.use(Heads)
    async with database.transaction(readonly=True) as tx:
        found, made = await cameras.calibrations(tx), await cameras.calibrated(tx)
    return [
        HeadLine(
            id=one.id, name=one.name, latitude=one.latitude, longitude=one.longitude, connected=heads.turns(one.id),
            state="good" if one.id in register.calibrations else "moved" if one.id in found else "none",
            calibrated_at=at, calibrated_by=by, calibration=found.get(one.id),
        )
        for one in register.of_centre(centre)
        if one.turns or heads.turns(one.id)
        for at, by in [made.get(one.id, (None, None))]
    ]  # fmt: skip


async def heading(database: Database, camera: str, actor: Actor) -> Heading:
    """Where the head is. Asked when a place is chosen on the map, too: what the camera says then is what counts."""
    _own(database, camera, actor)
    try:
        return await database.use(Heads).heading(camera)
    except CameraRefuses as refuses:
        raise as_problem(refuses) from None


async def steer(database: Database, camera: str, actor: Actor, to: Direction) -> None:
    """In the ledger before the camera moves."""
    _own(database, camera, actor)
    async with database.transaction() as tx:
        await _free(tx, camera)
        await record(tx, actor=actor.id, act="camera.turned", object=camera, purpose=PURPOSE, details={"kind": PURPOSE})
        tx.arm(RETURN, f"/{camera}", tx.at + COMMISSIONING)
    await go(database, camera, to, actor, purpose=PURPOSE)


async def fit(
    database: Database, camera: str, actor: Actor, mount: Mount, points: Sequence[Sighted], *, save: bool
) -> Fit:
    """What these places say of the head; kept when `save`. A head that is not connected proves nothing."""
    _own(database, camera, actor)
    if not database.use(Heads).turns(camera):
        raise as_problem(CameraRefuses("unsupported"))
    async with database.transaction() as tx:
        return await calibrate(tx, camera, mount, points, actor=actor.id, save=save)


def _own(database: Database, camera: str, actor: Actor) -> Camera:
    found = database.use(Register).sight.cameras.get(camera)
    if found is None or found.centre != actor.centre:
        raise not_found("camera")
    return found


async def _free(tx: Transaction, camera: str) -> None:
    if camera in await grants.cameras_under_rights(tx):
        raise Problem(
            409, "camera.in-use", "An open case may need this camera", "Calibrate it when the case is closed."
        )
