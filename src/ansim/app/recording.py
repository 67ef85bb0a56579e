"""Recordings, where the media node and the centre that keeps their keys are one process."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from math import inf
from pathlib import Path
from typing import Annotated

import msgspec
from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from ansim.app.settings import Settings
from ansim.city.migration.actions import Seen
from ansim.city.recordings.actions import open_day
from ansim.core.database import Database
from ansim.core.errors import Problem
from ansim.nodes.media.node import MediaNode
from ansim.nodes.media.ports import Record, Refused, Source
from ansim.nodes.media.recordings import Recordings
from ansim.nodes.media.redact import Region, redact
from ansim.nodes.media.still import still
from ansim.response.evidence.ports import Mask, Stretch
from ansim.trust.retention.keys import Keys, Slot

RECORDINGS, CLIPS = "recordings", "clips"
"""Folders in the data folder."""
_ONE_SESSION = re.compile(r"answers (SETUP|PLAY) with (453|503)$")
"""453 Not Enough Bandwidth is the word for it (RFC 2326); many say 503."""


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A camera of the file `cameras` with rules of its own."""

    url: str
    device: str = ""
    profile: str = ""
    record: Record | None = None
    recording_days: Annotated[int, msgspec.Meta(ge=1, le=366)] | None = None


def read_sources(settings: Settings) -> list[tuple[Source, int]]:
    """What the file `cameras` says: each camera, and how many days its recordings are kept. Raises Problem naming the camera."""
    if settings.cameras is None:
        return []
    found = []
    for id, said in json.loads(Path(settings.cameras).read_text(encoding="utf-8")).items():
        try:
            rules = msgspec.convert({"url": said} if isinstance(said, str) else said, Rules)
        except msgspec.ValidationError as error:
            raise Problem(400, "settings.cameras", f"The camera {id} does not fit", str(error), field=id) from None
        record = rules.record or settings.record
        source = Source(id=id, url=rules.url, device=rules.device, profile=rules.profile, record=record)
        found.append((source, rules.recording_days or settings.recording_days))
    return found


class SlotKey:
    """A camera-day's key, used where it lies: it is never handed out, so destroying it ends all use of it."""

    def __init__(self, keys: Keys, slot: Slot) -> None:
        self._keys, self._slot = keys, slot

    def seal(self, content: bytes, context: bytes) -> bytes:
        return self._keys.seal(self._slot, content, context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        return self._keys.open(self._slot, sealed, context)


class CentreKeys:
    """`nodes.media.ports.DayKeys`, answered by the centre of this process."""

    def __init__(self, database: Database, keep_days: Callable[[str], int]) -> None:
        self._database = database
        self._keep_days = keep_days

    async def of(self, camera: str, day: str) -> SlotKey:
        try:
            async with self._database.transaction() as tx:
                slot = await open_day(tx, camera, date.fromisoformat(day), self._keep_days(camera))
        except Problem as problem:
            if problem.status == 410:
                raise Refused("destroyed") from None
            raise
        return SlotKey(self._database.use(Keys), slot)


class RecordingMetrics(Collector):
    """What is not kept, for /metrics."""

    def __init__(self, node: MediaNode) -> None:
        self._node = node

    def collect(self) -> Iterator[Metric]:
        cameras = GaugeMetricFamily(
            "ansim_recording_cameras", "Cameras by what becomes of their pictures", labels=["state"]
        )
        missing = 0.0
        states: Counter[str] = Counter()
        for id in self._node.cameras.ids():
            if health := self._node.health(id):
                states[health.recording] += 1
                missing += health.missing_s
        for state, count in sorted(states.items()):
            cameras.add_metric([state], count)
        yield cameras
        yield CounterMetricFamily(
            "ansim_recording_missing_seconds", "Pictures that came and were not kept", value=missing
        )


class LocalRedactor:
    """`response.evidence.ports.Redactor`; one clip at a time, because each keeps a thread busy."""

    def __init__(self) -> None:
        self._one = threading.Lock()

    def redact(self, pieces: Iterable[bytes], masks: Sequence[Mask], words: str, began: datetime) -> Iterator[Stretch]:
        regions = [
            Region(
                x=mask.x, y=mask.y, width=mask.width, height=mask.height, from_s=mask.from_s,
                until_s=inf if mask.until_s is None else mask.until_s,
            )
            for mask in masks
        ]  # fmt: skip
        with self._one:
            for made in redact(pieces, regions, words):
                start, end = (began + timedelta(seconds=seconds) for seconds in (made.start_s, made.end_s))
                yield Stretch(content=made.content, frames=made.frames, start=start, end=end)

    def still(self, piece: bytes, after: int) -> bytes:
        return still(piece, after)


class LocalRecordings:
    """`city.recordings.ports.RecordedDays` and `response.evidence.ports.Recorded` over the node of this process."""

    def __init__(self, recordings: Recordings) -> None:
        self._recordings = recordings

    async def forget(self, camera: str, day: str) -> None:
        await self._recordings.forget(camera, day)

    async def cut(self, camera: str, start: datetime, end: datetime) -> AsyncIterator[Stretch]:
        async for piece in self._recordings.cut(camera, start, end):
            yield Stretch(content=piece.content, frames=piece.frames, start=piece.start, end=piece.end)


def look(node: MediaNode) -> Callable[[str], Seen | None]:
    """What the media node says of a camera that moves."""

    def seen(camera: str) -> Seen | None:
        health = node.health(camera)
        if health is None:
            return None
        keeps = health.recording == "on" and health.state in ("live", "late", "frozen")
        if keeps:
            trouble = "frozen" if health.state == "frozen" else "dark" if health.dark else ""
        else:
            trouble = health.trouble or f"recording is {health.recording}"
        return Seen(keeps, _ONE_SESSION.search(health.trouble) is not None and not keeps, trouble)

    return seen


class LocalPuller:
    """`city.migration.ports.Puller` over the media node of this process."""

    def __init__(self, node: MediaNode) -> None:
        self._node = node

    def connect(self, camera: str) -> None:
        if found := self._node.cameras.get(camera):
            found.connect()

    def leave(self, camera: str) -> None:
        if found := self._node.cameras.get(camera):
            found.leave()
