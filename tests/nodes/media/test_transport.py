"""Over real connections: how a viewer learns of its end, and what is thrown away with a reset."""

import asyncio
import contextlib
import json

import httpx
import pytest
import websockets

from ansim.nodes.media.ports import Source
from ansim.nodes.media.showing import GRANT_ENDED
from ansim.nodes.media.socket import media_socket
from ansim.nodes.media.window import FIRST


@pytest.fixture
async def port(make_camera, node, gate, serve, eventually):
    camera = await make_camera()
    node.cameras.add(Source(id="cam-1", url=camera.url()))
    node.prepare(["cam-1"], 3600)
    await eventually(lambda: camera.playing)
    camera.send(50)
    await eventually(lambda: node.health("cam-1").age_s is not None)
    return await serve(media_socket(node, gate))


async def opened(port):
    """A viewer that has its token taken and its first words heard."""
    viewer = await websockets.connect(f"ws://127.0.0.1:{port}/media/cam-1", compression=None)
    await viewer.send(json.dumps({"token": "good:grant"}))
    while not isinstance(await viewer.recv(), bytes):
        pass
    return viewer


async def test_a_viewer_that_keeps_up_is_told_why(port, node, eventually):
    viewer = await opened(port)
    (inside,) = node._admitted

    async def take():
        with contextlib.suppress(websockets.ConnectionClosed):
            async for _ in viewer:
                await viewer.send(json.dumps({"type": "ack", "bytes": inside.window.sent_bytes}))

    taking = asyncio.ensure_future(take())
    await eventually(lambda: inside.frames >= 25 and not inside._rest)
    node.revoke("grant")
    await taking
    assert viewer.close_code == GRANT_ENDED


async def test_a_viewer_that_does_not_keep_up_is_reset(port, node, clock, eventually):
    viewer = await opened(port)
    (inside,) = node._admitted
    await eventually(lambda: inside.window.sent_bytes == FIRST)
    await clock.advance(1)
    node.revoke("grant")
    await viewer.wait_closed()
    assert viewer.close_code == 1006  # no farewell came behind the video that was thrown away


async def test_a_plain_request_is_told_to_upgrade(port):
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{port}/media/cam-1")
    assert (answer.status_code, answer.headers["upgrade"]) == (426, "websocket")
