"""Cameras that really stream: pictures are drawn and encoded only while somebody pulls that camera."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from ansim.core.world import World
from ansim.sim import rtsp
from ansim.sim.coding import FPS, Codec, Encoder, Planes, parameter_sets
from ansim.sim.faults import Fault
from ansim.sim.marker import Code, camera_hash, stamp

WIDTH, HEIGHT = 640, 360
ENCODING_THREADS = 2

Draw = Callable[[datetime], Planes]


class CameraServer:
    """Serves every camera of the city on one RTSP port, rtsp://user:password@host:port/<camera id>."""

    def __init__(self, world: World, user: str = "viewer", host: str = "127.0.0.1", port: int = 0) -> None:
        self._world = world
        self._streams: dict[str, CameraStream] = {}
        self._pool = ThreadPoolExecutor(ENCODING_THREADS, thread_name_prefix="camera")
        # One, and behind everything else: what takes long must not hold up the streams that run.
        self._slow = ThreadPoolExecutor(1, thread_name_prefix="prepare", initializer=_stand_back)
        self._server = rtsp.Server(
            world=world,
            streams={},
            user=user,
            password=world.token_bytes(12).hex(),
            host=host,
            port=port,
        )

    def add(self, camera: str, draw: Draw, prepare: Callable[[], object] | None = None) -> None:
        """Put up a camera. `draw` is called from a worker thread, for one camera never twice at once; `prepare`
        before its first picture, from a thread of its own, where it may take long."""
        stream = CameraStream(self._world, camera, draw, prepare, self._pool, self._slow)
        self._streams[camera] = stream
        self._server.streams[camera] = stream

    async def start(self) -> None:
        await self._server.start()

    async def stop(self) -> None:
        await self._server.stop()
        for stream in self._streams.values():
            await stream.stop()
        self._slow.shutdown(wait=True, cancel_futures=True)
        self._pool.shutdown(wait=True)

    def url(self, camera: str) -> str:
        """The camera's address with its credentials: for a media node only, never for a screen or a log."""
        return self._server.url(camera)

    @property
    def host(self) -> str:
        return self._server.host

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def account(self) -> tuple[str, str]:
        """User and password, the same for every camera."""
        return self._server.user, self._server.password

    @property
    def ids(self) -> list[str]:
        return list(self._streams)

    def fault_of(self, camera: str) -> Fault | None:
        """KeyError for an unknown camera."""
        return self._streams[camera].fault

    @property
    def streaming(self) -> frozenset[str]:
        """The cameras that are being drawn and encoded now."""
        return frozenset(camera for camera, stream in self._streams.items() if stream.running)

    async def prepare(self, camera: str) -> None:
        """Do what the camera's first picture needs. KeyError for an unknown camera."""
        await self._streams[camera].prepare()

    def fault(self, camera: str, fault: Fault | None) -> None:
        """See `faults.FAULTS`; None: well again. KeyError for an unknown camera."""
        self._streams[camera].set_fault(fault)


class CameraStream:
    """One camera: a task that draws, encodes and sends while it has viewers."""

    def __init__(
        self,
        world: World,
        camera: str,
        draw: Draw,
        prepare: Callable[[], object] | None,
        pool: ThreadPoolExecutor,
        slow: ThreadPoolExecutor,
    ) -> None:
        self._world = world
        self._camera = camera
        self._hash = camera_hash(camera)
        self._draw = draw
        self._prepare = prepare
        self._pool = pool
        self._slow = slow
        self._viewers: set[rtsp.Viewer] = set()
        self._task: asyncio.Task[None] | None = None
        self._fault: Fault | None = None
        self._frozen: Planes | None = None
        self._encoders: dict[Codec, Encoder] = {}
        self._key_wanted = False

    @property
    def fault(self) -> Fault | None:
        return self._fault

    @property
    def running(self) -> bool:
        return self._task is not None

    def parameter_sets(self, codec: Codec) -> tuple[bytes, ...]:
        return parameter_sets(codec, *self._size)

    @property
    def _size(self) -> tuple[int, int]:
        return (WIDTH // 2, HEIGHT // 2) if self._fault == "resize" else (WIDTH, HEIGHT)

    def set_fault(self, fault: Fault | None) -> None:
        recoded = (self._fault == "h265") != (fault == "h265")
        self._fault = fault
        self._frozen = None
        self._key_wanted = True
        if fault == "offline" or recoded:
            for viewer in list(self._viewers):
                viewer.cut()

    async def prepare(self) -> None:
        if self._prepare is not None:
            await asyncio.get_running_loop().run_in_executor(self._slow, self._prepare)

    def join(self, viewer: rtsp.Viewer) -> None:
        self._viewers.add(viewer)
        self._key_wanted = True
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="camera stream")

    def leave(self, viewer: rtsp.Viewer) -> None:
        self._viewers.discard(viewer)

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        clock = self._world.clock
        loop = asyncio.get_running_loop()
        try:
            await self.prepare()
            due = clock.monotonic()
            while self._viewers:
                if self._fault != "stall":
                    key, self._key_wanted = self._key_wanted, False
                    rtp_time = int(clock.monotonic() * rtsp.CLOCK_HZ) & 0xFFFFFFFF
                    codecs = {viewer.codec for viewer in self._viewers}
                    units = await loop.run_in_executor(self._pool, self._next, clock.now(), rtp_time, key, codecs)
                    for viewer in list(self._viewers):
                        if viewer.codec in units:  # else it came meanwhile, and gets the next one
                            viewer.send(units[viewer.codec])
                due = max(due + 1 / FPS, clock.monotonic() - 0.5)
                # Never zero: a machine that is too slow must still let viewers come and go.
                await clock.sleep(max(0.001, due - clock.monotonic()))
        finally:
            self._task = None
            self._encoders.clear()
            # Only after a failure or at the end is anybody left: a camera that cannot draw
            # must not look alive.
            for viewer in list(self._viewers):
                viewer.cut()

    def _next(self, at: datetime, rtp_time: int, key: bool, codecs: set[Codec]) -> dict[Codec, rtsp.AccessUnit]:
        planes = self._frozen
        if planes is None:
            planes = self._draw(at)
            stamp(planes[:HEIGHT], Code(self._hash, int(at.timestamp()) & 0xFFFFFF))
            if self._fault == "freeze":
                self._frozen = planes
        units = {}
        for codec in codecs:
            encoder = self._encoders.get(codec)
            if encoder is None or (encoder.width, encoder.height) != self._size:
                encoder = self._encoders[codec] = Encoder(codec, *self._size)
            nals, is_key = encoder.encode(planes, key, keyless=self._fault == "keyless")
            units[codec] = rtsp.AccessUnit(nals=nals, rtp_time=rtp_time, key=is_key)
        return units


def _stand_back() -> None:
    """Give this thread what the others leave. On Linux a thread has a niceness of its own."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
