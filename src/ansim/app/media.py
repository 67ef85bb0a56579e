"""Pictures and heads of cameras: what the centre needs of its media node, over the node of this process or one at the end of a link."""

from __future__ import annotations

from collections.abc import Collection, Coroutine, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from ansim.nodes.media import ports
from ansim.nodes.media.ports import Aim, HeadStatus, Health, Unanswered, View, WallView
from ansim.response.walls.gate import WallGate
from ansim.response.walls.model import Shown
from ansim.response.watch.gate import CentreGate
from ansim.response.watch.ports import CameraHealth, CameraRefuses, Direction, Heading, Preset

Answer = TypeVar("Answer")


class Node(Protocol):
    """A media node, here (`nodes.media.node.MediaNode`) or elsewhere (`app.remote.RemoteNode`)."""

    def ids(self) -> Collection[str]:
        """The cameras that it has."""

    def health(self, id: str) -> Health | None:
        """None for a camera that it does not have."""

    def prepare(self, ids: Iterable[str], seconds: float = ...) -> None: ...
    def lease(self, until: datetime) -> None: ...
    def revoke(self, grant: str, why: str = ...) -> object: ...
    def connect(self, id: str) -> None: ...
    def leave(self, id: str) -> None: ...


class NodeHeads(Protocol):
    """Its cameras that turn: `nodes.media.heads.Heads` or `app.remote.RemoteHeads`. They raise Unanswered."""

    def turns(self, camera: str) -> bool: ...
    async def presets(self, camera: str) -> list[ports.Preset]: ...
    async def status(self, camera: str) -> HeadStatus: ...
    async def go(self, camera: str, to: str | Aim) -> None: ...


class MediaOf:
    """`response.watch.ports.Media` over a media node."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def prepare(self, cameras: Sequence[str]) -> None:
        self._node.prepare(cameras)

    def revoke(self, grant: str, why: str) -> None:
        self._node.revoke(grant, why)

    def lease(self, until: datetime) -> None:
        self._node.lease(until)

    def live(self) -> Collection[str]:
        return {id for id in self._node.ids() if self.delivers(id)}

    def delivers(self, camera: str) -> bool:
        health = self._node.health(camera)
        return health is not None and health.state in ("idle", "live", "late")

    def total(self) -> int:
        return len(self._node.ids())

    def health(self, cameras: Collection[str]) -> list[CameraHealth]:
        found = ((id, self._node.health(id)) for id in cameras)
        return [
            CameraHealth(
                id=id, state=health.state, codec=health.codec, last_frame_at=health.last_frame_at, fps=health.fps,
                bitrate_bps=health.bitrate_bps, key_interval_s=health.key_interval_s, lost_packets=health.lost_packets,
                clock_offset_s=health.clock_offset_s, frozen_s=health.frozen_s, dark=health.dark,
                blurred=health.blurred, trouble=health.trouble,
            )
            for id, health in found
            if health is not None and health.state != "idle"
        ]  # fmt: skip


class PullerOf:
    """`city.migration.ports.Puller` over a media node."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def connect(self, camera: str) -> None:
        self._node.connect(camera)

    def leave(self, camera: str) -> None:
        self._node.leave(camera)


class LocalGate:
    """The media node's gate, answered by the centre of this process."""

    def __init__(self, gate: CentreGate) -> None:
        self._gate = gate

    async def open(self, token: str, camera: str) -> View:
        view = await self._gate.open(token, camera)
        return View(
            id=view.id,
            grant=view.grant,
            camera=view.camera,
            viewer=view.viewer,
            until=view.until,
            watermark=view.watermark,
        )

    async def renew(self, view: str, token: str) -> datetime:
        return await self._gate.renew(view, token)

    async def ended(self, view: str, *, seconds: float, bytes: int, frames: int, why: str) -> None:
        await self._gate.ended(view, seconds=seconds, bytes=bytes, frames=frames, why=why)


class LocalWallGate:
    """The media node's gate for walls, answered by the centre of this process."""

    def __init__(self, gate: WallGate) -> None:
        self._gate = gate

    async def open(self, token: str, wall: str) -> WallView:
        look = await self._gate.open(token, wall)
        return WallView(id=look.id, grant=look.right, cameras=look.cameras, until=look.until)

    async def renew(self, view: str, token: str) -> datetime:
        return await self._gate.renew(view, token)

    async def ended(self, view: str, *, seconds: float, shown: Mapping[str, ports.Shown], why: str) -> None:
        counted = {camera: Shown(pictures=one.pictures, bytes=one.bytes) for camera, one in shown.items()}
        await self._gate.ended(view, seconds=seconds, shown=counted, why=why)


class HeadsOf:
    """`response.watch.ports.Heads` over the heads of a media node."""

    def __init__(self, heads: NodeHeads) -> None:
        self._heads = heads

    def turns(self, camera: str) -> bool:
        return self._heads.turns(camera)

    async def presets(self, camera: str) -> list[Preset]:
        return [Preset(id=one.id, name=one.name) for one in await _answered(self._heads.presets(camera))]

    async def heading(self, camera: str) -> Heading:
        status = await _answered(self._heads.status(camera))
        aim = status.aim
        direction = None if aim is None else Direction(pan=aim.pan, tilt=aim.tilt, zoom=aim.zoom)
        return Heading(direction=direction, moving=status.moving)

    async def go(self, camera: str, to: str | Direction) -> None:
        aim = to if isinstance(to, str) else Aim(pan=to.pan, tilt=to.tilt, zoom=to.zoom)
        await _answered(self._heads.go(camera, aim))


async def _answered(asking: Coroutine[Any, Any, Answer]) -> Answer:
    try:
        return await asking
    except Unanswered as unanswered:
        raise CameraRefuses(unanswered.reason) from None
