"""The ledger over HTTP: all of it to those who watch the watchers, to an operator her own, to her what is hers."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
from litestar import MediaType, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter, QueryParameter
from litestar.response import Stream

from ansim.core.database import Database, Transaction
from ansim.core.errors import Problem, not_found
from ansim.trust.access.guards import address, allow
from ansim.trust.access.limits import Lane, Lanes
from ansim.trust.access.model import Act, Actor, Role, allowed
from ansim.trust.ledger import store
from ansim.trust.ledger.actions import record
from ansim.trust.ledger.checkpoint import Verifier, read, signed_by
from ansim.trust.ledger.export import export
from ansim.trust.ledger.model import instant, subject_tag
from ansim.trust.ledger.proof import Proof, prove, with_cosignatures
from ansim.trust.ledger.sequencer import Sequencer

Db = NamedDependency[Database]
Asking = NamedDependency[Actor]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]

_OVERSEERS = (Act.LEDGER_VIEW, Role.ADMINISTRATOR)
_READERS = (*_OVERSEERS, Role.OPERATOR, Role.OFFICER)
_LAST = 2**53
_HERS = 5000


class Who(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`name` only for accounts of this centre, and never to a citizen."""

    id: str
    role: str
    name: str | None = None


class LedgerEntry(msgspec.Struct, frozen=True, kw_only=True):
    """`seq` is null for the second until the entry has its place. `leaf_hash` is base64."""

    seq: int | None
    id: str
    at: str
    actor: Who
    act: str
    object: str
    incident: str | None
    purpose: str
    seconds: int | None
    bytes: int | None
    result: str | None
    details: dict[str, str | int]
    leaf_hash: str


class ShownCheckpoint(msgspec.Struct, frozen=True, kw_only=True):
    """The last signed tree head: `root` in base64, `signature` the whole note, `witnesses` those that signed it."""

    size: int
    root: str
    at: str
    signature: str
    witnesses: list[str]


class ShownWitness(msgspec.Struct, frozen=True, kw_only=True):
    """A witness that is to sign every checkpoint: the last one that it signed by its size, when we heard of it, and whether
    one that came after has been waiting for it too long. `size` is 0 before its first."""

    name: str
    size: int
    at: str | None
    late: bool


class LedgerPage(msgspec.Struct, frozen=True, kw_only=True):
    """`size`: how many entries have their place. `witnesses`: all that were appointed."""

    entries: list[LedgerEntry]
    size: int
    checkpoint: ShownCheckpoint | None
    witnesses: list[ShownWitness]


class HerCase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An incident and the secret of its receipt, or a trip or an escort and its secret: only her phone has them. A ward's stands on paper."""

    incident: Id
    secret: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class RecordRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    items: Annotated[list[HerCase], msgspec.Meta(max_length=50)]


class HerRecord(msgspec.Struct, frozen=True, kw_only=True):
    entries: list[LedgerEntry]


def _name(parameter: str) -> QueryParameter:
    # No other letters: a name that no entry can have is a mistake worth telling.
    return QueryParameter(name=parameter, pattern=r"^[A-Za-z0-9:._/@+-]{1,128}$")


@get("/api/ledger", guards=[allow(*_READERS)])
async def list_entries(
    actor: Asking,
    database: Db,
    incident: Annotated[str | None, _name("incident")] = None,
    by: Annotated[str | None, _name("actor")] = None,
    act: Annotated[str | None, _name("act")] = None,
    after: Annotated[int | None, QueryParameter(ge=-1, le=_LAST)] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=500)] = 100,
) -> LedgerPage:
    """Newest first, or onwards from `after`; to an operator only her own. `act` finds whole words from the left."""
    async with database.transaction(readonly=True) as tx:
        found = await store.search(
            tx, incident=incident, actor=by, act=act, after=after, only_actor=_only(actor), limit=limit
        )
        names = await store.actors(tx, sorted({each.entry.actor for each in found}))
        size = await store.size(tx)
        sequencer = database.use(Sequencer)
        head = await _head(tx, sequencer)
        witnesses = [await _witness(tx, sequencer, witness.verifier) for witness in sequencer.witnesses]
    return LedgerPage(entries=[_shown(each, names) for each in found], size=size, checkpoint=head, witnesses=witnesses)


@get("/api/ledger/checkpoint", media_type=MediaType.TEXT, guards=[allow(*_READERS)])
async def last_checkpoint(database: Db) -> str:
    """The last signed tree head with its cosignatures: a note in the form of C2SP."""
    async with database.transaction(readonly=True) as tx:
        last = await store.last_checkpoint(tx)
        if last is None:
            raise not_found("checkpoint")
        return await with_cosignatures(tx, last)


@get("/api/ledger/{seq:int}/proof", guards=[allow(*_READERS)])
async def proof_of_entry(seq: Annotated[int, PathParameter(ge=0, le=_LAST)], actor: Asking, database: Db) -> Proof:
    """What shows, without us, that this entry stands in the ledger: for `ansim verify` and the stand-alone checker."""
    sequencer = database.use(Sequencer)
    async with database.transaction(readonly=True) as tx:
        leaf = await store.entry_at(tx, seq)
        last = await store.last_checkpoint(tx)
    if leaf is None or _only(actor) not in (None, leaf.entry.actor):
        raise not_found("entry")
    if last is None or seq >= last.size:
        await sequencer.settle()
    return await _proof(database, sequencer, [leaf])


@get("/api/ledger/export", guards=[allow(*_OVERSEERS)])
async def export_all(
    actor: Asking, database: Db, incident: Annotated[str | None, _name("incident")] = None
) -> Response[Any]:
    """The whole ledger, or the entries of one incident with their proofs, as one file to be checked offline.

    Taking it is itself an entry, and the file has it.
    """
    sequencer = database.use(Sequencer)
    async with database.transaction() as tx:
        await record(
            tx, actor=actor.id, act="ledger.exported", object=incident or "ledger", incident=incident, purpose="audit"
        )
    await sequencer.settle()
    name = f"ledger-{sequencer.origin}{f'-{incident}' if incident else ''}.json"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    if incident is None:
        witnesses = [witness.verifier for witness in sequencer.witnesses]
        pieces = export(database, sequencer.verifier, witnesses)
        return Stream(pieces, media_type=MediaType.JSON, headers=headers)
    async with database.transaction(readonly=True) as tx:
        leaves = await store.of_incident(tx, incident)
    return Response(await _proof(database, sequencer, leaves), headers=headers)


@post("/api/record", status_code=200)
async def her_record(
    data: JSONBody[RecordRequest], request: Request[Any, Any, Any], database: Db, lanes: NamedDependency[Lanes]
) -> HerRecord:
    """Who saw me: the entries about her cases, trips and escorts, for whoever holds their secrets.

    Only of those that are over: while one is open, whoever took her phone must not learn that help is coming.
    A wrong secret gets what a case without entries gets: nothing. Of who looked she is told the role, not the name.
    """
    came_from = address(request)
    lanes.let_in(Lane.ACKNOWLEDGEMENT, data.items[0].incident if data.items else came_from, came_from)
    tags = [subject_tag(item.secret, item.incident) for item in data.items]
    async with database.transaction(readonly=True) as tx:
        found = await store.of_closed_cases(tx, tags, _HERS)
        names = await store.actors(tx, sorted({each.entry.actor for each in found}))
    without = {id: (None, role) for id, (_, role) in names.items()}
    return HerRecord(entries=[_shown(each, without) for each in found])


ROUTES = [list_entries, last_checkpoint, proof_of_entry, export_all, her_record]


def _only(actor: Actor) -> str | None:
    """Whose entries alone the actor may read; None: everybody's."""
    return None if actor.role is Role.ADMINISTRATOR or allowed(actor.role, Act.LEDGER_VIEW) else actor.id


def _shown(placed: store.Placed, names: Mapping[str, tuple[str | None, str]]) -> LedgerEntry:
    entry, details = placed.entry, placed.entry.details
    name, role = names.get(entry.actor, (None, ""))
    seconds, size, result = (details.get(key) for key in ("seconds", "bytes", "result"))
    return LedgerEntry(
        seq=placed.seq,
        id=entry.id,
        at=entry.at,
        actor=Who(id=entry.actor, role=role or str(details.get("role", "")), name=name),
        act=entry.act,
        object=entry.object,
        incident=entry.incident,
        purpose=entry.purpose,
        seconds=seconds if isinstance(seconds, int) else None,
        bytes=size if isinstance(size, int) else None,
        result=None if result is None else str(result),
        details=details,
        leaf_hash=b64encode(placed.hash or entry.leaf()).decode(),
    )


async def _head(tx: Transaction, sequencer: Sequencer) -> ShownCheckpoint | None:
    last = await store.last_checkpoint(tx)
    if last is None:
        return None
    note = await with_cosignatures(tx, last)
    head, _ = read(note)
    return ShownCheckpoint(
        size=head.size,
        root=b64encode(head.root).decode(),
        at=instant(last.at),
        signature=note,
        witnesses=[by.name for by in signed_by(note, [witness.verifier for witness in sequencer.witnesses])],
    )


async def _witness(tx: Transaction, sequencer: Sequencer, verifier: Verifier) -> ShownWitness:
    last = await store.newest_cosignature(tx, verifier.name)
    size = 0 if last is None else last.size
    waits_since = await store.first_checkpoint_after(tx, size)
    late = waits_since is not None and (tx.at - waits_since).total_seconds() > sequencer.witness_within_s
    return ShownWitness(name=verifier.name, size=size, at=None if last is None else instant(last.at), late=late)


async def _proof(database: Database, sequencer: Sequencer, leaves: Sequence[store.Placed]) -> Proof:
    async with database.transaction(readonly=True) as tx:
        witnesses = [witness.verifier for witness in sequencer.witnesses]
        proof = await prove(tx, leaves, sequencer.verifier, witnesses)
    if proof is None:
        raise Problem(503, "ledger.waiting", "Not under a signed head yet", "Try again in a second.", retry_after_s=1)
    return proof
