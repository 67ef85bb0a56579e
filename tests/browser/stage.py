"""A server that says what a test tells it to say: the built pages, their API as fixtures, their sockets in the
test's hands.

What the pages do against the real server is the story tests' matter; here every state of a page can be reached, late,
broken and refused ones too.
"""

from __future__ import annotations

import asyncio
import json
import mimetypes
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ansim.app.server import served

STATIC = Path(os.environ.get("ANSIM_STATIC", Path(__file__).parents[2] / "src" / "ansim" / "static"))
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "media-src 'self' blob:; connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
PAGES = {
    "/console": "console",
    "/citizen": "citizen",
    "/guardian": "guardian",
    "/desk": "desk",
    "/ledger": "ledger",
    "/signin": "signin",
    "/nation": "nation",
}
NO_STATE = "<!--state-->"


@dataclass
class Asked:
    """One request that a page made."""

    method: str
    path: str
    query: str
    body: Any
    headers: dict[str, str]


@dataclass
class Refusal(Exception):
    """Answered as RFC 9457."""

    status: int
    type: str = "refused"
    title: str = "Refused"
    detail: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


class Socket:
    """One WebSocket of a page, held by the test."""

    def __init__(self, path: str, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        self.path = path
        self._send = send
        self.heard: asyncio.Queue[Any] = asyncio.Queue()
        self.closed = False

    async def say(self, message: Any) -> None:
        await self._send({"type": "websocket.send", "text": json.dumps(message)})

    async def close(self, code: int, reason: str = "") -> None:
        self.closed = True
        await self._send({"type": "websocket.close", "code": code, "reason": reason})


Answer = Callable[[Asked], Any]


class Stage:
    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], Answer] = {}
        self.asked: list[Asked] = []
        self.sockets: list[Socket] = []
        self.greetings: dict[str, Callable[[Any], Any]] = {}
        self.link_state: Any = None
        self.feed: Any = None
        """Plays a camera to whoever opens /media/…: called with the camera, the first message and how to send."""
        self.silent = False
        """Takes requests and never answers."""
        self.down = False
        """Answers nothing but 503, also for the pages themselves."""
        self.origin = ""
        self._arrived = asyncio.Condition()

    def on(self, method: str, path: str, answer: Any) -> None:
        """`answer` is the JSON body, or a function of the request that returns it, awaits it or raises Refusal."""
        self.answers[method, path] = answer if callable(answer) else lambda _asked: answer

    def greet(self, path: str, answer: Any) -> None:
        """What a socket hears after its first message."""
        self.greetings[path] = answer if callable(answer) else lambda _first: answer

    def asked_for(self, path: str, method: str = "POST") -> list[Asked]:
        return [one for one in self.asked if one.path == path and one.method == method]

    async def until(self, ready: Callable[[], Any], seconds: float = 10) -> Any:
        async with asyncio.timeout(seconds), self._arrived:
            await self._arrived.wait_for(ready)
        return ready()

    def open_sockets(self, path: str) -> list[Socket]:
        return [one for one in self.sockets if one.path == path and not one.closed]

    async def say(self, path: str, message: Any) -> None:
        for one in self.open_sockets(path):
            await one.say(message)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)

    async def _note(self) -> None:
        async with self._arrived:
            self._arrived.notify_all()

    async def _http(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        path, method = scope["path"], scope["method"]
        raw = b""
        while (message := await receive())["type"] == "http.request":
            raw += message.get("body", b"")
            if not message.get("more_body"):
                break
        if self.down:
            await self._reply(send, 503, b"", "text/plain", [])
            return
        if method == "GET" and (page := self._page(path)) is not None:
            await self._reply(
                send, 200, page, "text/html; charset=utf-8", [(b"content-security-policy", POLICY.encode())]
            )
            return
        if method == "GET" and (path.startswith("/static/") or path.endswith(("/sw.js", "/manifest.webmanifest"))):
            await self._file(path, send)
            return
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        asked = Asked(method, path, scope["query_string"].decode(), json.loads(raw) if raw else None, headers)
        self.asked.append(asked)
        await self._note()
        if self.silent:
            await asyncio.sleep(30)
            return
        answer = self.answers.get((method, path))
        try:
            if answer is None:
                raise Refusal(404, "not-found", "Not found")
            said = answer(asked)
            if asyncio.iscoroutine(said):
                said = await said
        except Refusal as refusal:
            problem = {"type": refusal.type, "title": refusal.title, "status": refusal.status, "detail": refusal.detail}
            await self._json(send, refusal.status, problem | refusal.extra)
            return
        if isinstance(said, bytes):
            await self._reply(send, 200, said, "application/octet-stream", [])
            return
        await self._json(send, 200, said)

    def _page(self, path: str) -> bytes | None:
        name = "link" if path.startswith("/l/") else PAGES.get(path)
        if name is None:
            return None
        text = (STATIC / name / "index.html").read_text()
        if name == "link":
            assert NO_STATE in text
            state = json.dumps(self.link_state, ensure_ascii=False).replace("<", "\\u003c")
            text = text.replace(NO_STATE, f'<script type="application/json" id="state">{state}</script>')
        return text.encode()

    async def _file(self, path: str, send: Any) -> None:
        file = STATIC / (path.removeprefix("/static/") if path.startswith("/static/") else path.lstrip("/"))
        if not file.is_file():
            await self._reply(send, 404, b"", "text/plain", [])
            return
        kind = (
            "text/javascript"
            if file.suffix == ".js"
            else mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        )
        extra = (
            [(b"service-worker-allowed", f"/{file.parent.name}".encode()), (b"cache-control", b"no-cache")]
            if file.name == "sw.js"
            else []
        )
        await self._reply(send, 200, file.read_bytes(), kind, extra)

    async def _json(self, send: Any, status: int, body: Any) -> None:
        await self._reply(
            send, status, json.dumps(body).encode(), "application/json", [(b"cache-control", b"no-store")]
        )

    async def _reply(self, send: Any, status: int, body: bytes, kind: str, extra: list[tuple[bytes, bytes]]) -> None:
        headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode()), *extra]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _websocket(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        socket = Socket(scope["path"], send)
        self.sockets.append(socket)
        await self._note()
        first = True
        playing: asyncio.Task[None] | None = None
        while (message := await receive())["type"] == "websocket.receive":
            said = json.loads(message["text"]) if message.get("text") else message.get("bytes")
            socket.heard.put_nowait(said)
            greeting = self.greetings.get(socket.path)
            if first and self.feed is not None and socket.path.startswith("/media/"):
                playing = asyncio.create_task(self.feed(socket.path.removeprefix("/media/"), said, send))
            if first and greeting is not None and (words := greeting(said)) is not None:
                await socket.say(words)
            first = False
            await self._note()
        socket.closed = True
        if playing is not None:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)
        await self._note()


@asynccontextmanager
async def staged() -> AsyncIterator[Stage]:
    if not (STATIC / "citizen" / "index.html").is_file():
        pytest.skip("the pages are not built (./run builds them)")
    stage = Stage()
    listener = socket.create_server(("127.0.0.1", 0))
    stage.origin = f"http://localhost:{listener.getsockname()[1]}"
    async with served(stage, listener):
        yield stage
