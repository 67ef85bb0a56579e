"""The sockets over which the picture is pushed."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from litestar import websocket
from litestar.di import NamedDependency
from litestar.exceptions import WebSocketDisconnect

from ansim.core.errors import Problem
from ansim.core.world import World
from ansim.response.picture.live import LinkHolder, Live, Operator, Phone, Subscriber, Walker
from ansim.response.picture.routes.shared import Db, Socket
from ansim.response.signals import actions as signals
from ansim.response.signals.model import Secret, secret_hash
from ansim.response.trips import actions as trips
from ansim.trust.access.guards import allow, authenticate
from ansim.trust.access.model import Act
from ansim.trust.grants import actions as grants
from ansim.trust.grants.model import LINK_COOKIE


@websocket("/live", guards=[allow(Act.QUEUE_VIEW)])
async def live(socket: Socket, live: NamedDependency[Live], world: NamedDependency[World]) -> None:
    """For operators, by cookie or bearer token. The server says {"type": "hello"}, then {"type": "state"} with every incident, then what changes:
    "incident", "position", "status", and "ping" once a second. Whoever comes again gets the whole state again, so nothing is missed."""
    actor = await authenticate(socket)
    await socket.accept()
    hello = {
        "type": "hello",
        "at": world.clock.now(),
        "me": {"account": actor.id, "name": actor.name, "role": actor.role},
    }
    await socket.send_data(msgspec.json.encode(hello).decode(), mode="text")
    await _serve(socket, live, Operator(actor))


@websocket("/live/signal")
async def live_signal(socket: Socket, live: NamedDependency[Live], database: Db) -> None:
    """For her phone. It says {"signal", "secret"} first and then gets what POST /api/signals/{signal}/state answers, whenever it changes."""
    await socket.accept()
    first = await _first(socket, FirstOfPhone)
    if first is None:
        return
    hashed = secret_hash(first.secret)
    try:
        async with database.transaction(readonly=True) as tx:
            row = await signals.own(tx, first.signal, first.secret)
    except Problem as problem:
        await socket.close(code=4404, reason=problem.type)
        return
    await _serve(socket, live, Phone(first.signal, hashed, row["incident"]))


@websocket("/live/trip")
async def live_trip(socket: Socket, live: NamedDependency[Live], database: Db) -> None:
    """For the phone of a trip. It says {"trip", "secret"} first and then gets what POST /api/trips/{trip}/state answers, whenever it changes."""
    await socket.accept()
    first = await _first(socket, FirstOfTrip)
    if first is None:
        return
    try:
        async with database.transaction(readonly=True) as tx:
            await trips.own(tx, first.trip, first.secret, lock=False)
    except Problem as problem:
        await socket.close(code=4404, reason=problem.type)
        return
    await _serve(socket, live, Walker(first.trip))


@websocket("/live/link")
async def live_link(socket: Socket, live: NamedDependency[Live], database: Db) -> None:
    """For the page behind a link. It says {"token"} first, from the browser the link is bound to, and then gets its state."""
    await socket.accept()
    first = await _first(socket, FirstOfLink)
    if first is None:
        return
    browser = socket.cookies.get(LINK_COOKIE)
    async with database.transaction(readonly=True) as tx:
        link = await grants.bound_link(tx, first.token, browser)
    if link is None or browser is None:
        await socket.close(code=4404, reason="link.unknown")
        return
    await _serve(socket, live, LinkHolder(first.token, browser, link.incident))


class FirstOfPhone(msgspec.Struct, frozen=True, kw_only=True):
    signal: str
    secret: Secret


class FirstOfTrip(msgspec.Struct, frozen=True, kw_only=True):
    trip: str
    secret: Secret


class FirstOfLink(msgspec.Struct, frozen=True, kw_only=True):
    token: str


async def _first(socket: Socket, shape: type[Any]) -> Any:
    """The first message of a socket that says who it is; None after closing one that does not in time."""
    try:
        text = await asyncio.wait_for(socket.receive_text(), timeout=10)
        return msgspec.json.decode(text, type=shape)
    except (msgspec.MsgspecError, TimeoutError, RecursionError, UnicodeError):
        await socket.close(code=4400, reason="first-message")
    except WebSocketDisconnect:
        pass
    return None


async def _serve(socket: Socket, live: Live, subscriber: Subscriber) -> None:
    """Push until either side has enough."""
    try:
        subscription = await live.subscribe(subscriber)
    except Problem as problem:
        await socket.close(code=4503 if problem.status == 503 else 4404, reason=problem.type)
        return
    reading = asyncio.create_task(_drain(socket))
    try:
        while True:
            following = asyncio.create_task(subscription.next())
            await asyncio.wait((reading, following), return_when=asyncio.FIRST_COMPLETED)
            if reading.done():
                following.cancel()
                return
            message = following.result()
            if message is None:
                await socket.close(code=4401, reason="start again")
                return
            await socket.send_data(message.decode(), mode="text")
    except (WebSocketDisconnect, RuntimeError):
        return
    finally:
        live.unsubscribe(subscription)
        reading.cancel()


async def _drain(socket: Socket) -> None:
    """Read and drop what the page says; its end is the end."""
    try:
        while True:
            await socket.receive_text()
    except (WebSocketDisconnect, RuntimeError, KeyError):
        return


ROUTES = [live, live_signal, live_trip, live_link]
