"""Nothing pretends to be live that is not: a camera that goes on sending the same picture is found out."""

from __future__ import annotations

import asyncio
import re
from fractions import Fraction

import av
import numpy as np
import pytest

from ansim.core.world import World
from ansim.nodes.media.node import MediaNode
from ansim.nodes.media.ports import Source
from ansim.nodes.media.stillness import FROZEN_S, Stillness, parts_of
from ansim.sim.cameras import HEIGHT, WIDTH, CameraServer

HIGH, WIDE = 180, 320
RNG = np.random.default_rng(11)
STREET = np.kron(RNG.integers(40, 200, (HIGH // 10, WIDE // 10)), np.ones((10, 10))).astype(np.int16)
TEXTURED = STREET + RNG.integers(-20, 20, (HIGH, WIDE))


def noisy(scene: np.ndarray, strength: int = 2) -> np.ndarray:
    """The same place seen by a sensor once more."""
    return np.clip(scene + RNG.integers(-strength, strength + 1, scene.shape), 0, 255).astype(np.uint8)


def still(pictures: list[np.ndarray], every_s: float = 2.0) -> float | None:
    judge, at = Stillness(), 0.0
    for picture in pictures:
        judge.add(parts_of(picture), at)
        at += every_s
    return judge.frozen_s(at - every_s)


FIXED = noisy(TEXTURED)


def test_an_empty_street_is_not_frozen() -> None:
    assert still([noisy(TEXTURED, 1) for _ in range(30)]) is None


def test_the_same_picture_again_and_again_is() -> None:
    assert still([FIXED] * 4) is None
    assert still([FIXED] * 10) == 18.0


def test_an_encoder_that_steers_its_rate_hides_nothing() -> None:
    """The same picture coded now finer, now coarser: each of its forms comes again."""
    coarse = {step: (FIXED // step * step).astype(np.uint8) for step in (1, 2, 3)}
    assert (still([coarse[step] for step in (1, 2, 1, 3, 2, 1, 3, 3, 2, 1, 2, 3)]) or 0) >= FROZEN_S


def test_a_clock_in_the_corner_hides_nothing() -> None:
    pictures = []
    for _ in range(12):
        picture = FIXED.copy()
        picture[:18, WIDE // 2 :] = noisy(TEXTURED[:18, WIDE // 2 :], 30)
        pictures.append(picture)
    assert (still(pictures) or 0) >= FROZEN_S


def test_a_dark_picture_says_nothing() -> None:
    assert still([np.full((HIGH, WIDE), 16, np.uint8)] * 20) is None


def test_it_lives_again_with_the_first_new_picture() -> None:
    assert still([FIXED] * 10 + [noisy(TEXTURED)]) is None


def clip_of(like, pictures):
    """A clip of key frames only, with its parameter sets in band."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = WIDE, HIGH, "yuv420p"
    encoder.framerate, encoder.time_base, encoder.gop_size = 1, Fraction(1, 1), 1
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "18"}
    packets = []
    for number, picture in enumerate(pictures):
        grey = np.full((HIGH // 2, WIDE), 128, np.uint8)
        frame = av.VideoFrame.from_ndarray(np.vstack([picture, grey]), format="yuv420p")
        frame.pts = number
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    split = [[u for u in re.split(b"\0\0\0?\1", bytes(p)) if u and u[0] & 31 != 6] for p in packets]
    return type(like)(split, [p.pts for p in packets], like.sets, WIDE, HIGH)


async def seen(node, clock, camera, eventually, seconds: int) -> str:
    """A picture a second, each looked at when it is due; the state after them."""
    watched = node.cameras.get("cam-1")
    for _ in range(seconds):
        before = watched._sequence
        camera.send(1, step=90_000)
        await eventually(lambda before=before: watched._sequence > before)
        await eventually(lambda: watched._looking is None or watched._looking.done())
        await clock.advance(1)
    return node.health("cam-1").state


async def test_a_camera_over_rtsp_freezes_and_comes_back(make_camera, node, clock, clip, eventually):
    moving = clip_of(clip, [noisy(TEXTURED) for _ in range(30)])
    camera = await make_camera(moving)
    node.cameras.add(Source(id="cam-1", url=camera.url()))
    node.prepare(["cam-1"], 600)
    await eventually(lambda: camera.playing)
    assert await seen(node, clock, camera, eventually, 20) == "live"
    camera.switch(clip_of(clip, [FIXED] * 60))
    assert await seen(node, clock, camera, eventually, 6) == "live"
    assert await seen(node, clock, camera, eventually, 12) == "frozen"
    health = node.health("cam-1")
    assert health.age_s <= 1.0 and health.frozen_s >= FROZEN_S
    camera.switch(clip_of(clip, [noisy(TEXTURED) for _ in range(30)]))
    assert await seen(node, clock, camera, eventually, 4) == "live"
    assert node.health("cam-1").frozen_s is None


async def test_a_frozen_camera_that_stops_sending_is_stale_and_no_longer_frozen(
    make_camera, node, clock, clip, eventually
):
    camera = await make_camera(clip_of(clip, [FIXED] * 60))
    node.cameras.add(Source(id="cam-1", url=camera.url()))
    node.prepare(["cam-1"], 600)
    await eventually(lambda: camera.playing)
    assert await seen(node, clock, camera, eventually, 20) == "frozen"
    await clock.advance(6)
    assert node.health("cam-1").state == "stale"


@pytest.mark.slow
async def test_a_simulated_camera_freezes_on_demand():
    """The demo's cameras, their own encoder and its rate control, in real time."""

    def street(at):
        planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
        planes[:HEIGHT] = noisy(np.kron(TEXTURED, np.ones((2, 2))).astype(np.int16))
        return planes

    world = World()
    server, node = CameraServer(world), MediaNode(world)
    server.add("bd-0001", street)
    await server.start()
    try:
        node.cameras.add(Source(id="bd-0001", url=server.url("bd-0001")))
        node.prepare(["bd-0001"], 600)

        async def becomes(state: str) -> None:
            async with asyncio.timeout(60):
                while node.health("bd-0001").state != state:
                    await asyncio.sleep(0.1)

        await becomes("live")
        server.fault("bd-0001", "freeze")
        await becomes("frozen")
        server.fault("bd-0001", None)
        await becomes("live")
    finally:
        await node.close()
        await server.stop()
