"""A media node in production, as a process of its own: it pulls cameras and serves pictures until told to stop. Nothing of the story is
loaded here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import structlog
import websockets
from litestar import Litestar, Response, asgi, get
from litestar.types import ControllerRouterHandler

from ansim.adapters.cameras.onvif import OnvifDevice
from ansim.app import supervisor
from ansim.app.limits import open_many_files
from ansim.app.server import listen, served
from ansim.app.settings import MediaSettings, read_secret
from ansim.app.sources import RECORDINGS, read_sources
from ansim.core.world import World
from ansim.nodes.media.apart import ApartNode
from ansim.nodes.media.deadline import stop
from ansim.nodes.media.socket import media_socket, wall_socket
from ansim.nodes.media.tether import LONGEST_WORD, Wire

DOOR = "/nodes/media"
"""Of the centre."""
DIAL_WITHIN_S = 5.0
PING_S = 5.0
"""So often the centre is asked for a sign of life, and so long it may take for it; else the connection is dead, and another is tried."""

log = structlog.get_logger()


async def run_media(settings: MediaSettings, *, until: asyncio.Event) -> int:
    open_many_files()
    world, secret = World(), read_secret(Path(settings.secret))
    sources = await asyncio.to_thread(read_sources, settings)
    listener, settings = listen(settings)
    settings.folder.mkdir(parents=True, exist_ok=True)
    node = ApartNode(world, settings.folder / RECORDINGS, lambda url: OnvifDevice(world, url), sources)
    keeping = asyncio.create_task(node.keep_tethered(partial(dial, settings.centre, secret)), name="tether")
    try:
        async with served(application(node), listener):
            log.info("serving", host=settings.host, port=settings.port, cameras=len(sources))
            supervisor.tell("READY=1")
            told = asyncio.ensure_future(until.wait())
            await asyncio.wait((told, keeping), return_when=asyncio.FIRST_COMPLETED)
            supervisor.tell("STOPPING=1")
            await stop(told)
            await node.close()  # while there is still somebody to be told how views ended
            if keeping.done():
                keeping.result()  # it keeps at it for ever, so it has failed: whoever started us starts another
    finally:
        await stop(keeping)
    return 0


@asynccontextmanager
async def dial(centre: str, secret: str) -> AsyncIterator[Wire]:
    """Raises OSError when the centre does not answer or does not know the secret."""
    try:
        async with websockets.connect(
            centre.rstrip("/").replace("http", "ws", 1) + DOOR,
            additional_headers={"authorization": f"Bearer {secret}"},
            compression=None,
            proxy=None,
            max_size=LONGEST_WORD,
            open_timeout=DIAL_WITHIN_S,
            close_timeout=1.0,
            ping_interval=PING_S,
            ping_timeout=PING_S,
        ) as socket:
            yield _Socket(socket)
    except websockets.InvalidStatus as error:
        raise ConnectionRefusedError(f"status {error.response.status_code}") from None
    except websockets.WebSocketException as error:
        raise ConnectionError(type(error).__name__) from None


class _Socket:
    """A wire over a WebSocket of ours."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self._socket = socket

    async def send(self, message: bytes) -> None:
        try:
            await self._socket.send(message)
        except websockets.ConnectionClosed:
            raise EOFError from None

    async def receive(self) -> bytes:
        try:
            message = await self._socket.recv()
        except websockets.ConnectionClosed:
            raise EOFError from None
        if isinstance(message, str):
            raise EOFError
        return message


def application(node: ApartNode) -> Litestar:
    """What pages, and whoever watches over processes, find here."""

    @get("/healthz", media_type="application/json")
    async def healthz() -> dict[str, str]:
        """The process lives."""
        return {"status": "ok"}

    @get("/readyz", media_type="application/json")
    async def readyz() -> Response[dict[str, str]]:
        """The centre is there, and stands behind what is shown."""
        ready = node.tethered and node.node.leased
        return Response({"status": "ok" if ready else "no centre"}, status_code=200 if ready else 503)

    routes: list[ControllerRouterHandler] = [
        healthz,
        readyz,
        asgi("/media", is_mount=True, copy_scope=False)(media_socket(node.node, node.gate, lambda: node.origins)),
        asgi("/pictures", is_mount=True, copy_scope=False)(
            wall_socket(node.node, node.wall_gate, lambda: node.origins)
        ),
    ]
    return Litestar(route_handlers=routes, openapi_config=None, logging_config=None, debug=False)
