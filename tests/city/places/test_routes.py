"""The borders of the console's map, over HTTP."""

from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar, Request, Response
from litestar.di import Provide

from ansim.city.places.jurisdictions import Jurisdictions
from ansim.city.places.routes import ROUTES
from ansim.core.database import Database
from ansim.core.errors import Problem
from ansim.trust.access.guards import actor as actor_dependency
from ansim.trust.access.model import Actor, Role


class Wired(Database):
    """As much of a database as the route asks for: what was wired in, and no connection."""

    def __init__(self, country: Jurisdictions) -> None:
        self._services = {}
        self.provide(Jurisdictions, country)


def refused(request: Request[Any, Any, Any], problem: Problem) -> Response[Any]:
    return Response(problem.body(request.url.path), status_code=problem.status)


def someone(role: Role) -> Actor:
    return Actor(
        id="1",
        name="Kim",
        role=role,
        centre="gyeonggi-seongnam",
        session="2",
        expires_at=datetime(2027, 1, 1, tzinfo=UTC),
    )


async def ask(country: Jurisdictions, actor: Actor | None) -> httpx.Response:
    wired = Provide(lambda: Wired(country), sync_to_thread=False)
    app = Litestar(
        ROUTES,
        dependencies={"actor": Provide(actor_dependency), "database": wired},
        exception_handlers={Problem: refused},
        logging_config=None,
    )

    async def signed_in(scope: Any, receive: Any, send: Any) -> None:
        if actor is not None:
            scope["ansim.actor"] = actor
        await app(scope, receive, send)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=signed_in), base_url="http://localhost") as client:
        return await client.get("/api/map/borders")


async def test_an_operator_gets_the_borders_around_her_centre(country: Jurisdictions) -> None:
    answer = await ask(country, someone(Role.OPERATOR))
    assert answer.status_code == 200
    assert answer.json() == msgspec.json.decode(msgspec.json.encode(country.outlines("gyeonggi-seongnam")))


@pytest.mark.parametrize(("actor", "status"), [(None, 401), (someone(Role.AGENCY), 403)])
async def test_nobody_else_does(country: Jurisdictions, actor: Actor | None, status: int) -> None:
    assert (await ask(country, actor)).status_code == status
