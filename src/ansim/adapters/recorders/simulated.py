"""An old recording system that only exists here: it pulls its cameras by RTSP and keeps when each picture came."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from ansim.city.migration.model import Stretch
from ansim.core.world import World
from ansim.nodes.media.deadline import stop
from ansim.nodes.media.depacketiser import Depacketiser
from ansim.nodes.media.rtsp import Address, CameraError, Session

AGAIN_S = 1.0
GAP = 2.5
"""Two pictures further apart than so many usual intervals have something missing between them."""


class SimulatedRecorder:
    """`cameras`: the address of each. `async with` it, or `start` and `close`."""

    def __init__(self, world: World, cameras: Mapping[str, str]) -> None:
        self.times: dict[str, list[datetime]] = {camera: [] for camera in cameras}
        self._world = world
        self._addresses = {camera: Address.parse(url) for camera, url in cameras.items()}
        self._pulling: dict[str, asyncio.Task[None]] = {}

    async def start(self) -> None:
        for camera in self._addresses:
            await self.go_on(camera)

    async def close(self) -> None:
        await stop(*self._pulling.values())
        self._pulling.clear()

    async def cameras(self) -> Sequence[str]:
        return sorted(self._addresses)

    async def recorded(self, camera: str, start: datetime, end: datetime) -> Sequence[Stretch]:
        times = self.times.get(camera, [])
        steps = sorted(after - before for before, after in pairwise(times))
        usual = steps[len(steps) // 2] if steps else timedelta(seconds=1)
        found: list[Stretch] = []
        for at in times:
            if found and at - found[-1].end < usual * (GAP - 1):
                found[-1] = Stretch(found[-1].start, at + usual)
            else:
                found.append(Stretch(at, at + usual))
        return [
            Stretch(max(one.start, start), min(one.end, end)) for one in found if one.end > start and one.start < end
        ]

    async def stop(self, camera: str) -> bool:
        task = self._pulling.pop(camera, None)
        if task is not None:
            await stop(task)
        return True

    async def go_on(self, camera: str) -> bool:
        if camera in self._addresses and camera not in self._pulling:
            self._pulling[camera] = asyncio.create_task(self._pull(camera), name=f"old {camera}")
        return True

    async def _pull(self, camera: str) -> None:
        while True:
            pictures: list[Depacketiser] = []

            def came(packet: bytes, pictures: list[Depacketiser] = pictures) -> None:
                self.times[camera] += [self._world.clock.now() for _ in pictures[0].push(packet)]

            session = Session(self._world, self._addresses[camera], came)
            try:
                track = await session.describe()
                pictures.append(Depacketiser(track.codec))
                await session.play(track)
                await session.wait_lost()
            except CameraError:
                pass
            finally:
                session.close()
            await self._world.clock.sleep(AGAIN_S)
