"""Pulling one camera: signing in, failing, coming back, staying no longer than it is needed."""

import asyncio

import pytest
import structlog

from ansim.nodes.media.camera import IDLE_S, LONGEST_PAUSE_S, REMEMBER_FAILURE_S, SILENT_S, Camera
from ansim.nodes.media.rtsp import Address, NoVideo, video_track


@pytest.fixture
async def pull(world):
    """Starts pulling a camera of the tests; gives what pulls it, and the list its frames arrive in."""
    pulling = []

    def start(camera, url=None):
        puller = Camera(world, "cam-1", url or camera.url(), asyncio.Semaphore(4))
        frames = []
        puller.subscribe(frames.append)
        pulling.append(puller)
        return puller, frames

    yield start
    for puller in pulling:
        await puller.close()


async def test_frames_arrive_once_the_first_key_frame_does(make_camera, pull, eventually):
    camera = await make_camera()
    puller, frames = pull(camera)
    await eventually(lambda: camera.playing)
    camera.send(30)
    await eventually(lambda: len(frames) == 30)
    assert [number for number, frame in enumerate(frames) if frame.key] == [0, 25]
    assert (frames[0].stream.width, frames[0].stream.height) == (320, 180)
    assert puller.health().state == "live"


async def test_only_video_is_set_up(make_camera, pull, eventually):
    camera = await make_camera()
    pull(camera)
    await eventually(lambda: camera.playing)
    setups = [first for first, _ in camera.requests if first.startswith("SETUP")]
    assert setups == [f"SETUP rtsp://127.0.0.1:{camera.port}/stream?channel=1/trackID=0 RTSP/1.0"]


@pytest.mark.parametrize("how", [{"digest": "MD5"}, {"digest": "SHA-256"}, {"basic": True}])
async def test_signing_in(make_camera, pull, eventually, how):
    camera = await make_camera(**how)
    _, frames = pull(camera)
    await eventually(lambda: camera.playing)
    camera.send(1)
    await eventually(lambda: frames)


async def test_digest_is_preferred_so_the_password_does_not_travel(make_camera, pull, eventually):
    camera = await make_camera(digest="SHA-256", basic=True)
    pull(camera)
    await eventually(lambda: camera.playing)
    assert not any("Basic" in headers.get("authorization", "") for _, headers in camera.requests)


async def test_a_changed_nonce_is_answered(make_camera, pull, eventually, clock):
    camera = await make_camera(digest="MD5")
    pull(camera)
    await eventually(lambda: camera.playing)
    camera._nonce = "another"
    before = len(camera.requests)
    await clock.advance(1)
    puller_keeps = asyncio.ensure_future(clock.advance(30))
    await eventually(lambda: len(camera.requests) >= before + 1)
    await puller_keeps
    assert camera.requests[before][0].startswith("GET_PARAMETER") or camera.requests[before][0].startswith("TEARDOWN")


async def test_a_wrong_password_is_not_tried_again_at_once(make_camera, pull, eventually, clock):
    camera = await make_camera(digest="MD5")
    with structlog.testing.capture_logs() as logs:
        puller, _ = pull(camera, camera.url("viewer:wrong-word@"))
        await eventually(lambda: puller.health().trouble)
        tries = len([first for first, headers in camera.requests if "authorization" in headers])
        await clock.advance(10)
        puller.prepare(60)
        await clock.advance(1)
    assert puller.health().trouble == "the camera refuses the account"
    assert tries == len([first for first, headers in camera.requests if "authorization" in headers]) == 1
    assert "wrong-word" not in str(logs) and "viewer" not in str(logs)
    await clock.advance(50)
    await eventually(lambda: len([1 for _, headers in camera.requests if "authorization" in headers]) >= 2)


async def test_it_comes_back_after_a_reset(make_camera, pull, eventually, clock):
    camera = await make_camera()
    puller, frames = pull(camera)
    await eventually(lambda: camera.playing)
    camera.send(10)
    await eventually(lambda: len(frames) == 10)
    camera.reset()
    await eventually(lambda: puller.health().trouble)
    await clock.advance(1)
    await eventually(lambda: camera.playing)
    camera.send(25)
    await eventually(lambda: len(frames) == 10 + 10)  # from the key frame at 25 on
    times = [int.from_bytes(frame.fragment[60:68], "big") for frame in frames]
    assert times == sorted(times)


async def test_waiting_grows_with_failures_and_a_new_viewer_ends_it(make_camera, pull, eventually, clock):
    camera = await make_camera()
    camera.answer = lambda method: "503 Busy"
    puller, _ = pull(camera)
    for _ in range(6):
        await clock.advance(20)
        await asyncio.sleep(0.01)
    assert camera.connections < 20
    tries = camera.connections
    await clock.advance(LONGEST_PAUSE_S / 2)
    await asyncio.sleep(0.01)
    assert camera.connections <= tries + 1
    tries = camera.connections
    puller.prepare(60)
    await eventually(lambda: camera.connections == tries + 1)


async def test_a_camera_that_does_not_answer(make_camera, pull, eventually, clock):
    camera = await make_camera()
    camera.answer = lambda method: "silence"
    puller, _ = pull(camera)
    await eventually(lambda: camera.connections == 1)
    await clock.advance(9)
    await eventually(lambda: puller.health().trouble == "no answer in time")


async def test_stale_and_lost_are_said(make_camera, pull, eventually, clock):
    camera = await make_camera()
    puller, frames = pull(camera)
    await eventually(lambda: camera.playing)
    camera.send(1)
    await eventually(lambda: frames)
    seen = []
    for seconds in (0.9, 0.2, 3.8, 0.2, 24.8, 0.2):
        await clock.advance(seconds)
        seen.append(puller.health().state)
    assert seen == ["live", "late", "late", "stale", "stale", "lost"]


async def test_a_failure_is_known_for_a_while_after_nobody_asks(make_camera, world, eventually, clock):
    camera = await make_camera()
    camera.answer = lambda method: "404 Not Found"
    puller = Camera(world, "cam-1", camera.url(), asyncio.Semaphore(1))
    assert puller.health().state == "idle"
    puller.prepare(1)
    await eventually(lambda: puller.health().trouble)
    await clock.advance(50)
    assert puller.health().state == "lost"
    await clock.advance(REMEMBER_FAILURE_S)
    assert puller.health().state == "idle"
    await puller.close()


async def test_a_frozen_time_is_not_a_new_picture(make_camera, pull, eventually, clock):
    camera = await make_camera()
    puller, frames = pull(camera)
    await eventually(lambda: camera.playing)
    camera.send(2)
    await eventually(lambda: len(frames) == 2)
    await clock.advance(2)
    camera._at = 0
    camera.send(2, step=0)
    await asyncio.sleep(0.02)
    assert puller.health().state == "late"
    assert len(frames) == 2


async def test_a_connection_without_pictures_is_made_anew(make_camera, pull, eventually, clock):
    camera = await make_camera()
    pull(camera)
    await eventually(lambda: camera.playing)
    await clock.advance(SILENT_S + 2)
    await eventually(lambda: camera.connections == 2 or len(camera.playing) == 0)
    await clock.advance(2)
    await eventually(lambda: camera.connections == 2)


async def test_parameters_may_change_in_the_middle(make_camera, pull, eventually, encode):
    camera = await make_camera()
    _, frames = pull(camera)
    await eventually(lambda: camera.playing)
    camera.send(5)
    camera.switch(encode(160, 120, 1))
    camera.send(5)
    await eventually(lambda: len(frames) == 10)
    assert [frame.stream.width for frame in frames] == [320] * 5 + [160] * 5
    assert len({id(frame.stream) for frame in frames}) == 2


async def test_parameters_that_are_only_in_the_description(make_camera, pull, eventually):
    camera = await make_camera()
    camera.in_band = False
    _, frames = pull(camera)
    await eventually(lambda: camera.playing)
    camera.send(3)
    await eventually(lambda: len(frames) == 3)


async def test_lost_packets_are_counted(make_camera, pull, eventually):
    camera = await make_camera()
    camera.drop = lambda sequence: sequence == 9
    puller, frames = pull(camera)
    await eventually(lambda: camera.playing)
    camera.send(60)
    await eventually(lambda: frames and frames[-1].key is False and len(frames) > 30)
    assert puller.health().lost_packets == 1


async def test_a_camera_nobody_needs_is_let_go(make_camera, pull, eventually, clock):
    camera = await make_camera()
    puller, frames = pull(camera)
    await eventually(lambda: camera.playing)
    puller.unsubscribe(frames.append)

    async def a_second():
        camera.send(1)
        await asyncio.sleep(0.005)
        await clock.advance(1)

    for _ in range(int(IDLE_S) - 1):
        await a_second()
    assert puller.health().state != "idle" and camera.connections == 1
    for _ in range(3):
        await a_second()
    assert puller.health().state == "idle"
    await eventually(lambda: not camera.playing)
    assert any(first.startswith("TEARDOWN") for first, _ in camera.requests)


async def test_a_prepared_camera_has_a_picture_for_the_first_viewer(make_camera, world, eventually, clock):
    camera = await make_camera()
    puller = Camera(world, "cam-1", camera.url(), asyncio.Semaphore(1))
    puller.prepare(60)
    await eventually(lambda: camera.playing)
    camera.send(40)
    await eventually(lambda: puller.health().fps >= 0 and len(puller._ring.latest()) == 15)
    burst = puller.subscribe(lambda frame: None)
    assert [frame.key for frame in burst] == [True] + [False] * 14
    await puller.close()


@pytest.mark.parametrize(
    "url",
    ["http://cam/", "rtsp://", "rtsp://a b/", "rtsp://u:secret@host:99999/", "rtsp://u:secret@[::1/x", ""],
)
def test_an_address_that_is_none_is_refused_without_repeating_it(url):
    with pytest.raises(ValueError, match="a camera's address is") as refused:
        Address.parse(url)
    assert "secret" not in str(refused.value)


def test_an_address_hides_its_account():
    address = Address.parse("rtsp://ad%40min:p%3Aw@[2001:db8::1]:8554/live?x=1")
    assert (address.user, address.password) == ("ad@min", "p:w")
    assert address.url == "rtsp://[2001:db8::1]:8554/live?x=1"
    assert "min" not in repr(address) and "p:w" not in repr(address)


def test_other_codecs_are_named():
    with pytest.raises(NoVideo, match="JPEG"):
        video_track("v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 JPEG/90000\r\n", "rtsp://h/")
    with pytest.raises(NoVideo, match="no video"):
        video_track("v=0\r\nm=audio 0 RTP/AVP 0\r\n", "rtsp://h/")


async def test_noise_instead_of_rtsp(world, eventually, clock):
    async def noise(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 70_000)
        await reader.read()
        writer.close()

    server = await asyncio.start_server(noise, "127.0.0.1", 0)
    puller = Camera(world, "cam-1", f"rtsp://127.0.0.1:{server.sockets[0].getsockname()[1]}/", asyncio.Semaphore(1))
    puller.prepare(60)
    await eventually(lambda: puller.health().trouble == "the camera does not speak RTSP")
    await puller.close()
    server.close()
