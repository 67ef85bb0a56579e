"""Recording: from a camera's pictures to its sealed days, beside everything else that is done with them.

A recorder collects whole groups of pictures on the event loop; one writer thread for all cameras seals and writes them. What
the disk does not take in time is left out, group by group, and counted: it slows nobody.
"""

from __future__ import annotations

import asyncio
import errno
import queue
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import structlog

from ansim.core.disk import Disk
from ansim.core.world import World
from ansim.nodes.media.dayfile import GROUP, REST, DayFile
from ansim.nodes.media.deadline import stop, within
from ansim.nodes.media.ports import DayKey, DayKeys
from ansim.nodes.media.ring import Frame

LONGEST_GROUP_S = 10.0
"""A camera that sends no more key frames is written in parts of this length."""
MOST_WAITING = 256 * 1024 * 1024
"""Bytes that may wait for the disk, of all cameras: at 300 cameras of 2 Mb/s, three seconds."""
MOST_OF_ONE = 16 * 1024 * 1024
"""Bytes of one camera that may wait for its day's key."""
ASK_AGAIN_S, KEY_WITHIN_S = 1.0, 2.0
_FULL = (errno.ENOSPC, errno.EDQUOT)

log = structlog.get_logger(__name__)


@dataclass
class Tally:
    """What became of one camera's groups. Written by the thread and the loop, each its own members."""

    written_us: int = 0
    lost_us: int = 0  # the disk refused them
    left_out_us: int = 0  # nobody had room for them
    trouble: str = ""


@dataclass
class Group:
    camera: str
    kind: int
    start: int
    init: bytes
    tally: Tally
    fragments: list[bytes] = field(default_factory=list)
    size: int = 0
    end: int = 0
    key: DayKey | None = None
    previous: Group | None = None  # of a rest: what it goes on from
    written: bool = False

    @property
    def day(self) -> str:
        return datetime.fromtimestamp(self.start / 1e6, UTC).date().isoformat()


class Writer:
    """One thread that owns every open day. `folder`: where cameras have their folders."""

    def __init__(self, disk: Disk, folder: Path, most: int = MOST_WAITING) -> None:
        self._disk = disk
        self._folder = folder
        self._most = most
        self._jobs: queue.SimpleQueue[Group | Callable[[], None] | None] = queue.SimpleQueue()
        self._files: dict[str, DayFile] = {}
        self._taken = self._done = 0  # bytes: the loop's, the thread's
        self._thread: threading.Thread | None = None

    def put(self, group: Group) -> bool:
        """False when there is no room: the disk has not taken what was given before."""
        if self._taken - self._done + group.size > self._most:
            return False
        self._taken += group.size
        self._give(group)
        return True

    async def written(self) -> None:
        """Everything given so far has been written, or refused by the disk."""
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def tell() -> None:
            loop.call_soon_threadsafe(done.set)

        self._give(tell)
        await done.wait()

    def flush(self) -> None:
        """Bring what was written to stable storage, when its turn comes."""
        self._give(self._flush)

    def forget(self, camera: str, day: str) -> None:
        """Let go of the files of this day."""
        self._give(lambda: self._close(camera, day))

    def let_go(self, camera: str) -> None:
        """Nothing comes from this camera for now."""
        self._give(lambda: self._close_all(camera))

    async def close(self) -> None:
        """Write what waits, and end."""
        if self._thread is not None:
            self._jobs.put(None)
            await asyncio.to_thread(self._thread.join)
            self._thread = None

    def _give(self, job: Group | Callable[[], None]) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="recording", daemon=True)
            self._thread.start()
        self._jobs.put(job)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            if not isinstance(job, Group):
                job()
                continue
            try:
                self._write(job)
            finally:
                self._done += job.size
                job.previous = None
                job.fragments.clear()
        self._flush()
        for name in [*self._files]:
            self._close(*name.split("/"))

    def _write(self, group: Group) -> None:
        tally = group.tally
        if group.kind == REST and (group.previous is None or not group.previous.written):
            tally.lost_us += group.end - group.start  # nothing to stand on
            return
        try:
            assert group.key is not None
            name = f"{group.camera}/{group.day}"
            file = self._files.get(name)
            if file is None:
                self._close_all(group.camera)  # yesterday
                file = self._files[name] = DayFile(self._disk, self._folder / group.camera / group.day, name)
            file.append(
                group.key.seal, group.kind, b"".join(group.fragments), len(group.fragments), group.start, group.end,
                group.init,
            )  # fmt: skip
        except OSError as error:
            self._refused(group, "disk-full" if error.errno in _FULL else "disk")
        except Exception as error:  # a key that died, for one: this camera's day is over, the others go on
            self._refused(group, "key")
            log.error("recording.not-sealed", camera=group.camera, error=type(error).__name__)
        else:
            group.written = True
            tally.trouble = ""
            tally.written_us += group.end - group.start

    def _refused(self, group: Group, trouble: str) -> None:
        tally = group.tally
        if tally.trouble != trouble:
            log.error("recording.refused", camera=group.camera, trouble=trouble)
        tally.trouble = trouble
        tally.lost_us += group.end - group.start

    def _flush(self) -> None:
        for name, file in self._files.items():
            try:
                file.flush()
            except OSError:
                log.error("recording.not-flushed", day=name)

    def _close_all(self, camera: str) -> None:
        for name in [one for one in self._files if one.startswith(f"{camera}/")]:
            self._close(*name.split("/"))

    def _close(self, camera: str, day: str) -> None:
        file = self._files.pop(f"{camera}/{day}", None)
        if file is not None:
            try:
                file.flush()
            except OSError:
                log.error("recording.not-flushed", day=file.whose)
            file.close()


class Recorder:
    """One camera. `offer` takes every picture and never waits."""

    def __init__(self, world: World, camera: str, keys: DayKeys, writer: Writer) -> None:
        self.tally = Tally()
        self._world = world
        self._camera = camera
        self._keys = keys
        self._writer = writer
        self._group: Group | None = None
        self._began = 0.0
        self._last = 0.0
        self._stream: object = None
        self._known: tuple[str, DayKey] | None = None
        self._waiting: deque[Group] = deque()
        self._asking: asyncio.Task[None] | None = None

    @property
    def missing_s(self) -> float:
        """Seconds of pictures that came and are not in the recording."""
        return (self.tally.lost_us + self.tally.left_out_us) / 1e6

    @property
    def state(self) -> str:
        return self.tally.trouble or "on"

    def offer(self, frame: Frame) -> None:
        group = self._group
        if frame.key:
            group = self._begin(frame, GROUP)
        elif group is None or frame.stream is not self._stream:
            return  # nothing to stand on until the next key frame
        elif frame.at - self._began > LONGEST_GROUP_S or group.size > MOST_OF_ONE // 2:
            group = self._begin(frame, REST)
        group.fragments.append(frame.fragment)
        group.size += len(frame.fragment)
        self._last = frame.at

    def cut_off(self) -> None:
        """Hand over what has come of the group that is coming; the rest of it follows as one of its own."""
        group = self._group
        if group is not None and group.fragments:
            rest = Group(self._camera, REST, self._wall(self._last) + 1, group.init, self.tally, previous=group)
            self._hand_over(group, rest.start)
            self._group, self._began = rest, self._last

    async def hand_over(self) -> None:
        """Everything that has come is with the writer, if the centre gives a key for it in time."""
        self.cut_off()
        if self._asking is not None:
            with suppress(TimeoutError):
                await within(self._world.clock, KEY_WITHIN_S, _wait(self._asking))

    def stop(self) -> None:
        """No more pictures come for now."""
        self.cut_off()
        self._group = None
        self._writer.let_go(self._camera)

    async def close(self) -> None:
        await self.hand_over()
        self._group = None
        if self._asking is not None:
            await stop(self._asking)

    def _begin(self, frame: Frame, kind: int) -> Group:
        start, ending = self._wall(frame.at), self._group
        if ending is not None and ending.fragments:
            self._hand_over(ending, start)
        previous = ending if kind == REST else None
        group = self._group = Group(self._camera, kind, start, frame.stream.init, self.tally, previous=previous)
        self._stream, self._began = frame.stream, frame.at
        return group

    def _wall(self, at: float) -> int:
        clock = self._world.clock
        return int((clock.now().timestamp() - (clock.monotonic() - at)) * 1e6)

    def _hand_over(self, group: Group, end: int) -> None:
        # a camera that was away for a while has no picture of that time
        group.end = max(group.start + 1, min(end, self._wall(self._last) + 1_000_000))
        if self._waiting or self._known is None or self._known[0] != group.day:
            self._wait(group)
        else:
            group.key = self._known[1]
            self._put(group)

    def _put(self, group: Group) -> None:
        if not self._writer.put(group):
            self._leave_out(group, "behind")

    def _leave_out(self, group: Group, trouble: str) -> None:
        group.fragments.clear()
        if self.tally.trouble != trouble:
            log.error("recording.left-out", camera=self._camera, trouble=trouble)
        self.tally.trouble = trouble
        self.tally.left_out_us += group.end - group.start

    def _wait(self, group: Group) -> None:
        self._waiting.append(group)
        while sum(one.size for one in self._waiting) > MOST_OF_ONE and len(self._waiting) > 1:
            self._leave_out(self._waiting.popleft(), "no-key")
        if self._asking is None:
            self._asking = asyncio.get_running_loop().create_task(self._ask(), name=f"day key {self._camera}")
            self._asking.add_done_callback(lambda _: setattr(self, "_asking", None))

    async def _ask(self) -> None:
        while self._waiting:
            day = self._waiting[0].day
            try:
                key = await self._keys.of(self._camera, day)
            except Exception as error:  # whatever keeps the centre from answering; what is unsealed is never written
                if self.tally.trouble != "no-key":
                    log.error("recording.no-key", camera=self._camera, error=type(error).__name__)
                self.tally.trouble = "no-key"
                await self._world.clock.sleep(ASK_AGAIN_S)
                continue
            self._known = (day, key)
            while self._waiting and self._waiting[0].day == day:
                group = self._waiting.popleft()
                group.key = key
                self._put(group)


async def _wait(task: asyncio.Task[None]) -> None:
    await asyncio.wait([task])
