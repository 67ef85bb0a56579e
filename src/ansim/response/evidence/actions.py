"""The verbs of evidence: save a stretch of a recording for a case, list what was saved, take it out."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import msgspec

from ansim.city.cameras.register import Register
from ansim.city.migration.store import owner_at
from ansim.core.database import Database, Row, Transaction
from ansim.core.errors import Problem, not_found
from ansim.response.evidence import store
from ansim.response.evidence.events import ClipSaved
from ansim.response.evidence.file import ClipFile, ClipFolder, statement_context
from ansim.response.evidence.manifest import (
    DOWNLOADED,
    SAVED,
    SEEN,
    Derived,
    Manifest,
    Part,
    Signed,
    Statement,
    box,
    decode_signed,
    encode_signed,
    sign,
)
from ansim.response.evidence.ports import Mask, Recorded, Redactor
from ansim.response.incidents import store as incidents
from ansim.response.incidents.actions import destroyed, exportable, words_context
from ansim.response.incidents.model import IncidentRow
from ansim.response.watch.along import searched, was_passed
from ansim.trust.access.model import Actor
from ansim.trust.ledger import store as ledger
from ansim.trust.ledger.actions import record
from ansim.trust.ledger.proof import prove
from ansim.trust.ledger.sequencer import Sequencer
from ansim.trust.retention.events import DestructionCertified
from ansim.trust.retention.keys import Erased, Keys

LONGEST = timedelta(minutes=10)
LONGEST_HAND_OUT = timedelta(minutes=2)
"""Of what is made anew: it keeps half a core busy for as long."""
BEFORE = timedelta(hours=1)
"""How long before the signal a clip of a case may begin."""
DAY_BEFORE = timedelta(days=1)
"""The same while two people allow to look back along the way of a missing ward: only where and when she passed."""

PURPOSE = "evidence"


class Clip(msgspec.Struct, frozen=True, kw_only=True):
    """A clip as it is listed; what the signed statement says of it."""

    id: str
    camera: str
    camera_name: str
    from_at: datetime
    until_at: datetime
    bytes: int
    saved_at: datetime
    saved_by: str
    reason: str
    masked_from: str | None
    """The clip that this one was made from, for handing out; null for what the camera sent."""


async def save(
    database: Database, id: str, actor: Actor, camera: str, start: datetime, end: datetime, reason: str
) -> Clip:
    """Cut it, seal it under the case key, sign what it is, and write it down. Nothing of it is kept when any of that fails."""
    async with database.transaction(readonly=True) as tx:
        incident = await exportable(tx, id, actor)
        looked_back = await searched(tx, incident)
        _fits(tx, incident, start, end, DAY_BEFORE if looked_back else BEFORE)
        early = start < incident.received_at - BEFORE
        permitted = not early and await store.was_permitted(tx, id, camera)
        if not permitted and not (looked_back and await was_passed(tx, incident, camera, start, end)):
            raise Problem(403, "clip.camera", "This camera was never opened for the case", field="camera")
    clip, folder = database.world.id(), database.use(ClipFolder)
    path = folder.of(id, clip)
    try:
        parts = await _seal(database, incident, clip, camera, start, end)
        if not parts:
            async with database.transaction(readonly=True) as tx:
                owner = await owner_at(tx, camera, start)
            elsewhere = "The system before this one answered for it then: ask there."
            detail = elsewhere if owner == "old" else "Choose another time or camera."
            raise Problem(409, "clip.nothing", "Nothing was recorded there", detail)
        async with database.transaction() as tx:
            return await _keep(tx, await exportable(tx, id, actor), actor, clip, camera, start, end, reason, parts)
    except BaseException:
        await asyncio.to_thread(path.unlink, missing_ok=True)
        raise


async def clips(tx: Transaction, id: str, actor: Actor) -> list[Clip]:
    incident = await exportable(tx, id, actor)
    return [_shown(row, _read(tx, row, incident).statement) for row in await store.of_incident(tx, id)]


async def hand_out(database: Database, source: str, actor: Actor, masks: Sequence[Mask], reason: str) -> Clip:
    """A second clip, made of one for somebody outside: masked, with who took it in every picture. It lives and dies with the
    case like the first, and is downloaded and checked like it.
    """
    async with database.transaction(readonly=True) as tx:
        incident, signed = await _open(tx, source, actor)
    before = signed.statement
    if before.derived is not None:
        raise Problem(
            409, "clip.derived", "This clip was made from another", "Take that one.", clip=before.derived.clip
        )
    if before.end - before.start > LONGEST_HAND_OUT:
        seconds = f"{LONGEST_HAND_OUT.total_seconds():.0f}"
        raise Problem(409, "clip.long", "This clip is too long to be made anew", f"Save one of at most {seconds} s.")
    _cover(masks, (before.end - before.start).total_seconds())
    clip, at = database.world.id(), database.world.clock.now()
    words = f"{incident.number} {clip[-8:]} {actor.id} {at:%Y-%m-%d %H:%M}Z"
    path = database.use(ClipFolder).of(incident.id, clip)
    try:
        parts = await asyncio.to_thread(_remake, database, incident, before, clip, masks, words)
        async with database.transaction() as tx:
            owned = await exportable(tx, incident.id, actor)
            derived = Derived(clip=source, masks=list(masks), words=words)
            return await _keep(
                tx, owned, actor, clip, before.camera, before.asked_start, before.asked_end, reason, parts, derived
            )
    except BaseException:
        await asyncio.to_thread(path.unlink, missing_ok=True)
        raise


class Stills(msgspec.Struct, frozen=True, kw_only=True):
    """The pictures of a clip that can be seen one by one: at which of its seconds each stands. Of one made anew also what is masked in it."""

    at_s: list[float]
    masks: list[Mask]


async def stills(tx: Transaction, clip: str, actor: Actor) -> Stills:
    _, signed = await _open(tx, clip, actor)
    statement = signed.statement
    at_s = [round((part.start - statement.start).total_seconds(), 3) for part in statement.parts if part.frames]
    return Stills(at_s=at_s, masks=[] if statement.derived is None else statement.derived.masks)


async def still(database: Database, clip: str, number: int, actor: Actor) -> bytes:
    """One of them, to see whom to mask: JPEG. It is in the ledger before it is opened."""
    async with database.transaction() as tx:
        incident, signed = await _open(tx, clip, actor)
        statement = signed.statement
        shown = [at for at, part in enumerate(statement.parts) if part.frames]
        if not 0 <= number < len(shown):
            raise not_found("still")
        part = statement.parts[shown[number]]
        await record(
            tx, actor=actor.id, act=SEEN, object=clip, incident=incident.id, purpose=PURPOSE,
            subject_tag=incident.subject_tag,
            details={
                "camera": statement.camera, "frames": 1,
                "seconds": round((part.start - statement.start).total_seconds()),
            },
        )  # fmt: skip
    return await asyncio.to_thread(_still, database, incident, statement, shown[number])


def _still(database: Database, incident: IncidentRow, statement: Statement, part: int) -> bytes:
    """Blocking. A part that goes on with a long group of pictures is decoded from its beginning, further back."""
    file, redactor = _file(database, incident, statement.clip), database.use(Redactor)
    try:
        for first in range(part, 0, -1):
            before = sum(one.frames for one in statement.parts[first:part])
            with suppress(ValueError):
                return redactor.still(file.between(first, part), before)
    except (Erased, FileNotFoundError):
        raise destroyed() from None
    raise Problem(409, "clip.undecodable", "This picture cannot be shown", "Choose another one.")


class Download(msgspec.Struct, frozen=True, kw_only=True):
    """`size`: bytes in all. `pieces` yields them."""

    name: str
    size: int
    pieces: AsyncIterator[bytes]


async def download(database: Database, clip: str, actor: Actor) -> Download:
    """The clip with its manifest. That it was taken out is in the ledger, and in the file, before its first byte leaves."""
    sequencer = database.use(Sequencer)
    async with database.transaction() as tx:
        incident, signed = await _open(tx, clip, actor)
        statement = signed.statement
        await record(
            tx, actor=actor.id, act=DOWNLOADED, object=clip, incident=incident.id, purpose=PURPOSE,
            subject_tag=incident.subject_tag, details={"camera": statement.camera, "bytes": statement.size},
        )  # fmt: skip
    await sequencer.settle()
    async with database.transaction(readonly=True) as tx:
        leaves = [one for one in await ledger.of_incident(tx, incident.id) if one.entry.object == clip]
        proof = await prove(tx, leaves, sequencer.verifier, [witness.verifier for witness in sequencer.witnesses])
    if proof is None:
        raise Problem(503, "clip.unproven", "The ledger is not settled yet", "Try again.", retry_after_s=1)
    last = box(Manifest(statement=signed.statement, signature=signed.signature, proof=proof))
    return Download(
        name=f"{incident.number}-{statement.camera}-{statement.start:%Y%m%dT%H%M%SZ}.mp4",
        size=statement.size + len(last),
        pieces=_pieces(database, incident, clip, last),
    )


async def take_files_away(database: Database, fact: DestructionCertified) -> None:
    """The case's key is dead: what it sealed need not lie there either."""
    if fact.scope == "case":
        folder = database.use(ClipFolder).path / fact.subject
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def orphans(tx: Transaction, lying: set[tuple[str, str]]) -> list[str]:
    """Clips without their file, and files that are no clip."""
    known = await store.ids(tx)
    return [
        *(f"a clip has lost its file: {clip}" for _, clip in sorted(known - lying)),
        *(f"a file is no clip of any case: {case}/{name}" for case, name in sorted(lying - known)),
    ]


async def _open(tx: Transaction, clip: str, actor: Actor) -> tuple[IncidentRow, Signed]:
    """Of a clip of her case: the case, and what is stated of the clip."""
    row = await store.get(tx, clip)
    if row is None:
        raise not_found("clip")
    incident = await exportable(tx, row["incident"], actor)
    return incident, _read(tx, row, incident)


def _cover(masks: Sequence[Mask], length_s: float) -> None:
    """Each covers something: what is signed as masked is."""
    for at, mask in enumerate(masks):
        until_s = length_s if mask.until_s is None else mask.until_s
        if not (mask.width and mask.height and mask.x < 1 and mask.y < 1):
            raise _covers_nothing(at, "It has no width or height, or lies outside the picture.")
        if not mask.from_s < min(until_s, length_s):
            raise _covers_nothing(at, f"It begins after it ends, or after the clip does, at {length_s:.1f} s.")


def _covers_nothing(at: int, rule: str) -> Problem:
    return Problem(422, "mask.nothing", "This mask covers nothing", rule, field=f"masks[{at}]")


def _fits(tx: Transaction, incident: IncidentRow, start: datetime, end: datetime, before: timedelta) -> None:
    def refuse(field: str, rule: str) -> Problem:
        return Problem(422, "clip.time", "This time does not fit", rule, field=field)

    if end <= start:
        raise refuse("until", "It ends after it begins.")
    if end - start > LONGEST:
        raise refuse("until", f"A clip is at most {LONGEST.total_seconds():.0f} s long; save several.")
    if start < incident.received_at - before:
        raise refuse("from", f"It begins at most {before.total_seconds():.0f} s before the signal.")
    if end > (incident.closed_at or tx.at) + timedelta(seconds=1):
        raise refuse("until", "It ends now, or when the case was closed.")


async def _seal(
    database: Database, incident: IncidentRow, clip: str, camera: str, start: datetime, end: datetime
) -> list[Part]:
    """Cut and sealed into its file, part by part: a long clip needs no more memory than a short one."""
    file, parts = _file(database, incident, clip), list[Part]()
    async for stretch in database.use(Recorded).cut(camera, start, end):
        parts.append(await asyncio.to_thread(file.add, len(parts), stretch))
    if parts:
        await asyncio.to_thread(file.make_durable)
    return parts


def _remake(
    database: Database, incident: IncidentRow, before: Statement, clip: str, masks: Sequence[Mask], words: str
) -> list[Part]:
    """Blocking: decoded, masked, encoded and sealed again, without a byte of it in the clear on the disk."""
    file, pieces = _file(database, incident, clip), _file(database, incident, before.clip).parts()
    made = database.use(Redactor).redact(pieces, masks, words, before.start)
    parts = [file.add(number, stretch) for number, stretch in enumerate(made)]
    file.make_durable()
    return parts


def _file(database: Database, incident: IncidentRow, clip: str) -> ClipFile:
    assert incident.case_slot is not None
    return ClipFile(database.use(Keys), incident.case_slot, database.use(ClipFolder).of(incident.id, clip), clip)


async def _keep(
    tx: Transaction, incident: IncidentRow, actor: Actor, clip: str, camera: str, start: datetime, end: datetime,
    reason: str, parts: list[Part], derived: Derived | None = None,
) -> Clip:  # fmt: skip
    sequencer, keys = tx.use(Sequencer), tx.use(Keys)
    assert incident.case_slot is not None
    known = tx.use(Register).sight.cameras.get(camera)
    statement = Statement(
        centre=sequencer.origin, clip=clip, incident=incident.id, number=incident.number, camera=camera,
        camera_name=known.name if known else camera, asked_start=start, asked_end=end, start=parts[0].start,
        end=parts[-1].end, saved_at=tx.at, saved_by=actor.id, reason=reason, parts=parts, derived=derived,
    )  # fmt: skip
    sealed = keys.seal(incident.case_slot, encode_signed(sign(statement, sequencer.sign)), statement_context(clip))
    await store.insert(
        tx, id=clip, incident=incident.id, camera=camera, from_at=statement.start, until_at=statement.end,
        bytes=statement.size, saved_by=actor.id, sealed=sealed,
    )  # fmt: skip
    await record(
        tx, actor=actor.id, act=SAVED, object=clip, incident=incident.id, purpose=PURPOSE,
        subject_tag=incident.subject_tag, sealed_hash=statement.hash(),
        details={
            "camera": camera, "bytes": statement.size, "frames": statement.frames,
            "seconds": round((statement.end - statement.start).total_seconds()),
            "kind": "as-sent" if derived is None else "masked",
        },
    )  # fmt: skip
    words = keys.seal(incident.case_slot, reason.encode(), words_context(incident.id))
    incidents.note(tx, tx.world.id(), incident.id, SAVED, actor.id, words)
    tx.publish(ClipSaved(incident=incident.id, clip=clip))
    row = await store.get(tx, clip)
    assert row is not None
    return _shown(row, statement)


def _shown(row: Row, statement: Statement) -> Clip:
    return Clip(
        id=row["id"], camera=row["camera"], camera_name=statement.camera_name, from_at=row["from_at"],
        until_at=row["until_at"], bytes=row["bytes"], saved_at=row["saved_at"],
        saved_by=row["saved_by_name"] or row["saved_by"], reason=statement.reason,
        masked_from=None if statement.derived is None else statement.derived.clip,
    )  # fmt: skip


def _read(tx: Transaction, row: Row, incident: IncidentRow) -> Signed:
    assert incident.case_slot is not None
    try:
        return decode_signed(tx.use(Keys).open(incident.case_slot, bytes(row["sealed"]), statement_context(row["id"])))
    except Erased:
        raise destroyed() from None


async def _pieces(database: Database, incident: IncidentRow, clip: str, last: bytes) -> AsyncIterator[bytes]:
    parts = _file(database, incident, clip).parts()
    try:
        while (content := await asyncio.to_thread(next, parts, None)) is not None:
            yield content
        yield last
    finally:
        parts.close()
