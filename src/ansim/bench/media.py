"""How fast a picture comes, how fast it goes, what it costs, and what keeping it costs: Chromium and ffmpeg in the same run.

`ansim bench media` prints the figures. Everything runs on loopback; the camera is a simulated one that sends
720p at 25 pictures and about 2 Mb a second, a key frame every two seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import resource
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any
from unittest.mock import patch

import av
import msgspec
import numpy as np
import uvloop

from ansim.app.recording import SlotKey
from ansim.app.server import served
from ansim.core.world import World
from ansim.nodes.media import socket as media_socket_module
from ansim.nodes.media import window
from ansim.nodes.media.dayfile import GROUP, DayFile
from ansim.nodes.media.depacketiser import Depacketiser
from ansim.nodes.media.fmp4 import fragment, init_segment
from ansim.nodes.media.h264 import ParameterSets
from ansim.nodes.media.h265 import H265
from ansim.nodes.media.node import MediaNode
from ansim.nodes.media.picture import decoded
from ansim.nodes.media.ports import Source, View
from ansim.nodes.media.recordings import Recordings
from ansim.nodes.media.ring import Frame, Stream
from ansim.nodes.media.singles import OPTIONS, Singles
from ansim.nodes.media.socket import media_socket
from ansim.sim import rtsp
from ansim.sim.coding import Codec, split
from ansim.sim.faults import Fault
from ansim.trust.retention.keys import Keys
from ansim.trust.retention.master import FileMaster

WIDTH, HEIGHT, FPS, KEY_EVERY, BITS_PER_SECOND = 1280, 720, 25, 50, 2_000_000
OPENINGS, REVOKES, CONTROLS = 15, 9, 5
CAMERAS, WARM_S, MEASURED_S, CLIPS = 10, 6.0, 20.0, 21
SLOW_BYTES_PER_SECOND = 62_500
PLAYER = Path(__file__).parents[3] / "web/shared/player.ts"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One measured figure. `goal`, `floor` and `peer` are in the same unit, None where there is none."""

    what: str
    value: float
    unit: str
    goal: float | None = None
    floor: float | None = None
    floor_is: str = ""
    peer: float | None = None
    peer_is: str = "no peer"
    note: str = ""

    def line(self) -> str:
        parts = [f"{self.what}: {self.value:.3g} {self.unit}"]
        if self.goal is not None:
            parts.append(f"goal {self.goal:g} {'met' if self.value <= self.goal else 'MISSED'}")
        if self.floor is not None:
            parts.append(f"floor {self.floor:.3g} ({self.floor_is}), {_ratio(self.value, self.floor)}")
        ratio = f", {_ratio(self.value, self.peer)}" if self.peer is not None else ""
        parts.append(f"peer {self.peer:.3g} ({self.peer_is}){ratio}" if self.peer is not None else self.peer_is)
        return "; ".join([*parts, self.note] if self.note else parts)


def _ratio(value: float, other: float) -> str:
    return f"{value / other:.2f} x" if value > 0 and other > 0 else "no ratio"


def bench() -> dict[str, Any]:
    """Measure, print a line each, and return the figures under their names."""
    return uvloop.run(_bench())


async def _bench() -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for part in (ingest, singles, clips, pictures):
        for figure in await part():
            print(f"media: {figure.line()}", flush=True)
            figures[figure.what] = msgspec.to_builtins(figure)
    return figures


# -- cameras ---------------------------------------------------------------------------------------------------------


def encode(seconds: int = 4) -> tuple[list[rtsp.AccessUnit], bytes, bytes]:
    """Pictures of a moving, grainy scene as a camera's encoder gives them, with both parameter sets."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.framerate, encoder.time_base = Fraction(FPS), Fraction(1, FPS)
    encoder.bit_rate, encoder.gop_size = BITS_PER_SECOND, KEY_EVERY
    encoder.profile = "Main"
    encoder.options = {
        "preset": "veryfast",
        "tune": "zerolatency",
        "x264-params": f"scenecut=0:vbv-maxrate=2200:vbv-bufsize=2200:keyint={KEY_EVERY}:sliced-threads=0",
    }
    grain = np.random.default_rng(7).integers(0, 12, (HEIGHT, WIDTH * 2), dtype=np.uint8)
    columns = np.arange(WIDTH * 2, dtype=np.uint16)
    scene = ((np.sin(columns / 40) * 80 + 110).astype(np.uint8)[None, :] + grain).astype(np.uint8)
    chroma = np.full((HEIGHT // 2, WIDTH), 128, np.uint8)
    packets: list[Any] = []
    for number in range(FPS * seconds):
        shift = number * 3 % WIDTH
        luma = np.ascontiguousarray(scene[:, shift : shift + WIDTH])
        frame = av.VideoFrame.from_ndarray(np.vstack([luma, chroma]), format="yuv420p")
        frame.pts = number
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    units, sps, pps = [], b"", b""
    for number, packet in enumerate(packets):
        nals = [nal for nal in bytes(packet).replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if nal]
        for nal in nals:
            sps = nal if nal[0] & 31 == 7 else sps
            pps = nal if nal[0] & 31 == 8 else pps
        kept = tuple(nal for nal in nals if nal[0] & 31 != 6)
        units.append(rtsp.AccessUnit(kept, number * 3600, any(nal[0] & 31 == 5 for nal in kept)))
    return units, sps, pps


class LoopCamera:
    """Sends the same pictures over and over at their rate, to whoever plays."""

    fault: Fault | None = None

    def __init__(self, units: list[rtsp.AccessUnit], sps: bytes, pps: bytes, start: int = 0) -> None:
        self._units, self._sets, self._at = units, (sps, pps), start
        self._viewers: set[rtsp.Viewer] = set()

    def parameter_sets(self, codec: Codec) -> tuple[bytes, ...]:
        return self._sets

    def join(self, viewer: rtsp.Viewer) -> None:
        self._viewers.add(viewer)

    def leave(self, viewer: rtsp.Viewer) -> None:
        self._viewers.discard(viewer)

    def send(self) -> None:
        if self._viewers:
            unit = self._units[self._at % len(self._units)]
            for viewer in tuple(self._viewers):
                viewer.send(rtsp.AccessUnit(unit.nals, self._at * 3600 & 0xFFFFFFFF, unit.key))
        self._at += 1


@contextlib.asynccontextmanager
async def cameras(world: World, count: int) -> AsyncIterator[rtsp.Server]:
    units, sps, pps = await asyncio.to_thread(encode)
    loops = [LoopCamera(units, sps, pps, number * 7) for number in range(count)]
    server = rtsp.Server(world, {f"cam-{n}": loop for n, loop in enumerate(loops)}, "viewer", "bench")
    await server.start()

    async def run() -> None:
        began, sent = world.clock.monotonic(), 0
        while True:
            for loop in loops:
                loop.send()
            sent += 1
            await world.clock.sleep(began + sent / FPS - world.clock.monotonic())

    running = asyncio.ensure_future(run())
    try:
        yield server
    finally:
        running.cancel()
        await server.stop()


# -- what ingest costs -----------------------------------------------------------------------------------------------


async def ingest() -> list[Figure]:
    """Percent of one core that pulling, repacking and keeping one camera costs, in a process of its own.

    Ours, the floor and the peer run at the same time, each pulling every camera, so that a neighbour slows all.
    """
    groups: list[list[asyncio.subprocess.Process]] = []
    stack = contextlib.AsyncExitStack()
    try:
        base = await stack.enter_async_context(outside_cameras(CAMERAS))
        kept = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ansim-bench.")))
        groups += [
            [await _child("node", base, str(CAMERAS))],
            [await _child("read", base, str(CAMERAS))],
            [await _child("record", base, str(CAMERAS), str(kept))],
            [await _child("wall", base, str(CAMERAS))],
        ]
        if ffmpeg := shutil.which("ffmpeg"):
            groups.append([await _ffmpeg(ffmpeg, f"{base}/cam-{n}", kept / f"{n}.mp4") for n in range(CAMERAS)])
        # from here on both are pulling: what starting costs is not what a camera costs
        await asyncio.gather(*(_first_line(child) for group in groups[:4] for child in group))
        await asyncio.sleep(WARM_S)
        before = [_cpu_seconds(group) for group in groups]
        await asyncio.sleep(MEASURED_S)
        costs = [
            (_cpu_seconds(group) - spent) / MEASURED_S / CAMERAS * 100
            for group, spent in zip(groups, before, strict=True)
        ]
    finally:
        for child in (child for group in groups for child in group):
            await _end(child)
        await stack.aclose()
    ours, floor, recording, wall, *peers = costs
    return [
        Figure(
            what=f"ingest with ring{more}, {CAMERAS} cameras of 720p25 in one process, each",
            value=value,
            unit="% of a core",
            goal=goal,
            floor=floor,
            floor_is="the same bytes read and thrown away",
            peer=peers[0] if peers else None,
            peer_is="ffmpeg -c copy to fragmented MP4 on the same disk, a process each"
            if peers
            else "no peer: ffmpeg is not installed",
        )
        for more, value, goal in (
            (", ready for a case", ours, None),
            (" and sealed recording", recording, 0.25),
            (", on a wall, so blurred every 4 s", wall, None),
        )
    ]


@contextlib.asynccontextmanager
async def outside_cameras(count: int) -> AsyncIterator[str]:
    """`cameras` in a process of their own; the address before /cam-0."""
    child = await _child("cameras", str(count))
    try:
        yield await _first_line(child)
    finally:
        await _end(child)


async def _ffmpeg(program: str, url: str, file: Path) -> asyncio.subprocess.Process:
    read = ["-v", "error", "-rtsp_transport", "tcp", "-i", url, "-an", "-c", "copy"]
    write = ["-f", "mp4", "-movflags", "frag_every_frame+empty_moov", "-y", str(file)]
    return await asyncio.create_subprocess_exec(program, *read, *write, stdin=subprocess.DEVNULL)


async def _child(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ansim.bench.media", *arguments, stdout=subprocess.PIPE
    )


async def _first_line(child: asyncio.subprocess.Process) -> str:
    assert child.stdout is not None
    return (await child.stdout.readline()).decode().strip()


async def _end(child: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        child.kill()
    await child.wait()


def _cpu_seconds(children: list[asyncio.subprocess.Process]) -> float:
    """User and system time of running processes (proc(5), fields 14 and 15)."""
    ticks = 0
    for child in children:
        if child.returncode is not None:
            raise RuntimeError("a measured process gave up")
        fields = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


async def _serve_cameras(count: int) -> None:
    async with cameras(World(), count) as server:
        print(server.url("x").removesuffix("/x"), flush=True)
        await asyncio.Event().wait()


class BenchKeys:
    """Camera-day keys as the centre keeps them, without its database."""

    def __init__(self, world: World, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._keys = Keys(world, folder, FileMaster(world, folder))
        self._slots: dict[tuple[str, str], int] = {}

    async def of(self, camera: str, day: str) -> SlotKey:
        if (camera, day) not in self._slots:
            [self._slots[camera, day]] = self._keys.new()
            await self._keys.flush()
        return SlotKey(self._keys, self._slots[camera, day])


async def _run_node(base: str, count: int, kept: Path | None = None) -> None:
    world = World()
    recordings = None if kept is None else Recordings(world, kept / "recordings", BenchKeys(world, kept / "keys"))
    node = MediaNode(world, recordings)
    for number in range(count):
        node.cameras.add(Source(id=f"cam-{number}", url=f"{base}/cam-{number}", record="always" if kept else "no"))
    if kept is None:  # what is recorded always is pulled by itself
        node.prepare(node.cameras.ids(), 3600)
    while not all(_is_live(node, id) for id in node.cameras.ids()):  # noqa: ASYNC110  (health has no event)
        await asyncio.sleep(0.1)
    print("pulling", flush=True)
    await asyncio.Event().wait()


async def _run_wall(base: str, count: int) -> None:
    """As a wall asks: every camera once a second for the newest picture in which nobody can be recognised."""
    world = World()
    node = MediaNode(world)
    for number in range(count):
        node.cameras.add(Source(id=f"cam-{number}", url=f"{base}/cam-{number}"))
    told = False
    while True:
        found = []
        for id in node.cameras.ids():
            camera = node.cameras.get(id)
            found.append(camera.glimpse(10) if camera else None)
            await asyncio.sleep(1 / count)
        if not told and all(found):
            told = True
            print("pulling", flush=True)


def _is_live(node: MediaNode, id: str) -> bool:
    health = node.health(id)
    return health is not None and health.state == "live"


async def _read_only(base: str, count: int) -> None:
    """The floor: the node's own connections, with every packet forgotten as it comes."""
    from ansim.nodes.media.rtsp import Address, Session

    sessions = []
    for number in range(count):
        session = Session(World(), Address.parse(f"{base}/cam-{number}"), lambda packet: None)
        await session.play(await session.describe())
        sessions.append(session)
    print("pulling", flush=True)
    await asyncio.Event().wait()


# -- what a browser costs that plays no H.265 -------------------------------------------------------------------------


def encode_h265(seconds: int) -> list[rtsp.AccessUnit]:
    """Of 1080p, with their parameter sets in front of key frames; a scene with edges and a sensor's grain."""
    width, height = 1920, 1080
    encoder = av.CodecContext.create("libx265", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.framerate, encoder.time_base = Fraction(FPS), Fraction(1, FPS)
    encoder.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "crf": "26",
        "x265-params": f"log-level=none:info=0:scenecut=0:open-gop=0:keyint={KEY_EVERY}:min-keyint={KEY_EVERY}",
    }
    chance = np.random.default_rng(7)
    blocks = np.kron(chance.integers(16, 235, (height // 40, width // 20), dtype=np.int16), np.ones((40, 40), np.int16))
    grain = chance.normal(0, 3, (height, width)).astype(np.int16)
    chroma = np.full((height // 2, width), 128, np.uint8)
    packets: list[Any] = []
    for number in range(FPS * seconds):
        seen = blocks[:, number * 2 : number * 2 + width] + np.roll(grain, number * 37)
        luma = np.clip(seen, 0, 255).astype(np.uint8)
        frame = av.VideoFrame.from_ndarray(np.vstack([luma, chroma]), format="yuv420p")
        frame.pts = number
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    return [
        rtsp.AccessUnit(tuple(split(bytes(packet))), number * 3600, bool(packet.is_keyframe))
        for number, packet in enumerate(packets)
    ]


async def singles() -> list[Figure]:
    """Key frames made into single pictures, in processor time; and all of the stream transcoded, which that is instead of."""
    units = await asyncio.to_thread(encode_h265, 8)
    keys = [unit for unit in units if unit.key]
    depacketiser = Depacketiser(H265())
    frames: list[Frame] = []
    sequence = 0
    for unit in keys:
        for last, payload in rtsp.packets(unit.nals, "H265"):
            sequence += 1
            head = struct.pack(">BBHII", 0x80, 96 | last << 7, sequence, unit.rtp_time, 1)
            for taken in depacketiser.push(head + payload):
                assert taken.parameters is not None
                stream = Stream(taken.parameters, init_segment(taken.parameters), 1920, 1080)
                frames.append(Frame(stream, True, unit.rtp_time / 90_000, b"", memoryview(taken.body)))
    made = Singles()

    def of_each(work: Callable[[Frame], object]) -> float:
        took = []
        for frame in frames:
            began = time.process_time()
            work(frame)
            took.append((time.process_time() - began) * 1000)
        return statistics.median(took)

    floor = of_each(decoded)
    value = of_each(lambda frame: made.encode(decoded(frame), frame.at))
    peers = None
    if program := shutil.which("ffmpeg"):
        peers = (
            await _transcoding(program, keys * 10, "1") * 1000 / len(keys * 10),
            await _transcoding(program, units, str(KEY_EVERY)) * 100 / (len(units) / FPS),
        )
    no_peer = "no peer: ffmpeg is not installed"
    return [
        Figure(
            what=f"a single picture of H.265, 1080p, median of {len(frames)}",
            value=value,
            unit="ms of a core",
            floor=floor,
            floor_is="its key frame decoded and no more",
            peer=peers[0] if peers else None,
            peer_is="ffmpeg, the same key frames to the same H.264" if peers else no_peer,
        ),
        Figure(
            what="single pictures of a camera, a key frame every 2 s",
            value=value / 20,
            unit="% of a core",
            peer=peers[1] if peers else None,
            peer_is="ffmpeg, the whole stream of 25 pictures a second to H.264" if peers else no_peer,
        ),
    ]


async def _transcoding(program: str, units: list[rtsp.AccessUnit], key_every: str) -> float:
    """Seconds of a core."""
    with tempfile.TemporaryDirectory(prefix="ansim-bench.") as folder:
        source = Path(folder) / "camera.h265"
        source.write_bytes(b"".join(b"\0\0\0\1" + nal for unit in units for nal in unit.nals))
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        coded = [
            "-c:v",
            "libx264",
            "-preset",
            OPTIONS["preset"],
            "-crf",
            OPTIONS["crf"],
            "-g",
            key_every,
            "-threads",
            "1",
        ]
        child = await asyncio.create_subprocess_exec(
            program, "-v", "error", "-threads", "1", "-i", str(source), *coded, "-f", "null", "-",
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if await child.wait() != 0:
            raise RuntimeError("ffmpeg could not transcode")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


# -- what a clip costs -----------------------------------------------------------------------------------------------


async def clips() -> list[Figure]:
    """15 s out of a day of two-second groups: found, opened, put on one line, hashed, sealed anew. From the page cache."""
    world = World()
    units, sps, pps = await asyncio.to_thread(encode)
    stream = init_segment(ParameterSets(sps, (pps,)))
    with tempfile.TemporaryDirectory(prefix="ansim-bench.") as folder:
        keys = BenchKeys(world, Path(folder) / "keys")
        day, groups = "2026-01-02", 43_200
        midnight = datetime.fromisoformat(f"{day}T00:00:00+00:00")
        key, case = await keys.of("cam-1", day), await keys.of("case", day)
        file = DayFile(world.disk, Path(folder) / f"recordings/cam-1/{day}", f"cam-1/{day}")
        wanted = range(30_000, 30_008)
        for number in range(groups):
            at = int(midnight.timestamp() * 1e6) + number * 2_000_000
            content = b"-" if number not in wanted else b"".join(_fragments(units, number * KEY_EVERY))
            file.append(key.seal, GROUP, content, KEY_EVERY, at, at + 2_000_000, stream)
        file.close()
        recordings = Recordings(world, Path(folder) / "recordings", keys)
        start = midnight + timedelta(seconds=60_000.5)
        took, floor, size = [], [], 0
        for _ in range(CLIPS):
            began = world.clock.monotonic()
            digests = []
            sealed = []
            async for piece in recordings.cut("cam-1", start, start + timedelta(seconds=15)):
                digests.append(hashlib.sha256(piece.content).digest())
                sealed.append(case.seal(piece.content, b"clip"))
            took.append((world.clock.monotonic() - began) * 1000)
            size = sum(map(len, sealed))
            began = world.clock.monotonic()
            with (Path(folder) / f"recordings/cam-1/{day}/pictures").open("rb") as plain:
                hashlib.sha256(plain.read(size)).digest()
            floor.append((world.clock.monotonic() - began) * 1000)
    return [
        Figure(
            what=f"clip of 15 s out of 24 h, hashed and sealed anew, {size / 1e6:.1f} MB, median of {CLIPS}",
            value=statistics.median(took),
            unit="ms",
            goal=100,
            floor=statistics.median(floor),
            floor_is="so many bytes read and hashed",
            note=f"worst {max(took):.0f} ms; {groups} groups in the index",
        )
    ]


def _fragments(units: list[rtsp.AccessUnit], first: int) -> Iterator[bytes]:
    for number in range(KEY_EVERY):
        unit = units[number]
        body = b"".join(len(nal).to_bytes(4, "big") + nal for nal in unit.nals)
        yield fragment(first + number, (first + number) * 3600, 0, 3600, unit.key, body)


# -- what a viewer sees ----------------------------------------------------------------------------------------------

PAGE = """<!doctype html><meta charset="utf-8"><body style="margin:0"><video width="640"></video>
<script type="module">
import { LivePlayer } from "/player.js";
const now = () => performance.timeOrigin + performance.now();
const video = document.querySelector("video");
window.open_ = (grant) => new Promise((shown) => {
  window.ended = null;
  const began = now();
  window.player = new LivePlayer(video, { camera: "cam-0", token: async () => grant },
    { ended: () => { window.ended = now(); } });
  const look = () => player.firstFrameAt ? shown(player.firstFrameAt - began) : setTimeout(look, 4);
  look();
});
window.bare = async () => {
  const bytes = await (await fetch("/burst.mp4")).arrayBuffer();
  const codec = await (await fetch("/codec")).text();
  const source = new MediaSource();
  const began = now();
  video.src = URL.createObjectURL(source);
  await new Promise((opened) => { source.onsourceopen = opened; });
  const buffer = source.addSourceBuffer(`video/mp4; codecs="${codec}"`);
  const shown = new Promise((done) => {
    video.requestVideoFrameCallback((at) => done(performance.timeOrigin + at - began));
  });
  buffer.appendBuffer(bytes);
  await new Promise((done) => { buffer.onupdateend = done; });
  video.currentTime = buffer.buffered.end(0) - 0.12;
  const took = await shown;
  video.removeAttribute("src");
  video.load();
  return took;
};
window.ready = true;
</script>"""


class OpenGate:
    """Lets everybody in at once: what is measured here is the picture, not the ledger."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def open(self, token: str, camera: str) -> View:
        return View(id=self._world.id(), grant=token, camera=camera, viewer="bench", until=self._until())

    async def renew(self, view: str, token: str) -> datetime:
        return self._until()

    async def ended(self, view: str, *, seconds: float, bytes: int, frames: int, why: str) -> None:
        pass

    def _until(self) -> datetime:
        return self._world.clock.now() + timedelta(minutes=1)


def _nobody(frame: Frame) -> None:
    """Takes no pictures: only the newest group is wanted."""


def player_script() -> str:
    """The player as a browser takes it, its types taken off by the node that came from PyPI."""
    node = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")
    if node is None or not PLAYER.exists():
        raise FileNotFoundError("no node, or no web/shared/player.ts")
    program = (
        "process.stdout.write(require('module').stripTypeScriptTypes("
        "require('fs').readFileSync(process.argv[1],'utf8'),{mode:'transform'}))"
    )
    return subprocess.run([node, "-e", program, PLAYER], capture_output=True, text=True, check=True).stdout


@contextlib.asynccontextmanager
async def page_server(node: MediaNode, world: World) -> AsyncIterator[str]:
    script = await asyncio.to_thread(player_script)
    media = media_socket(node, OpenGate(world))

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await media(scope, receive, send)
            return
        camera = node.cameras.get("cam-0")
        burst = camera.subscribe(_nobody) if camera else []
        if camera:
            camera.unsubscribe(_nobody)
        bodies: dict[str, tuple[bytes, bytes]] = {
            "/player.js": (b"text/javascript", script.encode()),
            "/codec": (b"text/plain", burst[0].stream.parameters.codec.encode() if burst else b""),
            "/burst.mp4": (
                b"video/mp4",
                b"".join([burst[0].stream.init, *(frame.fragment for frame in burst)]) if burst else b"",
            ),
        }
        kind, body = bodies.get(scope["path"], (b"text/html", PAGE.encode()))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
        await send({"type": "http.response.body", "body": body})

    listener = socket.create_server(("127.0.0.1", 0))
    async with served(application, listener):
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"


class SlowLine:
    """A line of so many bytes a second between the page and the server, first in first out, also for a reset."""

    def __init__(self, world: World, port: int) -> None:
        self._world, self._to = world, port
        self.rate = float("inf")

    async def start(self) -> int:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        self._server.close()

    async def _carry(self, page: asyncio.StreamReader, to_page: asyncio.StreamWriter) -> None:
        end = socket.socket()
        end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        end.setblocking(False)
        await asyncio.get_running_loop().sock_connect(end, ("127.0.0.1", self._to))
        server, to_server = await asyncio.open_connection(sock=end, limit=2048)

        async def up() -> None:
            while piece := await page.read(65536):
                to_server.write(piece)

        async def down() -> None:
            while piece := await server.read(1400):
                await self._world.clock.sleep(len(piece) / self.rate)
                to_page.write(piece)

        both = [asyncio.ensure_future(up()), asyncio.ensure_future(down())]
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for one in both:
            one.cancel()
        await asyncio.gather(*both, return_exceptions=True)
        to_page.transport.abort()
        to_server.transport.abort()


async def pictures() -> list[Figure]:
    """Opening and revoking in Chromium; nothing where there is none."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    try:
        from playwright.async_api import async_playwright

        player_script()
    except (ImportError, FileNotFoundError) as missing:
        return [Figure(what="pictures in Chromium", value=float("nan"), unit="not measured", note=str(missing))]
    if found is None:
        return [Figure(what="pictures in Chromium", value=float("nan"), unit="not measured", note="no Chromium")]
    arguments = ["--autoplay-policy=no-user-gesture-required", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    world = World()
    node = MediaNode(world)
    node.lease(world.clock.now() + timedelta(days=1))
    async with (
        cameras(world, 1) as server,
        page_server(node, world) as address,
        async_playwright() as playwright,
    ):
        node.cameras.add(Source(id="cam-0", url=server.url("cam-0")))
        node.prepare(["cam-0"], 3600)
        line = SlowLine(world, int(address.rstrip("/").rpartition(":")[2]))
        slow_address = f"http://127.0.0.1:{await line.start()}/"
        chromium = await playwright.chromium.launch(executable_path=found, args=arguments)
        try:
            page = await chromium.new_page()
            await page.goto(address)
            await page.wait_for_function("window.ready")
            await asyncio.sleep(KEY_EVERY / FPS)  # a whole group of pictures, as in a camera that runs
            opened, bare = [], []
            for number in range(OPENINGS):
                # at another place of the group every time
                await asyncio.sleep(0.1 + number % 5 * 0.35)
                opened.append(await page.evaluate("open_('opening')"))
                await page.evaluate("player.close()")
                bare.append(await page.evaluate("bare()"))
            quick = await _revokes(world, node, page, REVOKES)
            session = await page.context.new_cdp_session(page)
            await session.send("Network.enable")
            slow = {
                "offline": False, "latency": 20,
                "downloadThroughput": SLOW_BYTES_PER_SECOND, "uploadThroughput": SLOW_BYTES_PER_SECOND,
            }  # fmt: skip
            await session.send("Network.emulateNetworkConditions", slow)
            throttled = await _revokes(world, node, page, REVOKES)
            with unbounded():
                throttled_control = await _revokes(world, node, page, CONTROLS)
            await page.close()
            page = await chromium.new_page()
            await page.goto(slow_address)
            await page.wait_for_function("window.ready")
            line.rate = SLOW_BYTES_PER_SECOND
            queued = await _revokes(world, node, page, REVOKES)
            with unbounded():
                queued_control = await _revokes(world, node, page, CONTROLS)
        finally:
            await chromium.close()
            await line.stop()
            await node.close()
    spread = f"{min(opened):.0f} to {max(opened):.0f}, n={len(opened)}"
    return [
        Figure(
            what="open -> first decoded picture in Chromium, median",
            value=statistics.median(opened),
            unit="ms",
            goal=300,
            floor=statistics.median(bare),
            floor_is="the same bytes already in the page, decoded",
            note=spread,
        ),
        _revoke_figure("a viewer on loopback", quick),
        _revoke_figure("a viewer throttled by Chromium to 0.5 Mb/s", throttled, throttled_control),
        _revoke_figure("a viewer behind a line of 0.5 Mb/s", queued, queued_control),
    ]


@contextlib.contextmanager
def unbounded() -> Iterator[None]:
    """The control: as if a WebSocket server sent what it has, so that what bounds the bytes is seen to matter."""
    large = 64 * 1024 * 1024
    with (
        patch.multiple(window, FIRST=large, LEAST=large, MOST=large, SMALLEST_MESSAGE=large, LARGEST_MESSAGE=large),
        patch.object(media_socket_module, "bound_buffers", lambda transport: None),
    ):
        yield


def _revoke_figure(who: str, measured: list[float], control: list[float] | None = None) -> Figure:
    return Figure(
        what=f"revoke -> last picture presented, worst of {len(measured)}, {who}",
        value=max(measured),
        unit="ms",
        goal=50,
        peer=max(control) if control else None,
        peer_is="control: the same with the bytes out not bounded" if control else "no peer",
        note=f"median {statistics.median(measured):.0f}; less than zero: gone from the screen before that",
    )


async def _revokes(world: World, node: MediaNode, page: Any, count: int) -> list[float]:
    """Milliseconds from the revoke to the last picture on the screen, both by this machine's clock."""
    measured = []
    for number in range(count):
        grant = world.id()
        await page.evaluate(f"open_('{grant}')")
        await asyncio.sleep(2.0 + number * 0.13)
        revoked = world.clock.now().timestamp() * 1000
        node.revoke(grant)
        # a slow page may learn of it late and ask again; it is not let in
        await asyncio.sleep(1.0)
        last: float = await page.evaluate("player.lastPresentedAt")
        await page.evaluate("player.close()")
        measured.append(last - revoked)
    return measured


async def _part(arguments: list[str]) -> None:
    """What a process of its own runs, to be measured alone."""
    match arguments:
        case ["cameras", count]:
            await _serve_cameras(int(count))
        case ["node", base, count]:
            await _run_node(base, int(count))
        case ["record", base, count, folder]:
            await _run_node(base, int(count), Path(folder))
        case ["wall", base, count]:
            await _run_wall(base, int(count))
        case ["read", base, count]:
            await _read_only(base, int(count))


if __name__ == "__main__":
    if sys.argv[1:]:
        uvloop.run(_part(sys.argv[1:]))
    else:
        bench()
