"""What an operator says of a neighbour's case at our border."""

from __future__ import annotations

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from ansim.core.database import Database
from ansim.response.borders import actions
from ansim.response.borders.model import Wish
from ansim.trust.access.guards import allow
from ansim.trust.access.model import Act, Actor


class Wishes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`help`: this centre would help; `take`: it would take the case."""

    wish: Wish


@post("/api/borders/{border:str}/wish", status_code=204, guards=[allow(Act.INCIDENT_WORK)])
async def wish(
    border: FromPath[str], data: JSONBody[Wishes], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> None:
    """Tell whoever has a case at our border that this centre would help, or take it. It stays theirs until they offer it."""
    async with database.transaction() as tx:
        await actions.wish(tx, border, actor.id, data.wish)


ROUTES = [wish]
