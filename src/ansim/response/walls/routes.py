"""Walls over HTTP: which there are, and the right to look at one. Their pictures come over /pictures/{wall}."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from ansim.core.database import Database
from ansim.response.walls import actions, store
from ansim.response.walls.model import LONGEST_NAME, MOST_CAMERAS, MOST_COLUMNS, REMEMBERED, RightLine, Wall
from ansim.trust.access.guards import allow
from ansim.trust.access.model import Act, Actor, Site

Db = NamedDependency[Database]
Asking = NamedDependency[Actor]
CameraId = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Arrangement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A wall as it is to be: its cameras from the upper left, row by row."""

    name: Annotated[str, msgspec.Meta(max_length=LONGEST_NAME, pattern=r"^[^\x00-\x1f\x7f]+$")]
    columns: Annotated[int, msgspec.Meta(ge=1, le=MOST_COLUMNS)]
    cameras: Annotated[list[CameraId], msgspec.Meta(min_length=1, max_length=MOST_CAMERAS)]


class WallToken(msgspec.Struct, frozen=True, kw_only=True):
    token: str
    url: str
    expires_at: datetime


@get("/api/walls", guards=[allow(Act.CAMERA_LIST)])
async def list_walls(actor: Asking, database: Db) -> dict[str, list[Wall]]:
    """The walls of this centre. They show nothing yet."""
    async with database.transaction(readonly=True) as tx:
        return {"walls": await store.walls(tx, actor.centre)}


@post("/api/walls", status_code=201, guards=[allow(Act.WALL_ARRANGE)])
async def new_wall(data: JSONBody[Arrangement], actor: Asking, database: Db) -> Wall:
    """Save a new wall."""
    async with database.transaction() as tx:
        return await actions.save(tx, actor, id=None, name=data.name, columns=data.columns, cameras=data.cameras)


@put("/api/walls/{wall:str}", guards=[allow(Act.WALL_ARRANGE)])
async def change_wall(wall: FromPath[str], data: JSONBody[Arrangement], actor: Asking, database: Db) -> Wall:
    """Save a wall as it is now to be. With other cameras in it, whoever looks at it has to open it again."""
    async with database.transaction() as tx:
        return await actions.save(tx, actor, id=wall, name=data.name, columns=data.columns, cameras=data.cameras)


@delete("/api/walls/{wall:str}", status_code=204, guards=[allow(Act.WALL_ARRANGE)])
async def delete_wall(wall: FromPath[str], actor: Asking, database: Db) -> None:
    """Take a wall away; whoever looks at it sees nothing any more."""
    async with database.transaction() as tx:
        await actions.delete(tx, actor, wall)


@post("/api/walls/{wall:str}/rights", status_code=201, guards=[allow(Act.CAMERA_WATCH)])
async def look_at_wall(wall: FromPath[str], actor: Asking, database: Db) -> RightLine:
    """The routine right to a wall: blurred key-frame pictures of its cameras, for an hour at most and for this session only. It
    cannot be extended, and the wall looked at before ends.
    """
    async with database.transaction() as tx:
        right = await actions.look(tx, actor, wall)
        return await store.line(tx, right.id)


@get("/api/routine-rights", guards=[allow(Act.GRANT_VIEW)])
async def list_routine_rights(actor: Asking, database: Db) -> dict[str, list[RightLine]]:
    """Who may look at which wall of this centre just now, and whose right has ended in the last two minutes, with why."""
    async with database.transaction(readonly=True) as tx:
        return {"rights": await store.lines(tx, actor.centre, tx.at - REMEMBERED)}


@post("/api/routine-rights/{right:str}/tokens", status_code=201, guards=[allow(Act.CAMERA_WATCH)])
async def wall_token(right: FromPath[str], actor: Asking, database: Db) -> WallToken:
    """A token that opens the wall of my right at /pictures/{wall} for sixty seconds; the socket renews it with the next."""
    token, wall, expires_at = await actions.token_for(database, actor, right)
    return WallToken(token=token, url=f"{database.use(Site).media}/pictures/{wall}", expires_at=expires_at)


@post("/api/routine-rights/{right:str}/end", status_code=204, guards=[allow(Act.CAMERA_WATCH)])
async def end_routine_right(right: FromPath[str], actor: Asking, database: Db) -> None:
    """Stop looking; or, for the centre's leader, end anybody's look. Its pictures end within a frame."""
    async with database.transaction() as tx:
        await actions.stop(tx, actor, right)


ROUTES = [
    list_walls, new_wall, change_wall, delete_wall, look_at_wall, list_routine_rights, wall_token, end_routine_right,
]  # fmt: skip
