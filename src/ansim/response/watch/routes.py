"""Cameras over HTTP: how they are, and turning them."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from ansim.city.cameras.calibration import Fit, Mount, Sighted
from ansim.city.cameras.model import Aim
from ansim.city.cameras.register import Register
from ansim.city.cameras.sight import Mode
from ansim.core.database import Database
from ansim.core.errors import Problem
from ansim.response.watch import aiming, along, calibrating, turning
from ansim.response.watch.along import Passed
from ansim.response.watch.calibrating import HeadLine
from ansim.response.watch.ports import CameraHealth, Direction, Heading, Media
from ansim.response.watch.turning import Move, Turning
from ansim.trust.access.guards import allow
from ansim.trust.access.model import Act, Actor

Db = NamedDependency[Database]
Asking = NamedDependency[Actor]


class Turn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Either a preset or a direction; a direction with its reason, which is sealed under the case key."""

    preset: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] | None = None
    direction: Direction | None = None
    reason: Annotated[str, msgspec.Meta(max_length=400)] = ""


class Aiming(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`mode`: wide enough to find her, or close enough to identify who is with her."""

    follow: bool = True
    mode: Mode = "find"


class Places(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a head was, and what the middle of its picture showed then; `mount` is what its data sheet says."""

    points: Annotated[list[Sighted], msgspec.Meta(max_length=20)]
    mount: Mount = msgspec.field(default_factory=Mount)


@get("/api/cameras/health", guards=[allow(Act.CAMERA_LIST)])
async def cameras_health(actor: Asking, database: Db) -> dict[str, list[CameraHealth]]:
    """How the cameras of this centre are that are pulled now, or failed a moment ago."""
    known = [camera.id for camera in database.use(Register).of_centre(actor.centre)]
    return {"cameras": database.use(Media).health(known)}


@get("/api/incidents/{incident:str}/way", guards=[allow(Act.INCIDENT_WORK)])
async def cameras_along(incident: FromPath[str], actor: Asking, database: Db) -> dict[str, list[Passed]]:
    """The cameras that a missing ward passed in her last day, and when: of each that time can be saved as a clip. Only with a search that a
    second person allowed (else 409), for whoever has the case and the centre's leader.
    """
    async with database.transaction() as tx:
        return {"cameras": await along.way(tx, incident, actor)}


@get("/api/grants/{grant:str}/cameras/{camera:str}/turning", guards=[allow(Act.CAMERA_WATCH)])
async def camera_turning(grant: FromPath[str], camera: FromPath[str], actor: Asking, database: Db) -> Turning:
    """The presets of a camera under my right, and where it looks; 409 `camera.fixed` for one that does not turn."""
    return await turning.look(database, grant, camera, actor)


@post("/api/grants/{grant:str}/cameras/{camera:str}/turn", status_code=200, guards=[allow(Act.CAMERA_WATCH)])
async def turn_camera(
    grant: FromPath[str], camera: FromPath[str], data: JSONBody[Turn], actor: Asking, database: Db
) -> Move:
    """Turn a camera under my right. To a direction it needs a reason, and goes back by itself after a minute; every camera that a case has turned goes back with
    the case.
    """
    to = data.preset if data.direction is None else data.direction
    if to is None or (data.preset is not None and data.direction is not None):
        raise Problem(400, "turn.to", "Say where to", "Either a preset or a direction.", field="preset")
    return await turning.turn(database, grant, camera, actor, to, data.reason.strip())


@post("/api/grants/{grant:str}/cameras/{camera:str}/aim", status_code=200, guards=[allow(Act.CAMERA_WATCH)])
async def aim_camera(
    grant: FromPath[str], camera: FromPath[str], data: JSONBody[Aiming], actor: Asking, database: Db
) -> dict[str, Aim | None]:
    """Turn a calibrated camera under my right to her, and let it follow; or, with `follow` false, leave it as it looks now. 409 says why not: `aim.uncalibrated`,
    `aim.nowhere`, `aim.behind`, `camera.in-use`. What becomes of the move is told with the case.
    """
    if data.follow:
        return {"aim": await aiming.aim(database, grant, camera, actor, data.mode)}
    await aiming.leave(database, grant, camera, actor)
    return {"aim": None}


@get("/api/cameras/heads", guards=[allow(Act.CAMERA_CALIBRATE)])
async def camera_heads(actor: Asking, database: Db) -> dict[str, list[HeadLine]]:
    """The cameras of this centre that turn, and of which it is known how they hang."""
    return {"heads": await calibrating.heads_of(database, actor.centre)}


@get("/api/cameras/{camera:str}/head", guards=[allow(Act.CAMERA_CALIBRATE)])
async def camera_head(camera: FromPath[str], actor: Asking, database: Db) -> Heading:
    """Where a head is, without its picture."""
    return await calibrating.heading(database, camera, actor)


@post("/api/cameras/{camera:str}/head", status_code=204, guards=[allow(Act.CAMERA_CALIBRATE)])
async def steer_head(camera: FromPath[str], data: JSONBody[Direction], actor: Asking, database: Db) -> None:
    """Steer a head that no open case may need; ten minutes after the last time it goes back by itself."""
    await calibrating.steer(database, camera, actor, data)


@post("/api/cameras/{camera:str}/calibration", status_code=200, guards=[allow(Act.CAMERA_CALIBRATE)])
async def try_calibration(camera: FromPath[str], data: JSONBody[Places], actor: Asking, database: Db) -> Fit:
    """What these places say of the head, and by how much each is missed; 422 with the reason where no calibration can be made of them. Nothing is kept."""
    return await calibrating.fit(database, camera, actor, data.mount, data.points, save=False)


@put("/api/cameras/{camera:str}/calibration", guards=[allow(Act.CAMERA_CALIBRATE)])
async def save_calibration(camera: FromPath[str], data: JSONBody[Places], actor: Asking, database: Db) -> Fit:
    """The same, and from now on aims are driven by it."""
    return await calibrating.fit(database, camera, actor, data.mount, data.points, save=True)


ROUTES = [
    cameras_health, cameras_along, camera_turning, turn_camera, aim_camera, camera_heads, camera_head, steer_head, try_calibration,
    save_calibration,
]  # fmt: skip
