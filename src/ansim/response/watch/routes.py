"""Cameras over HTTP: how they are, and turning them."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from ansim.city.cameras.register import Register
from ansim.core.database import Database
from ansim.core.errors import Problem
from ansim.response.watch import turning
from ansim.response.watch.ports import CameraHealth, Direction, Media
from ansim.response.watch.turning import Turned, Turning
from ansim.trust.access.guards import allow
from ansim.trust.access.model import Act, Actor

Db = NamedDependency[Database]
Asking = NamedDependency[Actor]


class Turn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Either a preset or a direction; a direction with its reason, which is sealed under the case key."""

    preset: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] | None = None
    direction: Direction | None = None
    reason: Annotated[str, msgspec.Meta(max_length=400)] = ""


@get("/api/cameras/health", guards=[allow(Act.CAMERA_LIST)])
async def cameras_health(actor: Asking, database: Db) -> dict[str, list[CameraHealth]]:
    """How the cameras of this centre are that are pulled now, or failed a moment ago."""
    known = [camera.id for camera in database.use(Register).of_centre(actor.centre)]
    return {"cameras": database.use(Media).health(known)}


@get("/api/grants/{grant:str}/cameras/{camera:str}/turning", guards=[allow(Act.CAMERA_WATCH)])
async def camera_turning(grant: FromPath[str], camera: FromPath[str], actor: Asking, database: Db) -> Turning:
    """The presets of a camera under my right, and where it looks; 409 `camera.fixed` for one that does not turn."""
    return await turning.look(database, grant, camera, actor)


@post("/api/grants/{grant:str}/cameras/{camera:str}/turn", status_code=200, guards=[allow(Act.CAMERA_WATCH)])
async def turn_camera(
    grant: FromPath[str], camera: FromPath[str], data: JSONBody[Turn], actor: Asking, database: Db
) -> Turned:
    """Turn a camera under my right. To a direction it needs a reason, and goes back by itself after a minute; every camera that a case has turned goes back with
    the case.
    """
    to = data.preset if data.direction is None else data.direction
    if to is None or (data.preset is not None and data.direction is not None):
        raise Problem(400, "turn.to", "Say where to", "Either a preset or a direction.", field="preset")
    return await turning.turn(database, grant, camera, actor, to, data.reason.strip())


ROUTES = [cameras_health, camera_turning, turn_camera]
