"""One camera: pulled once however many look, only while somebody needs it, and again after every failure."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from datetime import timedelta
from typing import NamedTuple

import structlog

from ansim.core.world import World
from ansim.nodes.media.codec import Malformed, ParameterSets
from ansim.nodes.media.deadline import stop, within
from ansim.nodes.media.depacketiser import AccessUnit, Depacketiser
from ansim.nodes.media.fmp4 import fragment, init_segment
from ansim.nodes.media.glimpse import EVERY_S, Glimpse, blurred
from ansim.nodes.media.picture import decoded, luma
from ansim.nodes.media.ports import Health
from ansim.nodes.media.quality import Judgement, Quality, quality_of
from ansim.nodes.media.recorder import Recorder
from ansim.nodes.media.ring import Frame, Ring, Stream
from ansim.nodes.media.rtsp import Address, CameraError, Session
from ansim.nodes.media.singles import Singles
from ansim.nodes.media.stillness import Parts, Stillness, parts_of
from ansim.nodes.media.timeline import Timeline

LIVE_S, LATE_S, STALE_S = 1.0, 5.0, 30.0
SHOWS = ("live", "late")  # states in which what the picture shows is of now
RING_S = 10.0
RING_BYTES = 16 * 1024 * 1024
OPEN_WITHIN_S = 8.0
SILENT_S = 8.0  # a connection that brings no new picture for this long is made anew
IDLE_S = 20.0  # a camera is kept this long after its last viewer: operators come back
REMEMBER_FAILURE_S = 60.0  # a camera that failed and is asked by nobody counts as lost for so long
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 15.0

log = structlog.get_logger(__name__)

Subscriber = Callable[[Frame], None]
Families = Collection[str] | None
"""What a subscriber can play, see `Stream.plays_on`."""


class Camera:
    """`connecting` bounds how many cameras sign in at once: hundreds at the same moment help nobody; `making` for how many single
    pictures are made at once.
    """

    def __init__(
        self,
        world: World,
        id: str,
        url: str,
        connecting: asyncio.Semaphore,
        recorder: Recorder | None = None,
        *,
        always: bool = False,
        making: asyncio.Semaphore | None = None,
    ) -> None:
        """`recorder`: takes the pictures that are kept, those of an incident or (`always`) all. Raises ValueError for an
        address that is none, without repeating it.
        """
        self.id = id
        self._world = world
        self._address = Address.parse(url)
        self._connecting, self._making = connecting, making or asyncio.Semaphore(1)
        self._ring = Ring(RING_S, RING_BYTES)
        self._subscribers: dict[Subscriber, Families] = {}
        self._singles: Singles | None = None
        self._wanted_until = 0.0
        self._task: asyncio.Task[None] | None = None
        self._asked = asyncio.Event()
        self._timeline = Timeline()
        self._depacketiser: Depacketiser | None = None
        self._codec = ""
        self._stream: Stream | None = None
        self._refused: ParameterSets | None = None
        self._sequence = 0
        self._last_at: float | None = None
        self._since = self._failed_at = 0.0
        self._lost = 0
        self._trouble = ""
        self._stillness, self._judgement = Stillness(), Judgement()
        self._clock_offset_s: float | None = None
        self._looking: asyncio.Task[None] | None = None
        self._looked_at = float("-inf")
        self._glimpse: Glimpse | None = None
        self._glimpsed_until = 0.0
        self._recorder, self._always, self._recording = recorder, always, False
        self._kept_until = 0.0
        self._left = False
        if always and recorder is not None:
            self._start()

    def prepare(self, seconds: float) -> None:
        """Connect now and stay for at least `seconds`, so that the first viewer sees a picture at once; and keep what comes."""
        self._wanted_until = max(self._wanted_until, self._world.clock.monotonic() + seconds)
        self._kept_until = max(self._kept_until, self._wanted_until)
        self._start()

    def connect(self) -> None:
        """Try now, however long a pause is left, and for all that it was to be left alone."""
        self._left = False
        self._start()

    def leave(self) -> None:
        """Take no session until `connect`: the camera gives one, and it is another's."""
        if not self._left:
            self._left = True
            self._asked.set()

    def subscribe(self, subscriber: Subscriber, families: Families = None) -> list[Frame]:
        """From now on every new frame goes to `subscriber`, which must not wait; to one that cannot play what the camera sends, its
        key frames as single pictures. Gives what to show first.
        """
        self._subscribers[subscriber] = families
        self._start()
        latest = self._ring.latest()
        if self._plays_on(families):
            return latest
        singles = self._singles = self._singles or Singles()
        if latest and self._idle_eye() and singles.lack(latest[0]):
            self._begin_look(latest[0], judge=False)
        return [singles.newest] if singles.newest is not None else []

    def unsubscribe(self, subscriber: Subscriber) -> None:
        self._subscribers.pop(subscriber, None)
        self._need_singles()
        self._wanted_until = max(self._wanted_until, self._world.clock.monotonic() + IDLE_S)

    def glimpse(self, seconds: float) -> Glimpse | None:
        """The newest picture in which nobody can be recognised. Connects, and stays for `seconds`; nothing is kept for it."""
        now = self._world.clock.monotonic()
        self._glimpsed_until = max(self._glimpsed_until, now + seconds)
        if self._task is None:  # one that pauses after a failure is not asked anew each time
            self._start()
        newest = self._ring.latest()[:1]
        if newest and self._idle_eye() and self._lacks_glimpse(newest[0]):
            self._stillness.due(newest[0].at, needed=True)  # this look is also that one
            self._begin_look(newest[0], judge=True)
        return self._glimpse

    def health(self, families: Families = None) -> Health:
        """Of what is shown to who plays `families`."""
        clock = self._world.clock
        now = clock.monotonic()
        last_at, every_s = self._last_at, 0.0
        if self._singles is not None and not self._plays_on(families):
            last_at = self._singles.newest.at if self._singles.newest is not None else None
            every_s = self._singles.every_s(now)
        age = None if last_at is None else now - last_at
        if self._task is None:
            state = "lost" if self._trouble and now - self._failed_at < REMEMBER_FAILURE_S else "idle"
        else:
            waited = now - max(self._since, last_at or 0.0) - every_s
            state = "live" if age is not None and age <= LIVE_S + every_s else "late"
            if waited > LATE_S:
                state = "stale" if waited <= STALE_S else "lost"
        frozen_s = self._stillness.frozen_s(now) if state in SHOWS else None
        return Health(
            state=state if frozen_s is None else "frozen",
            codec=self._codec,
            age_s=age,
            every_s=every_s or None,
            frozen_s=frozen_s,
            last_frame_at=None if age is None else clock.now() - timedelta(seconds=age),
            fps=self._ring.frames_per_second(),
            bitrate_bps=self._ring.bits_per_second(),
            key_interval_s=self._ring.key_interval(),
            lost_packets=self._lost + (self._depacketiser.lost if self._depacketiser else 0),
            clock_offset_s=self._clock_offset_s,
            dark=state in SHOWS and self._judgement.dark,
            blurred=state in SHOWS and self._judgement.blurred,
            trouble=self._trouble,
            recording=self._recorder.state if self._recorder and self._recording else "off",
            missing_s=self._recorder.missing_s if self._recorder else 0.0,
        )

    async def close(self) -> None:
        task, self._task = self._task, None
        await stop(*(one for one in (task, self._looking) if one is not None))
        self._stop_recording()

    def _wanted(self) -> bool:
        if self._left:
            return False
        if self._always and self._recorder is not None:
            return True
        return bool(self._subscribers) or self._world.clock.monotonic() < max(self._wanted_until, self._glimpsed_until)

    def _start(self) -> None:
        self._asked.set()
        if self._task is None:
            self._since = self._world.clock.monotonic()
            self._task = asyncio.get_running_loop().create_task(self._pull(), name=f"camera {self.id}")

    async def _pull(self) -> None:
        failures = 0
        while self._wanted():
            patience = 0.0
            before = self._sequence
            self._asked.clear()
            try:
                await self._play()
            except CameraError as error:
                patience = error.patience
                self._trouble = str(error)
            except TimeoutError:
                self._trouble = "no answer in time"
            except Exception as error:  # one camera's nonsense ends neither its pulling nor anybody else's
                self._trouble = "not understood"
                log.error("camera.not-understood", camera=self.id, error=type(error).__name__)
            if not self._wanted():
                break
            self._failed_at = self._world.clock.monotonic()
            failures = 0 if self._sequence > before else failures + 1
            log.info("camera.lost", camera=self.id, why=self._trouble, failures=failures)
            await self._pause(failures, patience)
        # what was kept is older with every second: the next viewer starts from what comes then
        self._task = None
        self._ring.clear()
        self._stop_recording()
        self._stillness, self._judgement, self._clock_offset_s = Stillness(), Judgement(), None
        self._glimpse = None

    async def _pause(self, failures: int, patience: float) -> None:
        pause = max(patience, min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2**failures))
        waiting = [asyncio.ensure_future(self._world.clock.sleep(pause * self._world.random.uniform(0.5, 1.5)))]
        if not patience:
            waiting.append(asyncio.ensure_future(self._asked_anew()))
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await stop(*waiting)

    async def _asked_anew(self) -> None:
        await self._asked.wait()

    async def _play(self) -> None:
        session = Session(self._world, self._address, self._packet)
        try:
            async with self._connecting:
                await within(self._world.clock, OPEN_WITHIN_S, self._open(session))
            self._trouble = ""
            waiting = [
                asyncio.ensure_future(work)
                for work in (session.wait_lost(), session.keep_alive(), self._watch(session))
            ]
            try:
                done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for ended in done:
                    ended.result()
            finally:
                await stop(*waiting)
            if self._wanted():
                raise CameraError("the camera closed the connection")
        finally:
            session.close()

    async def _open(self, session: Session) -> None:
        track = await session.describe()
        self._lost += self._depacketiser.lost if self._depacketiser else 0
        self._depacketiser = Depacketiser(track.codec, track.parameters)
        self._codec = track.codec.name
        await session.play(track)

    async def _watch(self, session: Session) -> None:
        """Ends when nobody needs the camera any more; raises CameraError when it sends nothing new."""
        clock = self._world.clock
        opened = clock.monotonic()
        while self._wanted():
            await clock.sleep(1.0)
            self._clock_offset_s = session.clock_offset_s
            if clock.monotonic() - max(opened, self._last_at or 0.0) > SILENT_S:
                keyless = self._depacketiser is not None and self._depacketiser.keyless > 0
                raise CameraError("the camera sends no key frames" if keyless else "the camera sends no new pictures")

    def _idle_eye(self) -> bool:
        return self._looking is None or self._looking.done()

    def _lacks_glimpse(self, frame: Frame) -> bool:
        """Whether somebody looks at a wall with this camera, and this picture is the next for it."""
        wanted = self._world.clock.monotonic() < self._glimpsed_until
        return wanted and (self._glimpse is None or frame.at - self._glimpse.at >= EVERY_S)

    def _plays_on(self, families: Families) -> bool:
        return self._stream is None or self._stream.plays_on(families)

    def _need_singles(self) -> None:
        """As long as somebody looks who cannot play what comes."""
        if all(self._plays_on(families) for families in self._subscribers.values()):
            self._singles = None
        elif self._singles is None:
            self._singles = Singles()

    def _lacks_single(self, frame: Frame) -> bool:
        return self._singles is not None and self._singles.lack(frame)

    def _begin_look(self, frame: Frame, *, judge: bool) -> None:
        glimpse = self._lacks_glimpse(frame)
        singles = self._singles if self._lacks_single(frame) else None
        self._looking = asyncio.get_running_loop().create_task(
            self._look(frame, judge, glimpse, singles), name=f"look {self.id}"
        )

    async def _look(self, frame: Frame, judge: bool, glimpse: bool, singles: Singles | None) -> None:
        """Whether this picture is a new one at all, and shows anything. One that cannot be decoded here is judged by its times
        alone.
        """
        stillness, judgement = self._stillness, self._judgement
        try:
            if singles is None:
                seen = await asyncio.to_thread(_seen, frame, judge, glimpse, None)
            else:
                async with self._making:
                    seen = await asyncio.to_thread(_seen, frame, judge, glimpse, singles)
        except ValueError:
            return
        if seen.judged is not None and frame.at != self._looked_at:  # one that is looked at twice has not come twice
            self._looked_at = frame.at
            stillness.add(seen.judged[0], frame.at)
            judgement.add(seen.judged[1])
        if seen.glimpse is not None:
            self._glimpse = Glimpse(frame.at, seen.glimpse)
        if singles is not None and singles is self._singles and seen.single is not None:
            single = singles.add(seen.single, frame.at)
            for subscriber, families in tuple(self._subscribers.items()):
                if not self._plays_on(families):
                    subscriber(single)
        newest = self._ring.latest()[:1]
        if newest and self._lacks_single(newest[0]):  # who came meanwhile does not wait for the next key frame
            self._begin_look(newest[0], judge=False)

    def _packet(self, packet: bytes) -> None:
        assert self._depacketiser is not None  # nothing comes before PLAY
        for unit in self._depacketiser.push(packet):
            self._frame(unit)

    def _frame(self, unit: AccessUnit) -> None:
        stream = self._stream
        if unit.parameters is not None and (stream is None or unit.parameters != stream.parameters):
            # an encoder changes its parameters only where it starts anew, so at a key frame
            if not unit.key or unit.parameters == self._refused:
                return
            try:
                picture = unit.parameters.picture()
                stream = Stream(unit.parameters, init_segment(unit.parameters), picture.width, picture.height)
            except Malformed as error:
                self._refused, self._trouble = unit.parameters, str(error)
                return
            self._stream = stream
            self._timeline.expect(picture.frames_per_second)
        times = self._timeline.place(unit.timestamp)
        if times is None or stream is None:
            return
        self._sequence += 1
        self._last_at = self._world.clock.monotonic()
        whole = fragment(self._sequence, times.decode, times.offset, times.duration, unit.key, unit.body)
        frame = Frame(stream, unit.key, self._last_at, whole, memoryview(whole)[-len(unit.body) :], unit.leading)
        if self._recorder is not None:
            self._record(self._recorder, frame)
        self._ring.add(frame)
        needed = bool(self._subscribers) or frame.at < self._wanted_until
        if frame.key:
            self._need_singles()
            if self._idle_eye():
                judge = self._stillness.due(frame.at, needed)
                if judge or self._lacks_single(frame):
                    self._begin_look(frame, judge=judge)
        for subscriber, families in tuple(self._subscribers.items()):
            if stream.plays_on(families):
                subscriber(frame)

    def _record(self, recorder: Recorder, frame: Frame) -> None:
        if self._always or self._subscribers or frame.at < self._kept_until:
            if not self._recording:
                self._recording = True
                for before in self._ring.frames():  # what came before it was asked for
                    recorder.offer(before)
            recorder.offer(frame)
        else:
            self._stop_recording()

    def _stop_recording(self) -> None:
        if self._recorder is not None and self._recording:
            self._recording = False
            self._recorder.stop()


class Seen(NamedTuple):
    """What one decoding was for; None for what it was not."""

    judged: tuple[Parts, Quality] | None
    glimpse: bytes | None
    single: bytes | None


def _seen(frame: Frame, judge: bool, glimpse: bool, singles: Singles | None) -> Seen:
    picture = decoded(frame)
    rows = luma(picture) if judge else None
    return Seen(
        judged=None if rows is None else (parts_of(rows), quality_of(rows)),
        glimpse=blurred(picture) if glimpse else None,
        single=None if singles is None else singles.encode(picture, frame.at),
    )
