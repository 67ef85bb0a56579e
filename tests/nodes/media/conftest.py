"""A camera of the tests' own: real H.264 or H.265 over real RTSP, sent only when the test says so, failing as told."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import functools
import hashlib
import re
import socket
import struct
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
import uvloop

from ansim.app.server import served
from ansim.core.clock import ManualClock
from ansim.core.world import World
from ansim.nodes.media.node import MediaNode
from ansim.nodes.media.ports import Refused, View

FPS = 25
MTU = 1200
USER, PASSWORD = "viewer", "never-in-a-log"


@dataclass(frozen=True)
class Clip:
    """Pictures as an encoder gives them: each a list of NAL units, parameter sets in front of key frames."""

    pictures: list[list[bytes]]
    times: list[int]  # of presentation, in pictures
    sets: list[bytes]
    width: int
    height: int
    codec: str = "H264"

    @property
    def sps(self) -> bytes:
        return self.sets[-2]

    @property
    def pps(self) -> bytes:
        return self.sets[-1]


def kind(unit: bytes, codec: str) -> int:
    return unit[0] & 31 if codec == "H264" else unit[0] >> 1 & 63


SETS = {"H264": (7, 8), "H265": (32, 33, 34)}
EXTRA = {"H264": (6,), "H265": (39, 40)}  # supplementary information


@functools.cache
def encode(
    width: int = 320, height: int = 180, seconds: int = 4, group: int = 25, bframes: int = 0, codec: str = "H264",
    depth: int = 8,
) -> Clip:  # fmt: skip
    """With `bframes` the groups of H.265 are open: pictures that lead a key frame refer to the group before."""
    library = "x264" if codec == "H264" else "x265"
    encoder = av.CodecContext.create(f"lib{library}", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p" if depth == 8 else "yuv420p10le"
    encoder.framerate, encoder.time_base = FPS, Fraction(1, FPS)
    encoder.gop_size = group
    tune = {"tune": "zerolatency"} if not bframes else {}
    quiet = "" if codec == "H264" else f":pools=none:log-level=none:min-keyint={group}:open-gop={int(bframes > 0)}"
    encoder.options = {
        "preset": "ultrafast" if not bframes else "medium",
        f"{library}-params": f"scenecut=0:bframes={bframes}:b-adapt=0{quiet}",
        **tune,
    }
    packets: list[Any] = []
    columns = np.arange(width, dtype=np.uint16)
    grain = np.random.default_rng(7).integers(0, 24, (height, width), dtype=np.uint16)
    for number in range(FPS * seconds):
        luma = ((columns + number * 4 & 255) * 7 // 8 + grain).astype(np.uint8)
        luma[:40, : 8 * (number % (width // 8))] = 255
        frame = av.VideoFrame.from_ndarray(
            np.vstack([luma, np.full((height // 2, width), 128, np.uint8)]), format="yuv420p"
        ).reformat(format=encoder.pix_fmt)
        frame.pts = number
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    pictures, times = [], []
    for packet in packets:
        times.append(packet.pts)
        units = [unit for unit in re.split(b"\0\0\0?\1", bytes(packet)) if unit]
        pictures.append([unit for unit in units if kind(unit, codec) not in EXTRA[codec]])
    sets = [next(unit for picture in pictures for unit in picture if kind(unit, codec) == one) for one in SETS[codec]]
    return Clip(pictures, times, sets, width, height, codec)


def packets_of(units: list[bytes], mtu: int = MTU, codec: str = "H264") -> list[tuple[bool, bytes]]:
    """RTP payloads of one picture with the marker bit of each: single units, and FU-A (RFC 6184) or FU (RFC 7798)."""
    out: list[tuple[bool, bytes]] = []
    for unit in units:
        if len(unit) <= mtu:
            out.append((False, unit))
            continue
        if codec == "H264":
            head, rest = bytes([unit[0] & 0xE0 | 28]), unit[1:]
        else:
            head, rest = bytes([unit[0] & 0x81 | 49 << 1, unit[1]]), unit[2:]
        step = mtu - len(head) - 1
        for at in range(0, len(rest), step):
            edge = (0x80 if at == 0 else 0) | (0x40 if at + step >= len(rest) else 0)
            out.append((False, head + bytes([edge | kind(unit, codec)]) + rest[at : at + step]))
    out[-1] = (True, out[-1][1])
    return out


def rtp(payload: bytes, sequence: int, timestamp: int, marker: bool = False) -> bytes:
    return struct.pack(">BBHII", 0x80, 96 | marker << 7, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, 7) + payload


class TestCamera:
    """`send(n)` sends the next n pictures to everybody who plays; nothing moves by itself."""

    __test__ = False

    def __init__(self, clip: Clip, *, digest: str | None = None, basic: bool = False) -> None:
        self.clip = clip
        self.digest, self.basic = digest, basic
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.playing: list[asyncio.StreamWriter] = []
        self.connections = 0
        self.in_band = True
        self.drop: Callable[[int], bool] = lambda sequence: False
        self.answer: Callable[[str], str | None] = lambda method: None  # a status line to answer with instead
        self.sdp_extra = ""
        self._at = self._sequence = 0
        self._timestamp = 3_000_000_000
        self._server: asyncio.Server | None = None
        self._nonce = "5a17"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def url(self, account: str = f"{USER}:{PASSWORD}@") -> str:
        return f"rtsp://{account}127.0.0.1:{self.port}/stream?channel=1"

    async def stop(self) -> None:
        self.reset()
        if self._server is not None:
            self._server.close()

    def reset(self) -> None:
        for writer in self.playing:
            writer.transport.abort()
        self.playing.clear()

    def send(self, pictures: int, step: int = 90_000 // FPS) -> None:
        for _ in range(pictures):
            units = self.clip.pictures[self._at % len(self.clip.pictures)]
            if not self.in_band:
                units = [unit for unit in units if unit not in self.clip.sets]
            self._at += 1
            self._timestamp += step
            for marker, payload in packets_of(units, codec=self.clip.codec):
                self._sequence += 1
                if self.drop(self._sequence):
                    continue
                packet = rtp(payload, self._sequence, self._timestamp, marker)
                for writer in self.playing:
                    writer.write(b"$\0" + struct.pack(">H", len(packet)) + packet)

    def switch(self, clip: Clip) -> None:
        """From the next picture on another encoder setting: new parameter sets, in band."""
        self.clip, self._at = clip, 0

    async def play(self, fps: float = FPS) -> None:
        """As a camera does, until cancelled; for tests with a browser."""
        while True:
            self.send(1)
            await asyncio.sleep(1 / fps)

    def _sdp(self) -> str:
        clip = self.clip
        sets = [base64.b64encode(unit).decode() for unit in clip.sets]
        if clip.codec == "H264":
            form = f"packetization-mode=1;profile-level-id={clip.sps[1:4].hex()};sprop-parameter-sets={','.join(sets)}"
        else:
            form = "; ".join(f"sprop-{name}={one}" for name, one in zip(("vps", "sps", "pps"), sets, strict=True))
        return (
            "v=0\r\no=- 0 0 IN IP4 10.0.0.9\r\ns=test\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\na=control:*\r\n"
            "m=audio 0 RTP/AVP 0\r\na=control:trackID=1\r\n" + self.sdp_extra + "m=video 0 RTP/AVP 96\r\n"
            f"a=rtpmap:96 {clip.codec}/90000\r\na=fmtp:96 {form}\r\n"
            "a=control:trackID=0\r\n"
        )

    def _challenge(self) -> str:
        lines = []
        if self.digest:
            lines.append(
                f'WWW-Authenticate: Digest realm="cam, era", nonce="{self._nonce}", qop="auth",'
                f" algorithm={self.digest}\r\n"
            )
        if self.basic:
            lines.append('WWW-Authenticate: Basic realm="cam"\r\n')
        return "".join(lines)

    def _allowed(self, method: str, headers: dict[str, str]) -> bool:
        given = headers.get("authorization", "")
        if self.digest and given.startswith("Digest "):
            found = dict(re.findall(r'(\w+)="?([^",]+)"?', given.replace("cam, era", "cam era")))
            hashed = hashlib.new("md5" if self.digest == "MD5" else "sha256")

            def h(text: str) -> str:
                digest = hashed.copy()
                digest.update(text.encode())
                return digest.hexdigest()

            secret, request = h(f"{USER}:cam, era:{PASSWORD}"), h(f"{method}:{found['uri']}")
            wanted = h(f"{secret}:{self._nonce}:{found['nc']}:{found['cnonce']}:auth:{request}")
            return found["response"] == wanted and found["nonce"] == self._nonce
        if self.basic and given.startswith("Basic "):
            return base64.b64decode(given[6:]).decode() == f"{USER}:{PASSWORD}"
        return not (self.digest or self.basic)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                first, *lines = head.strip().split("\r\n")
                method = first.split()[0]
                headers = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines}
                self.requests.append((first, headers))
                status = self.answer(method) or "200 OK"
                if status.startswith("silence"):
                    continue
                extra, body = "", ""
                if not self._allowed(method, headers):
                    status, extra = "401 Unauthorized", self._challenge()
                elif method == "OPTIONS":
                    extra = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN\r\n"
                elif method == "DESCRIBE":
                    body = self._sdp()
                    # an address of the camera's own network, as cameras behind a router name it
                    extra = "Content-Base: rtsp://10.0.0.9/stream?channel=1/\r\n"
                elif method == "SETUP":
                    extra = "Session: 42ab;timeout=60\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"
                extra += f"CSeq: {headers['cseq']}\r\nContent-Length: {len(body)}\r\n"
                writer.write(f"RTSP/1.0 {status}\r\n{extra}\r\n{body}".encode())
                if method == "PLAY" and status.startswith("200"):
                    self.playing.append(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            if writer in self.playing:
                self.playing.remove(writer)
            writer.close()


class TestGate:
    """Lets in who says "good", remembers what it was told, and can be told to fail."""

    __test__ = False

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.token_s = 60.0
        self.opened: list[str] = []
        self.ends: list[dict[str, Any]] = []
        self.log: list[str] = []
        self.failing = 0
        self.held: asyncio.Event | None = None

    def _until(self) -> datetime:
        return self.clock.now() + timedelta(seconds=self.token_s)

    async def open(self, token: str, camera: str) -> View:
        if self.held is not None:
            await self.held.wait()
        if not token.startswith("good"):
            raise Refused("token.unknown")
        view = f"view-{len(self.opened)}"
        self.opened.append(view)
        self.log.append("ledger")
        grant = token.partition(":")[2] or "grant"
        return View(id=view, grant=grant, camera=camera, viewer="operator", until=self._until(), watermark="A. Kim")

    async def renew(self, view: str, token: str) -> datetime:
        if token == "hang":
            await asyncio.Event().wait()
        if token == "broken":
            raise ConnectionError
        if not token.startswith("good"):
            raise Refused("grant.ended")
        return self._until()

    async def ended(self, view: str, **told: Any) -> None:
        if self.failing:
            self.failing -= 1
            raise ConnectionError
        self.ends.append({"view": view, **told})


async def eventually(true: Callable[[], Any]) -> None:
    """Waits for bytes to pass through real sockets; time in the code under test stands still meanwhile."""
    for _ in range(5000):
        if true():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it never came")


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> dict[str, Callable[[], Any]]:
    """The loop that production runs on: its transports differ from asyncio's own."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(name="eventually")
def eventually_fixture() -> Callable[..., Any]:
    return eventually


@pytest.fixture
def clip() -> Clip:
    return encode()


@pytest.fixture(name="encode")
def encode_fixture() -> Callable[..., Clip]:
    return encode


@pytest.fixture(name="packets_of")
def packets_fixture() -> Callable[..., Any]:
    return packets_of


@pytest.fixture(name="rtp")
def rtp_fixture() -> Callable[..., bytes]:
    return rtp


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def world(clock: ManualClock) -> World:
    return World(clock=clock)


@pytest.fixture
async def make_camera(clip: Clip) -> AsyncIterator[Callable[..., Any]]:
    cameras: list[TestCamera] = []

    async def make(clip: Clip = clip, **how: Any) -> TestCamera:
        camera = TestCamera(clip, **how)
        await camera.start()
        cameras.append(camera)
        return camera

    yield make
    for camera in cameras:
        await camera.stop()


@pytest.fixture
async def serve() -> AsyncIterator[Callable[..., Any]]:
    """Serves an application as production does; gives the port."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(application: Any) -> int:
            listener = socket.create_server(("127.0.0.1", 0))
            await stack.enter_async_context(served(application, listener))
            port: int = listener.getsockname()[1]
            return port

        yield start


@pytest.fixture
async def node(world: World, clock: ManualClock) -> AsyncIterator[MediaNode]:
    node = MediaNode(world)
    node.lease(clock.now() + timedelta(days=1))
    yield node
    await node.close()


@pytest.fixture
def gate(clock: ManualClock) -> TestGate:
    return TestGate(clock)
