"""The verbs of people: enrol, withdraw, add a tracker; and what others may ask of whoever enrolled here."""

import hashlib
import hmac
import re
from collections.abc import Collection
from datetime import datetime, timedelta

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ansim.city.people import store
from ansim.city.people.contacts import Contacts, read_contacts
from ansim.city.people.credential import Credential, Jwk, Verdict, device_lines, issue, judge, withdraw_lines
from ansim.city.people.terms import TERMS, check_consents
from ansim.core.database import Transaction
from ansim.core.errors import Problem
from ansim.trust import sealing
from ansim.trust.access.model import Site
from ansim.trust.access.secrets import seal_new, site_secret
from ansim.trust.ledger.actions import record
from ansim.trust.retention.actions import destroy, postpone
from ansim.trust.retention.keys import Keys

REPLACED = "replaced"
"""Why a key of hers is destroyed while she is still known: what she left with us was written anew under another one."""

CREDENTIAL_VALID = timedelta(days=365)
MOST_DEVICES = 5


class Enrolled(msgspec.Struct, frozen=True, kw_only=True):
    credential: str
    person: str
    valid_until: datetime


async def enrol(
    tx: Transaction, *, public_key: Jwk, consents: list[str], terms_version: str, profile: Contacts | None
) -> Enrolled:
    """Enrol a phone, or renew the credential of one that is enrolled. Raises Problem 409, 422.

    Whoever knows a public key may ask for its credential again: without the private key it proves nothing.
    For the same reason a renewal changes no profile.
    """
    public_key.key()
    check_consents(terms_version, consents)
    if profile is not None and "contacts" not in consents:
        raise Problem(422, "terms.contacts", "Contacts need their consent", field="profile")
    thumbprint = thumbprint_of(public_key)
    valid_until = tx.at + CREDENTIAL_VALID
    known = await store.by_thumbprint(tx, thumbprint)
    if known is None:
        person = tx.world.id()
        slot, sealed = await seal_new(tx, msgspec.json.encode(profile), _profile_context(person))
        if not await store.add_person(tx, person, thumbprint, slot, None if profile is None else sealed, valid_until):
            raise Problem(409, "person.enrolling", "This phone is being enrolled already", "Try again.")
        await record(tx, actor=person, act="person.enrolled", object=person, purpose="consent")
    else:
        person, slot = known["id"], known["slot"]
        await store.extend(tx, person, valid_until)
        await record(tx, actor=person, act="person.renewed", object=person, purpose="consent")
    await store.set_consents(tx, person, sorted(set(consents)), TERMS.version)
    ends = await destroy(
        tx, subject=person, scope="person", slots=[slot], actor=person, why="expired", due_at=valid_until
    )
    await postpone(tx, ends, valid_until)
    claims = Credential(
        sub=person,
        jwk=public_key,
        iss=tx.use(Site).centre,
        iat=int(tx.at.timestamp()),
        exp=int(valid_until.timestamp()),
    )
    return Enrolled(credential=issue(await _signing(tx), claims), person=person, valid_until=valid_until)


async def withdraw(tx: Transaction, *, credential: str, proof: str) -> None:
    """Order the destruction of what is kept of her; asking twice is harmless. Raises Problem 403."""
    person = await _own(tx, credential, proof, withdraw_lines(credential))
    slot = await store.withdraw(tx, person)
    if slot is not None:
        await record(tx, actor=person, act="person.withdrawn", object=person, purpose="withdrawal")
        await destroy(tx, subject=person, scope="person", slots=[slot], actor=person, why="withdrawn")


async def add_device(tx: Transaction, *, credential: str, proof: str, number: str | None = None) -> str:
    """What a tracker of hers is known by: the number that it has of its maker, or a random name to give it. The same number
    again is harmless. Raises Problem 403, 409.
    """
    person = await _own(tx, credential, proof, device_lines(credential, number))
    device = tx.world.token_bytes(10).hex() if number is None else number
    await give_device(tx, person, device)
    return device


async def give_device(tx: Transaction, person: str, device: str) -> None:
    """From now on she is heard by this device, too. Raises Problem 409."""
    tag = _tag(await site_secret(tx, "device"), device)
    carrier = await store.device_owner(tx, tag)
    if carrier is not None and carrier != person:
        raise Problem(
            409, "device.taken", "This number is added already", "Whoever added it must withdraw first.", field="number"
        )
    if carrier is None:
        if await store.devices(tx, person) >= MOST_DEVICES:
            raise Problem(409, "device.many", "Too many trackers", f"At most {MOST_DEVICES}.")
        await store.add_device(tx, tag, person)
        await record(tx, actor=person, act="device.added", object=person, purpose="consent")


async def take_in(tx: Transaction, *, profile: Contacts, valid_until: datetime, actor: str) -> str:
    """Make somebody known who has no phone of ours: whoever answers for her says who she is. Her pseudonym."""
    person = tx.world.id()
    slot, sealed = await seal_new(tx, msgspec.json.encode(profile), _profile_context(person))
    await store.add_person(tx, person, None, slot, sealed, valid_until)
    await record(tx, actor=actor, act="person.enrolled", object=person, purpose="ward")
    return person


async def rewrite(tx: Transaction, person: str, profile: Contacts, actor: str) -> bool:
    """From now on this is what is kept of her. What was kept before is destroyed with its key, in old copies of the database,
    too. False when she has withdrawn.
    """
    slot, sealed = await seal_new(tx, msgspec.json.encode(profile), _profile_context(person))
    old = await store.rewrite(tx, person, slot, sealed)
    if old is None:
        return False
    await record(tx, actor=actor, act="person.changed", object=person, purpose="ward")
    # By itself: what is destroyed is that key and nothing else of hers.
    await destroy(tx, subject=tx.world.id(), scope="person", slots=[old], actor=actor, why=REPLACED)
    return True


async def change_devices(tx: Transaction, person: str, devices: Collection[str], actor: str) -> None:
    """She is heard by these and by no other. Raises Problem 409 as `give_devices` does."""
    await store.remove_devices(tx, person)
    await record(tx, actor=actor, act="device.removed", object=person, purpose="ward")
    await give_devices(tx, person, devices)


async def give_devices(tx: Transaction, person: str, devices: Collection[str]) -> None:
    """She is heard by each of these, too. Raises Problem 409 with the field that names the one that is taken."""
    for number, device in enumerate(devices):
        try:
            await give_device(tx, person, device)
        except Problem as taken:
            raise Problem(
                taken.status, taken.type, taken.title, taken.detail, field=f"devices[{number}].number"
            ) from None


async def let_go(tx: Transaction, person: str, *, kept: timedelta, actor: str) -> None:
    """Her devices are nobody's from now on; what is kept of her is destroyed after `kept`. Asking twice is harmless."""
    slot = await store.withdraw(tx, person)
    if slot is not None:
        await record(tx, actor=actor, act="person.withdrawn", object=person, purpose="ward")
        await destroy(tx, subject=person, scope="person", slots=[slot], actor=actor, why="ended", due_at=tx.at + kept)


async def persons_of_devices(tx: Transaction, devices: Collection[str]) -> dict[str, str]:
    """Who carries each of these; those that nobody enrolled are missing."""
    secret = await site_secret(tx, "device")
    tags = {_tag(secret, device): device for device in devices}
    return {tags[tag]: person for tag, person in (await store.device_persons(tx, list(tags))).items()}


async def person_of_device(tx: Transaction, device: str) -> str | None:
    return (await persons_of_devices(tx, [device])).get(device)


async def profile_of(tx: Transaction, person: str) -> Contacts | None:
    """What she left with us at enrolment; None when nothing, or it is destroyed."""
    row = await store.kept(tx, person)
    if row is None:
        return None
    profile = tx.use(Keys).opened(row["slot"], row["profile_sealed"], _profile_context(person))
    return None if profile is None else read_contacts(profile)


async def issuers(tx: Transaction) -> dict[str, list[bytes]]:
    """The keys that credentials of this home are signed with."""
    return {tx.use(Site).centre: [(await _signing(tx)).public_key().public_bytes_raw()]}


async def centre_key(tx: Transaction) -> sealing.PrivateKey:
    """The key to which phones seal their contacts."""
    made = await site_secret(tx, "contacts", lambda: sealing.private_bytes(sealing.generate()))
    return sealing.private_from_bytes(made)


async def push_key(tx: Transaction) -> sealing.PrivateKey:
    """The key that signs web pushes (VAPID, RFC 8292)."""
    made = await site_secret(tx, "push", lambda: sealing.private_bytes(sealing.generate()))
    return sealing.private_from_bytes(made)


def thumbprint_of(key: Jwk) -> bytes:
    """SHA-256 of the key's required members in their order (RFC 7638)."""
    members = {"crv": key.crv, "kty": key.kty, "x": key.x, "y": key.y}
    return hashlib.sha256(msgspec.json.encode(members)).digest()


async def _own(tx: Transaction, credential: str, proof: str, lines: tuple[str, ...]) -> str:
    verdict: Verdict = judge(credential, proof, lines, issuers=await issuers(tx), now=tx.at)
    if verdict.person is None:
        raise Problem(403, "person.proof", "This is not proven to be yours", field="proof")
    return verdict.person


async def _signing(tx: Transaction) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(await site_secret(tx, "credential"))


def _tag(secret: bytes, device: str) -> bytes:
    return hmac.digest(secret, _plain(device).encode(), hashlib.sha256)


def _plain(number: str) -> str:
    """A number without what people and protocols put around it: separators, the country, leading zeros."""
    digits = re.sub(r"[ ()-]", "", number).removeprefix("+82")
    return digits.lstrip("0") if digits.isdecimal() else number


def _profile_context(person: str) -> bytes:
    return b"profile/" + person.encode()
