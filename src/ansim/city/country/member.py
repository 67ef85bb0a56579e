"""A centre's place in the country: it says that it is there, and knows who else is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog

from ansim.city.country.keeping import keep
from ansim.city.country.model import (
    BEAT_EVERY_S,
    BEATS,
    DIRECTORY,
    HUB,
    HUB_AWAY_S,
    Beat,
    Card,
    Directory,
    Duty,
    Listed,
    Load,
)
from ansim.core.bus import Bus
from ansim.core.errors import Unavailable
from ansim.core.world import World
from ansim.trust.signed import NotTheirs, PrivateKey, PublicKey, opened, public_from_text, sign

log = structlog.get_logger()


class Country:
    """Who else there is. Of a centre that stands alone: nobody."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._listed: dict[str, Listed] = {}
        self._heard_at: float | None = None
        self.duty = Duty()
        """What this centre says of itself."""
        self.covers: tuple[str, ...] = ()
        """Who takes its new cases now, in the order in which they are asked."""

    def learn(self, directory: Directory) -> None:
        self._listed = {listed.card.centre: listed for listed in directory.centres}
        self._heard_at = self._world.clock.monotonic()

    def remember(self, directory: Directory) -> None:
        """What the hub said before this process began: who they are, not who is there."""
        self._listed = {
            listed.card.centre: msgspec.structs.replace(listed, heard_ago_s=None) for listed in directory.centres
        }

    def card(self, centre: str) -> Card | None:
        """How a centre is reached; None for one that nobody has heard of."""
        listed = self._listed.get(centre)
        return None if listed is None else listed.card

    def origins(self) -> tuple[str, ...]:
        """Where the centres are reached by browsers."""
        return tuple(listed.card.origin for listed in self._listed.values())

    def media(self, centres: Iterable[str]) -> list[str]:
        """Where browsers get the pictures of these centres."""
        cards = (self.card(one) for one in centres)
        return [card.media or card.origin for card in cards if card is not None]

    def keys(self) -> dict[str, PublicKey]:
        """What each centre signs with."""
        return {centre: public_from_text(listed.key) for centre, listed in self._listed.items()}

    def up(self, centre: str) -> bool:
        """Whether it was there a moment ago. While the hub is away nobody is said to be away who was not before."""
        listed = self._listed.get(centre)
        return listed is not None and listed.up

    def answering(self, centre: str, site: str) -> str:
        """Who takes the new cases of that centre now, as far as `site`, this one, has a part in it. While the hub is away: itself."""
        if not self.hub_up:
            return centre
        if centre == site:
            return next(iter(self.covers), centre)
        listed = self._listed.get(centre)
        return site if listed is not None and listed.up and listed.duty.covered_by == site else centre

    @property
    def hub_up(self) -> bool:
        return self._heard_at is not None and self._world.clock.monotonic() - self._heard_at < HUB_AWAY_S

    @property
    def listed(self) -> list[Listed]:
        return list(self._listed.values())


class Member:
    """Says every second that this centre is there, as long as it could store an SOS; and hears the hub."""

    def __init__(
        self, world: World, bus: Bus, signing: PrivateKey, hub: PublicKey, country: Country,
        card: Card, load: Callable[[], Awaitable[Load]], duty: Callable[[Load], Awaitable[None]], learned: Callable[[Directory], None], kept: Path,
    ) -> None:  # fmt: skip
        self._world = world
        self._bus = bus
        self._signing = signing
        self._hub = hub
        self._country = country
        self._card = card
        self._load = load
        self._duty = duty
        self._learned = learned
        self._kept = kept
        self._cards: list[tuple[Card, str]] = []
        self._task: asyncio.Task[None] | None = None
        bus.listen(DIRECTORY, self._hear)

    async def start(self) -> None:
        with suppress(OSError, NotTheirs, msgspec.MsgspecError):
            directory = self._read(await asyncio.to_thread(self._kept.read_bytes))
            self._country.remember(directory)
            self._learned(directory)
        self._task = asyncio.create_task(self._beat(), name="beat")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _hear(self, message: bytes) -> None:
        try:
            directory = self._read(message)
        except (NotTheirs, msgspec.MsgspecError):
            log.warning("a directory that the hub did not sign")
        else:
            self._country.learn(directory)
            cards = [(listed.card, listed.key) for listed in directory.centres]
            if cards != self._cards:
                self._cards = cards
                self._learned(directory)
                keep(self._kept, message)

    def _read(self, message: bytes) -> Directory:
        _, body = opened(message, "directory", {HUB: self._hub})
        return msgspec.json.decode(body, type=Directory)

    async def _beat(self) -> None:
        clock, count = self._world.clock, 0
        began = clock.now().timestamp()
        while True:
            try:
                load = await self._load()
                await self._duty(load)
            except Unavailable:
                pass  # it could store nothing now: silence says so
            else:
                count += 1
                beat = Beat(card=self._card, load=load, duty=self._country.duty, began=began, count=count)
                self._bus.say(BEATS, sign(self._signing, self._card.centre, "beat", msgspec.json.encode(beat)))
            await clock.sleep(BEAT_EVERY_S)
