"""Whoever looks through her phone: the pictures that come, and those who see them. It keeps nothing but the last seconds in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

import structlog

from ansim.core.world import World
from ansim.nodes.footage.mp4 import MP4
from ansim.nodes.footage.pictures import Apart, Malformed
from ansim.nodes.footage.webm import WebM
from ansim.nodes.media.camera import LATE_S, LIVE_S, STALE_S
from ansim.nodes.media.ports import Gate, View
from ansim.nodes.media.showing import CAMERA_AWAY, Showing
from ansim.nodes.media.viewer import Viewer

MOST = 16 * 1024 * 1024

log = structlog.get_logger(__name__)


@dataclass(frozen=True, eq=False)
class Stream:
    """`codec`: the media type that it is played by."""

    codec: str
    init: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    stream: Stream
    key: bool
    fragment: bytes
    leading: bool = False


@dataclass(frozen=True)
class Freshness:
    """As `nodes.media.ports.Health`: of a phone nobody can say that its picture is frozen."""

    state: str
    age_s: float | None
    every_s: float | None = None
    frozen_s: float | None = None


@dataclass
class _Phone:
    """What is shown of one: `last_at` is when its newest picture was filmed, monotonic seconds."""

    take: str = ""
    media: str = ""
    apart: Apart | None = None
    stream: Stream | None = None
    latest: list[Frame] = field(default_factory=list)
    size: int = 0
    last_at: float | None = None
    until_ms: int = 0
    before_ms: int | None = None
    viewers: set[Viewer] = field(default_factory=set)


class FootageNode(Showing):
    """`response.footage.ports.Screen`, and what the socket of pictures needs of whoever has streams."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._phones: dict[str, _Phone] = {}

    # -- from the phone

    def begin(self, handset: str, take: str, media: str) -> bool:
        phone = self._phones.setdefault(handset, _Phone())
        if phone.take == take:
            return True
        phone.take, phone.media, phone.stream, phone.before_ms = take, media, None, None
        phone.apart = MP4() if media.startswith("video/mp4") else WebM()
        return False

    def show(self, handset: str, take: str, content: bytes, age_s: float) -> None:
        phone = self._phones.get(handset)
        if phone is None or phone.take != take or phone.apart is None:
            return
        try:
            for picture in phone.apart.feed(content):
                if phone.stream is None:
                    one = phone.apart
                    phone.stream = Stream(_type(phone.media), one.init, one.width, one.height)
                if phone.before_ms is None:  # the take's first: it follows on the one before
                    phone.before_ms = phone.until_ms - picture.at_ms
                phone.until_ms = max(phone.until_ms, picture.until_ms + phone.before_ms)
                self._add(phone, Frame(phone.stream, picture.key, picture.placed(picture.at_ms + phone.before_ms)))
        except Malformed as error:
            log.info("footage.unreadable", take=take, why=str(error))
            phone.apart = None
            return
        phone.last_at = self.world.clock.monotonic() - age_s

    def end(self, handset: str) -> None:
        phone = self._phones.pop(handset, None)
        for viewer in () if phone is None else tuple(phone.viewers):
            viewer.end(CAMERA_AWAY, "stopped")

    def _add(self, phone: _Phone, frame: Frame) -> None:
        if frame.key:
            phone.latest, phone.size = [], 0
        phone.size += len(frame.fragment)
        if phone.size <= MOST:
            phone.latest.append(frame)
        for viewer in phone.viewers:
            viewer.offer(frame)

    # -- to those who see it

    def admit(self, view: View, cut_off: Callable[[], None], families: Collection[str] = ()) -> Viewer:
        viewer = Viewer(self.world.clock, view, cut_off, families)
        phone = self._phones.get(view.camera)
        if not self._admits(viewer):
            pass
        elif phone is None:
            viewer.end(CAMERA_AWAY, "camera away")
        else:
            phone.viewers.add(viewer)
            for frame in phone.latest if phone.size <= MOST else ():
                viewer.offer(frame)
        return viewer

    def dismiss(self, viewer: Viewer, gate: Gate, seconds: float) -> None:
        if phone := self._phones.get(viewer.view.camera):
            phone.viewers.discard(viewer)
        self._dismiss(viewer, gate, seconds)

    def health(self, id: str, families: Collection[str] = ()) -> Freshness | None:
        phone = self._phones.get(id)
        if phone is None:
            return None
        if phone.last_at is None:
            return Freshness("lost", None)
        age_s = max(0.0, self.world.clock.monotonic() - phone.last_at)
        state = "live" if age_s <= LIVE_S else "late" if age_s <= LATE_S else "stale" if age_s <= STALE_S else "lost"
        return Freshness(state, round(age_s, 3))

    async def _let_go(self) -> None:
        self._phones.clear()


def _type(media: str) -> str:
    """As players want it: the codecs in quotes."""
    kind, _, codecs = media.partition(";")
    named = codecs.strip().removeprefix("codecs=").strip('"').replace(" ", "")
    return f'{kind}; codecs="{named}"' if named else kind
