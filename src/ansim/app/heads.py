"""Turning cameras, where the media node and the centre are one process."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

from ansim.nodes.media.heads import Heads
from ansim.nodes.media.ports import Aim, Unanswered
from ansim.response.watch.ports import CameraRefuses, Direction, Heading, Preset

Answer = TypeVar("Answer")


class LocalHeads:
    """`response.watch.ports.Heads` over the heads of this process's media node."""

    def __init__(self, heads: Heads) -> None:
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
