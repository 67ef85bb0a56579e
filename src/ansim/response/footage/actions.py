"""The verbs of filming: begin a take, keep its pieces, end it; list what there is, take it out."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial

import msgspec

from ansim.core.database import Database, Transaction
from ansim.core.errors import Problem, not_found
from ansim.response.footage import store
from ansim.response.footage.events import TakeBegan, TakeEnded
from ansim.response.footage.model import LARGEST_PIECE, LARGEST_TAKE, Take, filmed
from ansim.response.footage.ports import Screen
from ansim.response.incidents import store as incidents
from ansim.response.incidents.actions import destroyed, exportable
from ansim.response.incidents.events import IncidentClosed
from ansim.response.incidents.model import IncidentRow
from ansim.trust.access.model import Actor
from ansim.trust.grants import actions as grants
from ansim.trust.grants import store as grant_store
from ansim.trust.grants.events import GrantEnded, GrantIssued
from ansim.trust.ledger.actions import record
from ansim.trust.retention.events import DestructionCertified
from ansim.trust.retention.keys import Erased, Keys

PURPOSE = "evidence"


class Room(msgspec.Struct, frozen=True):
    """How many bytes may be kept of all cases together: beyond it a call for help would lack the room."""

    bytes: int


async def begin(tx: Transaction, incident: str, handset: str, client_id: str, media: str) -> Take:
    """The take that this phone calls so; one it began before and left is over. Raises Problem 409 for one that has ended, 410
    once the case is closed, 415 for what no browser films, 507 when there is no room.
    """
    if not filmed(media):
        raise Problem(415, "take.media", "This is no film of a browser", "video/webm or video/mp4.", field="media")
    case = await incidents.locked(tx, incident)
    if case is None or not case.open or case.case_slot is None:
        raise Problem(410, "case.closed", "The case is closed", "Nothing more is taken.")
    known = await store.of_phone(tx, handset, client_id)
    if known is not None:
        if known.ended_at is not None or known.incident != incident:
            raise Problem(409, "take.ended", "This take has ended", "Begin a new one.")
        return known
    if await store.kept_bytes(tx) + LARGEST_TAKE > tx.use(Room).bytes:
        raise Problem(507, "take.room", "There is no room for another take")
    for id in await store.open_of(tx, incident, handset):
        await _end(tx, case, id)  # what shows it goes on with the next
    id = tx.world.id()
    await store.insert(tx, id=id, incident=incident, handset=handset, client_id=client_id, media=media)
    await record(
        tx, actor="person", act="take.began", object=id, incident=incident, purpose="emergency",
        subject_tag=case.subject_tag, details={"camera": handset},
    )  # fmt: skip
    await grants.widen(tx, incident, [handset])
    tx.publish(TakeBegan(incident=incident, take=id))
    take = await store.get(tx, id)
    assert take is not None
    return take


async def keep(database: Database, take: Take, number: int, content: bytes) -> int:
    """Store one piece, once; the number of the next one. What is kept already is only counted. Raises Problem 409 for one out of
    order, 410 when nothing more is taken, 413 for too much.
    """
    if len(content) > LARGEST_PIECE or take.size + len(content) > LARGEST_TAKE:
        raise Problem(413, "take.large", "This is too large", f"A piece is at most {LARGEST_PIECE} bytes.")
    async with database.transaction() as tx:
        case = await incidents.get(tx, take.incident)
        if case is not None and case.open and case.case_slot is not None:
            sealed = tx.use(Keys).seal(case.case_slot, content, _context(take.id, number))
            if await store.add_piece(tx, take.id, number, sealed, len(content)):
                return number + 1
        now = await store.get(tx, take.id)
    if now is None or now.ended_at is not None or case is None or not case.open:
        raise Problem(410, "take.ended", "Nothing more is taken of it")
    if number >= now.pieces:
        raise Problem(409, "take.order", "A piece is missing before this one", field="number", next=now.pieces)
    return now.pieces


async def kept(database: Database, take: Take) -> AsyncIterator[bytes]:
    """What is stored of it, in order, for whoever shows it."""
    async with database.transaction(readonly=True) as tx:
        case = await incidents.get(tx, take.incident)
    if case is not None and case.case_slot is not None:
        async for content in _all(database, case, take):
            yield content


async def end(tx: Transaction, id: str) -> None:
    """It has stopped. Ending it twice changes nothing."""
    take = await store.get(tx, id)
    case = None if take is None else await incidents.get(tx, take.incident)
    if take is not None and case is not None:
        await _end(tx, case, id)
        tx.after_commit(partial(tx.use(Screen).end, take.handset))


async def end_with_case(tx: Transaction, fact: IncidentClosed) -> None:
    """Her phone films no longer than the case is open, also where it could not say that it stopped."""
    case = await incidents.get(tx, fact.incident)
    for id in await store.open_of(tx, fact.incident):
        assert case is not None
        await _end(tx, case, id)
    for handset in await store.handsets(tx, fact.incident):
        tx.after_commit(partial(tx.use(Screen).end, handset))


async def include(tx: Transaction, fact: GrantIssued) -> None:
    """A right that is given while her phone films, or after it has, is one to see that, too."""
    grant = await grant_store.grant(tx, fact.grant)
    if grant is not None and grant.video and grant.ended_at is None:
        await grants.widen(tx, fact.incident, await store.handsets(tx, fact.incident))


async def cut(database: Database, fact: GrantEnded) -> None:
    """Whoever shows it hears that a right is over. In this process it has heard already."""
    database.use(Screen).revoke(fact.grant, fact.why)


async def forget(tx: Transaction, fact: DestructionCertified) -> None:
    """The case's key is dead and its pieces are gone: that there were takes is in the ledger."""
    if fact.scope == "case":
        await store.forget(tx, fact.subject)


class TakeLine(msgspec.Struct, frozen=True, kw_only=True):
    """A take as it is listed. `camera`: what rights call the phone; `until_at`: when its last piece came, null before the first."""

    id: str
    camera: str
    media: str
    from_at: datetime
    until_at: datetime | None
    ended_at: datetime | None
    bytes: int
    sha256: str | None


def line(take: Take) -> TakeLine:
    return TakeLine(
        id=take.id, camera=take.handset, media=take.media, from_at=take.began_at, until_at=take.last_at,
        ended_at=take.ended_at, bytes=take.size, sha256=None if take.sha256 is None else take.sha256.hex(),
    )  # fmt: skip


async def takes(tx: Transaction, incident: str, actor: Actor) -> list[TakeLine]:
    await exportable(tx, incident, actor)
    return [line(take) for take in await store.of_incident(tx, incident)]


class Download(msgspec.Struct, frozen=True, kw_only=True):
    """`size`: bytes in all. `pieces` yields them."""

    name: str
    media: str
    size: int
    sha256: str
    pieces: AsyncIterator[bytes]


async def download(database: Database, id: str, actor: Actor) -> Download:
    """A take that has ended, as one file. That it was taken out is in the ledger before its first byte leaves."""
    async with database.transaction() as tx:
        take = await store.get(tx, id)
        if take is None:
            raise not_found("take")
        case = await exportable(tx, take.incident, actor)
        if take.sha256 is None:
            raise Problem(409, "take.open", "Her phone is still filming", "Take it out when it has stopped.")
        await record(
            tx, actor=actor.id, act="take.downloaded", object=id, incident=case.id, purpose=PURPOSE,
            subject_tag=case.subject_tag, sealed_hash=take.sha256.hex(), details={"bytes": take.size},
        )  # fmt: skip
    return Download(
        name=f"{case.number}-phone-{take.began_at:%Y%m%dT%H%M%SZ}.{take.suffix}",
        media=take.media.partition(";")[0], size=take.size, sha256=take.sha256.hex(),
        pieces=_all(database, case, take),
    )  # fmt: skip


async def _end(tx: Transaction, case: IncidentRow, id: str) -> None:
    """Its hash is that of the file that `download` gives: anybody can compare the two."""
    take = await store.get(tx, id, lock=True)
    if take is None or take.ended_at is not None:
        return
    digest = hashlib.sha256()
    for first in range(0, take.pieces, store.AT_ONCE):
        for content in await _opened(tx, case, id, first):
            digest.update(content)
    await store.end(tx, id, digest.digest())
    seconds = round(((take.last_at or take.began_at) - take.began_at).total_seconds())
    await record(
        tx, actor="person", act="take.ended", object=id, incident=case.id, purpose="emergency",
        subject_tag=case.subject_tag, sealed_hash=digest.hexdigest(),
        details={"camera": take.handset, "bytes": take.size, "count": take.pieces, "seconds": seconds},
    )  # fmt: skip
    tx.publish(TakeEnded(incident=case.id, take=id))


async def _opened(tx: Transaction, case: IncidentRow, take: str, first: int) -> list[bytes]:
    keys, slot = tx.use(Keys), case.case_slot
    assert slot is not None
    return [keys.open(slot, sealed, _context(take, at)) for at, sealed in await store.pieces(tx, take, first)]


async def _all(database: Database, case: IncidentRow, take: Take) -> AsyncIterator[bytes]:
    """A transaction for each stretch: whoever takes it slowly holds up nobody."""
    for first in range(0, take.pieces, store.AT_ONCE):
        try:
            async with database.transaction(readonly=True) as tx:
                contents = await _opened(tx, case, take.id, first)
        except Erased:
            raise destroyed() from None
        for content in contents:
            yield content


def _context(take: str, number: int) -> bytes:
    return f"take/{take}/{number}".encode()
