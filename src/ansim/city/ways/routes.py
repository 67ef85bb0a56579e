"""Which way is lit, seen and near help: asked by anybody, answered from memory, kept nowhere."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from ansim.city.ways.model import HelpPlaces, Wanted, Ways
from ansim.city.ways.register import Network
from ansim.core.database import Database
from ansim.core.world import World
from ansim.trust.access.guards import address
from ansim.trust.access.limits import Lane, Lanes


@post("/api/ways", status_code=200)
async def ways(
    data: JSONBody[Wanted],
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    world: NamedDependency[World],
    lanes: NamedDependency[Lanes],
) -> Ways:
    """The shortest way and, where it is another one, the safe way: how much of each is lit, seen by a camera and near help, which
    help is open then, and what no register here tells. Nothing of the question is kept.
    """
    asker = address(request)  # nobody says who she is
    lanes.let_in(Lane.WAY, asker, asker)
    return await asyncio.to_thread(database.use(Network).choose, data, world.clock.now())


@get("/api/help")
async def help_places(database: NamedDependency[Database]) -> HelpPlaces:
    """Police boxes, bells, and shops and shelters that are open around the clock: for a phone that finds the nearest one by itself."""
    return HelpPlaces(places=database.use(Network).help_at_any_hour())


ROUTES = [ways, help_places]
