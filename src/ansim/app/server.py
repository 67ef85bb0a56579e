"""Serving one centre, or one media node, over HTTP until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import uvicorn

from ansim.app.settings import HubSettings, MediaSettings, Settings
from ansim.core.errors import Problem
from ansim.nodes.media.transport import TransportProtocol

if TYPE_CHECKING:
    from ansim.app.centre import Centre

STOP_WITHIN_S = 3
SLOW_SOCKETS = 20_000

Serving = TypeVar("Serving", Settings, MediaSettings, HubSettings)


class Server(uvicorn.Server):
    """Stops when told; leaves signals to whoever started it."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        yield


def listen(settings: Serving) -> tuple[socket.socket, Serving]:
    """Take the port before anything else is made, because links must name it; the settings with the port that it is."""
    try:
        listener = socket.create_server((settings.host, settings.port), backlog=1024)
    except OSError as error:
        raise Problem(400, "settings.port", f"Port {settings.port} cannot be used", error.strerror or "") from None
    return listener, msgspec.structs.replace(settings, port=listener.getsockname()[1])


@contextlib.asynccontextmanager
async def serving(
    centre: Centre, listener: socket.socket, more: Sequence[Any] = (), *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[None]:
    """Serve while the block runs, over HTTPS with `tls`; `more` routes are those of a demo."""
    from ansim.app.http import application  # the whole story, of which a media node loads nothing

    async with served(application(centre, more), listener, tls=tls):
        yield


@contextlib.asynccontextmanager
async def served(
    application: Any, listener: socket.socket, *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[None]:
    """Serve an ASGI application as every centre is served, and every media node."""
    config = uvicorn.Config(
        application,
        loop="uvloop",
        http="httptools",
        ws=TransportProtocol,
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=SLOW_SOCKETS,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=STOP_WITHIN_S,
        ssl_context_factory=None if tls is None else lambda _config, _default: tls,
    )
    server = Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]), name="http")
    try:
        while not server.started and not task.done():  # noqa: ASYNC110  (uvicorn has no event for it)
            await asyncio.sleep(0.005)
        if task.done():
            task.result()
        yield
    finally:
        server.should_exit = True
        await task
        listener.close()
