"""A camera whose pictures a browser cannot play: single ones instead, under the same right, and said to be that."""

import asyncio
import io
import itertools
import json
import threading

import av
import numpy as np
import pytest

from ansim.nodes.media import singles
from ansim.nodes.media.camera import Camera
from ansim.nodes.media.picture import annex_b, decoded
from ansim.nodes.media.ports import Source
from ansim.nodes.media.showing import GRANT_ENDED
from ansim.nodes.media.socket import media_socket
from ansim.nodes.media.viewer import Viewer

GROUP = 25
NONE, MAIN = frozenset(), frozenset({"hvc1.1"})


@pytest.fixture
def clip(encode):
    return encode(codec="H265")


@pytest.fixture
async def start(world, make_camera, eventually):
    """A camera that is pulled, and what pulls it."""
    pullers = []

    async def start(clip, **how):
        camera = await make_camera(clip)
        puller = Camera(world, "cam-1", camera.url(), asyncio.Semaphore(4), **how)
        puller.prepare(3600)
        pullers.append(puller)
        await eventually(lambda: camera.playing)
        return camera, puller

    yield start
    for puller in pullers:
        await puller.close()


def pixels(frames):
    with av.open(io.BytesIO(frames[0].stream.init + b"".join(frame.fragment for frame in frames))) as container:
        return [frame.to_ndarray(format="gray").astype(np.int16) for frame in container.decode(video=0)]


def sent(clip, at):
    """The key frame that the camera sent, by a decoder of its own."""
    decoder = av.CodecContext.create("hevc", "r")
    raw = b"".join(b"\0\0\0\1" + unit for unit in clip.pictures[at])
    [frame] = [*decoder.decode(av.Packet(raw)), *decoder.decode(None)]
    return frame.to_ndarray(format="gray").astype(np.int16)


async def test_who_can_play_it_gets_it_as_it_is(start, clip, eventually):
    camera, puller = await start(clip)
    as_it_is, singly = [], []
    puller.subscribe(as_it_is.append, MAIN)
    puller.subscribe(singly.append, NONE)
    camera.send(10)
    await eventually(lambda: len(as_it_is) == 10 and singly)
    assert as_it_is[0].stream.parameters.codec == "hvc1.1.6.L60.90"
    assert b"".join(bytes(frame.body) for frame in as_it_is[:1]) in annex_b_free(clip)
    assert len(singly) == 1


def annex_b_free(clip):
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in clip.pictures[0] if unit not in clip.sets)


async def test_who_cannot_gets_its_key_frames_whole(start, clip, clock, eventually):
    camera, puller = await start(clip)
    frames = []
    puller.subscribe(frames.append, NONE)
    for seconds in range(1, 4):
        camera.send(GROUP)
        await eventually(lambda: len(frames) == seconds)  # noqa: B023
        await clock.advance(1)
    assert all(frame.key for frame in frames)
    assert frames[0].stream.parameters.codec.startswith("avc1.") and len({id(frame.stream) for frame in frames}) == 1
    for at, shown in enumerate(pixels(frames)):
        assert shown.shape == (clip.height, clip.width)
        assert np.abs(shown - sent(clip, at * GROUP)).mean() < 5, "sharp, and of that instant"


async def test_the_newest_key_frame_is_shown_at_once(start, clip, clock, eventually):
    camera, puller = await start(clip)
    early, late = [], []
    camera.send(40)
    await eventually(lambda: puller.health().age_s is not None)
    await clock.advance(1)
    assert puller.subscribe(early.append, NONE) == []
    await eventually(lambda: early)
    assert np.abs(pixels(early)[0] - sent(clip, GROUP)).mean() < 5
    assert puller.subscribe(late.append, NONE) == early, "it is not made twice"


async def test_a_camera_of_key_frames_alone_costs_no_more(start, encode, clock, eventually):
    camera, puller = await start(encode(group=1, codec="H265"))
    frames = []
    puller.subscribe(frames.append, NONE)
    for _ in range(30):
        sequence = puller._sequence
        camera.send(1)
        await eventually(lambda: puller._sequence > sequence and puller._idle_eye())  # noqa: B023
        await clock.advance(0.1)
    apart = [after.at - before.at for before, after in itertools.pairwise(frames)]
    assert len(frames) in (3, 4) and min(apart) >= singles.EVERY_S


async def test_pictures_are_made_one_after_the_other_and_never_wait_in_a_queue(start, clip, monkeypatch, eventually):
    going, at_once, most = threading.Event(), [], []
    encode = singles.Singles.encode

    def slow(self, picture, at):
        at_once.append(1)
        most.append(len(at_once))
        going.wait(10)
        at_once.pop()
        return encode(self, picture, at)

    monkeypatch.setattr(singles.Singles, "encode", slow)
    making = asyncio.Semaphore(1)
    cameras = [await start(clip, making=making) for _ in range(3)]
    frames = [[], [], []]
    for (camera, puller), seen in zip(cameras, frames, strict=True):
        puller.subscribe(seen.append, NONE)
        camera.send(3 * GROUP)
    await eventually(lambda: all(puller._sequence == 3 * GROUP for _, puller in cameras) and most)
    going.set()
    await eventually(lambda: all(frames))
    assert max(most) == 1
    assert all(len(seen) == 1 for seen in frames), "of what came meanwhile only the newest would have been made"


async def test_how_old_it_is_and_how_often_one_comes_is_said(start, clip, clock, eventually):
    camera, puller = await start(clip)
    frames = []
    puller.subscribe(frames.append, NONE)
    for seconds in (1, 2):
        camera.send(GROUP)
        await eventually(lambda: len(frames) == seconds)  # noqa: B023
        await clock.advance(2)

    def said(families):
        health = puller.health(families)
        return health.state, health.age_s, health.every_s

    camera.send(10)
    await eventually(lambda: puller.health().age_s == 0)
    await eventually(lambda: len(frames) == 2 or puller._idle_eye())
    assert puller.health(MAIN).every_s is None and puller.health().state == "live"
    state, age, every = said(NONE)
    assert (state, every) == ("live", pytest.approx(2, abs=0.01)) and age <= 2
    await clock.advance(3.5 - age)
    assert said(NONE)[0] == "late"
    await clock.advance(4)
    assert said(NONE)[0] == "stale", "a picture that does not come is missed"


async def test_nothing_is_made_when_nobody_needs_it(start, clip, monkeypatch, clock, eventually):
    made = []
    encode = singles.Singles.encode
    monkeypatch.setattr(singles.Singles, "encode", lambda self, *of: made.append(1) or encode(self, *of))
    camera, puller = await start(clip)
    frames, singly = [], []
    puller.subscribe(frames.append, MAIN)
    puller.subscribe(singly.append, NONE)
    camera.send(5)
    await eventually(lambda: singly)
    puller.unsubscribe(singly.append)
    count = len(made)
    for _ in range(3):
        await clock.advance(2)
        before = len(frames)
        camera.send(GROUP)
        await eventually(lambda: len(frames) == before + GROUP)  # noqa: B023
    assert len(made) == count == 1 and puller.health(NONE).every_s is None


async def test_a_camera_of_ten_bits_is_judged_and_shown(start, encode, clock, eventually):
    clip = encode(depth=10, codec="H265")
    camera, puller = await start(clip)
    frames = []
    puller.subscribe(frames.append, MAIN)
    camera.send(GROUP)
    await eventually(lambda: frames)
    assert np.abs(pixels(frames)[0] - sent(clip, 0)).mean() < 5, "who plays 8 bits only gets single pictures"
    raw = []
    puller.subscribe(raw.append)
    camera.send(GROUP)
    await eventually(lambda: any(frame.key for frame in raw))
    key = next(frame for frame in raw if frame.key)
    assert decoded(key).format.name == "yuv420p" and annex_b(key).startswith(b"\0\0\0\1\x40")


async def test_another_size_in_the_middle_is_shown_in_that_size(start, encode, clip, clock, eventually):
    camera, puller = await start(clip)
    as_it_is, frames = [], []
    puller.subscribe(as_it_is.append, MAIN)
    puller.subscribe(frames.append, NONE)
    camera.send(5)
    await eventually(lambda: frames)
    await clock.advance(1)
    camera.switch(encode(160, 120, 2, 25, codec="H265"))
    camera.send(5)
    await eventually(lambda: len(frames) == 2 and len(as_it_is) == 10)
    assert [(frame.stream.width, frame.stream.height) for frame in frames] == [(320, 180), (160, 120)]
    assert [frame.stream.width for frame in as_it_is] == [320] * 5 + [160] * 5 and as_it_is[5].key
    assert frames[1].stream.init != frames[0].stream.init and pixels(frames[1:])[0].shape == (120, 160)


async def test_pictures_with_a_lost_packet_are_never_shown(start, clip, clock, eventually):
    camera, puller = await start(clip)
    as_it_is, frames = [], []
    puller.subscribe(as_it_is.append, MAIN)
    puller.subscribe(frames.append, NONE)
    camera.drop = lambda sequence: sequence % 40 == 7
    for _ in range(8):
        camera.send(GROUP)
        await asyncio.sleep(0.05)
        await clock.advance(1)
    camera.drop = lambda sequence: False
    camera.send(GROUP)
    await eventually(lambda: as_it_is and as_it_is[-1].at == puller._world.clock.monotonic())
    assert puller.health().lost_packets > 5 and len(as_it_is) < 9 * GROUP
    raw = as_it_is[0].stream.init + b"".join(frame.fragment for frame in as_it_is)
    with av.open(io.BytesIO(raw), options={"err_detect": "explode"}) as container:
        assert sum(not frame.is_corrupt for frame in container.decode(video=0)) == len(as_it_is)
    assert all(picture.std() > 20 for picture in pixels(frames)), "no grey smear"


async def test_a_camera_that_becomes_one_of_h265_goes_on_as_single_pictures(start, encode, clip, clock, eventually):
    camera, puller = await start(encode())
    frames = []
    puller.subscribe(frames.append, NONE)
    camera.send(5)
    await eventually(lambda: len(frames) == 5)
    camera.switch(clip)
    camera.reset()
    await eventually(lambda: not camera.playing)
    for _ in range(40):
        await clock.advance(0.5)
        await asyncio.sleep(0.01)
        if camera.playing:
            break
    camera.send(5)
    await eventually(lambda: len(frames) == 6)
    assert frames[5].key and frames[5].stream is not frames[4].stream
    assert puller.health(NONE).every_s


async def test_a_slow_viewer_goes_on_without_what_leads_a_key_frame(start, encode, gate, clock, eventually):
    clip = encode(320, 180, 4, 24, 3, "H265")
    camera, puller = await start(clip)
    viewer = Viewer(clock, await gate.open("good", "cam-1"), lambda: None, MAIN)
    frames = []
    puller.subscribe(frames.append, MAIN)
    puller.subscribe(viewer.offer, MAIN)
    camera.send(30)
    await eventually(lambda: len(frames) == 30)
    await clock.advance(2)  # and nothing was taken: what waited is too old
    camera.send(60)
    await eventually(lambda: len(frames) == 90)
    kept, again, whole = [at for at, frame in enumerate(frames) if frame.key][1:]
    led = [frame for frame in frames[again:whole] if not frame.leading]
    assert len(led) < whole - again and any(frame.leading for frame in frames[whole:])
    assert [frame for frame, _ in viewer._waiting] == [frames[kept], *led, *frames[whole:]]


class Page:
    """A browser, as the application sees one."""

    def __init__(self, node, gate, plays):
        self.texts, self.video, self.closed = [], bytearray(), None
        self._inbox = asyncio.Queue()
        self._inbox.put_nowait({"type": "websocket.connect"})
        self.say(token="good:grant", **({} if plays is None else {"plays": plays}))
        scope = {"type": "websocket", "path": "/media/cam-1", "headers": [], "extensions": {}}
        self.task = asyncio.ensure_future(media_socket(node, gate)(scope, self._inbox.get, self._send))

    async def _send(self, message):
        if message["type"] == "websocket.close":
            self.closed = (message["code"], message.get("reason", ""))
        elif "text" in message:
            self.texts.append(json.loads(message["text"]))
        elif "bytes" in message:
            self.video += message["bytes"]
            self.say(type="ack", bytes=len(self.video))

    def say(self, **word):
        self._inbox.put_nowait({"type": "websocket.receive", "text": json.dumps(word)})

    def of(self, kind):
        return [text for text in self.texts if text["type"] == kind]


@pytest.mark.parametrize(
    ("plays", "codec"),
    [
        (["hvc1.1.6.L153.B0", "hvc1.2.4.L153.B0"], "hvc1."),
        (["hvc1.2.4.L153.B0"], "avc1."),
        ([], "avc1."),
        (None, "avc1."),
    ],
)
async def test_a_page_says_what_it_plays_and_ends_with_its_right(
    plays, codec, node, gate, make_camera, clip, clock, eventually
):
    camera = await make_camera(clip)
    node.cameras.add(Source(id="cam-1", url=camera.url()))
    node.prepare(["cam-1"], 3600)
    await eventually(lambda: camera.playing)
    camera.send(10)
    page = Page(node, gate, plays)
    try:
        await eventually(lambda: page.of("start") and len(page.video) >= page.of("start")[0]["waiting_bytes"])
        start = page.of("start")[0]
        assert start["codec"].startswith(codec) and (start["width"], start["height"]) == (320, 180)
        assert page.video.count(b"moof") == (10 if codec == "hvc1." else 1)
        await clock.advance(1)
        await eventually(lambda: len(page.of("health")) > 1)
        assert (page.of("health")[-1]["every_s"] is None) == (codec == "hvc1.")
        assert node.revoke("grant") == 1
        await eventually(lambda: page.closed)
        shown = len(page.video)
        camera.send(50)
        await clock.advance(2)
        await eventually(lambda: gate.ends)
        assert page.closed == (GRANT_ENDED, "revoked") and len(page.video) == shown
        assert gate.ends[0]["bytes"] == shown and gate.ends[0]["frames"] > 0
    finally:
        page.task.cancel()
        await asyncio.gather(page.task, return_exceptions=True)
