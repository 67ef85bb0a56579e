"""Escorts over HTTP: what her phone says, and what the dispatcher and the leader do. The scouts speak through their links."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from ansim.city.people import credential
from ansim.city.people.credential import escort_lines
from ansim.city.people.sealed import from_text
from ansim.core.database import Database
from ansim.core.world import World
from ansim.response.escorts import actions, rota, store
from ansim.response.escorts.model import (
    CallerPost,
    DutyLine,
    DutyPost,
    EscortBegun,
    EscortCounts,
    EscortDetail,
    EscortLine,
    EscortPost,
    EscortRow,
    EscortView,
)
from ansim.response.escorts.saying import Said, say
from ansim.response.escorts.showing import detail, view
from ansim.response.signals.model import Secret
from ansim.response.signals.receipts import CentreNames
from ansim.response.signals.sender import Issuers
from ansim.trust.access.guards import address, allow
from ansim.trust.access.limits import Lane, Lanes
from ansim.trust.access.model import Act, Actor
from ansim.trust.ledger.actions import record

Http = Request[Any, Any, Any]
Db = NamedDependency[Database]
Asking = NamedDependency[Actor]
Limits = NamedDependency[Lanes]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]

REMEMBERED = timedelta(hours=1)
"""So long one that has ended is still listed."""


class Own(msgspec.Struct, frozen=True, kw_only=True):
    secret: Secret


class OwnWord(Said, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What she says, with the secret of her booking."""

    secret: Secret


class Assignment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`instead_of`: the pair that the dispatcher saw there, null for none. Where it is another by now, nothing is changed."""

    duty: Id
    instead_of: Id | None = None


class Ending(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the dispatcher was told by telephone: it is cancelled, or she is home."""

    outcome: Literal["cancelled", "arrived"]


class Escorts(msgspec.Struct, frozen=True, kw_only=True):
    counts: EscortCounts
    escorts: list[EscortLine]


@post("/api/escorts", status_code=201)
async def book_escort(
    data: JSONBody[EscortPost], request: Http, database: Db, world: NamedDependency[World], lanes: Limits
) -> Response[EscortBegun]:
    """Ask for two scouts, half an hour ahead. The same id again gets the same answer (200); where nobody is free it is refused
    (409) with the next time at which somebody is.
    """
    lanes.let_in(Lane.TRIP, data.id, address(request))
    verdict = credential.judge(
        data.credential, data.proof, escort_lines(data.id, data.at), issuers=database.use(Issuers),
        now=world.clock.now(),
    )  # fmt: skip
    async with database.transaction() as tx:
        escort, new = await actions.book(tx, data, verdict, from_text(data.sealed), "person")
        begun = _begun(database, escort, actions.secret_of(tx, escort))
    return Response(begun, status_code=201 if new else 200)


@post("/api/escorts/{escort:str}/state", status_code=200)
async def escort_state(escort: FromPath[str], data: JSONBody[Own], database: Db) -> EscortView:
    """What her phone shows of it."""
    async with database.transaction(readonly=True) as tx:
        return await view(tx, await actions.own(tx, escort, data.secret, lock=False), "walker")


@post("/api/escorts/{escort:str}/say", status_code=200)
async def say_escort(
    escort: FromPath[str], data: JSONBody[OwnWord], request: Http, database: Db, lanes: Limits
) -> EscortView:
    """One of her words: met (with the scouts' number), more, arrived, cancel, sos. A wrong number is refused (403) and recorded."""
    lanes.let_in(Lane.ACKNOWLEDGEMENT, escort, address(request))
    said = Said(say=data.say, code=data.code, position=data.position)
    try:
        async with database.transaction() as tx:
            row = await actions.own(tx, escort, data.secret)
            return await view(tx, await say(tx, row, "walker", said, "person"), "walker")
    except actions.WrongNumber as wrong:
        async with database.transaction() as tx:
            await actions.refuse(tx, wrong, "person")
        raise


@post("/api/escort-calls", status_code=201, guards=[allow(Act.ESCORT_DISPATCH)])
async def book_for_caller(data: JSONBody[CallerPost], actor: Asking, database: Db) -> Response[EscortBegun]:
    """Ask for two scouts for somebody who has called. She gets a message with a link of her own; no app, no account."""
    async with database.transaction() as tx:
        escort, new = await actions.book(tx, data, actions.UNKNOWN, None, actor.id)
        begun = _begun(database, escort, actions.secret_of(tx, escort))
    return Response(begun, status_code=201 if new else 200)


@get("/api/escorts", guards=[allow(Act.ESCORT_DISPATCH)])
async def list_escorts(actor: Asking, database: Db) -> Escorts:
    """The escorts of this centre, those that need somebody first. No name and no place."""
    async with database.transaction(readonly=True) as tx:
        lines = await store.lines(tx, actor.centre, tx.at - REMEMBERED)
        return Escorts(counts=await store.counts(tx, actor.centre), escorts=lines)


@get("/api/escorts/{escort:str}", guards=[allow(Act.ESCORT_DISPATCH)])
async def one_escort(escort: FromPath[str], actor: Asking, database: Db) -> EscortDetail:
    """Who, from where to where, and which pairs could go. That it was read is in the ledger, and she finds it."""
    async with database.transaction() as tx:
        row = await actions.of_centre(tx, escort, actor.centre, lock=False)
        await record(
            tx, actor=actor.id, act="escort.viewed", object=row.id, incident=row.id, purpose="escort",
            subject_tag=row.subject_tag,
        )  # fmt: skip
        return await detail(tx, row)


@post("/api/escorts/{escort:str}/assign", status_code=200, guards=[allow(Act.ESCORT_DISPATCH)])
async def assign_escort(escort: FromPath[str], data: JSONBody[Assignment], actor: Asking, database: Db) -> EscortDetail:
    """Confirm a pair that was proposed. Of two dispatchers at once one wins, the other is told (409) who was quicker."""
    async with database.transaction() as tx:
        row = await actions.assign(tx, escort, actor.centre, data.duty, data.instead_of, actor.id)
        return await detail(tx, row)


@post("/api/escorts/{escort:str}/end", status_code=200, guards=[allow(Act.ESCORT_DISPATCH)])
async def end_escort(escort: FromPath[str], data: JSONBody[Ending], actor: Asking, database: Db) -> EscortDetail:
    """End it by what she or the scouts said on the telephone."""
    async with database.transaction() as tx:
        row = await actions.of_centre(tx, escort, actor.centre)
        if data.outcome == "cancelled":
            row = await actions.cancel(tx, row, actor.id)
        else:
            row = await actions.settle(tx, row, actor.id)
        return await detail(tx, row)


@get("/api/escort-duties", guards=[allow(Act.ESCORT_DISPATCH)])
async def list_duties(actor: Asking, database: Db) -> dict[str, list[DutyLine]]:
    """The rota from now on."""
    async with database.transaction(readonly=True) as tx:
        return {"duties": await rota.listed(tx, actor.centre)}


@post("/api/escort-duties", status_code=201, guards=[allow(Act.ESCORT_ROSTER)])
async def plan_duty(data: JSONBody[DutyPost], actor: Asking, database: Db) -> DutyLine:
    """Put a pair on duty: where, how far around, from when until when."""
    async with database.transaction() as tx:
        return await rota.plan(tx, data, actor.centre, actor.id)


@delete("/api/escort-duties/{duty:str}", status_code=204, guards=[allow(Act.ESCORT_ROSTER)])
async def withdraw_duty(duty: FromPath[str], actor: Asking, database: Db) -> None:
    """Take a pair off the rota, unless somebody counts on it (409)."""
    async with database.transaction() as tx:
        await rota.withdraw(tx, duty, actor.centre, actor.id)


def _begun(database: Database, escort: EscortRow, secret: str) -> EscortBegun:
    return EscortBegun(
        escort=escort.id, secret=secret, centre=database.use(CentreNames).named(escort.centre), meet_at=escort.meet_at
    )


ROUTES = [
    book_escort, escort_state, say_escort, book_for_caller, list_escorts, one_escort, assign_escort, end_escort,
    list_duties, plan_duty, withdraw_duty,
]  # fmt: skip
