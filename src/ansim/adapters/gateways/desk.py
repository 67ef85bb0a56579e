"""A simulated agency: its requests lie on a desk where a person (or a script) accepts, rejects, sends a unit.

What it knows lives in memory and is gone with the process: a real agency keeps its own record.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import WebSocket, get, post, websocket
from litestar.di import NamedDependency
from litestar.exceptions import WebSocketDisconnect
from litestar.params import FromPath, JSONBody

from ansim.core.database import Database
from ansim.core.errors import Problem, not_found
from ansim.core.position import Latitude, Longitude, Position
from ansim.response.dispatch import actions
from ansim.response.dispatch.ports import Ask, NoAnswer, UnitPlace
from ansim.trust.access.guards import allow, authenticate
from ansim.trust.access.model import Act, Actor

Db = NamedDependency[Database]
Asking = NamedDependency[Actor]
Short = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class DeskRequest(msgspec.Struct, kw_only=True):
    """One request as the agency sees it."""

    id: str
    agency: str
    reference: str
    number: str
    centre: str
    kind: str
    silent: bool
    place: str
    position: Position | None
    at: datetime
    state: str = "requested"
    unit: str | None = None
    eta_s: int | None = None
    reason: str | None = None
    link: str | None = None
    closed: bool = False


class Desk:
    """The desks of all simulated agencies. `reachable` can be switched off to show what then happens."""

    def __init__(self) -> None:
        self.requests: dict[str, DeskRequest] = {}
        self.reachable = True
        self._changed = asyncio.Event()

    def of(self, agency: str | None) -> list[DeskRequest]:
        return [request for request in self.requests.values() if agency is None or request.agency == agency]

    def changed(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def next_change(self) -> asyncio.Event:
        """Set at the next change. Take it before reading: what changes in between is then not missed."""
        return self._changed


class DeskGateway:
    """The line of one agency to its desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def ask(self, ask: Ask) -> str:
        if not self._desk.reachable:
            raise NoAnswer("the line is down")
        known = self._desk.requests.get(ask.id)
        if known is None:
            reference = f"{ask.agency}-{len(self._desk.requests) + 1:04d}"
            fields = {
                name: getattr(ask, name)
                for name in ("id", "agency", "number", "centre", "kind", "silent", "place", "position", "at")
            }
            known = self._desk.requests[ask.id] = DeskRequest(reference=reference, **fields)
        self._desk.changed()
        return known.reference

    async def hand_link(self, id: str, url: str) -> None:
        if not self._desk.reachable:
            raise NoAnswer("the line is down")
        if (request := self._desk.requests.get(id)) is not None and not request.closed:
            request.link = url
            self._desk.changed()

    async def closed(self, id: str, why: str) -> None:
        if not self._desk.reachable:
            raise NoAnswer("the line is down")
        if (request := self._desk.requests.get(id)) is not None:
            # The case is over: what the agency was told of her place and the way to see her go with it.
            request.closed, request.position, request.link = True, None, None
            self._desk.changed()

    def up(self) -> bool:
        return self._desk.reachable


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
async def list_requests(actor: Asking, desk: NamedDependency[Desk]) -> dict[str, list[DeskRequest]]:
    """What lies on this agency's desk."""
    return {"requests": desk.of(actor.agency)}


@post("/api/desk/requests/{request_id:str}/accept", status_code=200, guards=[allow(Act.DESK_ANSWER)])
async def accept(request_id: FromPath[str], actor: Asking, desk: NamedDependency[Desk], database: Db) -> DeskRequest:
    """The agency takes the request; its officer gets a link."""
    return await _answer(desk, database, request_id, actor, "acknowledged")


@post("/api/desk/requests/{request_id:str}/reject", status_code=200, guards=[allow(Act.DESK_ANSWER)])
async def reject(
    request_id: FromPath[str], data: JSONBody[Rejection], actor: Asking, desk: NamedDependency[Desk], database: Db
) -> DeskRequest:
    """The agency does not take it, and says why."""
    return await _answer(desk, database, request_id, actor, "refused", reason=data.reason)


@post("/api/desk/requests/{request_id:str}/unit", status_code=200, guards=[allow(Act.DESK_ANSWER)])
async def send_unit(
    request_id: FromPath[str], data: JSONBody[Unit], actor: Asking, desk: NamedDependency[Desk], database: Db
) -> DeskRequest:
    """A unit is on its way."""
    return await _answer(desk, database, request_id, actor, "en_route", unit=data.call_sign, eta_s=data.eta_s)


@post("/api/desk/requests/{request_id:str}/position", status_code=204, guards=[allow(Act.DESK_ANSWER)])
async def unit_position(
    request_id: FromPath[str], data: JSONBody[Place], actor: Asking, desk: NamedDependency[Desk], database: Db
) -> None:
    """Where the unit is. Shown to the operator, never stored."""
    _own(desk, request_id, actor)
    place = UnitPlace(latitude=data.latitude, longitude=data.longitude, at=database.world.clock.now())
    await actions.unit_moved(database, request_id, place, data.eta_s)


@post("/api/desk/requests/{request_id:str}/arrived", status_code=200, guards=[allow(Act.DESK_ANSWER)])
async def arrived(request_id: FromPath[str], actor: Asking, desk: NamedDependency[Desk], database: Db) -> DeskRequest:
    """The unit is there."""
    return await _answer(desk, database, request_id, actor, "arrived")


@post("/api/desk/requests/{request_id:str}/completed", status_code=200, guards=[allow(Act.DESK_ANSWER)])
async def completed(request_id: FromPath[str], actor: Asking, desk: NamedDependency[Desk], database: Db) -> DeskRequest:
    """The unit has done its work; its right to see ends."""
    return await _answer(desk, database, request_id, actor, "completed")


@websocket("/live/desk", guards=[allow(Act.DESK_ANSWER)])
async def live_desk(socket: WebSocket[Any, Any, Any], desk: NamedDependency[Desk]) -> None:
    """For an agency's desk, by cookie or bearer token: {"requests": […]} at once and after every change."""
    actor = await authenticate(socket)
    await socket.accept()
    reading = asyncio.create_task(_until_gone(socket))
    try:
        while not reading.done():
            waiting = asyncio.create_task(desk.next_change().wait())
            await socket.send_data(msgspec.json.encode({"requests": desk.of(actor.agency)}).decode(), mode="text")
            await asyncio.wait((reading, waiting), return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
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


def _own(desk: Desk, id: str, actor: Actor) -> DeskRequest:
    request = desk.requests.get(id)
    if request is None or request.agency != actor.agency:
        raise not_found("request")
    return request


async def _answer(
    desk: Desk, database: Database, id: str, actor: Actor, state: str, *,
    reason: str | None = None, unit: str | None = None, eta_s: int | None = None,
) -> DeskRequest:  # fmt: skip
    request = _own(desk, id, actor)
    if request.closed:
        raise Problem(409, "request.closed", "The case is over")
    async with database.transaction() as tx:
        dispatch = await actions.answered(tx, id, state, reason=reason, unit=unit, eta_s=eta_s)
    request.state, request.unit, request.eta_s, request.reason = (
        dispatch.state,
        dispatch.unit,
        dispatch.eta_s,
        dispatch.reason,
    )
    desk.changed()
    return request


ROUTES = [list_requests, accept, reject, send_unit, unit_position, arrived, completed, live_desk]
