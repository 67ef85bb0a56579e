"""The media node: its cameras, its viewers, and the rule that nobody sees anything without the centre."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from datetime import datetime

import structlog

from ansim.core.world import World
from ansim.nodes.media.camera import Camera, Families
from ansim.nodes.media.deadline import stop, within
from ansim.nodes.media.ports import Gate, Health, Refused, Source, View, WallGate, WallView
from ansim.nodes.media.recordings import Recordings
from ansim.nodes.media.viewer import Admitted, Viewer
from ansim.nodes.media.watcher import Watcher

GRANT_ENDED, CAMERA_AWAY, LEASE_LOST = 4403, 4404, 4408  # close codes a viewer sees
PREPARED_S = 120.0
CONNECTING_AT_ONCE = 16
MAKING_AT_ONCE = 2
"""Cameras of which a single picture is made at once. Where that is too few, pictures come more rarely, and that is said."""
REMEMBER_REVOKED_S = 600.0  # longer than any token that could still be on its way
REPORT_AGAIN_S, REPORT_LATEST_S = 0.5, 30.0
CLOSE_WITHIN_S = 5.0

log = structlog.get_logger(__name__)


class Cameras:
    """`gone` is called with the id of a camera that is taken away. Without `recordings` nothing is kept."""

    def __init__(self, world: World, gone: Callable[[str], None], recordings: Recordings | None) -> None:
        self._world = world
        self._gone = gone
        self._recordings = recordings
        self._connecting = asyncio.Semaphore(CONNECTING_AT_ONCE)
        self._making = asyncio.Semaphore(MAKING_AT_ONCE)
        self._cameras: dict[str, Camera] = {}
        self._leaving: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._cameras)

    def ids(self) -> list[str]:
        return list(self._cameras)

    def get(self, id: str) -> Camera | None:
        return self._cameras.get(id)

    def add(self, source: Source) -> None:
        """A camera that is there already is replaced. Raises ValueError for an address that is none."""
        keep = self._recordings is not None and source.record != "no"
        recorder = self._recordings.recorder(source.id) if keep and self._recordings else None
        always = source.record == "always"
        camera = Camera(
            self._world, source.id, source.url, self._connecting, recorder, always=always, making=self._making
        )
        self.remove(source.id)
        self._cameras[source.id] = camera

    def remove(self, id: str) -> None:
        camera = self._cameras.pop(id, None)
        if camera is not None:
            self._gone(id)
            task = asyncio.get_running_loop().create_task(camera.close())
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)

    async def close(self) -> None:
        for id in self.ids():
            self.remove(id)
        await asyncio.gather(*self._leaving)


class MediaNode:
    """Starts without a lease, so closed: `lease` opens it for as long as the centre says."""

    def __init__(self, world: World, recordings: Recordings | None = None) -> None:
        self.world = world
        self.cameras = Cameras(world, self._camera_gone, recordings)
        self._recordings = recordings
        self._viewers: set[Viewer] = set()
        self._watchers: set[Watcher] = set()
        self._revoked: dict[str, float] = {}
        self._leased_until = 0.0
        self._keeper: asyncio.Task[None] | None = None
        self._reports: dict[asyncio.Task[None], str] = {}

    def _camera_gone(self, id: str) -> None:
        for viewer in tuple(self._viewers):
            if viewer.view.camera == id:
                viewer.end(CAMERA_AWAY, "camera away")

    def ids(self) -> list[str]:
        return self.cameras.ids()

    def views(self) -> list[str]:
        """Ids of those that go on, and of those whose end the centre has not heard yet."""
        lasting = [one.view.id for one in self._viewers] + [one.view.id for one in self._watchers]
        return [*lasting, *self._reports.values()]

    def prepare(self, ids: Iterable[str], seconds: float = PREPARED_S) -> None:
        """Connect to these cameras now and stay for `seconds`; unknown ones are passed over."""
        for id in ids:
            if camera := self.cameras.get(id):
                camera.prepare(seconds)

    def connect(self, id: str) -> None:
        """Try this camera now, however long a pause is left; one that is not here is passed over, as below."""
        if camera := self.cameras.get(id):
            camera.connect()

    def leave(self, id: str) -> None:
        """Take no session of this camera until told to connect."""
        if camera := self.cameras.get(id):
            camera.leave()

    def health(self, id: str, families: Families = None) -> Health | None:
        """Of what is shown to who plays `families`; without them, of what the camera sends."""
        camera = self.cameras.get(id)
        return camera.health(families) if camera else None

    def lease(self, until: datetime) -> None:
        """The centre is there, and stands behind what it allowed, until then. In the past: every view closes
        now.
        """
        clock = self.world.clock
        self._leased_until = clock.monotonic() + (until - clock.now()).total_seconds()
        if self._keeper is None:
            self._keeper = asyncio.get_running_loop().create_task(self._keep_lease(), name="media lease")
        if not self.leased:
            self._lose_lease()

    @property
    def leased(self) -> bool:
        return self.world.clock.monotonic() < self._leased_until

    async def _keep_lease(self) -> None:
        while True:
            left = self._leased_until - self.world.clock.monotonic()
            if left <= 0:
                self._lose_lease()
                self._keeper = None
                return
            await self.world.clock.sleep(min(left, 1.0))  # the centre may also take its lease back

    def _admitted(self) -> list[Admitted]:
        return [*self._viewers, *self._watchers]

    def _lose_lease(self) -> None:
        admitted = self._admitted()
        if admitted:
            log.warning("media.lease-lost", viewers=len(admitted))
        for one in admitted:
            one.end(LEASE_LOST, "lease lost")

    def revoke(self, grant: str, why: str = "revoked") -> int:
        """Ends every view under this grant before it returns, and every later one. Gives how many."""
        now = self.world.clock.monotonic()
        self._revoked = {id: at for id, at in self._revoked.items() if now - at < REMEMBER_REVOKED_S}
        self._revoked[grant] = now
        ending = [one for one in self._admitted() if one.grant == grant and not one.ended.is_set()]
        for one in ending:
            one.end(GRANT_ENDED, why)
        return len(ending)

    def admit(self, view: View, cut_off: Callable[[], None], families: Collection[str] = ()) -> Viewer:
        """A viewer that the gate let in; ended already when the grant died while the gate answered. `families`: what it can play
        beside what every browser plays.
        """
        viewer = Viewer(self.world.clock, view, cut_off, families)
        self._viewers.add(viewer)
        camera = self.cameras.get(view.camera)
        if not self._admits(viewer):
            pass
        elif camera is None:
            viewer.end(CAMERA_AWAY, "camera away")
        else:
            for frame in camera.subscribe(viewer.offer, families):
                viewer.offer(frame)
        return viewer

    def admit_watcher(self, view: WallView, cut_off: Callable[[], None]) -> Watcher:
        """As `admit`, for a wall. It is given pictures from `Camera.glimpse` only, and never subscribed to a stream."""
        watcher = Watcher(self.world.clock, view, cut_off)
        self._watchers.add(watcher)
        self._admits(watcher)
        return watcher

    def _admits(self, one: Admitted) -> bool:
        if not self.leased:
            one.end(LEASE_LOST, "lease lost")
        elif one.grant in self._revoked:
            one.end(GRANT_ENDED, "revoked")
        return not one.ended.is_set()

    def dismiss(self, viewer: Viewer, gate: Gate, seconds: float) -> None:
        """Forget a viewer that has ended, and tell the centre until it has heard."""
        self._viewers.discard(viewer)
        if camera := self.cameras.get(viewer.view.camera):
            camera.unsubscribe(viewer.offer)
        sent, frames = viewer.window.sent_bytes, viewer.frames
        self._tell(
            viewer.view.id,
            lambda: gate.ended(viewer.view.id, seconds=seconds, bytes=sent, frames=frames, why=viewer.why),
        )

    def dismiss_watcher(self, watcher: Watcher, gate: WallGate, seconds: float) -> None:
        self._watchers.discard(watcher)
        self._tell(
            watcher.view.id,
            lambda: gate.ended(watcher.view.id, seconds=seconds, shown=watcher.shown, why=watcher.why),
        )

    def _tell(self, view: str, end: Callable[[], Awaitable[None]]) -> None:
        task = asyncio.get_running_loop().create_task(self._report(view, end))
        self._reports[task] = view
        task.add_done_callback(self._reports.pop)

    async def _report(self, view: str, end: Callable[[], Awaitable[None]]) -> None:
        pause = REPORT_AGAIN_S
        while True:
            try:
                await end()
                return
            except Refused:
                return  # the centre knows of no such view: it will not know later either
            except Exception as error:  # whatever keeps the centre from writing, the end of a view is not lost
                log.warning("media.end-not-told", view=view, error=type(error).__name__)
            await self.world.clock.sleep(pause)
            pause = min(REPORT_LATEST_S, pause * 2)

    async def close(self) -> None:
        """End every view and let go of every camera. What the centre has not heard by then it is told no
        more.
        """
        for one in self._admitted():
            one.end(LEASE_LOST, "node closed")
        if self._keeper is not None:
            await stop(self._keeper)
        await self.cameras.close()
        if self._recordings is not None:
            await self._recordings.close()
        if self._reports:
            try:
                await within(self.world.clock, CLOSE_WITHIN_S, _all(set(self._reports)))
            except TimeoutError:
                await stop(*self._reports)


async def _all(tasks: set[asyncio.Task[None]]) -> None:
    await asyncio.wait(tasks)
