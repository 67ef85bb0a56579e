"""One process that holds hub, centre and, unless it is a process of its own, media: everything is made here, started in order, stopped in reverse."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import structlog
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from prometheus_client import CollectorRegistry

from ansim import flow
from ansim.adapters.bus.memory import MemoryBus
from ansim.adapters.cameras.onvif import OnvifDevice
from ansim.adapters.channels.mail import SmtpMail
from ansim.adapters.channels.push import WebPush, http_client
from ansim.adapters.channels.simulated import SimulatedChannel
from ansim.adapters.channels.sms import HttpSms
from ansim.adapters.gateways.desk import Desk, DeskGateway
from ansim.adapters.identity.passkeys import SitePasskeys
from ansim.adapters.lost.server import Lost
from ansim.adapters.trackers.reception import Reception
from ansim.adapters.trackers.server import Devices
from ansim.adapters.witness.http import HttpWitness
from ansim.app.country import Membership
from ansim.app.databases import open_database
from ansim.app.holdings import holdings
from ansim.app.mapping import ListedDoors, OneDoor
from ansim.app.media import HeadsOf, LocalGate, LocalWallGate, MediaOf, Node, NodeHeads, PullerOf
from ansim.app.places import CountryBoundaries, Streets, country
from ansim.app.recording import (
    CLIPS,
    CentreKeys,
    LocalRedactor,
    NodeRecordings,
    RecordingMetrics,
    RecordingsOf,
    look,
)
from ansim.app.remote import RemoteHeads, RemoteNode, RemoteRecordings
from ansim.app.settings import Settings, read_secret
from ansim.app.sources import RECORDINGS, read_sources
from ansim.city.bells.register import Bells
from ansim.city.cameras.map import read as read_map
from ansim.city.cameras.model import Camera
from ansim.city.cameras.register import Register, lay, register
from ansim.city.country.member import Country
from ansim.city.migration import actions as migration
from ansim.city.migration.ports import Puller
from ansim.city.people import actions as people
from ansim.city.people.sealed import CentreKey
from ansim.city.places.actions import load as load_boundaries
from ansim.city.places.areas import Areas
from ansim.city.places.distribution import Distribution
from ansim.city.places.jurisdictions import Jurisdictions
from ansim.city.places.ports import Door
from ansim.city.recordings.actions import plan_again
from ansim.city.recordings.ports import RecordedDays
from ansim.city.ways.register import Network
from ansim.core.bus import Bus
from ansim.core.database import Committed, Database
from ansim.core.errors import Problem, Unavailable
from ansim.core.outbox import Outbox, Passing, connect
from ansim.core.timers import Timers
from ansim.core.world import World
from ansim.core.writer import GroupWriter
from ansim.nodes.footage.node import FootageNode
from ansim.nodes.media.heads import Heads
from ansim.nodes.media.node import MediaNode
from ansim.nodes.media.ports import Refused
from ansim.nodes.media.recordings import Recordings
from ansim.response.bells import actions as bells
from ansim.response.bells.intercom import Intercom
from ansim.response.borders.lending import LendingPolicy
from ansim.response.dispatch.actions import Lines
from ansim.response.dispatch.ports import Gateways
from ansim.response.evidence.file import ClipFolder
from ansim.response.evidence.ports import Recorded, Redactor
from ansim.response.footage.actions import Room
from ansim.response.footage.ports import Screen
from ansim.response.incidents.guardians import MunicipalityNames
from ansim.response.notify.actions import Channels, Origin
from ansim.response.picture.labels import Places, Telephones
from ansim.response.picture.live import Live
from ansim.response.routing.ports import Boundaries
from ansim.response.signals.model import Arrival, Receipt
from ansim.response.signals.ports import Intake
from ansim.response.signals.receipts import CentreNames
from ansim.response.signals.sender import Issuers
from ansim.response.tracking.model import Moved
from ansim.response.trips.hearing import Listener
from ansim.response.walls import actions as walls
from ansim.response.walls.events import RoutineEnded
from ansim.response.walls.gate import WallGate
from ansim.response.wards.actions import Ears
from ansim.response.watch import actions as watch
from ansim.response.watch.aiming import Arrivals
from ansim.response.watch.aims import Aims
from ansim.response.watch.following import Following
from ansim.response.watch.gate import CentreGate
from ansim.response.watch.ports import Heads as TurningHeads
from ansim.response.watch.ports import Media
from ansim.trust import sealing
from ansim.trust.access.limits import Lanes
from ansim.trust.access.model import Site
from ansim.trust.access.passkey import Passkeys
from ansim.trust.access.secrets import site_secret
from ansim.trust.grants.actions import end_views_of_dead_node
from ansim.trust.grants.events import GrantEnded
from ansim.trust.grants.model import TokenMint
from ansim.trust.ledger.checkpoint import Verifier
from ansim.trust.ledger.ports import Witness
from ansim.trust.ledger.sequencer import Sequencer
from ansim.trust.retention.erasure import Eraser
from ansim.trust.retention.keys import Keys
from ansim.trust.retention.master import FileMaster

log = structlog.get_logger()

LEASE = timedelta(seconds=15)
"""The media node shows nothing once it has not heard from its centre for so long."""
LEASE_EVERY_S = 3.0

SETTING = "settings"
"""The sheet that the setting `map` lays."""


class Centre:
    """A running centre. `async with Centre(settings) as centre:`

    It pulls the cameras itself (`node`), or has a media node that is a process of its own (`remote`).
    """

    node: MediaNode

    def __init__(
        self,
        settings: Settings,
        world: World | None = None,
        *,
        bus: Bus | None = None,
        country: Bus | None = None,
        witnesses: Callable[[Verifier], Sequence[Witness]] = lambda log: (),
    ) -> None:
        self.settings = settings
        self.world = world or World()
        self.bus: Bus = bus or MemoryBus()
        self._country_bus = country
        self._witnesses = witnesses
        self.inboxes: dict[str, SimulatedChannel] = {}
        self.desk = Desk()
        self.remote: RemoteNode | None = None
        self.membership: Membership | None = None
        self.map: dict[str, Any] = {"type": "FeatureCollection", "features": []}
        self._stack = AsyncExitStack()

    @property
    def pulls(self) -> bool:
        """Whether the media node is in this process."""
        return self.settings.media_secret is None

    def viewers(self) -> tuple[str, ...]:
        """Whose pages may open pictures here: this centre's, and those of the country, for what is lent to them."""
        return self.origin, *self.database.use(Country).origins()

    @property
    def origin(self) -> str:
        return self.settings.origin or f"http://localhost:{self.settings.port}"

    async def __aenter__(self) -> Centre:
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    @asynccontextmanager
    async def behind_closed_doors(self) -> AsyncIterator[Centre]:
        """Database, keys and ledger, with nobody let in: for what must be done before."""
        async with self._stack:
            await self._open()
            yield self

    async def _open(self) -> None:
        self.settings.folder.mkdir(parents=True, exist_ok=True)
        self.database = await self._open_database()
        self._stack.push_async_callback(self.database.close)
        await self._open_keys()
        await self._start_ledger()

    async def _start(self) -> None:
        stack = self._stack
        await self._open()
        await self.eraser.repeat_all()
        await self._load_city()
        self._provide()
        async with self.database.transaction() as tx:
            self.database.provide(CentreKey, CentreKey(await people.centre_key(tx)))
            self.database.provide(Issuers, Issuers(await people.issuers(tx)))
            self.database.provide(Channels, self._channels(await people.push_key(tx)))
            if self.pulls:
                await end_views_of_dead_node(tx)
                await walls.end_views_of_dead_node(tx)
            await bells.end_all(tx)
        self.live = Live(self.database)
        self.timers = Timers(self.database, flow.TIMERS)
        self.outbox = Outbox(self.database, self.bus)
        self.arrivals = Arrivals(self.database)
        self.passing = Passing(self.database, flow.PASSING)
        self.intake: GroupWriter[Arrival, Receipt] = GroupWriter(self.database, flow.accept)
        self.moves: GroupWriter[Moved, None] = GroupWriter(self.database, flow.follow)
        self.reception = Reception(self.database, self.intake, self.moves.submit, self.lanes)
        self.devices = Devices(self.world, self.reception, self.settings.trackers_host, self.settings.doors)
        self.listener = Listener(self.database)
        self.database.provide(Intake, self.intake)
        connect(self.bus, self.database, flow.FLOW)
        self.database.on_commit.append(self._cut_at_once)
        if self._country_bus is not None or self.settings.country:
            self.membership = Membership(self.world, self.settings, self.database, self.origin, self._country_bus)
        parts = (
            self.sequencer, self.eraser, self.bus, self.outbox, self.passing, self.arrivals, self.timers, self.live,
            self.intake, self.moves, self.listener, self.devices,
        )  # fmt: skip
        for part in (
            *parts,
            *((self.remote,) if self.remote else ()),
            *((self.membership,) if self.membership else ()),
        ):
            await part.start()
            stack.push_async_callback(part.close)
        heart = asyncio.create_task(self._heart_beat(), name="media lease")
        stack.push_async_callback(_cancel, heart)

    async def _open_database(self) -> Database:
        database, self.dsn = await open_database(self._stack, self.world, self.settings.database, self.settings.folder)
        return database

    async def _open_keys(self) -> None:
        folder = self.settings.folder / "keys"
        folder.mkdir(mode=0o700, exist_ok=True)
        self.keys = Keys(self.world, folder, FileMaster(self.world, folder))
        self._stack.callback(self.keys.close)
        self.database.provide(Keys, self.keys)
        name = self.settings.centre
        self.database.provide(Site, Site(centre=name, name=name, origins=(self.origin,)))

    async def _load_city(self) -> None:
        settings = self.settings
        jurisdictions = await asyncio.to_thread(country, settings.centre)
        if settings.map:
            self.map = json.loads(await asyncio.to_thread(Path(settings.map).read_text, encoding="utf-8"))
        self.jurisdictions = jurisdictions
        self.areas = Areas(jurisdictions)
        self.database.provide(Areas, self.areas)
        await load_boundaries(self.database, self.areas)
        self.distribution = Distribution(self.areas, self._doors(), self.world.clock)
        self.lost = Lost(self.distribution, settings.lost_name or f"{settings.centre}.ansim", settings.lost_peers)
        self._stack.push_async_callback(self.lost.close)
        self.places = CountryBoundaries(
            self.areas, settings.centre, self.world.clock, Streets(self.map) if settings.map else None
        )
        self.gate = LocalGate(CentreGate(self.database, Refused))
        self.wall_gate = LocalWallGate(WallGate(self.database, Refused))
        self.footage = FootageNode(self.world)
        self._stack.push_async_callback(self.footage.close)
        await (self._open_media() if self.pulls else self._expect_media())
        self.metrics = CollectorRegistry()
        self.metrics.register(RecordingMetrics(self._media))
        self.register = Register()
        self.database.provide(Register, self.register)
        if settings.register:
            await self._import_register(Path(settings.register))
        if settings.map:
            await self._lay_map(Path(settings.map))
        await self.register.load(self.database)
        network = Network(self.register)
        self.database.provide(Network, network)
        await network.load(self.database)
        self.bells = Bells()
        self.database.provide(Bells, self.bells)
        await self.bells.load(self.database)

    async def _open_media(self) -> None:
        """The media node, in this process."""
        settings = self.settings
        sources = await asyncio.to_thread(read_sources, settings)
        days = {source.id: keep for source, keep in sources}

        def keep_days(camera: str) -> int:
            return days.get(camera) or settings.recording_days

        async with self.database.transaction() as tx:
            await plan_again(tx, keep_days)
        self.recordings = Recordings(self.world, settings.folder / RECORDINGS, CentreKeys(self.database, keep_days))
        self.node = MediaNode(self.world, self.recordings)
        self._stack.push_async_callback(self.node.close)
        self.heads = Heads(lambda url: OnvifDevice(self.world, url))
        self._stack.push_async_callback(self.heads.close)
        for source, _ in sources:
            self.node.cameras.add(source)
            self.heads.add(source)
        self._media: Node = self.node
        self._heads: NodeHeads = self.heads
        self._recordings: NodeRecordings = self.recordings

    async def _expect_media(self) -> None:
        """The media node is another process, and comes by itself."""
        settings = self.settings
        assert settings.media_secret is not None
        remote = self.remote = RemoteNode(
            self.database, self.gate, self.wall_gate,
            secret=await asyncio.to_thread(self._secret_of_media, Path(settings.media_secret)), origin=self.origin,
            lease_s=LEASE.total_seconds(), recording_days=settings.recording_days,
            beside=self.footage.views,
        )  # fmt: skip
        self._media, self._heads = remote, RemoteHeads(remote, self.database)
        self._recordings = RemoteRecordings(remote)

    def _secret_of_media(self, file: Path) -> str:
        """Made when it is not there, for the operator to carry to the node."""
        with suppress(FileExistsError):
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as out:
                out.write(self.world.secret() + "\n")
            log.info("media secret made", file=str(file))
        return read_secret(file)

    async def _import_register(self, file: Path) -> None:
        rows = msgspec.json.decode(await asyncio.to_thread(file.read_bytes), type=list[dict[str, Any]])
        cameras = [msgspec.convert({"centre": self.settings.centre, **row}, Camera) for row in rows]
        async with self.database.transaction() as tx:
            await register(tx, cameras, actor="system")

    async def _lay_map(self, file: Path) -> None:
        """What the console draws stands between cameras and people, too, as far as it says what it is."""
        try:
            sheet = read_map(await asyncio.to_thread(file.read_bytes))
        except Problem as problem:
            log.warning("map not laid", why=problem.type)
            return
        if sheet.layers:
            async with self.database.transaction() as tx:
                await lay(tx, SETTING, sheet.layers, actor="system")

    async def _start_ledger(self) -> None:
        async with self.database.transaction() as tx:
            signing = Ed25519PrivateKey.from_private_bytes(await site_secret(tx, "ledger"))
        origin = self.settings.centre
        witnesses = [*self._witnesses(Verifier(origin, signing.public_key()))]
        for appointed in self.settings.witnesses:
            witness = HttpWitness(appointed.verifier, appointed.url)
            self._stack.push_async_callback(witness.close)
            witnesses.append(witness)
        late_s = self.settings.witness_within_s
        self.sequencer = Sequencer(self.database, origin, signing, witnesses, witness_within_s=late_s)
        self.database.provide(Sequencer, self.sequencer)
        self.eraser = Eraser(self.database, self.keys, self.sequencer, holdings())

    def _provide(self) -> None:
        database, settings = self.database, self.settings
        name = self.places.centre(settings.centre).ko
        site = Site(centre=settings.centre, name=name, origins=(self.origin,), media=settings.media_origin or "")
        database.provide(Site, site)
        database.provide(TokenMint, TokenMint(self.world.token_bytes(32)))
        database.provide(Boundaries, self.places)
        database.provide(Places, self.places)
        database.provide(Jurisdictions, self.jurisdictions)
        database.provide(MunicipalityNames, MunicipalityNames(self.places.municipality_names()))
        database.provide(CentreNames, CentreNames(self.places.centre_names()))
        database.provide(Origin, Origin(self.origin))
        database.provide(Country, Country(self.world))
        database.provide(LendingPolicy, LendingPolicy(by_itself=settings.lend_cameras == "band"))
        database.provide(Media, MediaOf(self._media))
        database.provide(TurningHeads, HeadsOf(self._heads))
        database.provide(Puller, PullerOf(self._media))
        recorded = RecordingsOf(self._recordings)
        database.provide(Recorded, recorded)
        database.provide(RecordedDays, recorded)
        database.provide(Redactor, LocalRedactor())
        database.provide(ClipFolder, ClipFolder(settings.folder / CLIPS))
        database.provide(Screen, self.footage)
        database.provide(Room, Room(settings.footage_mb * 1024 * 1024))
        database.provide(Following, Following())
        database.provide(Aims, Aims(by_itself=settings.turn_by_itself))
        database.provide(Ears, Ears(self.world.clock.now()))
        database.provide(Lines, Lines(self.origin, self.places, settings.agency_phones))
        database.provide(Telephones, Telephones(centre=settings.phone, leader=settings.leader_phone))
        database.provide(Gateways, Gateways({agency: DeskGateway(self.desk, database) for agency in ("112", "119")}))
        database.on_commit.append(self.desk.hear)
        intercom = Intercom(settings.talk_ice)
        database.provide(Intercom, intercom)
        database.on_commit.append(intercom.hear)
        self.lanes = Lanes(self.world.clock.monotonic)
        self.passkeys: Passkeys = SitePasskeys(urlsplit(self.origin).hostname or "localhost", [self.origin])

    def _doors(self) -> OneDoor | ListedDoors:
        """Of a centre among others: theirs, as the hub says. Of one that stands alone: its own, for everybody."""
        if self._country_bus is None and not self.settings.country:
            return OneDoor(lambda: self.origin, self._public_key)

        def own() -> tuple[str, Door]:
            centre = self.areas.centres[self.settings.centre]
            return centre.id, Door(centre=centre, uri=self.origin, key=self._public_key())

        return ListedDoors(lambda: self.database.use(Country), own)

    def _public_key(self) -> dict[str, str]:
        return sealing.public_jwk(self.database.use(CentreKey).private.public_key())

    def _channels(self, push_key: EllipticCurvePrivateKey) -> Channels:
        settings, channels = self.settings, Channels()
        if settings.simulated_channels:
            self.inboxes = {name: SimulatedChannel(name) for name in ("push", "mail", "sms")}
            channels.update(self.inboxes)
        if settings.smtp:
            channels["mail"] = SmtpMail(settings.smtp, settings.mail_from)
        if settings.sms_gateway:
            sms = channels["sms"] = HttpSms(settings.sms_gateway, settings.sms_secret)
            self._stack.push_async_callback(sms.close)
        if settings.push_contact:
            push = channels["push"] = WebPush(
                self.world, push_key, settings.push_contact, http_client(), inside=settings.push_inside
            )
            self._stack.push_async_callback(push.close)
        return channels

    def _cut_at_once(self, committed: Committed) -> None:
        """A right that has just ended is cut before anything else happens."""
        for stated in committed.facts:
            if isinstance(stated.fact, GrantEnded):
                self._media.revoke(stated.fact.grant, stated.fact.why)
                self.footage.revoke(stated.fact.grant, stated.fact.why)
            if isinstance(stated.fact, RoutineEnded):
                self._media.revoke(stated.fact.right, stated.fact.why)

    async def _heart_beat(self) -> None:
        """Views live only while the centre can still write its ledger. Cameras under a right stay ready, and are recorded."""
        while True:
            try:
                async with self.database.transaction() as tx:
                    watched = await watch.under_rights(tx)
                for node in (self._media, self.footage):
                    node.lease(self.world.clock.now() + LEASE)
                self._media.prepare(watched, LEASE.total_seconds())
                async with self.database.transaction() as tx:
                    moving = await migration.observe(tx, look(self._media))
                migration.lead(self.database.use(Puller), moving)
            except Unavailable:
                log.warning("database away")
            await self.world.clock.sleep(LEASE_EVERY_S)


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
