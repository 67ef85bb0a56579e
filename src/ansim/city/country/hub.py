"""The hub's knowledge of its centres: each says every second that it is there, and the hub tells all of them who is.

Only centres that the hub's operator has appointed by key are heard. What is said here is lost with the next beat: nothing is stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import msgspec

from ansim.city.country.model import BEATS, DIRECTORY, DIRECTORY_EVERY_S, HUB, SILENT_S, Beat, Card, Directory, Listed
from ansim.core.bus import Bus
from ansim.core.world import World
from ansim.trust.signed import NotTheirs, PrivateKey, PublicKey, opened, public_text, sign


class Beats:
    def __init__(self, world: World, bus: Bus, signing: PrivateKey, appointed: Mapping[str, PublicKey]) -> None:
        self._world = world
        self._bus = bus
        self._signing = signing
        self._appointed = appointed
        self._beats: dict[str, tuple[Beat, float]] = {}
        self._began = world.clock.monotonic()
        self._task: asyncio.Task[None] | None = None
        bus.listen(BEATS, self._hear)

    async def start(self) -> None:
        self._task = asyncio.create_task(self._tell(), name="directory")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def directory(self) -> Directory:
        """Everybody who has ever been heard since this process began."""
        now = self._world.clock.monotonic()
        return Directory(
            centres=[
                Listed(
                    card=beat.card,
                    key=public_text(self._appointed[centre]),
                    load=beat.load,
                    duty=beat.duty,
                    heard_ago_s=now - heard,
                )
                for centre, (beat, heard) in sorted(self._beats.items())
            ]
        )

    def card(self, centre: str) -> Card | None:
        """How a centre is reached; None for one that has not been heard since this process began."""
        heard = self._beats.get(centre)
        return None if heard is None else heard[0].card

    def origins(self) -> list[str]:
        """Where the centres are reached by browsers."""
        return [beat.card.origin for beat, _ in self._beats.values()]

    @property
    def hears_for_s(self) -> float:
        """How long this process has listened."""
        return self._world.clock.monotonic() - self._began

    def up(self, centre: str) -> bool:
        """Whether it was there a moment ago."""
        heard = self._beats.get(centre)
        return heard is not None and self._world.clock.monotonic() - heard[1] < SILENT_S

    def _hear(self, message: bytes) -> None:
        try:
            by, body = opened(message, "beat", self._appointed)
            beat = msgspec.json.decode(body, type=Beat)
        except (NotTheirs, msgspec.MsgspecError):
            return
        before = self._beats.get(by)
        older = before is not None and (beat.began, beat.count) <= (before[0].began, before[0].count)
        if beat.card.centre == by and not older:
            self._beats[by] = beat, self._world.clock.monotonic()

    async def _tell(self) -> None:
        while True:
            self._bus.say(DIRECTORY, sign(self._signing, HUB, "directory", msgspec.json.encode(self.directory())))
            await self._world.clock.sleep(DIRECTORY_EVERY_S)
