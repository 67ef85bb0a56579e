"""Recordings: the keys that the centre keeps for its media node, and what it needs of it."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from math import inf
from typing import Protocol

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from ansim.app.media import Node
from ansim.city.migration.actions import Seen
from ansim.city.recordings.actions import open_day
from ansim.core.database import Database
from ansim.core.errors import Problem
from ansim.nodes.media.ports import Refused
from ansim.nodes.media.recordings import Piece
from ansim.nodes.media.redact import Region, redact
from ansim.nodes.media.still import still
from ansim.response.evidence.ports import Mask, Stretch
from ansim.trust.retention.keys import Keys, Slot

CLIPS = "clips"
"""Folder in the data folder."""
_ONE_SESSION = re.compile(r"answers (SETUP|PLAY) with (453|503)$")
"""453 Not Enough Bandwidth is the word for it (RFC 2326); many say 503."""


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
        return SlotKey(self._database.use(Keys), await self._slot(camera, day))

    async def lend(self, camera: str, day: str) -> bytes:
        """The key itself, for a media node that is a process of its own. Raises Refused as above."""
        return self._database.use(Keys).lend(await self._slot(camera, day))

    async def _slot(self, camera: str, day: str) -> Slot:
        try:
            async with self._database.transaction() as tx:
                return await open_day(tx, camera, date.fromisoformat(day), self._keep_days(camera))
        except Problem as problem:
            if problem.status == 410:
                raise Refused("destroyed") from None
            raise


class RecordingMetrics(Collector):
    """What is not kept, for /metrics."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def collect(self) -> Iterator[Metric]:
        cameras = GaugeMetricFamily(
            "ansim_recording_cameras", "Cameras by what becomes of their pictures", labels=["state"]
        )
        missing = 0.0
        states: Counter[str] = Counter()
        for id in self._node.ids():
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


class NodeRecordings(Protocol):
    """What a media node has recorded: `nodes.media.recordings.Recordings` or `app.remote.RemoteRecordings`."""

    async def forget(self, camera: str, day: str) -> None: ...
    def cut(self, camera: str, start: datetime, end: datetime) -> AsyncIterator[Piece]: ...


class RecordingsOf:
    """`city.recordings.ports.RecordedDays` and `response.evidence.ports.Recorded` over a media node."""

    def __init__(self, recordings: NodeRecordings) -> None:
        self._recordings = recordings

    async def forget(self, camera: str, day: str) -> None:
        await self._recordings.forget(camera, day)

    async def cut(self, camera: str, start: datetime, end: datetime) -> AsyncIterator[Stretch]:
        async for piece in self._recordings.cut(camera, start, end):
            yield Stretch(content=piece.content, frames=piece.frames, start=piece.start, end=piece.end)


def look(node: Node) -> Callable[[str], Seen | None]:
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
