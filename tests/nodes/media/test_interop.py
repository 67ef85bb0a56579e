"""With software that is not ours on both sides: gst-rtsp-server as the camera, ffmpeg as the player."""

import asyncio
import shutil
import subprocess

import pytest

from ansim.core.world import World
from ansim.nodes.media.camera import Camera

SYSTEM_PYTHON = "/usr/bin/python3"
CAMERA = """
import gi, sys
gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer
Gst.init(None)
codec = sys.argv[2]
encoder = {"h264": "x264enc option-string=slices=2", "h265": "x265enc option-string=slices=2"}[codec]
for needed in (encoder.split()[0], "videotestsrc", "alawenc"):
    if Gst.ElementFactory.find(needed) is None:
        sys.exit("no " + needed)
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service("0")
auth = GstRtspServer.RTSPAuth()
auth.set_supported_methods(int(sys.argv[1]))
token = GstRtspServer.RTSPToken()
token.set_string("media.factory.role", "viewer")
if sys.argv[1] == "1":
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic("viewer", "pass:word"), token)
else:
    auth.add_digest("viewer", "pass:word", token)
server.set_auth(auth)
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(
    "( videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=182,framerate=25/1"
    f" ! {encoder} tune=zerolatency key-int-max=15"
    f" ! rtp{codec}pay name=pay0 pt=97 mtu=400 audiotestsrc is-live=true ! alawenc ! rtppcmapay name=pay1 pt=8 )"
)
factory.set_shared(True)
permissions = GstRtspServer.RTSPPermissions()
permissions.add_permission_for_role("viewer", "media.factory.access", True)
permissions.add_permission_for_role("viewer", "media.factory.construct", True)
factory.set_permissions(permissions)
server.get_mount_points().add_factory("/cam/one", factory)
server.attach(None)
print(server.get_bound_port(), flush=True)
GLib.MainLoop().run()
"""


@pytest.fixture(params=["basic h264", "digest h264", "digest h265"])
async def foreign(request):
    """A camera by gst-rtsp-server; gives its address."""
    if shutil.which(SYSTEM_PYTHON) is None:
        pytest.skip("no system python to run gst-rtsp-server with")
    account, codec = request.param.split()
    method = {"basic": 1, "digest": 2}[account]  # GstRTSPAuthMethod
    camera = await asyncio.create_subprocess_exec(
        SYSTEM_PYTHON, "-c", CAMERA, str(method), codec, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    port = (await camera.stdout.readline()).decode().strip()
    if not port:
        why = (await camera.stderr.read()).decode().strip().splitlines()[-1:]
        pytest.skip(
            "no gst-rtsp-server (apt-get install gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base"
            f" gstreamer1.0-plugins-good gstreamer1.0-plugins-ugly gstreamer1.0-plugins-bad): {why}"
        )
    yield f"rtsp://viewer:pass%3Aword@127.0.0.1:{port}/cam/one"
    camera.kill()
    await camera.wait()


@pytest.fixture
async def pulled(foreign):
    """Sixty pictures of the foreign camera, and its health."""
    frames, enough = [], asyncio.Event()

    def take(frame):
        frames.append(frame)
        if len(frames) == 60:
            enough.set()

    puller = Camera(World(), "cam-1", foreign, asyncio.Semaphore(1))
    puller.subscribe(take)
    try:
        await asyncio.wait_for(enough.wait(), 30)
    except TimeoutError:
        pytest.fail(f"{len(frames)} pictures; {puller.health().trouble}")
    yield frames[:60], puller.health()
    await puller.close()


async def test_a_foreign_camera_is_pulled_and_a_foreign_player_plays_it(pulled, tmp_path):
    frames, health = pulled
    assert (frames[0].stream.width, frames[0].stream.height) == (320, 182)
    assert frames[0].key and sum(frame.key for frame in frames) == 4
    assert health.state == "live" and health.lost_packets == 0
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed (apt-get install ffmpeg)")
    path = tmp_path / "pulled.mp4"
    path.write_bytes(frames[0].stream.init + b"".join(frame.fragment for frame in frames))
    done = await asyncio.to_thread(
        subprocess.run,
        ["ffmpeg", "-v", "warning", "-xerror", "-i", path, "-f", "framemd5", "-"],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    pictures = [line.split(",")[-1] for line in done.stdout.splitlines() if not line.startswith("#")]
    assert len(pictures) == 60
    assert len(set(pictures)) > 50  # the ball moves
