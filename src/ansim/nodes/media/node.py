"""The media node: its cameras, and those who see them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable

from ansim.core.world import World
from ansim.nodes.media.camera import Camera, Families
from ansim.nodes.media.ports import Gate, Health, Source, View, WallGate, WallView
from ansim.nodes.media.recordings import Recordings
from ansim.nodes.media.showing import CAMERA_AWAY, Showing
from ansim.nodes.media.viewer import Viewer
from ansim.nodes.media.watcher import Watcher

PREPARED_S = 120.0
CONNECTING_AT_ONCE = 16
MAKING_AT_ONCE = 2
"""Cameras of which a single picture is made at once. Where that is too few, pictures come more rarely, and that is said."""


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


class MediaNode(Showing):
    """Starts without a lease, so closed: `lease` opens it for as long as the centre says."""

    def __init__(self, world: World, recordings: Recordings | None = None) -> None:
        super().__init__(world)
        self.cameras = Cameras(world, self._camera_gone, recordings)
        self._recordings = recordings

    def _camera_gone(self, id: str) -> None:
        for one in tuple(self._admitted):
            if isinstance(one, Viewer) and one.view.camera == id:
                one.end(CAMERA_AWAY, "camera away")

    def ids(self) -> list[str]:
        return self.cameras.ids()

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

    def admit(self, view: View, cut_off: Callable[[], None], families: Collection[str] = ()) -> Viewer:
        """A viewer that the gate let in; ended already when the grant died while the gate answered. `families`: what it can play
        beside what every browser plays.
        """
        viewer = Viewer(self.world.clock, view, cut_off, families)
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
        self._admits(watcher)
        return watcher

    def dismiss(self, viewer: Viewer, gate: Gate, seconds: float) -> None:
        if camera := self.cameras.get(viewer.view.camera):
            camera.unsubscribe(viewer.offer)
        self._dismiss(viewer, gate, seconds)

    def dismiss_watcher(self, watcher: Watcher, gate: WallGate, seconds: float) -> None:
        self._dismissed(
            watcher,
            lambda: gate.ended(watcher.view.id, seconds=seconds, shown=watcher.shown, why=watcher.why),
        )

    async def _let_go(self) -> None:
        await self.cameras.close()
        if self._recordings is not None:
            await self._recordings.close()
