"""What a citizen's phone asks about itself: terms, enrolment, withdrawal, its trackers; and how a guardian answers it."""

import base64
from datetime import datetime
from math import ceil
from typing import Annotated, Any

import msgspec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from ansim.city.people import actions, mailbox
from ansim.city.people.contacts import Contacts, read_contacts
from ansim.city.people.credential import Jwk
from ansim.city.people.terms import TERMS, Terms
from ansim.core.database import Database
from ansim.core.errors import Problem
from ansim.trust import sealing
from ansim.trust.access.guards import address
from ansim.trust.access.limits import Lane, Lanes, Refused

Http = Request[Any, Any, Any]
Db = NamedDependency[Database]
Signed = Annotated[str, Meta(min_length=1, max_length=4096)]
Proof = Annotated[str, Meta(min_length=1, max_length=256)]
Sealed = Annotated[str, Meta(min_length=1, max_length=4 * mailbox.LARGEST // 3, pattern=r"^[A-Za-z0-9_-]+$")]
Secret = Annotated[str, Meta(min_length=1, max_length=64)]


class Enrol(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    public_key: Jwk
    consents: Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(max_length=20)]
    terms_version: Annotated[str, Meta(max_length=40)]
    profile: dict[str, object] | None = None


class EnrolAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`centre_key`: the JWK to which this phone seals what only this centre may read."""

    credential: str
    person: str
    valid_until: datetime
    centre_key: dict[str, str]


class Own(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A credential, and the phone's signature over "ansim <what>", a line feed and the credential."""

    credential: Signed
    proof: Proof


class Tracker(Own, frozen=True, kw_only=True):
    """`number`: the one that its maker gave it (an IMEI, or as it says itself), which is then the third line of what is signed."""

    number: Annotated[str, Meta(pattern=r"^\+?[0-9A-Za-z][0-9A-Za-z ()-]{3,31}$")] | None = None


class Device(msgspec.Struct, frozen=True, kw_only=True):
    device: str


class PushKey(msgspec.Struct, frozen=True, kw_only=True):
    """`key` is what PushManager.subscribe takes as applicationServerKey."""

    key: str


class Left(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left in a mailbox: HPKE enc || ct, base64url without padding."""

    sealed: Sealed


class Key(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The secret that came when the mailbox was opened."""

    secret: Secret


class Mailbox(msgspec.Struct, frozen=True, kw_only=True):
    """`sealed` is null while nothing has been left in it."""

    sealed: str | None
    expires_at: datetime


@get("/api/citizen/terms")
async def terms() -> Terms:
    """What a citizen is asked to agree to."""
    return TERMS


@post("/api/citizen/enrol")
async def enrol(data: JSONBody[Enrol], request: Http, database: Db, lanes: NamedDependency[Lanes]) -> EnrolAnswer:
    """Make a phone known here: its public key, what she agreed to, and, if she wants, whom to tell."""
    admission = lanes.admit(Lane.TRIP, data.public_key.x, address(request))
    if isinstance(admission, Refused):
        raise Problem(429, "enrol.wait", "Too many enrolments", retry_after_s=ceil(admission.retry_after_s))
    profile = _profile(data.profile)
    async with database.transaction() as tx:
        done = await actions.enrol(
            tx,
            public_key=data.public_key,
            consents=data.consents,
            terms_version=data.terms_version,
            profile=profile,
        )
        centre = await actions.centre_key(tx)
    return EnrolAnswer(
        credential=done.credential,
        person=done.person,
        valid_until=done.valid_until,
        centre_key=sealing.public_jwk(centre.public_key()),
    )


@post("/api/citizen/withdraw", status_code=204)
async def withdraw(data: JSONBody[Own], database: Db) -> None:
    """Forget her. Her key dies, and with it everything under it."""
    async with database.transaction() as tx:
        await actions.withdraw(tx, credential=data.credential, proof=data.proof)


@post("/api/citizen/devices")
async def add_device(data: JSONBody[Tracker], database: Db) -> Device:
    """Make a tracker of hers known: by the number of a device, or by a random name to be typed into an app."""
    async with database.transaction() as tx:
        device = await actions.add_device(tx, credential=data.credential, proof=data.proof, number=data.number)
    return Device(device=device)


@get("/api/citizen/push-key")
async def push_key(database: Db) -> PushKey:
    """The public key under which this centre sends web push (RFC 8292)."""
    async with database.transaction() as tx:
        key = await actions.push_key(tx)
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return PushKey(key=base64.urlsafe_b64encode(point).rstrip(b"=").decode())


@post("/api/citizen/mailboxes")
async def open_mailbox(request: Http, database: Db, lanes: NamedDependency[Lanes]) -> mailbox.NewMailbox:
    """A place where a guardian's browser can leave how it is reached, sealed to the phone that asks. It says for
    nobody whose it is."""
    lanes.let_in(Lane.TRIP, f"mailbox/{address(request)}", address(request))
    async with database.transaction() as tx:
        return await mailbox.open_mailbox(tx)


@post("/api/citizen/mailboxes/{box:str}/fill", status_code=204)
async def fill_mailbox(
    box: FromPath[str], data: JSONBody[Left], request: Http, database: Db, lanes: NamedDependency[Lanes]
) -> None:
    """Leave sealed words in a mailbox; one browser's only, and again after a lost answer."""
    lanes.let_in(Lane.TRIP, f"mailbox/{box}", address(request))
    async with database.transaction() as tx:
        await mailbox.fill(tx, box, _bytes(data.sealed))


@post("/api/citizen/mailboxes/{box:str}/read", status_code=200)
async def read_mailbox(
    box: FromPath[str], data: JSONBody[Key], request: Http, database: Db, lanes: NamedDependency[Lanes]
) -> Mailbox:
    """What lies in it, for the phone that opened it."""
    lanes.let_in(Lane.ACKNOWLEDGEMENT, f"mailbox/{box}", address(request))
    async with database.transaction(readonly=True) as tx:
        row = await mailbox.read(tx, box, data.secret)
    sealed = None if row["sealed"] is None else base64.urlsafe_b64encode(row["sealed"]).rstrip(b"=").decode()
    return Mailbox(sealed=sealed, expires_at=row["expires_at"])


@post("/api/citizen/mailboxes/{box:str}/close", status_code=204)
async def close_mailbox(box: FromPath[str], data: JSONBody[Key], database: Db) -> None:
    """Destroy it: it was read, or the invitation is taken back."""
    async with database.transaction() as tx:
        await mailbox.close(tx, box, data.secret)


def _bytes(sealed: str) -> bytes:
    try:
        return base64.b64decode(sealed + "=" * (-len(sealed) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise Problem(422, "mailbox.form", "This is not base64url", field="sealed") from None


def _profile(given: dict[str, object] | None) -> Contacts | None:
    """Here, unlike in an SOS, what is wrong is said."""
    if given is None:
        return None
    try:
        profile = read_contacts(msgspec.json.encode(given))
    except ValueError as error:
        raise Problem(422, "profile.form", "This profile does not fit", str(error), field="profile") from None
    if profile.flaws:
        raise Problem(422, "profile.form", "This part does not fit", field=f"profile.{profile.flaws[0]}")
    return profile


ROUTES: list[HTTPRouteHandler] = [
    terms, enrol, withdraw, add_device, push_key, open_mailbox, fill_mailbox, read_mailbox, close_mailbox,
]  # fmt: skip
