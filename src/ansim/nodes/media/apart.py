"""A media node that is a process of its own: its cameras, its recordings, and its centre at the other end of a tether."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path

import structlog
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ansim.core.world import World
from ansim.nodes.media import tether as said
from ansim.nodes.media.deadline import stop
from ansim.nodes.media.heads import Heads
from ansim.nodes.media.node import MediaNode
from ansim.nodes.media.ports import Device, Refused, Shown, Source, Unanswered, View, WallView
from ansim.nodes.media.recordings import Piece, Recordings
from ansim.nodes.media.tether import NoAnswer, Reply, Tether, Wire

REPORT_EVERY_S = 1.0
BEATS_KEPT = 64
"""Reports that a lease may still answer: a minute of them, four times the longest lease."""
DIAL_AGAIN_S, DIAL_LATEST_S = 0.2, 5.0
DAY_UNUSED_S = 600.0
"""A past day's key that nobody has asked for so long is let go."""
NONCE = 12

log = structlog.get_logger(__name__)


class LentKey:
    """A camera-day's key, in this process's memory until it is destroyed there: seals and opens in the form of the centre's own keys."""

    def __init__(self, world: World, secret: bytes) -> None:
        self._world = world
        self._cipher: AESGCM | None = AESGCM(secret)
        self.asked_at = world.clock.monotonic()

    @property
    def alive(self) -> bool:
        return self._cipher is not None

    def seal(self, content: bytes, context: bytes) -> bytes:
        nonce = self._world.token_bytes(NONCE)
        return nonce + self._use().encrypt(nonce, content, context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        return self._use().decrypt(sealed[:NONCE], sealed[NONCE:], context)

    def destroy(self) -> None:
        self._cipher = None

    def _use(self) -> AESGCM:
        if self._cipher is None:
            raise Refused("destroyed")
        return self._cipher


class ApartKeys:
    """`ports.DayKeys`, lent by the centre: asked for once, and used here, also while the centre is away."""

    def __init__(self, node: ApartNode, world: World) -> None:
        self._node = node
        self._world = world
        self._lent: dict[tuple[str, str], LentKey] = {}

    async def of(self, camera: str, day: str) -> LentKey:
        self._let_go()
        found = self._lent.get((camera, day))
        if found is None:
            lent = await self._node.ask(said.AskDay(camera=camera, day=day), said.LentDay)
            found = self._lent.setdefault((camera, day), LentKey(self._world, lent.secret))
        found.asked_at = self._world.clock.monotonic()
        return found

    def forget(self, camera: str, day: str) -> None:
        """It is destroyed: nothing here seals or opens with it any more."""
        if found := self._lent.pop((camera, day), None):
            found.destroy()

    def _let_go(self) -> None:
        """What is recorded needs today's key, and yesterday's for its last groups; a clip needs its day's for a moment."""
        clock = self._world.clock
        recorded = (clock.now() - timedelta(days=1)).date()
        for (camera, day), key in list(self._lent.items()):
            if date.fromisoformat(day) < recorded and clock.monotonic() - key.asked_at > DAY_UNUSED_S:
                self.forget(camera, day)


class ApartGate:
    """`ports.Gate` at the other end of the tether."""

    def __init__(self, node: ApartNode) -> None:
        self._node = node

    async def open(self, token: str, camera: str) -> View:
        asked_at = self._node.world.clock.now()
        view = await self._node.ask(said.OpenView(token=token, camera=camera), said.Opened)
        return View(
            id=view.id, grant=view.grant, camera=view.camera, viewer=view.viewer, watermark=view.watermark,
            until=asked_at + timedelta(seconds=view.seconds),
        )  # fmt: skip

    async def renew(self, view: str, token: str) -> datetime:
        asked_at = self._node.world.clock.now()
        renewed = await self._node.ask(said.RenewView(view=view, token=token), said.Renewed)
        return asked_at + timedelta(seconds=renewed.seconds)

    async def ended(self, view: str, *, seconds: float, bytes: int, frames: int, why: str) -> None:
        end = said.EndView(view=view, seconds=seconds, bytes=bytes, frames=frames, why=why)
        await self._node.ask(end, said.Done)


class ApartWallGate:
    """`ports.WallGate` at the other end of the tether."""

    def __init__(self, node: ApartNode) -> None:
        self._node = node

    async def open(self, token: str, wall: str) -> WallView:
        asked_at = self._node.world.clock.now()
        look = await self._node.ask(said.OpenWall(token=token, wall=wall), said.OpenedWall)
        until = asked_at + timedelta(seconds=look.seconds)
        return WallView(id=look.id, grant=look.grant, cameras=look.cameras, until=until)

    async def renew(self, view: str, token: str) -> datetime:
        asked_at = self._node.world.clock.now()
        renewed = await self._node.ask(said.RenewWall(view=view, token=token), said.Renewed)
        return asked_at + timedelta(seconds=renewed.seconds)

    async def ended(self, view: str, *, seconds: float, shown: Mapping[str, Shown], why: str) -> None:
        await self._node.ask(said.EndWall(view=view, seconds=seconds, shown=dict(shown), why=why), said.Done)


class ApartNode:
    """`folder`: where recordings lie; `make` gives the device at an address; `sources` with the days each one's recordings are kept, None for
    the centre's own rule.

    While the tether is down views live on what they have, as long as the lease; what was being recorded goes on.
    """

    def __init__(
        self, world: World, folder: Path, make: Callable[[str], Device], sources: Sequence[tuple[Source, int | None]]
    ) -> None:
        self.world = world
        self.origins: set[str] = set()
        """Whose pages may open pictures here; the centre tells."""
        self.gate, self.wall_gate = ApartGate(self), ApartWallGate(self)
        self.keys = ApartKeys(self, world)
        self.recordings = Recordings(world, folder, self.keys)
        self.node = MediaNode(world, self.recordings)
        self.heads = Heads(make)
        for source, _ in sources:
            self.node.cameras.add(source)
            self.heads.add(source)
        self._days = {source.id: days for source, days in sources}
        self._tether: Tether | None = None
        self._beat = 0
        self._beats: dict[int, float] = {}
        self._numbers = count(1)
        self._cuts: dict[int, _Cut] = {}
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def tethered(self) -> bool:
        return self._tether is not None

    async def ask(self, question: said.Asked, expected: type[Reply]) -> Reply:
        """Raises Refused, and NoAnswer at once when the tether is down."""
        if self._tether is None:
            raise NoAnswer
        return await self._tether.ask(question, expected)

    async def keep_tethered(self, dial: Callable[[], AbstractAsyncContextManager[Wire]]) -> None:
        """For ever. `dial` raises OSError when the centre does not answer or does not let us in."""
        clock, pause, away = self.world.clock, DIAL_AGAIN_S, False
        while True:
            try:
                async with dial() as wire:
                    await self.serve(wire)
                away, pause = False, DIAL_AGAIN_S
            except (OSError, NoAnswer) as error:
                if not away:
                    log.warning("media.centre-away", error=type(error).__name__, why=str(error))
                away = True
            await clock.sleep(pause * self.world.random.uniform(0.5, 1.5))
            pause = min(DIAL_LATEST_S, pause * 2)

    async def serve(self, wire: Wire) -> None:
        """One connection, until it ends. Raises NoAnswer when the centre does not greet us."""
        tether = Tether(wire, self._answer, self._told)
        work = [asyncio.ensure_future(tether.talk())]
        try:
            cameras = [
                said.Declared(id=id, turns=self.heads.turns(id), days=self._days.get(id)) for id in self.node.ids()
            ]
            welcome = await tether.ask(said.Hello(cameras=cameras, views=self.node.views()), said.Welcome)
            self.origins.clear()
            self.origins |= {welcome.origin, *welcome.others}
            self._tether = tether
            log.info("media.tethered", cameras=len(cameras))
            work.append(asyncio.ensure_future(self._report(tether)))
            await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
            log.warning("media.tether-lost")
        finally:
            self._tether = None
            await stop(*work)
            await tether.settled()
            for number in list(self._cuts):
                await self._cuts.pop(number).close()

    async def close(self) -> None:
        """Ends every view and tells the centre, as long as the tether is there to do so."""
        await self.node.close()
        await self.heads.close()

    async def _report(self, tether: Tether) -> None:
        while True:
            self._beat += 1
            self._beats[self._beat] = self.world.clock.monotonic()
            self._beats.pop(self._beat - BEATS_KEPT, None)
            known = ((id, self.node.health(id)) for id in self.node.ids())
            health = {id: health for id, health in known if health is not None and health.state != "idle"}
            tether.tell(said.Report(beat=self._beat, health=health))
            await self.world.clock.sleep(REPORT_EVERY_S)

    def _told(self, tether: Tether, word: said.Told) -> None:
        match word:
            case said.Lease():
                if (sent_at := self._beats.get(word.beat)) is not None:
                    left = sent_at + word.seconds - self.world.clock.monotonic()
                    self.node.lease(self.world.clock.now() + timedelta(seconds=left))
            case said.Prepare():
                self.node.prepare(word.cameras, word.seconds)
            case said.Revoke():
                self.node.revoke(word.grant, word.why)
            case said.Connect():
                self.node.connect(word.camera)
            case said.Leave():
                self.node.leave(word.camera)
            case said.Drop():
                if cut := self._cuts.pop(word.cut, None):
                    closing = asyncio.get_running_loop().create_task(cut.close())
                    self._closing.add(closing)
                    closing.add_done_callback(self._closing.discard)

    async def _answer(self, tether: Tether, asked: said.Asked) -> said.Answered:
        try:
            match asked:
                case said.AskPresets():
                    return said.Presets(presets=await self.heads.presets(asked.camera))
                case said.AskStatus():
                    return said.Status(status=await self.heads.status(asked.camera))
                case said.Go():
                    await self.heads.go(asked.camera, asked.to)
                    return said.Done()
                case said.Forget():
                    self.keys.forget(asked.camera, asked.day)
                    await self.recordings.forget(asked.camera, asked.day)
                    return said.Done()
                case said.Cut():
                    number = next(self._numbers)
                    self._cuts[number] = _Cut(self.recordings.cut(asked.camera, asked.start, asked.end))
                    return said.Cutting(cut=number)
                case said.FetchPiece() if cut := self._cuts.get(asked.cut):
                    return said.Fetched(piece=await cut.next())
                case _:
                    return said.Failure()
        except Unanswered as unanswered:
            raise Refused(unanswered.reason) from None


class _Cut:
    """A stretch of a recording that is being fetched, one piece after the other."""

    def __init__(self, pieces: AsyncGenerator[Piece, None]) -> None:
        self._pieces = pieces
        self._one = asyncio.Lock()

    async def next(self) -> Piece | None:
        async with self._one:
            return await anext(self._pieces, None)

    async def close(self) -> None:
        async with self._one:
            await self._pieces.aclose()
