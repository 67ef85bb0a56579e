"""What a person at the desk of 112 or 119 can do, over HTTP and WebSocket."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import msgspec
from litestar import WebSocket, get, post, websocket
from litestar.di import NamedDependency
from litestar.exceptions import WebSocketDisconnect
from litestar.params import FromPath, JSONBody

from ansim.adapters.gateways import desk as desks
from ansim.adapters.gateways.desk import Desk, DeskRequest
from ansim.core.database import Database, Transaction
from ansim.core.errors import Problem, Unavailable, not_found
from ansim.core.position import Latitude, Longitude
from ansim.response.dispatch import actions
from ansim.response.dispatch.ports import UnitPlace
from ansim.trust.access import sessions
from ansim.trust.access.guards import allow, authenticate
from ansim.trust.access.model import Act, Actor

Db = NamedDependency[Database]
Asking = NamedDependency[Actor]
Short = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class Rejection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Unit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    call_sign: Short
    eta_s: Annotated[int, msgspec.Meta(ge=0, le=24 * 3600)] | None = None


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    latitude: Latitude
    longitude: Longitude
    eta_s: Annotated[int, msgspec.Meta(ge=0, le=24 * 3600)] | None = None


@get("/api/desk/requests", guards=[allow(Act.DESK_ANSWER)])
async def list_requests(actor: Asking, database: Db) -> dict[str, list[DeskRequest]]:
    """What lies on this agency's desk."""
    async with database.transaction(readonly=True) as tx:
        return {"requests": await desks.of(tx, actor.agency)}


@post("/api/desk/requests/{request_id:str}/accept", status_code=200, guards=[allow(Act.DESK_ANSWER)])
async def accept(request_id: FromPath[str], actor: Asking, database: Db) -> DeskRequest:
    """The agency takes the request; its officer gets a link."""
    return await _answer(database, request_id, actor, "acknowledged")


@post("/api/desk/requests/{request_id:str}/reject", status_code=200, guards=[allow(Act.DESK_ANSWER)])
async def reject(request_id: FromPath[str], data: JSONBody[Rejection], actor: Asking, database: Db) -> DeskRequest:
    """The agency does not take it, and says why."""
    return await _answer(database, request_id, actor, "refused", reason=data.reason)


@post("/api/desk/requests/{request_id:str}/unit", status_code=200, guards=[allow(Act.DESK_ANSWER)])
async def send_unit(request_id: FromPath[str], data: JSONBody[Unit], actor: Asking, database: Db) -> DeskRequest:
    """A unit is on its way."""
    return await _answer(database, request_id, actor, "en_route", unit=data.call_sign, eta_s=data.eta_s)


@post("/api/desk/requests/{request_id:str}/position", status_code=204, guards=[allow(Act.DESK_ANSWER)])
async def unit_position(request_id: FromPath[str], data: JSONBody[Place], actor: Asking, database: Db) -> None:
    """Where the unit is. Shown to the operator, never stored."""
    async with database.transaction(readonly=True) as tx:
        await _own(tx, request_id, actor)
    place = UnitPlace(latitude=data.latitude, longitude=data.longitude, at=database.world.clock.now())
    await actions.unit_moved(database, request_id, place, data.eta_s)


@post("/api/desk/requests/{request_id:str}/arrived", status_code=200, guards=[allow(Act.DESK_ANSWER)])
async def arrived(request_id: FromPath[str], actor: Asking, database: Db) -> DeskRequest:
    """The unit is there."""
    return await _answer(database, request_id, actor, "arrived")


@post("/api/desk/requests/{request_id:str}/completed", status_code=200, guards=[allow(Act.DESK_ANSWER)])
async def completed(request_id: FromPath[str], actor: Asking, database: Db) -> DeskRequest:
    """The unit has done its work; its right to see ends."""
    return await _answer(database, request_id, actor, "completed")


@websocket("/live/desk", guards=[allow(Act.DESK_ANSWER)])
async def live_desk(socket: WebSocket[Any, Any, Any], desk: NamedDependency[Desk], database: Db) -> None:
    """For an agency's desk, by cookie or bearer token: {"requests": […]} at once, after every change and once a minute, as long as
    the session lives.
    """
    actor = await authenticate(socket)
    await socket.accept()
    reading = asyncio.create_task(_until_gone(socket))
    try:
        while not reading.done():
            # Taken before the read: what changes in between is then not missed.
            changed = desk.next_change()
            async with database.transaction() as tx:
                alive = await sessions.alive(tx, actor)
                requests = await desks.of(tx, actor.agency) if alive else []
            if not alive:
                await socket.close(code=4401, reason="start again")
                return
            await socket.send_data(msgspec.json.encode({"requests": requests}).decode(), mode="text")
            waiting = [
                asyncio.create_task(changed.wait()),
                asyncio.create_task(database.world.clock.sleep(sessions.ALIVE_EVERY_S)),
            ]
            await asyncio.wait((reading, *waiting), return_when=asyncio.FIRST_COMPLETED)
            for one in waiting:
                one.cancel()
    except Unavailable:
        # The page says that it is cut off and comes again.
        await socket.close(code=1013)
    except (WebSocketDisconnect, RuntimeError):
        pass
    finally:
        reading.cancel()


async def _until_gone(socket: WebSocket[Any, Any, Any]) -> None:
    try:
        while True:
            await socket.receive_text()
    except (WebSocketDisconnect, RuntimeError, KeyError):
        return


async def _own(tx: Transaction, id: str, actor: Actor) -> DeskRequest:
    request = await desks.by_id(tx, id)
    if request is None or request.agency != actor.agency:
        raise not_found("request")
    return request


async def _answer(
    database: Database, id: str, actor: Actor, state: str, *,
    reason: str | None = None, unit: str | None = None, eta_s: int | None = None,
) -> DeskRequest:  # fmt: skip
    async with database.transaction() as tx:
        if (await _own(tx, id, actor)).closed:
            raise Problem(409, "request.closed", "The case is over")
        await actions.answered(tx, id, state, reason=reason, unit=unit, eta_s=eta_s)
        if state in ("refused", "completed"):
            await desks.forget(tx, id)
        return await _own(tx, id, actor)


ROUTES = [list_requests, accept, reject, send_unit, unit_position, arrived, completed, live_desk]
