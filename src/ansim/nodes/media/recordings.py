"""What this node has recorded: which cameras, where, and any stretch of it again."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import structlog

from ansim.core.world import World
from ansim.nodes.media.dayfile import GROUP, ReadDay, Record
from ansim.nodes.media.deadline import stop, within
from ansim.nodes.media.fmp4 import Retiming
from ansim.nodes.media.ports import DayKey, DayKeys, Refused
from ansim.nodes.media.recorder import LONGEST_GROUP_S, Recorder, Writer

FLUSH_EVERY_S = 2.0
"""A power cut costs at most this much more than the groups that were coming; a killed process costs only those."""
WRITTEN_WITHIN_S = 2.0

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

log = structlog.get_logger(__name__)


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """Some of a recording, in order: first an init segment (`frames` 0), then groups of pictures as fragments. Their times
    go on from each other, and leave out no pause. `start`, `end`: aware, UTC.
    """

    content: bytes
    frames: int
    start: datetime
    end: datetime


def days_in(folder: Path) -> list[tuple[str, str]]:
    """Camera and day of everything that lies there."""
    if not folder.is_dir():
        return []
    cameras = (camera for camera in folder.iterdir() if camera.is_dir())
    return sorted((camera.name, day.name) for camera in cameras for day in camera.iterdir() if _DAY.fullmatch(day.name))


class Recordings:
    """`folder`: a folder for each camera, in it one for each day (UTC)."""

    def __init__(self, world: World, folder: Path, keys: DayKeys) -> None:
        self._world = world
        self._folder = folder
        self._keys = keys
        self._writer = Writer(world.disk, folder)
        self._recorders: dict[str, Recorder] = {}
        self._flushing: asyncio.Task[None] | None = None

    def recorder(self, camera: str) -> Recorder:
        """Of this camera; one, however often the camera is added. Raises ValueError for a name that no folder can have."""
        if not _NAME.fullmatch(camera):
            raise ValueError("the id of a camera that is recorded has letters, digits and _.- only")
        if camera not in self._recorders:
            self._recorders[camera] = Recorder(self._world, camera, self._keys, self._writer)
        if self._flushing is None:
            self._flushing = asyncio.get_running_loop().create_task(self._flush(), name="flush recordings")
        return self._recorders[camera]

    async def forget(self, camera: str, day: str) -> None:
        """Take the files of a day away, whose key is dead. Harmless when there are none."""
        if _NAME.fullmatch(camera) and _DAY.fullmatch(day):
            self._writer.forget(camera, day)
            await self._writer.written()
            await asyncio.to_thread(shutil.rmtree, self._folder / camera / day, ignore_errors=True)

    async def cut(self, camera: str, start: datetime, end: datetime) -> AsyncGenerator[Piece, None]:
        """What was recorded between these instants, up to now, rounded out to key frames; nothing where nothing is. It ends
        where the camera changed its parameters, since one file has one set of them.
        """
        recorder = self._recorders.get(camera)
        if recorder is not None:
            await recorder.hand_over()
            with suppress(TimeoutError):  # a disk that stands still: what it has is what there is
                await within(self._world.clock, WRITTEN_WITHIN_S, self._writer.written())
        retiming, init = Retiming(), b""
        day = (start - timedelta(seconds=LONGEST_GROUP_S)).astimezone(UTC).date()
        while day <= end.astimezone(UTC).date():
            async for record, content, its_init in self._groups(camera, day, _us(start), _us(end)):
                if not init:
                    if record.kind != GROUP:
                        continue  # its key frame is gone with the day before
                    init = its_init
                    yield Piece(content=init, frames=0, start=_at(record.start), end=_at(record.start))
                if its_init != init:
                    return
                yield Piece(
                    content=await asyncio.to_thread(retiming.place, content, record.start),
                    frames=record.frames, start=_at(record.start), end=_at(record.end),
                )  # fmt: skip
            day += timedelta(days=1)

    async def close(self) -> None:
        for recorder in self._recorders.values():
            await recorder.close()
        if self._flushing is not None:
            await stop(self._flushing)
        await self._writer.close()

    async def _groups(
        self, camera: str, day: date, start: int, end: int
    ) -> AsyncIterator[tuple[Record, bytes, bytes]]:  # fmt: skip
        """Record, fragments and init segment of every group that can be read."""
        whose = f"{camera}/{day.isoformat()}"
        if not _NAME.fullmatch(camera):
            return
        try:
            file = await asyncio.to_thread(ReadDay, self._world.disk, self._folder / whose, whose)
        except FileNotFoundError:
            return
        try:
            try:
                key = await self._keys.of(camera, day.isoformat())
            except Refused:
                return  # that day is destroyed
            inits: dict[int, bytes | None] = {}
            whole = True
            for record in await asyncio.to_thread(file.records, start, end):
                if record.init not in inits:
                    head = file.init_of(record)
                    inits[record.init] = None if head is None else await self._open(file, key, head)
                init = inits[record.init]
                content = await self._open(file, key, record) if whole or record.kind == GROUP else None
                whole = content is not None
                if content is not None and init is not None:
                    yield record, content, init
        finally:
            file.close()

    async def _open(self, file: ReadDay, key: DayKey, record: Record) -> bytes | None:
        try:
            return await asyncio.to_thread(file.content, key.open, record)
        except Exception as error:  # changed, torn by a power cut, or its key died meanwhile: the rest is still there
            log.error("recording.unreadable", day=file.whose, at=record.at, error=type(error).__name__)
            return None

    async def _flush(self) -> None:
        while True:
            await self._world.clock.sleep(FLUSH_EVERY_S)
            self._writer.flush()


def _us(at: datetime) -> int:
    return int(at.timestamp() * 1e6)


def _at(us: int) -> datetime:
    return datetime.fromtimestamp(us / 1e6, UTC)
