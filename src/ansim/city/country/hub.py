"""The hub's knowledge of its centres: each says every second that it is there, and the hub tells all of them who is.

Only centres that the hub's operator has appointed by key are heard. Of what is said here only the cards are kept, for a
hub that starts anew: it must not tell centres of each other as of strangers, whose letters nobody reads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from ansim.city.country.keeping import keep
from ansim.city.country.model import (
    BEATS,
    DIRECTORY,
    DIRECTORY_EVERY_S,
    HUB,
    SILENT_S,
    Beat,
    Card,
    Directory,
    Listed,
    Load,
)
from ansim.core.bus import Bus
from ansim.core.world import World
from ansim.trust.signed import NotTheirs, PrivateKey, PublicKey, opened, public_text, sign


class Beats:
    """`kept` is the file of the last directory."""

    def __init__(
        self, world: World, bus: Bus, signing: PrivateKey, appointed: Mapping[str, PublicKey], kept: Path
    ) -> None:
        self._world = world
        self._bus = bus
        self._signing = signing
        self._appointed = appointed
        self._kept = kept
        self._cards: dict[str, Card] = {}
        self._beats: dict[str, tuple[Beat, float]] = {}
        self._began = world.clock.monotonic()
        self._task: asyncio.Task[None] | None = None
        bus.listen(BEATS, self._hear)

    async def start(self) -> None:
        with suppress(OSError, NotTheirs, msgspec.MsgspecError):
            message = await asyncio.to_thread(self._kept.read_bytes)
            _, body = opened(message, "directory", {HUB: self._signing.public_key()})
            for listed in msgspec.json.decode(body, type=Directory).centres:
                if listed.card.centre in self._appointed:
                    self._cards.setdefault(listed.card.centre, listed.card)
        self._task = asyncio.create_task(self._tell(), name="directory")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def directory(self) -> Directory:
        """Everybody who has ever been heard."""
        return Directory(centres=[self._listed(centre) for centre in sorted(self._cards)])

    def card(self, centre: str) -> Card | None:
        """How a centre is reached; None for one that has never been heard."""
        return self._cards.get(centre)

    def origins(self) -> list[str]:
        """Where the centres are reached by browsers."""
        return [card.origin for card in self._cards.values()]

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
            if self._cards.get(by) != beat.card:
                self._cards[by] = beat.card
                keep(self._kept, self._signed())

    def _listed(self, centre: str) -> Listed:
        key, heard = public_text(self._appointed[centre]), self._beats.get(centre)
        if heard is None:
            return Listed(card=self._cards[centre], key=key, load=Load(), heard_ago_s=None)
        beat, at = heard
        ago_s = self._world.clock.monotonic() - at
        return Listed(card=beat.card, key=key, load=beat.load, duty=beat.duty, heard_ago_s=ago_s)

    def _signed(self) -> bytes:
        return sign(self._signing, HUB, "directory", msgspec.json.encode(self.directory()))

    async def _tell(self) -> None:
        while True:
            self._bus.say(DIRECTORY, self._signed())
            await self._world.clock.sleep(DIRECTORY_EVERY_S)
