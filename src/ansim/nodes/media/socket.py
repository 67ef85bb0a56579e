"""/media/{camera}: a browser's picture, /phones/{camera}: what her phone films, and /pictures/{wall}: a wall's, as WebSocket applications
(ASGI 3).

A viewer first sends {"token": …, "plays": […]} and only then, with the view in the ledger, gets {"type": "start", …}
and video, or single pictures of what it cannot play. It sends {"type": "ack", "bytes": total taken so far} and gets no
more than its window; {"token": …} again renews. A wall is opened in the same way, and gets {"type": "start",
"cameras": […]} and messages of one blurred picture each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from contextlib import suppress
from datetime import datetime
from functools import wraps
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import urlsplit

import msgspec
import structlog

from ansim.core.world import World
from ansim.nodes.media.deadline import stop, within
from ansim.nodes.media.node import MediaNode
from ansim.nodes.media.ports import Gate, Refused, View, WallGate
from ansim.nodes.media.ring import family_of
from ansim.nodes.media.showing import CAMERA_AWAY, GRANT_ENDED, LEASE_LOST
from ansim.nodes.media.transport import bound_buffers, cut_off, transport_of
from ansim.nodes.media.viewer import Admitted, Viewer
from ansim.nodes.media.watcher import Watcher

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Serve = Callable[[Scope, Receive, Send], Awaitable[None]]

FIRST_WORD_S = 5.0
FIRST_PICTURE_S = 10.0
FAREWELL_S = 0.1
HEALTH_EVERY_S = 1.0
ROUND_S = 1.0
STAYS_S = 10.0  # a camera of a wall is kept so long after its last round
LONGEST_MESSAGE = 8 * 1024

Through = TypeVar("Through")
By = TypeVar("By", bound="Leased")
One = TypeVar("One", bound=Admitted)

log = structlog.get_logger(__name__)


class Leased(Protocol):
    """Whoever shows something, while the centre stands behind it."""

    @property
    def world(self) -> World: ...
    @property
    def leased(self) -> bool: ...


class Freshness(Protocol):
    """How old a picture is, as `ports.Health` has it."""

    @property
    def state(self) -> str: ...
    @property
    def age_s(self) -> float | None: ...
    @property
    def every_s(self) -> float | None: ...
    @property
    def frozen_s(self) -> float | None: ...


class Shows(Leased, Protocol):
    """Whoever has streams to show: the media node its cameras, the centre what phones film."""

    def admit(self, view: View, cut_off: Callable[[], None], families: Collection[str]) -> Viewer: ...
    def dismiss(self, viewer: Viewer, gate: Gate, seconds: float) -> None: ...
    def health(self, id: str, families: Collection[str]) -> Freshness | None:
        """None for what is not there."""


class Word(msgspec.Struct):
    """What a viewer may say. `plays`: codec strings (RFC 6381) that it can play beside H.264; `bytes`: all that it has taken
    since it came.
    """

    type: str = ""
    token: str = ""
    plays: list[str] = []
    bytes: int = 0


class Gone(Exception):
    """The viewer left, or says what no viewer says."""


Origins = Callable[[], Collection[str]]
"""Whose pages may come, beside those of the same host: asked at each opening, because centres join a country."""


def media_socket(node: Shows, gate: Gate, origins: Origins = tuple) -> Serve:
    """The application for streams."""
    return _application(origins, lambda scope, receive, send: _Stream(node, gate, scope, receive, send))


def wall_socket(node: MediaNode, gate: WallGate, origins: Origins = tuple) -> Serve:
    """The application for walls."""
    return _application(origins, lambda scope, receive, send: _Wall(node, gate, scope, receive, send))


def _application(origins: Origins, opening: Callable[[Scope, Receive, Send], _Opening[Any, Any, Any]]) -> Serve:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(OSError, Gone):  # the viewer's connection ended; what had to be told was told
            await opening(scope, receive, send).serve()

    return websocket_door(lambda scope: _same_site(scope, origins), serve)


def websocket_door(admits: Callable[[Scope], bool], serve: Serve) -> Serve:
    """The application that lets a WebSocket in, or closes it with 4403, and tells any other request to become one (426)."""

    @wraps(serve)  # whose it is stays to be seen: the reference tells what that module says of it
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await send({"type": "http.response.start", "status": 426, "headers": [(b"upgrade", b"websocket")]})
            await send({"type": "http.response.body", "body": b""})
            return
        await receive()
        if not admits(scope):
            await send({"type": "websocket.close", "code": GRANT_ENDED})
            return
        await send({"type": "websocket.accept"})
        await serve(scope, receive, send)

    return application


def _same_site(scope: Scope, origins: Origins) -> bool:
    headers = {name.lower(): value for name, value in scope["headers"]}
    origin = headers.get(b"origin")
    if origin is None:
        return True  # not a page: it holds a token or it gets nothing
    text = origin.decode("latin-1")
    return text in origins() or urlsplit(text).netloc == headers.get(b"host", b"").decode("latin-1")


class _Opening(Generic[By, Through, One]):
    """One connection, from its first word to its end; what it is shown is its subclasses' matter."""

    def __init__(self, node: By, gate: Through, scope: Scope, receive: Receive, send: Send) -> None:
        self._node = node
        self._gate = gate
        self._clock = node.world.clock
        self._asked = str(scope["path"]).rstrip("/").rpartition("/")[2]
        self._transport = transport_of(scope)
        self._tokens: asyncio.Queue[str] = asyncio.Queue(maxsize=4)
        self._receive = receive
        self._send = send

    async def serve(self) -> None:
        if self._transport is not None:
            bound_buffers(self._transport)
        try:
            word = await within(self._clock, FIRST_WORD_S, self._word())
        except TimeoutError:
            return await self._close(GRANT_ENDED, "no token")
        if not self._node.leased:
            return await self._close(LEASE_LOST, "lease lost")
        try:
            one = await self._admit(word)
        except Refused as refused:
            return await self._close(GRANT_ENDED, refused.reason)
        except Exception as error:  # whatever keeps the centre from writing its ledger: no entry, no picture
            log.warning("media.gate-silent", asked=self._asked, error=type(error).__name__)
            return await self._close(LEASE_LOST, "centre away")
        # from here on the ledger holds a view, so its end must be told whatever happens
        began = self._clock.monotonic()
        try:
            await self._show(one)
        finally:
            one.end(GRANT_ENDED, "left")
            self._dismiss(one, self._clock.monotonic() - began)

    async def _admit(self, word: Word) -> One:
        raise NotImplementedError

    def _dismiss(self, one: One, seconds: float) -> None:
        raise NotImplementedError

    async def _feed(self, one: One) -> None:
        """Puts before it what is to be told and shown, for as long as it lasts."""
        raise NotImplementedError

    async def _renewed(self, one: One, token: str) -> datetime:
        raise NotImplementedError

    async def _show(self, one: One) -> None:
        work = [
            asyncio.ensure_future(part)
            for part in (self._listen(one), self._renew(one), self._pour(one), self._feed(one), self._expire(one))
        ]
        ended = asyncio.ensure_future(one.ended.wait())
        try:
            done, _ = await asyncio.wait((*work, ended), return_when=asyncio.FIRST_COMPLETED)
        finally:
            await stop(*work, ended)
        if one.ended.is_set():
            await self._close(one.code, one.why)
        else:
            for part in done:
                part.result()

    async def _listen(self, viewer: One) -> None:
        while True:
            word = await self._word()
            if word.type == "ack":
                viewer.acknowledge(word.bytes)
            elif word.token:
                if self._tokens.full():
                    raise Gone
                self._tokens.put_nowait(word.token)

    async def _renew(self, viewer: One) -> None:
        """Beside the listening: a centre that takes its time must not keep acknowledgements waiting."""
        while True:
            token = await self._tokens.get()
            try:
                viewer.until(await self._renewed(viewer, token))
            except Refused as refused:
                viewer.end(GRANT_ENDED, refused.reason)
            except Exception as error:  # the view lives on what it has, and ends at its time
                log.warning("media.gate-silent", asked=self._asked, error=type(error).__name__)

    async def _pour(self, viewer: One) -> None:
        while (message := await viewer.next()) is not None:
            if isinstance(message, str):
                await self._send({"type": "websocket.send", "text": message})
            else:
                await self._send({"type": "websocket.send", "bytes": bytes(message)})

    async def _expire(self, viewer: One) -> None:
        while (left := viewer.left()) > 0:
            await self._clock.sleep(min(left, 1.0))  # a renewal may also bring the end nearer
        viewer.end(GRANT_ENDED, "expired")

    async def _word(self) -> Word:
        message = await self._receive()
        if message["type"] != "websocket.receive":
            raise Gone
        text = message.get("text")
        if text is None or len(text) > LONGEST_MESSAGE:
            raise Gone
        try:
            return msgspec.json.decode(text, type=Word)
        except msgspec.DecodeError:
            raise Gone from None

    async def _close(self, code: int, why: str) -> None:
        """Say why, and do not wait for a viewer that does not listen."""
        try:
            await within(self._clock, FAREWELL_S, self._farewell(code, why))
        except TimeoutError:
            self._cut_off()

    async def _farewell(self, code: int, why: str) -> None:
        await self._send({"type": "websocket.close", "code": code, "reason": why})

    def _cut_off(self) -> None:
        if self._transport is not None:
            cut_off(self._transport)


class _Stream(_Opening[Shows, Gate, Viewer]):
    async def _admit(self, word: Word) -> Viewer:
        view = await self._gate.open(word.token, self._asked)
        return self._node.admit(view, self._cut_off, frozenset(map(family_of, word.plays)))

    def _dismiss(self, one: Viewer, seconds: float) -> None:
        self._node.dismiss(one, self._gate, seconds)

    async def _renewed(self, one: Viewer, token: str) -> datetime:
        return await self._gate.renew(one.view.id, token)

    async def _feed(self, one: Viewer) -> None:
        waited = 0.0
        while True:
            health = self._node.health(one.view.camera, one.families)
            if health is None or (one.frames == 0 and waited >= FIRST_PICTURE_S):
                one.end(CAMERA_AWAY, "camera away")
                return
            one.tell(
                {
                    "type": "health",
                    "age_s": health.age_s,
                    "state": health.state,
                    "every_s": health.every_s,
                    "frozen_s": health.frozen_s,
                }
            )
            await self._clock.sleep(HEALTH_EVERY_S)
            waited += HEALTH_EVERY_S


class _Wall(_Opening[MediaNode, WallGate, Watcher]):
    async def _admit(self, word: Word) -> Watcher:
        return self._node.admit_watcher(await self._gate.open(word.token, self._asked), self._cut_off)

    def _dismiss(self, one: Watcher, seconds: float) -> None:
        self._node.dismiss_watcher(one, self._gate, seconds)

    async def _renewed(self, one: Watcher, token: str) -> datetime:
        return await self._gate.renew(one.view.id, token)

    async def _feed(self, one: Watcher) -> None:
        """Round the wall once a second, one camera after the other: sixty at the same moment would keep each other waiting."""
        cameras = one.view.cameras
        one.tell({"type": "start", "cameras": cameras})
        while True:
            for place, id in enumerate(cameras):
                camera = self._node.cameras.get(id)
                glimpse = camera.glimpse(STAYS_S) if camera else None
                if glimpse is not None:
                    one.offer(place, glimpse)
                await self._clock.sleep(ROUND_S / len(cameras))
            one.tell({"type": "health", "cameras": [self._health(id) for id in cameras]})

    def _health(self, id: str) -> dict[str, object]:
        health = self._node.health(id)
        if health is None:
            return {"state": "lost", "frozen_s": None, "why": "no address"}
        return {"state": health.state, "frozen_s": health.frozen_s, "why": health.trouble}
