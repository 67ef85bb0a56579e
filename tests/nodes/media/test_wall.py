"""A wall outside incidents: pictures in which nobody can be recognised, under the same rules as a stream, and nothing sharper."""

import asyncio
import io
import json
from datetime import timedelta

import av
import numpy as np
import pytest
from PIL import Image

from ansim.nodes.media.camera import Camera
from ansim.nodes.media.glimpse import EVERY_S, LONGER_SIDE, blurred
from ansim.nodes.media.ports import Refused, Source, WallView
from ansim.nodes.media.showing import GRANT_ENDED, LEASE_LOST
from ansim.nodes.media.socket import wall_socket
from ansim.nodes.media.watcher import HEAD

WIDTH, HEIGHT = 1280, 720


def picture(luma):
    return av.VideoFrame.from_ndarray(
        np.vstack([luma, np.full((HEIGHT // 2, WIDTH), 128, np.uint8)]).astype(np.uint8), format="yuv420p"
    )


def pixels(jpeg):
    return np.asarray(Image.open(io.BytesIO(jpeg)).convert("L"), np.int16)


# -- the blur


def test_what_is_finer_than_a_block_is_not_in_the_bytes():
    """Strokes as wide as those of a plate's letters over a view of 3 m, and the same strokes elsewhere: one grey."""
    stroke = WIDTH // LONGER_SIDE // 4
    rows, columns = np.indices((HEIGHT, WIDTH)) // stroke
    letters = pixels(blurred(picture((columns % 2) * 219 + 16)))
    others = pixels(blurred(picture((rows % 2) * 219 + 16)))
    assert letters.std() < 4 and np.abs(letters - others).max() < 10


def test_what_is_larger_than_people_is_still_seen():
    street = np.full((HEIGHT, WIDTH), 60)
    street[200:500, 300:700] = 200  # a lorry
    seen = pixels(blurred(picture(street)))
    assert seen[HEIGHT // 2 * LONGER_SIDE // WIDTH, 500 * LONGER_SIDE // WIDTH] - seen[1, 1] > 100


@pytest.mark.parametrize(
    ("width", "height", "size"), [(1280, 720, (64, 36)), (704, 480, (64, 44)), (720, 1280, (36, 64))]
)
def test_it_is_small_whatever_the_camera_sends(width, height, size):
    frame = av.VideoFrame.from_ndarray(np.full((height * 3 // 2, width), 90, np.uint8), format="yuv420p")
    jpeg = blurred(frame)
    assert Image.open(io.BytesIO(jpeg)).size == size
    assert len(jpeg) < 2500


# -- the socket


class Gate:
    """Lets in who says "good", to two cameras."""

    def __init__(self, clock):
        self.clock, self.token_s = clock, 60
        self.log, self.ends = [], []

    async def open(self, token, wall):
        if not token.startswith("good"):
            raise Refused("no-grant")
        self.log.append(("ledger", wall))
        return WallView(id="look", grant="right", cameras=("cam-1", "cam-2"), until=await self.renew("look", token))

    async def renew(self, view, token):
        if not token.startswith("good"):
            raise Refused("expired")
        return self.clock.now() + timedelta(seconds=self.token_s)

    async def ended(self, view, **told):
        self.ends.append(told)


class Page:
    def __init__(self, node, gate, *, acknowledges=True):
        self.texts, self.pictures, self.closed = [], [], None
        self._acknowledges, self._taken, self._gate = acknowledges, 0, gate
        self._inbox = asyncio.Queue()
        self._inbox.put_nowait({"type": "websocket.connect"})
        scope = {"type": "websocket", "path": "/pictures/wall-1", "headers": [], "extensions": {}}
        self.task = asyncio.ensure_future(wall_socket(node, gate)(scope, self._inbox.get, self._send))

    async def _send(self, message):
        if message["type"] == "websocket.close":
            self.closed = (message["code"], message.get("reason", ""))
        elif message.get("text"):
            self.texts.append(json.loads(message["text"]))
        elif message.get("bytes"):
            self._gate.log.append(("picture", ""))
            place, age_ms = HEAD.unpack_from(message["bytes"])
            self.pictures.append((place, age_ms, message["bytes"][HEAD.size :]))
            self._taken += len(message["bytes"])
            if self._acknowledges:
                self.say(type="ack", bytes=self._taken)

    def say(self, **word):
        self._inbox.put_nowait({"type": "websocket.receive", "text": json.dumps(word)})

    def leave(self):
        self._inbox.put_nowait({"type": "websocket.disconnect", "code": 1001})

    def health(self):
        return next(text["cameras"] for text in reversed(self.texts) if text["type"] == "health")


@pytest.fixture
def wall_gate(clock):
    return Gate(clock)


@pytest.fixture
async def camera(make_camera, node, eventually):
    camera = await make_camera()
    node.cameras.add(Source(id="cam-1", url=camera.url()))
    return camera


@pytest.fixture
async def open_wall(node, wall_gate):
    pages = []

    def start(token="good", **how):
        page = Page(node, wall_gate, **how)
        pages.append(page)
        page.say(token=token)
        return page

    yield start
    for page in pages:
        page.leave()
        page.task.cancel()
        await asyncio.gather(page.task, return_exceptions=True)


async def looking(open_wall, camera, clock, eventually, **how):
    page = open_wall(**how)
    await eventually(lambda: page.texts)
    await eventually(lambda: camera.playing)
    await more(page, camera, clock)
    return page


async def more(page, camera, clock):
    """Until another picture has come."""
    before = len(page.pictures)
    for _ in range(40):
        camera.send(25)  # a group of pictures in every step
        await asyncio.sleep(0.02)
        await clock.advance(0.5)
        if len(page.pictures) > before:
            return
    raise AssertionError("no other picture came")


async def test_a_wall_pulls_its_cameras_and_shows_them_small(camera, wall_gate, open_wall, clock, eventually):
    page = await looking(open_wall, camera, clock, eventually)
    assert page.texts[0] == {"type": "start", "cameras": ["cam-1", "cam-2"]}
    assert wall_gate.log[0] == ("ledger", "wall-1"), "in the ledger before the first picture"
    [(place, age_ms, jpeg)] = page.pictures
    assert place == 0 and age_ms < 5_000
    assert Image.open(io.BytesIO(jpeg)).size == (64, 36)


async def test_a_camera_is_looked_at_every_few_seconds_and_not_more(camera, open_wall, clock, eventually):
    page = await looking(open_wall, camera, clock, eventually)
    began, first = clock.monotonic(), len(page.pictures)
    for _ in range(3):
        await more(page, camera, clock)
    assert len(page.pictures) - first <= (clock.monotonic() - began) / EVERY_S + 1


async def test_a_camera_that_gives_nothing_says_why(camera, open_wall, clock, eventually):
    page = await looking(open_wall, camera, clock, eventually)
    await clock.advance(1.1)
    assert page.health()[1] == {"state": "lost", "frozen_s": None, "why": "no address"}
    seen = len(page.pictures)
    camera.answer = lambda method: "401 Unauthorized"
    camera.reset()
    for _ in range(12):
        await clock.advance(1)
        await asyncio.sleep(0.01)
    assert page.health()[0]["state"] in ("stale", "lost") and "refuses the account" in page.health()[0]["why"]
    assert len(page.pictures) == seen, "the last picture does not come again as a new one"


async def test_a_revoke_ends_it_and_its_end_is_told_camera_by_camera(
    camera, node, wall_gate, open_wall, clock, eventually
):
    page = await looking(open_wall, camera, clock, eventually)
    assert node.revoke("right", "released") == 1
    await eventually(lambda: page.closed)
    assert page.closed == (GRANT_ENDED, "released")
    await eventually(lambda: wall_gate.ends)
    [end] = wall_gate.ends
    assert end["why"] == "released" and end["seconds"] > 0
    assert end["shown"]["cam-1"].pictures == 1 and end["shown"]["cam-1"].bytes == len(page.pictures[0][2]) + HEAD.size
    assert end["shown"]["cam-2"].pictures == 0
    seen = len(page.pictures)
    camera.send(50)
    await clock.advance(10)
    assert len(page.pictures) == seen


async def test_a_silent_centre_closes_it(camera, node, open_wall, clock, eventually):
    page = await looking(open_wall, camera, clock, eventually)
    node.lease(clock.now() + timedelta(seconds=2))
    await clock.advance(3.1)
    await eventually(lambda: page.closed)
    assert page.closed == (LEASE_LOST, "lease lost")
    late = open_wall()
    await eventually(lambda: late.closed)
    assert late.closed == (LEASE_LOST, "lease lost") and not late.texts


async def test_a_token_ends_at_its_time_unless_it_is_renewed(camera, open_wall, clock, eventually):
    page = await looking(open_wall, camera, clock, eventually)
    await clock.advance(30)
    page.say(token="good again")
    await asyncio.sleep(0.02)
    await clock.advance(45)
    assert page.closed is None
    await clock.advance(20)
    await eventually(lambda: page.closed)
    assert page.closed == (GRANT_ENDED, "expired")


async def test_without_a_right_there_is_nothing(camera, wall_gate, open_wall, clock, eventually):
    page = open_wall("stolen")
    await eventually(lambda: page.closed)
    assert page.closed == (GRANT_ENDED, "no-grant") and not page.texts and not page.pictures and not wall_gate.ends
    assert camera.connections == 0


async def test_one_that_does_not_take_them_is_kept_the_newest_only(camera, node, open_wall, clock, eventually):
    page = await looking(open_wall, camera, clock, eventually, acknowledges=False)
    [watcher] = node._admitted
    for _ in range(30):
        await clock.advance(1)
        camera.send(25)
        await asyncio.sleep(0.01)
    assert watcher.window.sent_bytes <= 40_000 and len(watcher._waiting) <= 2
    assert page.closed is None


async def test_a_look_keeps_nothing(make_camera, world, clock, eventually):
    """A camera that is recorded for incidents is not recorded because somebody looks at a wall."""

    class Recorder:
        state, missing_s = "on", 0.0

        def __init__(self):
            self.taken = []

        def offer(self, frame):
            self.taken.append(frame)

        def stop(self):
            pass

    device, recorder = await make_camera(), Recorder()
    camera = Camera(world, "cam-1", device.url(), asyncio.Semaphore(1), recorder)
    try:
        camera.glimpse(60)
        await eventually(lambda: device.playing)
        device.send(50)
        await eventually(lambda: camera.glimpse(60))
        assert not recorder.taken and camera.health().recording == "off"
        camera.prepare(60)
        device.send(25)
        await eventually(lambda: recorder.taken)
    finally:
        await camera.close()
