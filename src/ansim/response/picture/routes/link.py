"""The pages behind links, each bound to one browser."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from ansim.core.errors import not_found
from ansim.core.position import Latitude, Longitude
from ansim.core.world import World
from ansim.response.dispatch import actions as dispatch
from ansim.response.dispatch.ports import UnitPlace
from ansim.response.escorts import actions as escorts
from ansim.response.escorts import store as escort_store
from ansim.response.escorts.saying import Said, say
from ansim.response.escorts.telling import side_of
from ansim.response.picture import assemble
from ansim.response.picture.assemble import AnyLink
from ansim.response.picture.escorts import link_state as escort_state
from ansim.response.picture.escorts import order_of
from ansim.response.picture.model import EscortLink
from ansim.response.picture.routes.shared import Db, Http, OneCamera, ShownToken, shown_token
from ansim.trust.access.guards import address
from ansim.trust.access.limits import Lane, Lanes
from ansim.trust.grants import actions as grants
from ansim.trust.grants.model import LINK_COOKIE, Link


class UnitHere(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    latitude: Latitude
    longitude: Longitude


@post("/api/links/{token:str}/open", status_code=200)
async def open_link(
    token: FromPath[str], request: Http, database: Db, world: NamedDependency[World]
) -> Response[AnyLink]:
    """Bind this link to this browser. Opening the page alone binds nothing: messengers fetch pages for a preview."""
    try:
        async with database.transaction() as tx:
            link, cookie = await grants.open_link(tx, token, browser_of(request))
            state = await assemble.link_state(tx, link)
    except grants.LinkBound as bound:
        async with database.transaction() as tx:
            await grants.refuse_link(tx, bound.link)
        raise
    response = Response(state)
    response.set_cookie(
        Cookie(
            key=LINK_COOKIE,
            value=cookie,
            path="/",
            max_age=max(48 * 3600, round((link.until_at - world.clock.now()).total_seconds())),
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
    )
    return response


@get("/api/links/{token:str}")
async def link_state(token: FromPath[str], request: Http, database: Db) -> AnyLink:
    """What the page behind a link shows; only to the browser the link is bound to."""
    async with database.transaction(readonly=True) as tx:
        return await assemble.link_state(tx, await bound(tx, token, browser_of(request)))


@post("/api/links/{token:str}/tokens", status_code=201)
async def link_token(token: FromPath[str], data: JSONBody[OneCamera], request: Http, database: Db) -> ShownToken:
    """A token that opens one camera for the officer behind this link."""
    async with database.transaction(readonly=True) as tx:
        link = await bound(tx, token, browser_of(request))
    return await shown_token(database, link.grant_id, data.camera, f"link:{link.id}")


@post("/api/links/{token:str}/arrived", status_code=200)
async def officer_arrived(token: FromPath[str], request: Http, database: Db) -> AnyLink:
    """The officer is there."""
    async with database.transaction() as tx:
        link = await _officer(tx, token, browser_of(request))
        await dispatch.answered(tx, link.subject, "arrived")
        return await assemble.link_state(tx, link)


@post("/api/links/{token:str}/position", status_code=204)
async def officer_position(
    token: FromPath[str], data: JSONBody[UnitHere], request: Http, database: Db, world: NamedDependency[World]
) -> None:
    """Where the officer is. Shown to the operator, never stored."""
    async with database.transaction(readonly=True) as tx:
        link = await _officer(tx, token, browser_of(request))
    place = UnitPlace(latitude=data.latitude, longitude=data.longitude, at=world.clock.now())
    await dispatch.unit_moved(database, link.subject, place, None)


@post("/api/links/{token:str}/escort", status_code=200)
async def escort_said(
    token: FromPath[str], data: JSONBody[Said], request: Http, database: Db, lanes: NamedDependency[Lanes]
) -> EscortLink:
    """One word of a scout, or of her whom they walk home: here, met (with the other side's number), more, arrived, hand-over,
    no-show, cancel, sos. A wrong number is refused (403) and recorded.
    """
    try:
        async with database.transaction() as tx:
            link = await bound(tx, token, browser_of(request))
            lanes.let_in(Lane.ACKNOWLEDGEMENT, link.id, address(request))
            escort = await escort_store.locked(tx, link.incident)
            if escort is None or link.ended_at is not None or link.until_at <= tx.at:
                raise not_found("link")
            escort = await say(tx, escort, side_of(escort, link.kind, order_of(link)), data, f"link:{link.id}")
            return await escort_state(tx, link, escort)
    except escorts.WrongNumber as wrong:
        async with database.transaction() as tx:
            await escorts.refuse(tx, wrong, f"link:{link.id}")
        raise


async def bound(tx: Any, token: str, browser: str | None) -> Link:
    link = await grants.bound_link(tx, token, browser)
    if link is None:
        raise not_found("link")
    return link


async def _officer(tx: Any, token: str, browser: str | None) -> Link:
    link = await bound(tx, token, browser)
    if link.kind != "officer" or link.ended_at is not None:
        raise not_found("link")
    return link


def browser_of(request: Http) -> str | None:
    return request.cookies.get(LINK_COOKIE)


ROUTES = [open_link, link_state, link_token, officer_arrived, officer_position, escort_said]
