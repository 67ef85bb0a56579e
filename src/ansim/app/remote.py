"""/nodes/media: where a media node that is a process of its own signs in and stays, with the secret of its file as a bearer token. What the
two say is no surface for anybody else.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncGenerator, Callable, Collection, Iterable
from datetime import datetime

import msgspec
import structlog

from ansim.app.media import LocalGate, LocalWallGate
from ansim.app.recording import CentreKeys
from ansim.city.country.member import Country
from ansim.city.recordings.actions import plan_again
from ansim.core.database import Database
from ansim.core.errors import Problem, Unavailable
from ansim.nodes.media import ports
from ansim.nodes.media import tether as said
from ansim.nodes.media.deadline import stop, within
from ansim.nodes.media.node import PREPARED_S
from ansim.nodes.media.ports import Aim, HeadStatus, Health, Refused, Unanswered
from ansim.nodes.media.recordings import Piece
from ansim.nodes.media.showing import REMEMBER_REVOKED_S
from ansim.nodes.media.socket import Receive, Scope, Send, Serve, websocket_door
from ansim.nodes.media.tether import NoAnswer, Reply, Tether, Wire
from ansim.response.walls import actions as walls
from ansim.trust.grants import actions as grants

SILENT_S = 5.0
"""It reports each second: one that has not for so long is away."""
LOOK_EVERY_S = 1.0
HEAD_WITHIN_S = 15.0
"""A camera is given ten seconds where it is asked."""

IDLE = Health(
    state="idle", codec="", age_s=None, every_s=None, frozen_s=None, last_frame_at=None, fps=0.0, bitrate_bps=0, key_interval_s=None,
    lost_packets=0, clock_offset_s=None, dark=False, blurred=False, trouble="", recording="off", missing_s=0.0,
)  # fmt: skip
AWAY = msgspec.structs.replace(IDLE, state="lost", trouble="the media node is away", recording="unknown")

log = structlog.get_logger(__name__)


class NodeAway(Unavailable):
    """The media node does not answer; what was asked of it is asked again."""

    def __init__(self) -> None:
        Problem.__init__(self, 503, "media.away", "The media node is away", "Try again in a moment.", retry_after_s=5)


class RemoteNode:
    """The centre's side of the tether: a media node, as `app.media.Node` has it, and the answers to what that asks.

    `lease_s`: the longest that a node may show something without having heard from here. One node at a time; a second one takes the place of
    the first. What is told while it is away, and still matters when it is back, is told then.
    """

    def __init__(
        self,
        database: Database,
        gate: LocalGate,
        wall_gate: LocalWallGate,
        *,
        secret: str,
        origin: str,
        lease_s: float,
        recording_days: int,
        beside: Callable[[], Collection[str]] = tuple,
    ) -> None:
        """`beside`: the views that go on without the node."""
        self.secret = secret
        self._database = database
        self._clock = database.world.clock
        self._gate, self._wall_gate = gate, wall_gate
        self._keys = CentreKeys(database, self.keep_days)
        self._origin = origin
        self._lease_s = lease_s
        self._recording_days = recording_days
        self._beside = beside
        self._cameras: dict[str, said.Declared] = {}
        self._health: dict[str, Health] = {}
        self._beat = 0
        self._heard_at = self._lost_at = self._clock.monotonic()
        self._over = False
        """The views of a node that stayed away have been ended."""
        self._leased_until = 0.0
        self._prepared: dict[str, float] = {}
        self._revoked: dict[str, tuple[str, float]] = {}
        self._talking: Tether | None = None
        self._tether: Tether | None = None
        self._greeting = asyncio.Lock()
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._watching = asyncio.create_task(self._watch(), name="media node")

    async def close(self) -> None:
        if self._watching is not None:
            await stop(self._watching)
        if self._talking is not None:
            self._talking.hang_up()
            await self._talking.settled()

    @property
    def up(self) -> bool:
        return self._tether is not None and self._beat > 0 and self._clock.monotonic() - self._heard_at <= SILENT_S

    def keep_days(self, camera: str) -> int:
        declared = self._cameras.get(camera)
        return (declared.days if declared else None) or self._recording_days

    # what the centre needs of it

    def ids(self) -> Collection[str]:
        return self._cameras

    def turns(self, camera: str) -> bool:
        return camera in self._cameras and self._cameras[camera].turns

    def health(self, id: str) -> Health | None:
        if id not in self._cameras:
            return None
        return self._health.get(id, IDLE) if self.up else AWAY

    def prepare(self, ids: Iterable[str], seconds: float = PREPARED_S) -> None:
        now, cameras = self._clock.monotonic(), list(ids)
        self._prepared = {id: until for id, until in self._prepared.items() if until > now}
        for id in cameras:
            self._prepared[id] = max(now + seconds, self._prepared.get(id, 0.0))
        self._tell(said.Prepare(cameras=cameras, seconds=seconds))

    def lease(self, until: datetime) -> None:
        left = (until - self._clock.now()).total_seconds()
        self._leased_until = self._clock.monotonic() + left
        self._tell(said.Lease(beat=self._beat, seconds=left))

    def revoke(self, grant: str, why: str = "revoked") -> None:
        now = self._clock.monotonic()
        self._revoked = {id: one for id, one in self._revoked.items() if now - one[1] < REMEMBER_REVOKED_S}
        self._revoked[grant] = why, now
        self._tell(said.Revoke(grant=grant, why=why))

    def connect(self, id: str) -> None:
        self._tell(said.Connect(camera=id))

    def leave(self, id: str) -> None:
        self._tell(said.Leave(camera=id))

    async def ask(self, question: said.Asked, expected: type[Reply]) -> Reply:
        """Raises Refused, NoAnswer."""
        if self._tether is None:
            raise NoAnswer
        return await self._tether.ask(question, expected)

    def drop(self, cut: int) -> None:
        self._tell(said.Drop(cut=cut))

    def _tell(self, word: said.Told) -> None:
        if self._tether is not None:
            self._tether.tell(word)

    # the node, while it is there

    async def serve(self, wire: Wire) -> None:
        """One connection of the node's, until it ends."""
        tether = Tether(wire, self._answer, self._told)
        before, self._talking = self._talking, tether
        if before is not None:
            log.warning("media-node.replaced")
            self._gone(before)
            before.hang_up()
        try:
            if before is not None:
                await before.settled()
            await tether.talk()
            await tether.settled()  # what it asked is done, also what it will not hear of
        finally:
            if self._talking is tether:
                self._talking = None
            self._gone(tether)

    def _gone(self, tether: Tether) -> None:
        if self._tether is tether:
            self._tether = None
            self._lost_at, self._over = self._clock.monotonic(), False
            log.warning("media-node.away")

    async def _answer(self, tether: Tether, asked: said.Asked) -> said.Answered:
        if isinstance(asked, said.Hello):
            return await self._greet(tether, asked)
        if tether is not self._tether:
            return said.Failure()  # it has not said who it is, or another has taken its place
        match asked:
            case said.OpenView():
                view = await self._gate.open(asked.token, asked.camera)
                return said.Opened(
                    id=view.id, grant=view.grant, camera=view.camera, viewer=view.viewer, watermark=view.watermark,
                    seconds=self._left(view.until),
                )  # fmt: skip
            case said.RenewView():
                return said.Renewed(seconds=self._left(await self._gate.renew(asked.view, asked.token)))
            case said.EndView():
                await self._gate.ended(
                    asked.view, seconds=asked.seconds, bytes=asked.bytes, frames=asked.frames, why=asked.why
                )
                return said.Done()
            case said.OpenWall():
                look = await self._wall_gate.open(asked.token, asked.wall)
                left = self._left(look.until)
                return said.OpenedWall(id=look.id, grant=look.grant, cameras=look.cameras, seconds=left)
            case said.RenewWall():
                return said.Renewed(seconds=self._left(await self._wall_gate.renew(asked.view, asked.token)))
            case said.EndWall():
                await self._wall_gate.ended(asked.view, seconds=asked.seconds, shown=asked.shown, why=asked.why)
                return said.Done()
            case said.AskDay():
                return said.LentDay(secret=await self._keys.lend(asked.camera, asked.day))
            case _:
                return said.Failure()

    def _left(self, until: datetime) -> float:
        return (until - self._clock.now()).total_seconds()

    async def _greet(self, tether: Tether, hello: said.Hello) -> said.Answered:
        async with self._greeting:
            if tether is not self._talking:
                return said.Failure()
            self._cameras = {camera.id: camera for camera in hello.cameras}
            await self._end_views(hello.views)
            async with self._database.transaction() as tx:
                await plan_again(tx, self.keep_days)
            self._health, self._beat = {}, 0
            self._tether, self._heard_at = tether, self._clock.monotonic()
        now = self._clock.monotonic()
        for grant, (why, _) in self._revoked.items():
            tether.tell(said.Revoke(grant=grant, why=why))
        for camera, until in self._prepared.items():
            if until > now:
                tether.tell(said.Prepare(cameras=[camera], seconds=until - now))
        log.info("media-node.there", cameras=len(self._cameras))
        return said.Welcome(origin=self._origin, others=list(self._database.use(Country).origins()))

    def _told(self, tether: Tether, word: said.Told) -> None:
        if tether is self._tether and isinstance(word, said.Report):
            first = self._beat == 0
            self._beat, self._health, self._heard_at = word.beat, word.health, self._clock.monotonic()
            left = self._leased_until - self._clock.monotonic()
            if first and left > 0:  # not only with the centre's next sign of life
                tether.tell(said.Lease(beat=word.beat, seconds=left))

    async def _watch(self) -> None:
        """A node that is silent is away; and once its lease has run out, nobody sees anything through it any more."""
        while True:
            await self._clock.sleep(LOOK_EVERY_S)
            now = self._clock.monotonic()
            if self._tether is not None and now - self._heard_at > SILENT_S:
                log.warning("media-node.silent")
                self._tether.hang_up()
            if self._tether is None and not self._over and now - self._lost_at >= self._lease_s:
                async with self._greeting:
                    if self._tether is None:
                        try:
                            await self._end_views(())
                            self._over = True
                        except Unavailable:
                            continue

    async def _end_views(self, known: Collection[str]) -> None:
        """All but those that the node knows."""
        async with self._database.transaction() as tx:
            await grants.end_views_of_dead_node(tx, but={*known, *self._beside()})
            await walls.end_views_of_dead_node(tx, but=known)


class RemoteHeads:
    """`app.media.NodeHeads` at the other end of the tether."""

    def __init__(self, node: RemoteNode, database: Database) -> None:
        self._node = node
        self._clock = database.world.clock

    def turns(self, camera: str) -> bool:
        return self._node.turns(camera)

    async def presets(self, camera: str) -> list[ports.Preset]:
        return (await self._ask(said.AskPresets(camera=camera), said.Presets)).presets

    async def status(self, camera: str) -> HeadStatus:
        return (await self._ask(said.AskStatus(camera=camera), said.Status)).status

    async def go(self, camera: str, to: str | Aim) -> None:
        await self._ask(said.Go(camera=camera, to=to), said.Done)

    async def _ask(self, question: said.Asked, expected: type[Reply]) -> Reply:
        try:
            return await within(self._clock, HEAD_WITHIN_S, self._node.ask(question, expected))
        except Refused as refused:
            raise Unanswered(refused.reason) from None  # type: ignore[arg-type]
        except (NoAnswer, TimeoutError):
            raise Unanswered("no-answer") from None


class RemoteRecordings:
    """`app.recording.NodeRecordings` at the other end of the tether. Both raise NodeAway."""

    def __init__(self, node: RemoteNode) -> None:
        self._node = node

    async def forget(self, camera: str, day: str) -> None:
        try:
            await self._node.ask(said.Forget(camera=camera, day=day), said.Done)
        except NoAnswer:
            raise NodeAway from None

    async def cut(self, camera: str, start: datetime, end: datetime) -> AsyncGenerator[Piece, None]:
        try:
            cut = (await self._node.ask(said.Cut(camera=camera, start=start, end=end), said.Cutting)).cut
            try:
                while piece := (await self._node.ask(said.FetchPiece(cut=cut), said.Fetched)).piece:
                    yield piece
            finally:
                self._node.drop(cut)
        except NoAnswer:
            raise NodeAway from None


class _Socket:
    """A wire over the connection that the node made."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send

    async def send(self, message: bytes) -> None:
        try:
            await self._send({"type": "websocket.send", "bytes": message})
        except (OSError, RuntimeError):
            raise EOFError from None

    async def receive(self) -> bytes:
        message = await self._receive()
        if message["type"] != "websocket.receive" or (content := message.get("bytes")) is None:
            raise EOFError
        found: bytes = content
        return found


def node_door(node: RemoteNode | None) -> Serve:
    """The application at /nodes/media. Without a node that is expected (`media_secret`) nobody is let in."""

    def admits(scope: Scope) -> bool:
        if node is not None and _knows(node.secret, scope):
            return True
        log.warning("media-node.refused")
        return False

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        assert node is not None
        await node.serve(_Socket(receive, send))

    return websocket_door(admits, serve)


def _knows(secret: str, scope: Scope) -> bool:
    said = [value for name, value in scope["headers"] if name.lower() == b"authorization"]
    return len(said) == 1 and hmac.compare_digest(said[0], b"Bearer " + secret.encode())
