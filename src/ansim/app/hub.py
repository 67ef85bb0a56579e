"""A hub: who answers where, and who is there. It holds boundaries and what centres say of themselves; no case, no position, and nothing of the
story is loaded here.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import structlog
from litestar import Litestar, Request, Response, asgi, get
from litestar.datastructures import State
from litestar.di import Provide
from litestar.params import FromQuery
from litestar.types import ControllerRouterHandler
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from ansim.adapters.bus.memory import MemoryBus
from ansim.adapters.bus.nats import NatsBus
from ansim.adapters.identity.passkeys import SitePasskeys
from ansim.adapters.lost.server import Lost, door
from ansim.app import supervisor
from ansim.app.cors import from_other_centres
from ansim.app.databases import open_database
from ansim.app.limits import open_many_files
from ansim.app.mapping import ListedDoors, mapping_door
from ansim.app.problems import problem
from ansim.app.running import Running, take_note_away, write_note
from ansim.app.server import listen, served
from ansim.app.settings import HubSettings
from ansim.app.static import built_page, licences, security, static
from ansim.city.country.history import CentreState, History, Seen, Told
from ansim.city.country.hub import Beats
from ansim.city.country.model import HUB, SILENT_S, Listed, Load
from ansim.city.places import actions as places
from ansim.city.places.areas import Areas
from ansim.city.places.distribution import Distribution
from ansim.city.places.events import BoundariesImported
from ansim.city.places.jurisdictions import Jurisdictions
from ansim.city.places.sketch import Sketch, sketch
from ansim.core.bus import Bus
from ansim.core.errors import Problem
from ansim.core.outbox import Errand, Outbox, connect
from ansim.core.timers import Timers
from ansim.core.world import World
from ansim.trust.access import actions as access
from ansim.trust.access import routes as access_routes
from ansim.trust.access.guards import actor, allow
from ansim.trust.access.model import Act, Site
from ansim.trust.access.passkey import Passkeys
from ansim.trust.ledger.sequencer import Sequencer
from ansim.trust.retention.keys import Keys
from ansim.trust.retention.master import FileMaster
from ansim.trust.signed import own_key, public_from_text

BODY_LIMIT = 128 * 1024
LONGEST_H = 7 * 24
"""Hours of what was, in one answer."""
LEDGER_KEY = "ledger.key"
"""In the data folder: what signs the ledger of imports."""

log = structlog.get_logger()


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A centre as the hub sees it: since when it is what it is, how busy it says that it is, and who takes its new cases while it does not.
    `heard_ago_s` is None, and `origin` empty, for one that was not heard since this hub began. `until`: when it opens again by itself."""

    id: str
    name: str
    origin: str
    up: bool
    heard_ago_s: float | None
    state: CentreState
    state_at: datetime | None
    until: datetime | None
    covered_by: str | None
    covered_at: datetime | None
    takes_from: tuple[str, ...]
    load: Load


class Country(msgspec.Struct, frozen=True, kw_only=True):
    """Every centre that the hub's operator has appointed, and when this was so."""

    at: datetime
    centres: list[Standing]


class Hub:
    """`async with Hub(settings) as hub:`; `country` is the bus between the centres, where it is not the broker that the settings name."""

    def __init__(self, settings: HubSettings, world: World | None = None, *, country: Bus | None = None) -> None:
        self.settings = settings
        self.world = world or World()
        self._given = country
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
        bus = self._given or NatsBus(settings.country, by=HUB, key=signing, ca=settings.country_ca)
        self.beats = Beats(world, bus, signing, appointed, settings.folder / "directory.json")
        self.distribution = Distribution(self.areas, ListedDoors(lambda: self.beats), world.clock)
        self.lost = Lost(self.distribution, settings.name, settings.peers)
        self._stack.push_async_callback(self.lost.close)
        sequencer = Sequencer(self.database, HUB, own_key(world, settings.folder / LEDGER_KEY))
        self.database.provide(Sequencer, sequencer)
        facts = MemoryBus()
        self.outbox = Outbox(self.database, facts)
        connect(facts, self.database, (Errand(BoundariesImported, places.draw),))
        self._keep_accounts()
        self.history = History(self.database, self._seen)
        timers = Timers(self.database, {access.FORGET: access.forget_account})
        for part in (sequencer, facts, self.outbox, timers, bus, self.beats, self.history):
            await part.start()
            self._stack.push_async_callback(part.close)

    def _keep_accounts(self) -> None:
        """Whoever watches over the country signs in as people at a centre do."""
        folder = self.settings.folder / "keys"
        folder.mkdir(mode=0o700, exist_ok=True)
        keys = Keys(self.world, folder, FileMaster(self.world, folder))
        self._stack.callback(keys.close)
        self.database.provide(Keys, keys)
        origin = self.settings.origin or f"http://localhost:{self.settings.port}"
        self.origin = origin
        self.database.provide(Site, Site(centre=HUB, name="위치분배", origins=(origin,)))
        self.passkeys: Passkeys = SitePasskeys(urlsplit(origin).hostname or "localhost", [origin])

    def country(self) -> Country:
        """Every appointed centre."""
        known, history = self.areas.centres, self.history
        listed = {one.card.centre: one for one in self.beats.directory().centres}
        seen = {one.centre: one for one in self._seen()}
        found = []
        for id in sorted(self.settings.appointed):
            heard, now, since = listed.get(id), seen[id], history.since(id)
            same = since is not None and since.state == now.state
            found.append(
                Standing(
                    id=id, name=known[id].name.ko if id in known else id, origin="" if heard is None else heard.card.origin,
                    up=heard is not None and heard.up, heard_ago_s=None if heard is None else heard.heard_ago_s,
                    state=now.state, state_at=since.state_at if since is not None and same else None,
                    until=heard.duty.until if heard is not None and now.state == "unstaffed" else None,
                    covered_by=now.covered_by,
                    covered_at=since.covered_at if since is not None and since.covered_by == now.covered_by else None,
                    takes_from=() if heard is None else heard.duty.takes_from,
                    load=Load() if heard is None else heard.load,
                )
            )  # fmt: skip
        return Country(at=self.world.clock.now(), centres=found)

    def _seen(self) -> list[Seen]:
        listed, now = {one.card.centre: one for one in self.beats.directory().centres}, self.world.clock.now()
        return [self._seen_one(id, listed.get(id), now) for id in self.settings.appointed]

    def _seen_one(self, id: str, heard: Listed | None, now: datetime) -> Seen:
        if heard is not None and heard.up:
            duty, load = heard.duty, heard.load
            return Seen(
                centre=id, state=duty.state, covered_by=duty.covered_by, open=load.open, waiting_s=load.waiting_s
            )
        if heard is None and (self.history.since(id) is None or self.beats.hears_for_s < SILENT_S):
            return Seen(centre=id, state="unknown")
        covers = self.areas.neighbours(id, now) if id in self.areas.centres else ()
        return Seen(centre=id, state="silent", covered_by=next((c.id for c in covers if self.beats.up(c.id)), None))


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

    see = allow(Act.NATION_VIEW)

    @get("/", media_type="text/html", status_code=302)
    async def root() -> Response[None]:
        """Leads to the page of the country."""
        return Response(None, status_code=302, headers={"location": "/nation"})

    @get(["/nation", "/signin"], media_type="text/html")
    async def page(request: Request[Any, Any, Any]) -> Response[bytes]:
        """A page. What it shows, it fetches itself."""
        return built_page(request.scope["path"].strip("/"), security(hub.origin))

    @get("/api/nation", guards=[see])
    async def nation() -> Country:
        """Every centre: is it there, how busy is it, who takes its new cases. Nothing about anybody."""
        return hub.country()

    @get("/api/nation/history", guards=[see])
    async def history(hours: FromQuery[int] = 24) -> Told:
        """How every centre was in the last so many hours, a week of them at the most."""
        if not 1 <= hours <= LONGEST_H:
            raise Problem(400, "nation.hours", f"hours is 1 to {LONGEST_H}", field="hours")
        return await hub.history.told(hours)

    @get("/api/nation/map", guards=[see], sync_to_thread=True)
    def map_() -> Sketch:
        """Names, provinces and areas of all centres, for one small drawing."""
        return drawn()

    @cache
    def drawn() -> Sketch:
        return sketch(hub.areas.country)

    routes: list[ControllerRouterHandler] = [
        healthz,
        readyz,
        metrics,
        root,
        page,
        static,
        licences,
        *access_routes.ROUTES,
        nation,
        history,
        map_,
        asgi("/api/mapping", copy_scope=False)(mapping_door(lambda: hub.distribution)),
        asgi("/lost", copy_scope=False)(door(hub.lost)),
    ]

    def provide(value: Any) -> Provide:
        return Provide(lambda: value, sync_to_thread=False)

    return Litestar(
        routes,
        dependencies={
            "database": provide(hub.database),
            "passkeys": provide(hub.passkeys),
            "actor": Provide(actor),
        },
        state=State({"database": hub.database}),
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
        supervisor.tell("READY=1")
        try:
            await until.wait()
        finally:
            supervisor.tell("STOPPING=1")
            take_note_away(settings.folder)
    return 0
