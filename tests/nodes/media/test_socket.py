"""The way to a picture: ledger first, as long as the token, the grant and the lease live, and not a moment
longer.
"""

import asyncio
import json
from datetime import timedelta

import pytest

from ansim.nodes.media.ports import Source
from ansim.nodes.media.showing import CAMERA_AWAY, GRANT_ENDED, LEASE_LOST, REPORT_LATEST_S
from ansim.nodes.media.socket import FIRST_PICTURE_S, FIRST_WORD_S, media_socket
from ansim.nodes.media.window import FIRST


class Transport:
    """Stands where the connection is; only remembers that it was cut off."""

    def __init__(self):
        self.aborted = False

    def set_write_buffer_limits(self, high):
        self.high = high

    def get_extra_info(self, name):
        return None

    def is_closing(self):
        return self.aborted

    def abort(self):
        self.aborted = True


class Page:
    """A browser, as the application sees one."""

    def __init__(self, node, gate, camera="cam-1", origin=None, acknowledges=True, origins=()):
        self.texts, self.video, self.closed = [], bytearray(), None
        self.acknowledges = acknowledges
        self.transport = Transport()
        self.stalled = asyncio.Event()
        self.stalled.set()
        self._inbox = asyncio.Queue()
        self._gate = gate
        headers = [(b"host", b"centre.example:8443")] + ([(b"origin", origin)] if origin else [])
        scope = {
            "type": "websocket",
            "path": f"/media/{camera}",
            "headers": headers,
            "extensions": {"ansim.transport": {"transport": self.transport}},
        }
        self._inbox.put_nowait({"type": "websocket.connect"})
        application = media_socket(node, gate, lambda: origins)
        self.task = asyncio.ensure_future(application(scope, self._inbox.get, self._send))

    async def _send(self, message):
        await self.stalled.wait()
        kind = message["type"]
        if kind == "websocket.close":
            self.closed = (message["code"], message.get("reason", ""))
        elif "text" in message:
            self.texts.append(json.loads(message["text"]))
        elif "bytes" in message:
            self._gate.log.append("video")
            self.video += message["bytes"]
            if self.acknowledges:
                self.say(type="ack", bytes=len(self.video))

    def say(self, **word):
        self._inbox.put_nowait({"type": "websocket.receive", "text": json.dumps(word)})

    def say_raw(self, **message):
        self._inbox.put_nowait({"type": "websocket.receive", **message})

    def leave(self):
        self._inbox.put_nowait({"type": "websocket.disconnect", "code": 1001})

    def starts(self):
        return [text for text in self.texts if text["type"] == "start"]


@pytest.fixture
async def camera(make_camera, node, eventually):
    camera = await make_camera()
    node.cameras.add(Source(id="cam-1", url=camera.url()))
    node.prepare(["cam-1"], 3600)
    await eventually(lambda: camera.playing)
    camera.send(10)
    await eventually(lambda: node.health("cam-1").age_s is not None)
    return camera


@pytest.fixture
async def open_page(node, gate):
    pages = []

    def start(token="good:grant", **how):
        page = Page(node, gate, **how)
        pages.append(page)
        if token is not None:
            page.say(token=token)
        return page

    yield start
    for page in pages:
        page.leave()
        page.task.cancel()
        await asyncio.gather(page.task, return_exceptions=True)


async def watching(open_page, eventually, **how):
    page = open_page(**how)
    await eventually(lambda: page.video)
    if page.acknowledges:
        await eventually(lambda: len(page.video) >= page.starts()[0]["waiting_bytes"])
    return page


async def test_the_ledger_comes_before_the_first_byte(camera, gate, open_page, eventually):
    gate.held = asyncio.Event()
    page = open_page()
    await asyncio.sleep(0.02)
    assert (page.texts, page.video) == ([], b"")
    gate.held.set()
    await eventually(lambda: page.video)
    assert gate.log[0] == "ledger"


async def test_it_starts_with_what_the_camera_is_and_the_newest_group(camera, open_page, eventually):
    page = await watching(open_page, eventually)
    start = page.starts()[0]
    assert start["codec"].startswith("avc1.") and (start["width"], start["height"]) == (320, 180)
    assert (start["camera"], start["watermark"]) == ("cam-1", "A. Kim")
    assert start["waiting_bytes"] == len(page.video)
    assert page.video[4:8] == b"ftyp"
    assert page.video.count(b"moof") == 10
    camera.send(1)
    await eventually(lambda: page.video.count(b"moof") == 11)


async def test_a_refused_token_gets_nothing_but_the_reason(camera, gate, open_page, eventually):
    page = open_page("bad")
    await eventually(lambda: page.closed)
    assert page.closed == (GRANT_ENDED, "token.unknown")
    assert not page.video and not gate.opened and not gate.ends


async def test_a_gate_that_cannot_write_shows_nothing(camera, gate, open_page, eventually, monkeypatch):
    async def away(token, camera):
        raise ConnectionError("the record of truth is away")

    monkeypatch.setattr(gate, "open", away)
    page = open_page()
    await eventually(lambda: page.closed)
    assert page.closed == (LEASE_LOST, "centre away")
    assert not page.video


@pytest.mark.parametrize(
    ("origin", "closed"),
    [
        (b"https://centre.example:8443", False),
        (b"https://console.example", False),
        (b"https://evil.example", True),
        (b"null", True),
        (b"https://centre.example:8443.evil.example", True),
    ],
)
async def test_another_site_may_not_open_it(camera, gate, open_page, eventually, origin, closed):
    page = open_page(origin=origin, origins=["https://console.example"])
    await eventually(lambda: page.closed if closed else page.video)
    assert bool(gate.opened) is not closed


async def test_a_viewer_that_says_nothing_is_let_go(camera, open_page, eventually, clock):
    page = open_page(None)
    await clock.advance(FIRST_WORD_S + 0.1)
    await eventually(lambda: page.closed)
    assert page.closed[0] == GRANT_ENDED


@pytest.mark.parametrize("word", [{"text": "{"}, {"text": "[1]"}, {"bytes": b"x"}, {"text": '"' + "x" * 9000 + '"'}])
async def test_nonsense_ends_the_connection_quietly(camera, gate, open_page, eventually, word):
    page = open_page(None)
    page.say_raw(**word)
    await eventually(page.task.done)
    assert page.task.exception() is None
    page = await watching(open_page, eventually)
    page.say_raw(**word)
    await eventually(page.task.done)
    await eventually(lambda: gate.ends)
    assert page.task.exception() is None


async def test_leaving_is_told_once_with_what_was_seen(camera, gate, open_page, eventually, clock):
    page = await watching(open_page, eventually)
    await clock.advance(7)
    page.leave()
    await eventually(lambda: gate.ends)
    (end,) = gate.ends
    assert end["view"] == "view-0" and end["why"] == "left" and end["seconds"] == pytest.approx(7)
    assert end["bytes"] == len(page.video) and end["frames"] == 10
    await clock.advance(60)
    assert len(gate.ends) == 1


async def test_an_end_the_centre_could_not_write_is_told_again(camera, gate, open_page, eventually, clock):
    gate.failing = 5
    page = await watching(open_page, eventually)
    page.leave()
    await eventually(lambda: gate.failing == 4)
    await clock.advance(4 * REPORT_LATEST_S)
    assert len(gate.ends) == 1


async def test_a_token_ends_at_its_time(camera, gate, open_page, eventually, clock):
    page = await watching(open_page, eventually)
    await clock.advance(59.9)
    assert page.closed is None
    await clock.advance(0.2)
    await eventually(lambda: page.closed)
    assert page.closed == (GRANT_ENDED, "expired")
    await eventually(lambda: gate.ends)


async def test_a_wall_clock_set_back_gives_no_more_time(camera, open_page, eventually, clock):
    page = await watching(open_page, eventually)
    clock.jump(-3600)
    await clock.advance(61)
    await eventually(lambda: page.closed)


async def test_renewal_gives_another_minute(camera, open_page, eventually, clock):
    page = await watching(open_page, eventually)
    await clock.advance(50)
    page.say(token="good:grant")
    await clock.advance(50)
    assert page.closed is None
    await clock.advance(11)
    await eventually(lambda: page.closed)


async def test_a_shorter_renewal_brings_the_end_nearer(camera, gate, open_page, eventually, clock):
    page = await watching(open_page, eventually)
    gate.token_s = 5
    page.say(token="good:grant")
    await clock.advance(6.1)
    await eventually(lambda: page.closed)


async def test_a_refused_renewal_ends_it_at_once(camera, open_page, eventually):
    page = await watching(open_page, eventually)
    page.say(token="bad")
    await eventually(lambda: page.closed)
    assert page.closed == (GRANT_ENDED, "grant.ended")


@pytest.mark.parametrize("token", ["hang", "broken"])
async def test_a_silent_gate_leaves_the_view_until_its_time(camera, open_page, eventually, clock, token):
    page = await watching(open_page, eventually)
    page.say(token=token)
    await clock.advance(1)
    before = len(page.video)
    camera.send(200)  # more than a window: acknowledgements must still be heard
    await eventually(lambda: len(page.video) > before + FIRST)
    await clock.advance(60)
    await eventually(lambda: page.closed)
    assert page.closed == (GRANT_ENDED, "expired")


async def test_revoke_ends_every_view_of_that_grant_and_no_other(camera, node, gate, open_page, eventually):
    first = await watching(open_page, eventually, token="good:a")
    second = await watching(open_page, eventually, token="good:a")
    other = await watching(open_page, eventually, token="good:b")
    seen = len(first.video)
    assert node.revoke("a", "revoked by the centre") == 2
    camera.send(5)
    await eventually(lambda: first.closed and second.closed)
    assert first.closed == (GRANT_ENDED, "revoked by the centre")
    assert len(first.video) == seen
    await eventually(lambda: other.video.count(b"moof") == 15)
    assert other.closed is None
    assert node.revoke("a") == 0


async def test_a_revoke_while_the_gate_still_answers_is_not_missed(camera, node, gate, open_page, eventually):
    gate.held = asyncio.Event()
    page = open_page()
    await asyncio.sleep(0.01)
    node.revoke("grant")
    gate.held.set()
    await eventually(lambda: page.closed)
    assert page.closed[0] == GRANT_ENDED and not page.video
    await eventually(lambda: gate.ends)
    assert gate.ends[0]["bytes"] == 0


async def test_a_revoke_throws_away_what_a_slow_viewer_has_not_taken(camera, node, open_page, eventually, clock):
    page = await watching(open_page, eventually, acknowledges=False)
    await clock.advance(0.2)
    node.revoke("grant")
    assert page.transport.aborted


async def test_a_viewer_whose_connection_takes_nothing_is_cut_off(camera, node, gate, open_page, eventually, clock):
    page = await watching(open_page, eventually)
    await eventually(lambda: page._inbox.empty())
    page.stalled.clear()
    node.revoke("grant")
    await clock.advance(0.2)
    await eventually(lambda: page.transport.aborted)
    page.stalled.set()
    await eventually(lambda: gate.ends)


async def test_a_silent_centre_closes_everything(camera, node, gate, open_page, eventually, clock):
    node.lease(clock.now() + timedelta(seconds=15))
    page = await watching(open_page, eventually)
    await clock.advance(10)
    node.lease(clock.now() + timedelta(seconds=15))
    await clock.advance(14)
    assert page.closed is None
    await clock.advance(1.1)
    await eventually(lambda: page.closed)
    assert page.closed == (LEASE_LOST, "lease lost")
    late = open_page()
    await eventually(lambda: late.closed)
    assert late.closed[0] == LEASE_LOST and len(gate.opened) == 1
    node.lease(clock.now() + timedelta(seconds=15))
    await watching(open_page, eventually)


async def test_a_lease_taken_back_closes_at_once(camera, node, open_page, eventually, clock):
    page = await watching(open_page, eventually)
    node.lease(clock.now())
    await eventually(lambda: page.closed)


async def test_a_camera_nobody_knows(node, gate, open_page, eventually):
    page = open_page(camera="nowhere")
    await eventually(lambda: page.closed)
    assert page.closed == (CAMERA_AWAY, "camera away")
    await eventually(lambda: gate.ends)


async def test_a_camera_without_a_picture(make_camera, node, gate, open_page, eventually, clock):
    silent = await make_camera()
    node.cameras.add(Source(id="cam-2", url=silent.url()))
    page = open_page(camera="cam-2")
    await eventually(lambda: silent.playing)
    for _ in range(int(FIRST_PICTURE_S) + 1):
        await clock.advance(1)
    await eventually(lambda: page.closed)
    assert page.closed == (CAMERA_AWAY, "camera away")


async def test_a_camera_taken_away_ends_its_views(camera, node, open_page, eventually):
    page = await watching(open_page, eventually)
    node.cameras.remove("cam-1")
    await eventually(lambda: page.closed)
    assert page.closed == (CAMERA_AWAY, "camera away")


async def test_a_viewer_is_told_how_the_camera_is(camera, open_page, eventually, clock):
    page = await watching(open_page, eventually)
    for _ in range(7):
        await clock.advance(1)
    states = [text["state"] for text in page.texts if text["type"] == "health"]
    assert states[0] == "live" and states[-1] == "stale"


async def test_a_slow_viewer_gets_the_next_key_frame_and_slows_nobody(camera, open_page, eventually, clock):
    fast = await watching(open_page, eventually)
    slow = await watching(open_page, eventually, acknowledges=False)
    await clock.advance(0.1)
    for _ in range(4):
        camera.send(20)
        await eventually(lambda: fast._inbox.empty())
        await clock.advance(0.8)
    await eventually(lambda: fast.video.count(b"moof") == 90)
    assert len(slow.video) <= FIRST
    slow.acknowledges = True
    slow.say(type="ack", bytes=len(slow.video))
    camera.send(30)
    await eventually(lambda: len(slow.video) > FIRST)
    await eventually(lambda: fast.video.count(b"moof") == 120)
    # what it missed is left out, not sent late
    assert slow.video.count(b"moof") < 90


async def test_new_parameters_are_announced_before_their_pictures(camera, open_page, eventually, encode):
    page = await watching(open_page, eventually)
    camera.switch(encode(160, 120, 1))
    camera.send(3)
    await eventually(lambda: len(page.starts()) == 2 and page.video.count(b"moof") == 13)
    assert page.starts()[1]["width"] == 160
    assert page.video.count(b"ftyp") == 2


async def test_closing_the_node_tells_every_end(camera, node, gate, open_page, eventually):
    page = await watching(open_page, eventually)
    await node.close()
    await eventually(lambda: page.closed and gate.ends)
