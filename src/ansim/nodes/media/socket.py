"""/media/{camera}: a browser's picture, as a WebSocket application (ASGI 3).

A viewer first sends {"token": …} and only then, with the view in the ledger, gets {"type": "start", …} and
video. It sends {"type": "ack", "bytes": total taken so far} and gets no more than its window; {"token": …}
again renews.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import msgspec
import structlog

from ansim.nodes.media.deadline import stop, within
from ansim.nodes.media.node import CAMERA_AWAY, GRANT_ENDED, LEASE_LOST, MediaNode
from ansim.nodes.media.ports import Gate, Refused
from ansim.nodes.media.transport import bound_buffers, cut_off, transport_of
from ansim.nodes.media.viewer import Viewer

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

FIRST_WORD_S = 5.0
FIRST_PICTURE_S = 10.0
FAREWELL_S = 0.1
HEALTH_EVERY_S = 1.0
LONGEST_MESSAGE = 8 * 1024

log = structlog.get_logger(__name__)


class Word(msgspec.Struct):
    """What a viewer may say. `bytes`: all that it has taken since it came."""

    type: str = ""
    token: str = ""
    bytes: int = 0


class Gone(Exception):
    """The viewer left, or says what no viewer says."""


def media_socket(
    node: MediaNode, gate: Gate, origins: Collection[str] = ()
) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """The application. A page may open it from its own host; from other ones only when they are among
    `origins`.
    """

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await send({"type": "http.response.start", "status": 426, "headers": [(b"upgrade", b"websocket")]})
            await send({"type": "http.response.body", "body": b""})
            return
        await receive()
        if not _same_site(scope, origins):
            await send({"type": "websocket.close", "code": GRANT_ENDED})
            return
        await send({"type": "websocket.accept"})
        with suppress(OSError, Gone):  # the viewer's connection ended; what had to be told was told
            await _Opening(node, gate, scope, receive, send).serve()

    return application


def _same_site(scope: Scope, origins: Collection[str]) -> bool:
    headers = {name.lower(): value for name, value in scope["headers"]}
    origin = headers.get(b"origin")
    if origin is None:
        return True  # not a page: it holds a token or it gets nothing
    text = origin.decode("latin-1")
    return text in origins or urlsplit(text).netloc == headers.get(b"host", b"").decode("latin-1")


class _Opening:
    def __init__(self, node: MediaNode, gate: Gate, scope: Scope, receive: Receive, send: Send) -> None:
        self._node = node
        self._gate = gate
        self._clock = node.world.clock
        self._camera = str(scope["path"]).rstrip("/").rpartition("/")[2]
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
            view = await self._gate.open(word.token, self._camera)
        except Refused as refused:
            return await self._close(GRANT_ENDED, refused.reason)
        except Exception as error:  # whatever keeps the centre from writing its ledger: no entry, no picture
            log.warning("media.gate-silent", camera=self._camera, error=type(error).__name__)
            return await self._close(LEASE_LOST, "centre away")
        # from here on the ledger holds a view, so its end must be told whatever happens
        viewer = self._node.admit(view, self._cut_off)
        began = self._clock.monotonic()
        try:
            await self._show(viewer)
        finally:
            viewer.end(GRANT_ENDED, "left")
            self._node.dismiss(viewer, self._gate, self._clock.monotonic() - began)

    async def _show(self, viewer: Viewer) -> None:
        work = [
            asyncio.ensure_future(part)
            for part in (
                self._listen(viewer),
                self._renew(viewer),
                self._pour(viewer),
                self._tell_health(viewer),
                self._expire(viewer),
            )
        ]
        ended = asyncio.ensure_future(viewer.ended.wait())
        try:
            done, _ = await asyncio.wait((*work, ended), return_when=asyncio.FIRST_COMPLETED)
        finally:
            await stop(*work, ended)
        if viewer.ended.is_set():
            await self._close(viewer.code, viewer.why)
        else:
            for part in done:
                part.result()

    async def _listen(self, viewer: Viewer) -> None:
        while True:
            word = await self._word()
            if word.type == "ack":
                viewer.acknowledge(word.bytes)
            elif word.token:
                if self._tokens.full():
                    raise Gone
                self._tokens.put_nowait(word.token)

    async def _renew(self, viewer: Viewer) -> None:
        """Beside the listening: a centre that takes its time must not keep acknowledgements waiting."""
        while True:
            token = await self._tokens.get()
            try:
                viewer.until(await self._gate.renew(viewer.view.id, token))
            except Refused as refused:
                viewer.end(GRANT_ENDED, refused.reason)
            except Exception as error:  # the view lives on what it has, and ends at its time
                log.warning("media.gate-silent", view=viewer.view.id, error=type(error).__name__)

    async def _pour(self, viewer: Viewer) -> None:
        while (message := await viewer.next()) is not None:
            if isinstance(message, str):
                await self._send({"type": "websocket.send", "text": message})
            else:
                await self._send({"type": "websocket.send", "bytes": bytes(message)})

    async def _tell_health(self, viewer: Viewer) -> None:
        waited = 0.0
        while True:
            health = self._node.health(viewer.view.camera)
            if health is None or (viewer.frames == 0 and waited >= FIRST_PICTURE_S):
                viewer.end(CAMERA_AWAY, "camera away")
                return
            viewer.tell({"type": "health", "age_s": health.age_s, "state": health.state, "frozen_s": health.frozen_s})
            await self._clock.sleep(HEALTH_EVERY_S)
            waited += HEALTH_EVERY_S

    async def _expire(self, viewer: Viewer) -> None:
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
