"""What guardians and wards say through their links."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from ansim.core.database import Transaction
from ansim.core.errors import Problem, not_found
from ansim.core.position import Position
from ansim.response.picture.model import WardedLink, WardLink
from ansim.response.picture.routes.fixes import FixesTaken, keep
from ansim.response.picture.routes.link import bound, browser_of
from ansim.response.picture.routes.shared import Db, Http
from ansim.response.picture.wards import link_state
from ansim.response.signals.model import Arrival, ClientId
from ansim.response.signals.ports import Intake
from ansim.response.tracking.model import judged
from ansim.response.wards import actions, store
from ansim.response.wards.hearing import hear
from ansim.response.wards.model import LastPlace, WardRow
from ansim.response.wards.showing import last_place
from ansim.trust.access.guards import address
from ansim.trust.access.limits import Lane, Lanes
from ansim.trust.grants.model import Link

Limits = NamedDependency[Lanes]


class GuardianAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """She is with her; she is looking for her; she cannot find her, which calls for help at once; she takes her consent back, which ends it
    (only the first of the guardians, and no order)."""

    answer: Literal["with-me", "looking", "missing", "take-back"]


class CheckAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`position` only if she wants to; it is held against her zones and not kept."""

    answer: Literal["well", "help"]
    position: Position | None = None


class WardFixes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """None is a sign of life alone."""

    positions: list[object] = []


class WardSos(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same `id` again is the same signal."""

    id: ClientId
    position: Position | None = None


class WardReceived(msgspec.Struct, frozen=True, kw_only=True):
    """The answer that means: stored."""

    receipt: str
    received_at: datetime


@post("/api/links/{token:str}/ward", status_code=200)
async def guardian_answers(
    token: FromPath[str], data: JSONBody[GuardianAnswer], request: Http, database: Db, lanes: Limits
) -> WardLink | WardedLink:
    """What a guardian says of her ward."""
    async with database.transaction() as tx:
        link, ward = await _ward(tx, token, request, "guardian")
        lanes.let_in(Lane.ACKNOWLEDGEMENT, link.id, address(request))
        actor = f"link:{link.id}"
        match data.answer:
            case "with-me" | "looking":
                ward = await actions.in_hand(tx, ward, link.subject, actor)
            case "missing":
                ward = await actions.call_for_help(tx, ward, "missing", actor)
            case "take-back":
                ward = await actions.take_back(tx, ward, link.subject, actor)
        return await link_state(tx, link, ward)


@post("/api/links/{token:str}/ward-place", status_code=200)
async def ward_place(token: FromPath[str], request: Http, database: Db, lanes: Limits) -> LastPlace:
    """Where she was last heard, for a guardian, and only while she has left, entered, is silent or missing (else 409). Each time is in the
    ledger before it is shown.
    """
    async with database.transaction() as tx:
        link, ward = await _ward(tx, token, request, "guardian")
        lanes.let_in(Lane.ACKNOWLEDGEMENT, link.id, address(request))
        return await last_place(tx, ward, f"link:{link.id}")


@post("/api/links/{token:str}/check", status_code=200)
async def ward_checked(
    token: FromPath[str], data: JSONBody[CheckAnswer], request: Http, database: Db, lanes: Limits
) -> WardLink | WardedLink:
    """The ward's answer to the question of the day."""
    async with database.transaction() as tx:
        link, ward = await _ward(tx, token, request, "ward")
        lanes.let_in(Lane.ACKNOWLEDGEMENT, link.id, address(request))
        actor = f"link:{link.id}"
        if data.answer == "well":
            ward = await actions.well(tx, ward, data.position, actor)
        else:
            ward = await actions.needs_help(tx, ward, actor)
        return await link_state(tx, link, ward)


@post("/api/links/{token:str}/ward-positions", status_code=200)
async def ward_positions(
    token: FromPath[str], data: JSONBody[WardFixes], request: Http, database: Db, lanes: Limits
) -> FixesTaken:
    """Where the ward is, while her page is open and she shares it."""
    lanes.let_in(Lane.POSITION, token, address(request))
    if len(data.positions) > MOST:
        raise Problem(422, "ward.positions", "Too many at once", f"At most {MOST}.", field="positions")
    good, rejected = judged(data.positions)
    async with database.transaction() as tx:
        # Her case first, then she: in the order of everybody who holds both.
        link = await bound(tx, token, browser_of(request))
        known = await store.get(tx, link.incident)
        if good and known is not None and known.incident is not None:
            await keep(tx, known.incident, good)
        _, ward = await _ward(tx, token, request, "ward")
        await hear(tx, [(ward, good)])
    return FixesTaken(accepted=len(good), rejected=rejected)


@post("/api/links/{token:str}/ward-sos", status_code=201)
async def ward_calls(
    token: FromPath[str], data: JSONBody[WardSos], request: Http, database: Db, intake: NamedDependency[Intake],
    lanes: Limits,
) -> WardReceived:  # fmt: skip
    """The ward presses SOS on her page: a signal at once, as from a device of hers."""
    async with database.transaction(readonly=True) as tx:
        link = await bound(tx, token, browser_of(request))
        ward = await store.get(tx, link.incident)
        if ward is None or link.kind != "ward":
            raise not_found("link")
        if not ward.open or ward.person is None:
            raise _over()
        now = tx.at
    admitted = lanes.admit(Lane.SOS, ward.person, address(request))
    receipt = await intake.submit(
        Arrival(
            source="ward", client_id=f"{ward.id}-{data.id}", kind="ward", trigger="button", silent=False, occurred_at=now,
            position=data.position, battery=None, person=ward.person, verdict="verified", contacts=None,
        ),
        admitted.rank,
    )  # fmt: skip
    return WardReceived(receipt=receipt.receipt, received_at=receipt.received_at)


MOST = 500


async def _ward(tx: Transaction, token: str, request: Http, kind: str) -> tuple[Link, WardRow]:
    """The ward behind this link, held until the commit, for whom it is for. Raises Problem 404, and 410 at its end."""
    link = await bound(tx, token, browser_of(request))
    ward = await store.locked(tx, link.incident)
    if ward is None or link.kind != kind:
        raise not_found("link")
    if link.ended_at is not None or link.until_at <= tx.at or not ward.open:
        raise _over()
    return link, ward


def _over() -> Problem:
    return Problem(410, "ward.ended", "The watch over her has ended", "Nothing of her way is kept any more.")


ROUTES = [guardian_answers, ward_place, ward_checked, ward_positions, ward_calls]
