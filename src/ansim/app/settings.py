"""What an operator may set. Unknown settings are errors: a typing mistake must not silently change who is protected."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit

import msgspec

from ansim.adapters.lost.peers import Peer
from ansim.adapters.trackers.protocols import PROTOCOLS
from ansim.city.country.policy import Hours, Rule
from ansim.core.errors import Problem
from ansim.trust.ledger.checkpoint import BadNote, Verifier
from ansim.trust.signed import public_from_text

SECRET_LETTERS = 32

Telephone = Annotated[str, msgspec.Meta(pattern=r"^[0-9+() -]{3,24}$")]


ServerName = Annotated[str, msgspec.Meta(pattern=r"^([a-zA-Z0-9-]{1,63}\.)+[a-zA-Z0-9]{1,63}$")]
CentreId = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,64}$")]
PortNumber = Annotated[int, msgspec.Meta(ge=0, le=65535)]


class AppointedWitness(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A witness of the ledger at another organisation (C2SP tlog-witness)."""

    key: str
    """What the witness publishes: <name>+<id>+<public key>, got by another way than from its address."""
    url: Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s?#]+$")]
    """Its submission prefix: checkpoints go to <url>/add-checkpoint."""

    def __post_init__(self) -> None:
        if not self.verifier.cosigner:
            raise ValueError("key is that of a log, not of a witness")

    @property
    def verifier(self) -> Verifier:
        try:
            return Verifier.parse(self.key)
        except BadNote:
            raise ValueError("key is not <name>+<id>+<public key>") from None


class IceServer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A server that helps two browsers to reach each other (STUN, RFC 8489, or TURN, RFC 8656)."""

    urls: Annotated[str, msgspec.Meta(pattern=r"^(stun|stuns|turn|turns):[^\s]+$")]
    username: str = ""
    credential: str = ""
    """Both are told to the pages of bells and of operators."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One process's settings: a TOML file of these names. Defaults run a centre on one machine."""

    data: Annotated[str, msgspec.Meta(min_length=1)] = "ansim-data"
    """Folder of everything this process keeps: database, keys, media's own files."""
    database: str | None = None
    """DSN of the operator's PostgreSQL; without one a server is started in the data folder."""
    host: str = "127.0.0.1"
    """Address to listen on; 0.0.0.0 for all. In front of it stands whatever ends TLS."""
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8000
    """0 takes a free one."""
    origin: str | None = None
    """What browsers call this server, for example https://centre.example; http://localhost:PORT without it."""
    centre: str = "gyeonggi-seongnam"
    """Id of the centre that signs in here and answers where no boundary does."""
    cameras: str | None = None
    """JSON file of the media node: {"camera id": "rtsp://…"}, or for a camera with rules of its own {"camera id": {"url": "rtsp://…",
    "device": "http://…", "profile": …, "record": …, "recording_days": …}}. Read by the media node alone; `ansim cameras discover` and `adopt` write it."""
    record: Literal["always", "incident", "no"] = "incident"
    """When cameras are recorded; incident: while they are ready for one or under a right to watch, and the seconds before that were
    still held. In the data folder, sealed."""
    recording_days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 30
    """So many days after each day its recordings are destroyed. Clips of a case live as long as the case."""
    footage_mb: Annotated[int, msgspec.Meta(ge=100)] = 20_000
    """What phones film is kept in the database, as long as their cases, up to so many megabytes in all; then no phone begins to film, so that no call
    for help lacks the room."""
    media_secret: str | None = None
    """File with the secret of the media node, which is then a process of its own (`ansim run --role media`); made here when it is not there. Without
    it this process pulls the cameras itself."""
    media_origin: Annotated[str, msgspec.Meta(pattern=r"^https?://[^/\s?#]+$")] | None = None
    """What browsers call that media node, for example https://media.example. Without it the proxy in front leads /media and /pictures there."""
    trackers: dict[Literal["h02", "gt06", "watch", "gps103", "jt808"], bool | PortNumber] = {}
    """TCP ports of devices by their protocol, in TOML [trackers] with h02 = true for the port its makers use, or a number; 0 takes a
    free one. A protocol that is not named is off."""
    trackers_host: str = "127.0.0.1"
    """Address on which devices are heard; 0.0.0.0 for all. They speak without TLS: give them a private network of the carrier's (APN)
    where there is one."""
    aml_key: str | None = None
    """The key by which messages of Advanced Mobile Location are signed (HMAC-SHA1), where whoever passes them on signs them."""
    lost_name: ServerName | None = None
    """What this server is called on the path of a question that servers pass on (LoST, RFC 5222): a name like lost.example.org; made of
    `centre` without it."""
    lost_peers: tuple[Peer, ...] = ()
    """Other servers that are asked, in this order, for places outside every boundary known here: in TOML a [[lost_peers]] for each, with
    `source` (its name) and `url`."""
    register: str | None = None
    """JSON file of cameras to bring into the register at start: [{"id", "name", "latitude", "longitude", "azimuth_deg",
    "view_deg", "range_m"}], each perhaps with "turns" and "azimuth_source" (register, device, calibrated)."""
    turn_by_itself: bool = False
    """The calibrated cameras of the four first pictures turn to her by themselves, and follow; without it an operator's key does it."""
    map: str | None = None
    """GeoJSON file of streets, blocks and places that the console draws, and that lines of sight are judged by."""
    simulated_channels: bool = False
    """Mail, SMS and push go into this process's own inbox instead of out: for the demo."""
    smtp: str | None = None
    """smtp://[user:password@]host[:port] of the server that takes mail to guardians."""
    mail_from: str = "ansim@localhost"
    """The sender of that mail."""
    sms_gateway: str | None = None
    """HTTP address that takes {"to", "text"} and answers 2xx; its secret in sms_secret."""
    sms_secret: str | None = None
    """Sent to the SMS gateway as a bearer token."""
    phone: Telephone | None = None
    """The centre's telephone: what officers and guardians can call from the page behind their link."""
    leader_phone: Telephone | None = None
    """The leader's telephone: what a console shows when it is cut off from the server."""
    agency_phones: dict[str, Telephone] = {}
    """{ 112 = "…", 119 = "…" }: the direct lines to their control rooms, for when theirs to us is down."""
    push_contact: Annotated[str, msgspec.Meta(pattern=r"^(mailto:|https://)[^\s]+$")] | None = None
    """mailto: or https: address at which push services reach this centre's operator; with it, web pushes go out."""
    push_inside: bool = False
    """Push services at private addresses and without TLS are allowed too: for one of one's own."""
    talk_ice: tuple[IceServer, ...] = ()
    """By which the page of a bell and a console find each other when they are not in one network: in TOML a [[talk_ice]] for each, with `urls` and, for a relay,
    `username` and `credential`. What is spoken is enciphered between the two browsers; none is used unless it stands here."""
    country: Annotated[str, msgspec.Meta(pattern=r"^(nats|tls)://[^\s]+$")] | None = None
    """The broker (NATS) between the centres of the country; without it this centre stands alone. Needs hub_key."""
    country_ca: str | None = None
    """PEM file of those who vouch for that broker's certificate, where the system's do not (tls://)."""
    country_key: str | None = None
    """File with the key by which other centres, and the broker, know this one, country.key in the data folder without it; made here when it is not
    there. Its public half, in FILE.pub, goes to the hub's operator."""
    lend_cameras: Literal["band", "ask"] = "band"
    """Cameras that see somebody near our border, for the neighbouring centre that has her: band: lent by themselves, for her case alone; ask: when an operator
    here says so. Either way an operator here can take them back."""
    hub_key: str | None = None
    """The hub's public key in base64: who is in the country, and there just now, is what it says."""
    unstaffed: tuple[Hours, ...] = ()
    """When this centre is closed: "22:00-06:00", or with the days on which it begins, "sat,sun 00:00-24:00"; Korean time. New cases then go to a neighbour by
    `rollover`; a leader may open or close by hand."""
    overloaded_waiting: Annotated[int, msgspec.Meta(ge=1)] | None = None
    """With so many unclaimed cases this centre is overloaded, until half of them are left: new ones go to a neighbour by `rollover`."""
    overloaded_wait_s: Annotated[float, msgspec.Meta(ge=10)] | None = None
    """And with one that has waited so long."""
    rollover: tuple[Rule, ...] = ()
    """Who takes new cases while this centre does not: in TOML a [[rollover]] for each rule, with `to`, the centres in the order in which they are asked, and perhaps `when`
    (overloaded, unstaffed) and `hours`. One that has not agreed (`rollover_from`), is away, closed or overloaded itself is passed over; when none is left, the case stays here, with the alarm."""
    rollover_from: tuple[CentreId, ...] = ()
    """The centres whose new cases this one has agreed to take while they are closed or overloaded."""
    witnesses: tuple[AppointedWitness, ...] = ()
    """Who signs the ledger's checkpoints, each with `key` and `url`: in TOML a [[witnesses]] for each."""
    witness_within_s: Annotated[float, msgspec.Meta(ge=60)] = 300.0
    """A checkpoint that one of them has not signed after so long is reported by `ansim check` and on the ledger page."""

    def __post_init__(self) -> None:
        names = [witness.verifier.name for witness in self.witnesses]
        if len(set(names)) < len(names):
            raise ValueError("two witnesses of one name")
        if self.media_secret and self.cameras:
            raise ValueError("with media_secret, cameras belongs into the settings of the media node")
        if self.media_origin and not self.media_secret:
            raise ValueError("media_origin is of a media node of its own: it needs media_secret")

        if self.country and not self.hub_key:
            raise ValueError("country needs hub_key")
        if self.hub_key:
            public_from_text(self.hub_key)
        if self.rollover and not self.hub_key:
            raise ValueError("rollover is to other centres: it needs country and hub_key")

    @property
    def folder(self) -> Path:
        return Path(self.data).absolute()

    @property
    def doors(self) -> dict[str, int]:
        """The port of each protocol of devices that is on."""
        return {
            name: PROTOCOLS[name].port if port is True else int(port)
            for name, port in self.trackers.items()
            if port is not False
        }


class MediaSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of a media node that is a process of its own: `ansim run --role media`."""

    centre: Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s?#]+$")] = "http://127.0.0.1:8000"
    """Address of the centre that it serves. Keys of recordings come over it: http:// is for this machine only."""
    secret: Annotated[str, msgspec.Meta(min_length=1)]
    """File with the secret by which the centre knows this node: a copy of the centre's `media_secret`."""
    cameras: Annotated[str, msgspec.Meta(min_length=1)]
    """JSON file of cameras, as the setting `cameras` of one process for everything. It never leaves this machine."""
    data: Annotated[str, msgspec.Meta(min_length=1)] = "ansim-media"
    """Folder of its recordings."""
    host: str = "127.0.0.1"
    """Address on which pages get their pictures; 0.0.0.0 for all. In front of it stands whatever ends TLS."""
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8001
    """0 takes a free one."""
    record: Literal["always", "incident", "no"] = "incident"
    """When cameras are recorded that have no rule of their own."""
    recording_days: Annotated[int, msgspec.Meta(ge=1, le=366)] | None = None
    """So many days after each day the recordings of these cameras are destroyed; the centre's own setting without it."""

    def __post_init__(self) -> None:
        centre = urlsplit(self.centre)
        if centre.scheme == "http" and centre.hostname not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError("centre on another machine is reached by https://")

    @property
    def folder(self) -> Path:
        return Path(self.data).absolute()


class HubSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of a hub, which says who answers where and who is there: `ansim run --role hub`. It holds no case and no position."""

    country: Annotated[str, msgspec.Meta(pattern=r"^(nats|tls)://[^\s]+$")]
    """The broker (NATS) between the centres of the country."""
    country_ca: str | None = None
    """PEM file of those who vouch for that broker's certificate, where the system's do not (tls://)."""
    appointed: dict[CentreId, str]
    """{ gyeonggi-seongnam = "…" }: each centre that is heard, and its public key in base64, which stands in its `country.key.pub`."""
    key: str | None = None
    """File with the key by which centres know this hub, hub.key in the data folder without it; made here when it is not there. Its public
    half, hub.key.pub, goes to every centre (`hub_key`)."""
    default: CentreId = "seoul"
    """The centre that answers first for places that lie in no boundary."""
    name: ServerName = "hub.ansim"
    """What this server is called on the path of a question that servers pass on (LoST): a name like lost.example.org."""
    peers: tuple[Peer, ...] = ()
    """Other LoST servers, asked for places outside every boundary known here: in TOML a [[peers]] for each, with `source` and `url`."""
    data: Annotated[str, msgspec.Meta(min_length=1)] = "ansim-hub"
    """Folder of its keys and, without `database`, of its database."""
    database: str | None = None
    """DSN of the operator's PostgreSQL, for imported boundaries and the ledger of who imported them; without one a server is started in the
    data folder."""
    host: str = "127.0.0.1"
    """Address on which it answers; 0.0.0.0 for all. In front of it stands whatever ends TLS."""
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8002
    """0 takes a free one."""
    origin: str | None = None
    """What browsers call this hub, for example https://hub.example, where people sign in to see the country; http://localhost:PORT without
    it."""

    def __post_init__(self) -> None:
        for key in self.appointed.values():
            public_from_text(key)

    @property
    def folder(self) -> Path:
        return Path(self.data).absolute()


Of = TypeVar("Of", Settings, MediaSettings, HubSettings)


def read_settings(path: Path) -> Settings:
    """Raises Problem naming the setting that does not fit."""
    return _read(path, Settings)


def read_media_settings(path: Path) -> MediaSettings:
    """As `read_settings`, of a media node."""
    return _read(path, MediaSettings)


def read_hub_settings(path: Path) -> HubSettings:
    """As `read_settings`, of a hub."""
    return _read(path, HubSettings)


def read_secret(path: Path) -> str:
    """What stands in the file of a secret. Raises Problem for one that others could read, and for one that is too short to be one."""
    try:
        open_to = path.stat().st_mode & 0o077
        secret = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise Problem(400, "settings.secret", f"The secret in {path} cannot be read") from None
    if open_to:
        raise Problem(400, "settings.secret", f"Others can read the secret in {path}", "chmod 600 makes it ours alone.")
    if len(secret) < SECRET_LETTERS:
        raise Problem(
            400, "settings.secret", f"The secret in {path} is too short", f"{SECRET_LETTERS} letters at least."
        )
    return secret


def _read(path: Path, kind: type[Of]) -> Of:
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), kind)
    except FileNotFoundError:
        raise Problem(400, "settings.file", f"There is no file {path}") from None
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise Problem(400, "settings.value", "This setting does not fit", str(error)) from None
