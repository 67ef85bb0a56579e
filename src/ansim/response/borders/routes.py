"""What an operator says of a neighbour's case at our border."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from ansim.core.database import Database
from ansim.response.borders import actions, lending
from ansim.response.borders.model import Wish
from ansim.trust.access.guards import allow
from ansim.trust.access.model import Act, Actor

Db = NamedDependency[Database]
Asking = NamedDependency[Actor]


class Wishes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`help`: this centre would help; `take`: it would take the case."""

    wish: Wish


@post("/api/borders/{border:str}/wish", status_code=204, guards=[allow(Act.INCIDENT_WORK)])
async def wish(border: FromPath[str], data: JSONBody[Wishes], actor: Asking, database: Db) -> None:
    """Tell whoever has a case at our border that this centre would help, or take it. It stays theirs until they offer it."""
    async with database.transaction() as tx:
        await actions.wish(tx, border, actor.id, data.wish)


class Lends(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    lends: bool


class OfCentre(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A camera that a neighbour lends for the case, as its `borrowed` names it."""

    centre: Annotated[str, msgspec.Meta(max_length=64)]
    camera: Annotated[str, msgspec.Meta(max_length=64)]


class BorrowedToken(msgspec.Struct, frozen=True, kw_only=True):
    token: str
    url: str
    expires_at: datetime


@post("/api/borders/{border:str}/lend", status_code=204, guards=[allow(Act.INCIDENT_WORK)])
async def lend(border: FromPath[str], data: JSONBody[Lends], actor: Asking, database: Db) -> None:
    """Lend the cameras that see her to whoever has the case, for this case; or take them back, which ends every picture."""
    async with database.transaction() as tx:
        await lending.choose(tx, border, actor.id, data.lends)


@post("/api/incidents/{incident:str}/borrowed", status_code=201, guards=[allow(Act.CAMERA_WATCH)])
async def borrowed_token(
    incident: FromPath[str], data: JSONBody[OfCentre], actor: Asking, database: Db
) -> BorrowedToken:
    """A token that opens one camera of a neighbour at its own node for sixty seconds; the socket renews it with the next. 403 when it is not lent now."""
    async with database.transaction() as tx:
        token, origin, until_at = await lending.token(tx, incident, actor.id, data.centre, data.camera)
    return BorrowedToken(token=token, url=f"{origin}/media/{data.camera}", expires_at=until_at)


ROUTES = [wish, lend, borrowed_token]
