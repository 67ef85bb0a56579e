"""The register of bells over HTTP: the engineer's list, commissioning, faults, and the sign at a pole."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
import segno
from litestar import Request, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from ansim.city.bells import faults, store, terminals
from ansim.city.bells.model import CODE_LENGTH, Bell, Fault, FaultState, Kind, Reported, TerminalKind
from ansim.city.bells.register import Bells, known, set_cameras
from ansim.city.cameras.register import Register
from ansim.city.people.credential import Jwk
from ansim.core.database import Database
from ansim.core.errors import not_found
from ansim.core.position import Latitude, Longitude
from ansim.trust.access.guards import address, allow
from ansim.trust.access.limits import Lane, Lanes
from ansim.trust.access.model import Act, Actor, Site

Http = Request[Any, Any, Any]
Db = NamedDependency[Database]
Asking = NamedDependency[Actor]
Limits = NamedDependency[Lanes]

REMEMBERED = timedelta(days=7)
"""So long a fault that was mended is still listed."""


class BellLine(msgspec.Struct, frozen=True, kw_only=True):
    """A bell as the engineer sees it. `speaks`: what speaks for it, null before it is commissioned; `cameras`: its own."""

    id: str
    number: str
    kind: Kind
    name: str
    address: str
    latitude: Latitude
    longitude: Longitude
    speaks: TerminalKind | None
    heard_at: datetime | None
    cameras: list[str]
    chosen: bool
    """Whether an administrator has set its cameras."""


class Enrol(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The code that whoever commissions it was given, and the page's own public key."""

    code: Annotated[str, msgspec.Meta(min_length=16, max_length=64)]
    public_key: Jwk


class Enrolled(msgspec.Struct, frozen=True, kw_only=True):
    bell: str


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """Shown once: only its hash is kept. `url` is the page of the bell with the code behind the #, which no server is told; `picture` the same to be
    scanned, as SVG in a data: address.
    """

    url: str
    picture: str
    expires_at: datetime


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """Shown once."""

    secret: str


class Own(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """null: those on its pole again."""

    cameras: Annotated[list[Annotated[str, msgspec.Meta(max_length=64)]], msgspec.Meta(max_length=9)] | None


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    state: FaultState


class Report(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    wrong: Reported


class Sign(msgspec.Struct, frozen=True, kw_only=True):
    """What the sign at a bell says anyway."""

    id: str
    number: str
    name: str
    address: str


@get("/api/bells", guards=[allow(Act.BELL_LIST)])
async def list_bells(actor: Asking, database: Db) -> dict[str, list[BellLine]]:
    """The bells of this centre, and what speaks for each."""
    async with database.transaction(readonly=True) as tx:
        speaking = await store.living_of(tx, actor.centre)
    bells, sight = database.use(Bells), database.use(Register).sight

    def line(bell: Bell) -> BellLine:
        one = speaking.get(bell.id)
        return BellLine(
            id=bell.id, number=bell.number, kind=bell.kind, name=bell.name, address=bell.address,
            latitude=bell.latitude, longitude=bell.longitude, speaks=None if one is None else one.kind,
            heard_at=None if one is None else one.heard_at, cameras=bells.cameras(bell, sight),
            chosen=bell.cameras is not None,
        )  # fmt: skip

    return {"bells": [line(bell) for bell in bells.of_centre(actor.centre)]}


@get("/api/bell-faults", guards=[allow(Act.BELL_LIST)])
async def list_faults(actor: Asking, database: Db) -> dict[str, list[Fault]]:
    """What is wrong with bells of this centre, the oldest first; what was mended within the last week at the end."""
    async with database.transaction(readonly=True) as tx:
        return {"faults": await store.faults_of_centre(tx, actor.centre, tx.at - REMEMBERED)}


@post("/api/bell-faults/{fault:str}", status_code=200, guards=[allow(Act.BELL_MAINTAIN)])
async def move_fault(fault: FromPath[str], data: JSONBody[Step], actor: Asking, database: Db) -> Fault:
    """Somebody was sent to it, or it is mended."""
    async with database.transaction() as tx:
        found = await store.fault(tx, fault)
        if found is None:
            raise not_found("fault")
        known(tx, found.bell, actor.centre)
        return await faults.move(tx, found, data.state, by=actor.id)


@post("/api/bells/{bell:str}/code", status_code=201, guards=[allow(Act.BELL_COMMISSION)])
async def commission(bell: FromPath[str], actor: Asking, database: Db) -> Code:
    """A link for whoever stands at the bell: opened there within a day, it makes that browser the bell's own. What spoke for the bell before speaks on until then."""
    async with database.transaction() as tx:
        code = await terminals.issue_code(tx, known(tx, bell, actor.centre), actor=actor.id)
        url = f"{tx.use(Site).origins[0]}/bell#{code}"
        return Code(url=url, picture=_drawn(url).svg_data_uri(), expires_at=tx.at + CODE_LENGTH)


@post("/api/bells/{bell:str}/device", status_code=201, guards=[allow(Act.BELL_COMMISSION)])
async def equip(bell: FromPath[str], actor: Asking, database: Db) -> Secret:
    """The secret by which a device without a browser speaks for the bell from now on, at /in/bell."""
    async with database.transaction() as tx:
        return Secret(secret=await terminals.equip(tx, known(tx, bell, actor.centre), actor=actor.id))


@post("/api/bells/{bell:str}/revoke", status_code=204, guards=[allow(Act.BELL_COMMISSION)])
async def revoke(bell: FromPath[str], actor: Asking, database: Db) -> None:
    """What speaks for the bell is lost: its word proves nothing any more."""
    async with database.transaction() as tx:
        await terminals.revoke(tx, known(tx, bell, actor.centre), actor=actor.id)


@put("/api/bells/{bell:str}/cameras", status_code=204, guards=[allow(Act.BELL_COMMISSION)])
async def choose_cameras(bell: FromPath[str], data: JSONBody[Own], actor: Asking, database: Db) -> None:
    """Which cameras are the bell's own, the first one first."""
    async with database.transaction() as tx:
        await set_cameras(tx, known(tx, bell, actor.centre), data.cameras, tx.use(Register).sight, actor=actor.id)


@post("/api/bell/enrol", status_code=201)
async def enrol(data: JSONBody[Enrol], request: Http, database: Db, lanes: Limits) -> Enrolled:
    """Make this page the bell's own. The same page with the same code again is told the same."""
    lanes.let_in(Lane.TRIP, f"bell/{address(request)}", address(request))
    async with database.transaction() as tx:
        return Enrolled(bell=(await terminals.enrol(tx, data.code, data.public_key)).bell)


@get("/api/bells/{bell:str}/sign")
async def sign(bell: FromPath[str], database: Db) -> Sign:
    """What the page behind the code on a bell shows: what is written on the pole."""
    one = known(database, bell)
    return Sign(id=one.id, number=one.number, name=one.name, address=one.address)


@get("/api/bells/{bell:str}/sign.svg", media_type="image/svg+xml", guards=[allow(Act.BELL_LIST)])
async def sign_picture(bell: FromPath[str], actor: Asking, database: Db) -> bytes:
    """The code for the sign at a bell, to be printed: it leads to the page where anybody can say that the bell is broken."""
    out = io.BytesIO()
    url = f"{database.use(Site).origins[0]}/fault/{known(database, bell, actor.centre).id}"
    _drawn(url).save(out, kind="svg", scale=8, xmldecl=False)
    return out.getvalue()


@post("/api/bells/{bell:str}/faults", status_code=204)
async def report(bell: FromPath[str], data: JSONBody[Report], request: Http, database: Db, lanes: Limits) -> None:
    """Say that a bell is broken, without an account. The same again is counted, and makes no second one."""
    lanes.let_in(Lane.TRIP, f"bell-fault/{address(request)}", address(request))
    async with database.transaction() as tx:
        await faults.tell(tx, known(tx, bell).id, data.wrong)


def _drawn(text: str) -> segno.QRCode:
    return segno.make_qr(text, error="m")


ROUTES = [
    list_bells, list_faults, move_fault, commission, equip, revoke, choose_cameras, enrol, sign, sign_picture, report,
]  # fmt: skip
