"""One look at a wall: the newest picture of each camera waits for it, and no other. There is no way from here to a stream."""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct

from ansim.core.clock import Clock
from ansim.nodes.media.glimpse import Glimpse
from ansim.nodes.media.ports import Shown, WallView
from ansim.nodes.media.viewer import Admitted

HEAD = Struct(">HI")
"""Before each picture: which camera of the wall, and its age in milliseconds."""


class Watcher(Admitted):
    def __init__(self, clock: Clock, view: WallView, cut_off: Callable[[], None]) -> None:
        super().__init__(clock, view, cut_off)
        self.view = view
        self.shown = {camera: Shown() for camera in view.cameras}
        self._waiting: dict[int, Glimpse] = {}
        self._newest: dict[int, float] = {}

    def offer(self, place: int, glimpse: Glimpse) -> None:
        """The picture of the camera in this place of the wall; one that waits already is out of date."""
        if self._newest.get(place) != glimpse.at:
            self._newest[place] = glimpse.at
            self._waiting[place] = glimpse
            self._wake.set()

    def _picture(self, room: int) -> bytes | None:
        if not self._waiting:
            return None
        place = next(iter(self._waiting))
        glimpse = self._waiting.pop(place)
        now = self._clock.monotonic()
        message = HEAD.pack(place, min(2**32 - 1, int((now - glimpse.at) * 1000))) + glimpse.jpeg
        self.window.sent(len(message), now)
        shown = self.shown[self.view.cameras[place]]
        shown.pictures += 1
        shown.bytes += len(message)
        return message
