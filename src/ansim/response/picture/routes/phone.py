"""Her phone: taking it back, writing to the operator, where she is, what has become of it."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from ansim.city.people.contacts import check_code
from ansim.core.errors import Problem
from ansim.response.incidents import actions as incidents
from ansim.response.incidents import store as incident_store
from ansim.response.incidents.person import known_of
from ansim.response.picture import assemble
from ansim.response.picture.model import PhoneState
from ansim.response.picture.routes.fixes import FixesTaken, Untried, keep
from ansim.response.picture.routes.shared import Db, Http, Words
from ansim.response.signals import actions as signals
from ansim.response.signals.model import Secret
from ansim.response.tracking.model import judged
from ansim.trust.access.guards import address
from ansim.trust.access.limits import Lane, Lanes


class Code(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    secret: Secret
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]


class Said(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    secret: Secret
    text: Words


class Own(msgspec.Struct, frozen=True, kw_only=True):
    secret: Secret


class Cancelled(msgspec.Struct, frozen=True, kw_only=True):
    state: str


class Fixes(msgspec.Struct, frozen=True, kw_only=True):
    signal: Annotated[str, msgspec.Meta(max_length=64)]
    secret: Secret
    positions: Untried


@post("/api/signals/{signal:str}/cancel", status_code=200)
async def cancel(
    signal: FromPath[str], data: JSONBody[Code], request: Http, database: Db, lanes: NamedDependency[Lanes]
) -> Cancelled:
    """Take an SOS back with the person's code. The answer to the duress code is the same to the byte."""
    lanes.let_in(Lane.ACKNOWLEDGEMENT, signal, address(request))
    async with database.transaction() as tx:
        row = await signals.own(tx, signal, data.secret)
        known = await known_of(tx, row["incident"])
        verdict = "cancel" if known is None else check_code(known, data.code)
        if verdict == "wrong":
            raise Problem(403, "cancel.code", "This is not the code", "Try again.", field="code")
        said = signals.cancelled if verdict == "cancel" else signals.duress
        await said(tx, row["id"], row["incident"], row["subject_tag"])
    return Cancelled(state="cancelled")


@post("/api/signals/{signal:str}/messages", status_code=204)
async def person_says(
    signal: FromPath[str], data: JSONBody[Said], request: Http, database: Db, lanes: NamedDependency[Lanes]
) -> None:
    """Write to the operator."""
    lanes.let_in(Lane.ACKNOWLEDGEMENT, signal, address(request))
    async with database.transaction() as tx:
        row = await signals.own(tx, signal, data.secret)
        incident = await incident_store.locked(tx, row["incident"])
        assert incident is not None
        await incidents.say(tx, incident, "person", data.text)


@post("/api/signals/{signal:str}/state", status_code=200)
async def phone_state(signal: FromPath[str], data: JSONBody[Own], database: Db) -> PhoneState:
    """What her phone shows: who has taken it, who has been told, what was said."""
    async with database.transaction(readonly=True) as tx:
        return await assemble.phone_state(tx, await signals.own(tx, signal, data.secret))


@post("/api/positions", status_code=200)
async def positions(data: JSONBody[Fixes], request: Http, database: Db, lanes: NamedDependency[Lanes]) -> FixesTaken:
    """Where she is now, and where she was while she had no network. Refused once the case is closed."""
    lanes.let_in(Lane.POSITION, data.signal, address(request))
    good, rejected = judged(data.positions)
    async with database.transaction() as tx:
        row = await signals.own(tx, data.signal, data.secret)
        await keep(tx, row["incident"], good)
    return FixesTaken(accepted=len(good), rejected=rejected)


ROUTES = [cancel, person_says, phone_state, positions]
