"""The second channel: the operator sends her a link, and what she does behind it."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from ansim.response.incidents import actions as incidents
from ansim.response.incidents import second_channel
from ansim.response.incidents import store as incident_store
from ansim.response.picture.routes.fixes import FixesTaken, Untried, keep
from ansim.response.picture.routes.shared import Asking, Db, Http, Words
from ansim.response.tracking.model import judged
from ansim.trust.access.guards import address, allow
from ansim.trust.access.limits import Lane, Lanes
from ansim.trust.access.model import Act
from ansim.trust.grants.model import LINK_COOKIE


class Number(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to send it; without one to the number that she left."""

    number: Annotated[str, msgspec.Meta(pattern=r"^[0-9+() -]{3,24}$")] | None = None


class SentLink(msgspec.Struct, frozen=True, kw_only=True):
    """Its secret is in the SMS and nowhere else."""

    link: str


class LinkFixes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    positions: Untried


class LinkWords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: Words


@post("/api/incidents/{incident:str}/channel", status_code=201, guards=[allow(Act.LINK_ISSUE)])
async def send_link(incident: FromPath[str], data: JSONBody[Number], actor: Asking, database: Db) -> SentLink:
    """Send her a link by SMS. Whoever opens it first shares position, camera and words with this case; one that was sent before
    stops working.
    """
    async with database.transaction() as tx:
        return SentLink(link=await second_channel.send(tx, incident, actor.id, data.number))


@post("/api/links/{token:str}/agree", status_code=204)
async def link_agrees(token: FromPath[str], request: Http, database: Db) -> None:
    """Whoever opened the link has agreed to share position and picture with the case."""
    async with database.transaction() as tx:
        await second_channel.agreed(tx, await second_channel.hers(tx, token, request.cookies.get(LINK_COOKIE)))


@post("/api/links/{token:str}/positions", status_code=200)
async def link_positions(
    token: FromPath[str], data: JSONBody[LinkFixes], request: Http, database: Db, lanes: NamedDependency[Lanes]
) -> FixesTaken:
    """Where she is now, from the page behind the link she was sent. Refused once the case is closed."""
    lanes.let_in(Lane.POSITION, token, address(request))
    good, rejected = judged(data.positions)
    async with database.transaction() as tx:
        link = await second_channel.hers(tx, token, request.cookies.get(LINK_COOKIE))
        await keep(tx, link.incident, good)
        if good:
            await second_channel.moved(tx, link)
    return FixesTaken(accepted=len(good), rejected=rejected)


@post("/api/links/{token:str}/messages", status_code=204)
async def link_says(
    token: FromPath[str], data: JSONBody[LinkWords], request: Http, database: Db, lanes: NamedDependency[Lanes]
) -> None:
    """Write to the operator from there."""
    lanes.let_in(Lane.ACKNOWLEDGEMENT, token, address(request))
    async with database.transaction() as tx:
        link = await second_channel.hers(tx, token, request.cookies.get(LINK_COOKIE))
        incident = await incident_store.locked(tx, link.incident)
        assert incident is not None
        await incidents.say(tx, incident, "person", data.text)


ROUTES = [send_link, link_agrees, link_positions, link_says]
