"""A hub: who answers where, and who is there. It holds boundaries and what centres say of themselves; no case, no position, and nothing of the
story is loaded here.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
import structlog
from litestar import Litestar, Response, asgi, get
from litestar.types import ControllerRouterHandler
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from ansim.adapters.bus.memory import MemoryBus
from ansim.adapters.bus.nats import NatsBus
from ansim.adapters.lost.server import Lost, door
from ansim.app.cors import from_other_centres
from ansim.app.databases import open_database
from ansim.app.limits import open_many_files
from ansim.app.mapping import ListedDoors, mapping_door
from ansim.app.problems import problem
from ansim.app.running import Running, take_note_away, write_note
from ansim.app.server import listen, served
from ansim.app.settings import HubSettings
from ansim.city.country.hub import Beats
from ansim.city.country.model import HUB, Load
from ansim.city.places import actions as places
from ansim.city.places.areas import Areas
from ansim.city.places.distribution import Distribution
from ansim.city.places.events import BoundariesImported
from ansim.city.places.jurisdictions import Jurisdictions
from ansim.core.bus import Bus
from ansim.core.errors import Problem
from ansim.core.outbox import Errand, Outbox, connect
from ansim.core.world import World
from ansim.trust.ledger.sequencer import Sequencer
from ansim.trust.signed import own_key, public_from_text

BODY_LIMIT = 128 * 1024
LEDGER_KEY = "ledger.key"
"""In the data folder: what signs the ledger of imports."""

log = structlog.get_logger()


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A centre: whether it was heard within the last seconds, how busy it says that it is, and who gets its calls while it is silent."""

    id: str
    name: str
    origin: str
    up: bool
    heard_ago_s: float | None
    load: Load
    covered_by: str | None


class Hub:
    """`async with Hub(settings) as hub:`; `country` is the bus between the centres, where it is not the broker that the settings name."""

    def __init__(self, settings: HubSettings, world: World | None = None, *, country: Bus | None = None) -> None:
        self.settings = settings
        self.world = world or World()
        self._country = country or NatsBus(settings.country)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Hub:
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _start(self) -> None:
        settings, world = self.settings, self.world
        settings.folder.mkdir(parents=True, exist_ok=True)
        self.database, self.dsn = await open_database(
            self._stack, self.world, self.settings.database, self.settings.folder, size=4
        )
        self._stack.push_async_callback(self.database.close)
        self.areas = Areas(await asyncio.to_thread(_country, settings.default))
        self.database.provide(Areas, self.areas)
        await places.load(self.database, self.areas)
        signing = own_key(world, Path(settings.key or settings.folder / "hub.key"))
        appointed = {centre: public_from_text(key) for centre, key in settings.appointed.items()}
        self.beats = Beats(world, self._country, signing, appointed)
        self.distribution = Distribution(self.areas, ListedDoors(lambda: self.beats), world.clock)
        self.lost = Lost(self.distribution, settings.name, settings.peers)
        self._stack.push_async_callback(self.lost.close)
        sequencer = Sequencer(self.database, HUB, own_key(world, settings.folder / LEDGER_KEY))
        self.database.provide(Sequencer, sequencer)
        facts = MemoryBus()
        self.outbox = Outbox(self.database, facts)
        connect(facts, self.database, (Errand(BoundariesImported, places.draw),))
        for part in (sequencer, facts, self.outbox, self._country, self.beats):
            await part.start()
            self._stack.push_async_callback(part.close)

    def standing(self) -> list[Standing]:
        """Of every centre that was heard since this process began."""
        known, beats, now = self.areas.centres, self.beats, self.world.clock.now()
        return [
            Standing(
                id=(id := listed.card.centre), name=known[id].name.ko if id in known else id, origin=listed.card.origin,
                up=listed.up, heard_ago_s=listed.heard_ago_s, load=listed.load,
                covered_by=None if listed.up or id not in known else next(
                    (one.id for one in self.areas.neighbours(id, now) if beats.up(one.id)), None
                ),
            )
            for listed in beats.directory().centres
        ]  # fmt: skip


def _country(default: str) -> Jurisdictions:
    try:
        return Jurisdictions.load(default)
    except KeyError:
        raise Problem(400, "settings.default", f"There is no centre {default}", "Name one of centres.csv.") from None


def application(hub: Hub) -> Litestar:
    """What phones, other servers, and whoever watches over processes, find here."""

    @get("/healthz", media_type="application/json")
    async def healthz() -> dict[str, str]:
        """The process lives."""
        return {"status": "ok"}

    @get("/readyz", media_type="application/json")
    async def readyz() -> Response[dict[str, Any]]:
        """Somebody could be told whom to ask: at least one centre is there. The database may be away; answers come from memory."""
        there = sum(hub.beats.up(centre) for centre in hub.settings.appointed)
        return Response({"status": "ok" if there else "no centre", "centres": there}, status_code=200 if there else 503)

    @get("/metrics", media_type=CONTENT_TYPE_LATEST)
    async def metrics() -> bytes:
        """Counts and times in the form of Prometheus; nothing about anybody."""
        return generate_latest()

    @get("/api/nation")
    async def nation() -> dict[str, list[Standing]]:
        """Every centre that was heard: is it there, how busy is it, who covers for it. Nothing about anybody."""
        return {"centres": hub.standing()}

    routes: list[ControllerRouterHandler] = [
        healthz,
        readyz,
        metrics,
        nation,
        asgi("/api/mapping", copy_scope=False)(mapping_door(lambda: hub.distribution)),
        asgi("/lost", copy_scope=False)(door(hub.lost)),
    ]
    return Litestar(
        routes,
        exception_handlers={Exception: problem},
        middleware=[from_other_centres(hub.beats.origins)],
        request_max_body_size=BODY_LIMIT,
        openapi_config=None,
        logging_config=None,
        debug=False,
    )


async def run_hub(settings: HubSettings, *, until: asyncio.Event) -> int:
    open_many_files()
    listener, settings = listen(settings)
    async with Hub(settings) as hub, served(application(hub), listener):
        note = Running(
            pid=os.getpid(), port=settings.port, dsn=hub.dsn, centre=HUB, witnesses=[], witness_within_s=300.0
        )
        write_note(settings.folder, note)
        log.info("serving", host=settings.host, port=settings.port, centres=len(settings.appointed))
        try:
            await until.wait()
        finally:
            take_note_away(settings.folder)
    return 0
