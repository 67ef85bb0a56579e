"""Asking an agency, hearing its answer, giving its officer a way to see."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog

from ansim.core.database import Database, Transaction
from ansim.core.errors import Problem, Unavailable, not_found
from ansim.core.position import Position
from ansim.response.dispatch import store
from ansim.response.dispatch.events import DispatchAnswered, DispatchRequested, DispatchUnanswered, UnitMoved
from ansim.response.dispatch.model import ANSWER_WITHIN, AgencyLine, Dispatch
from ansim.response.dispatch.ports import Ask, Gateways, Names, NoAnswer, UnitPlace
from ansim.response.incidents import actions as incidents_actions
from ansim.response.incidents import store as incidents
from ansim.response.incidents.actions import said
from ansim.response.incidents.events import IncidentClosed
from ansim.response.incidents.model import IncidentRow
from ansim.response.tracking.actions import track
from ansim.trust.grants import actions as grants
from ansim.trust.grants import store as grant_store
from ansim.trust.grants.model import EndedWhy

log = structlog.get_logger()
UNANSWERED = "dispatch.unanswered"
PURPOSE = "dispatch"


class Lines:
    """Wired at start: where links lead to, what places and centres are called, and which number stands for a line."""

    def __init__(self, origin: str, names: Names, phones: Mapping[str, str]) -> None:
        self.origin = origin
        self.names = names
        self.units: dict[str, UnitPlace] = {}
        self.handing: set[str] = set()
        self._phones = phones
        self._standing: dict[str, AgencyLine] = {}

    def standing(self, gateways: Gateways, now: datetime) -> dict[str, AgencyLine]:
        """Each agency's line as it is; `since` is when it was first seen to be so."""
        for agency, gateway in gateways.items():
            before, up = self._standing.get(agency), gateway.up()
            if before is None or before.up is not up:
                number = self._phones.get(agency, agency)
                self._standing[agency] = AgencyLine(up=up, since=now, number=number)
        return dict(self._standing)


async def request(tx: Transaction, incident_id: str, actor: str, agency: str) -> str:
    """Ask 112 or 119 for help. The request leaves after the commit."""
    incident = await incidents_actions.own(tx, incident_id, actor)
    if not incident.open:
        raise Problem(409, "incident.state", "The case is closed")
    if agency not in tx.use(Gateways):
        raise Problem(422, "dispatch.agency", "There is no line to this agency", "Use 112 or 119.", field="agency")
    id = tx.world.id()
    if not await store.insert(tx, id, incident_id, agency, actor):
        # No case is dispatched twice; but a request that nobody answered may be sent again.
        unanswered = await store.unanswered(tx, incident_id, agency)
        if unanswered is None or not await store.move(tx, unanswered, "requested", requested_at=tx.at):
            raise Problem(409, "dispatch.open", "This agency has been asked already", agency=agency)
        id = unanswered
    await incidents.set_first(tx, incident_id, "requested_at", tx.at)
    await said(tx, incident, "dispatch.requested", actor, agency=agency)
    tx.arm(UNANSWERED, id, tx.at + ANSWER_WITHIN)
    tx.publish(DispatchRequested(dispatch=id, incident=incident_id, agency=agency))
    return id


async def ask(database: Database, fact: DispatchRequested) -> None:
    """Errand: carry the request to the agency. Not getting through is an answer the operator must see."""
    async with database.transaction(readonly=True) as tx:
        dispatch = await store.get(tx, fact.dispatch)
        incident = await incidents.get(tx, fact.incident)
        if dispatch is None or incident is None or not incident.open:
            return
        # One without a reference is asked (again): we were away when it should have been asked, or it was, has answered
        # already, and its reference got lost on its way into our record.
        if dispatch.state != "requested" and dispatch.reference is not None:
            return
        fixes = await track(tx, incident.id, incident.track_slot)
        message = _ask(dispatch, incident, fixes[-1] if fixes else None, database.use(Lines).names)
    try:
        reference = await database.use(Gateways)[fact.agency].ask(message)
    except NoAnswer:
        async with database.transaction() as tx:
            await no_answer(tx, fact.dispatch)
        return
    async with database.transaction() as tx:
        await store.set_reference(tx, fact.dispatch, reference)


async def answered(
    tx: Transaction,
    id: str,
    state: str,
    *,
    reason: str | None = None,
    unit: str | None = None,
    eta_s: int | None = None,
) -> Dispatch:
    """The agency spoke. Raises Problem 404 for a request that is none, 409 for an answer that does not fit."""
    dispatch = await store.get(tx, id)
    incident = None if dispatch is None else await incidents.get(tx, dispatch.incident)
    if dispatch is None or incident is None:
        raise not_found("dispatch")
    changes: dict[str, Any] = {"answered_at": dispatch.answered_at or tx.at}
    if reason is not None:
        changes["reason"] = reason
    if unit is not None:
        changes["unit"] = unit
    if eta_s is not None:
        changes["eta_s"] = eta_s
    if state == "arrived":
        changes["arrived_at"] = tx.at
    if state == "completed":
        changes["completed_at"] = tx.at
    if not await store.move(tx, id, state, **changes):
        raise Problem(
            409, "dispatch.state", "Not in this state", f"The request is {dispatch.state}.", state=dispatch.state
        )
    tx.disarm(UNANSWERED, id)
    if state == "arrived":
        await incidents.set_first(tx, incident.id, "arrived_at", tx.at)
    await said(
        tx,
        incident,
        f"dispatch.{state.replace('_', '-')}",
        f"agency:{dispatch.agency}",
        words=unit or reason,
        agency=dispatch.agency,
    )
    if state in ("refused", "completed"):
        await _end_link(tx, dispatch, "released", actor=f"agency:{dispatch.agency}")
    tx.publish(DispatchAnswered(dispatch=id, incident=incident.id, state=state))
    after = await store.get(tx, id)
    assert after is not None
    return after


async def no_answer(tx: Transaction, id: str) -> None:
    """Timer: thirty seconds without a word. The operator telephones; the request stays open for a late answer."""
    dispatch = await store.get(tx, id)
    incident = None if dispatch is None else await incidents.get(tx, dispatch.incident)
    if dispatch is None or incident is None or not await store.move(tx, id, "no_answer"):
        return
    await said(tx, incident, "dispatch.no-answer", "clock", agency=dispatch.agency)
    tx.publish(DispatchUnanswered(dispatch=id, incident=dispatch.incident))


async def by_phone(tx: Transaction, incident_id: str, id: str, actor: str, number: str, note: str) -> None:
    """The line is dead and the operator has telephoned: keep what was agreed."""
    incident = await incidents_actions.own(tx, incident_id, actor)
    dispatch = await store.get(tx, id)
    if dispatch is None or dispatch.incident != incident_id:
        raise not_found("dispatch")
    await store.set_phone(tx, id, number)
    await said(tx, incident, "dispatch.by-phone", actor, words=note or None, agency=dispatch.agency)
    tx.publish(DispatchAnswered(dispatch=id, incident=incident_id, state=dispatch.state))


async def give_link(database: Database, fact: DispatchAnswered) -> None:
    """Errand: whoever accepted gets the way to the live view, made new if the first one never arrived."""
    lines = database.use(Lines)
    # Of two answers that come close together the first brings it.
    if fact.state not in ("acknowledged", "en_route") or fact.dispatch in lines.handing:
        return
    lines.handing.add(fact.dispatch)
    try:
        await _hand_link(database, fact)
    finally:
        lines.handing.discard(fact.dispatch)


async def _hand_link(database: Database, fact: DispatchAnswered) -> None:
    async with database.transaction() as tx:
        dispatch = await store.get(tx, fact.dispatch)
        incident = await incidents.get(tx, fact.incident)
        if dispatch is None or incident is None or not incident.open or incident.owner is None:
            return
        before = await grant_store.live_grant(tx, incident.id, "officer", dispatch.id)
        # Nobody knows the secret of one that was on its way when the line broke, or when we died: it is replaced.
        if before is not None and before.id != dispatch.handing:
            return
        url = await officer_link(tx, incident, dispatch, actor=incident.owner)
        grant = await grant_store.live_grant(tx, incident.id, "officer", dispatch.id)
        assert grant is not None
        await store.set_handing(tx, dispatch.id, grant.id)
    try:
        await database.use(Gateways)[dispatch.agency].hand_link(dispatch.id, url)
    except NoAnswer:
        log.warning("agency did not take the officer's link", agency=dispatch.agency, dispatch=dispatch.id)
        # Whoever carries the fact tries again.
        raise Unavailable from None
    async with database.transaction() as tx:
        await store.set_handed(tx, dispatch.id, grant.id)


async def officer_link(tx: Transaction, incident: IncidentRow, dispatch: Dispatch, *, actor: str) -> str:
    """A new link for the officer of this dispatch; the one before it is replaced."""
    before = await grant_store.live_grant(tx, incident.id, "officer", dispatch.id)
    if before is not None:
        await grants.end(tx, before, "replaced", actor=actor)
    cameras = {camera for grant in await grant_store.grants_of(tx, incident.id) for camera in grant.cameras}
    grant = await grants.issue(
        tx, incident=incident.id, centre=incident.centre, holder_kind="officer", holder=dispatch.id,
        label=dispatch.unit or dispatch.agency, purpose=PURPOSE, subject_tag=incident.subject_tag, video=True,
        cameras=sorted(cameras), actor=actor,
    )  # fmt: skip
    _, secret = await grants.issue_link(tx, grant, "officer", dispatch.id)
    return f"{tx.use(Lines).origin}/l/{secret}"


async def tell_closed(database: Database, fact: IncidentClosed) -> None:
    """Errand: agencies that were asked hear that the case has ended, however long that takes."""
    async with database.transaction(readonly=True) as tx:
        dispatches = await store.of_incident(tx, fact.incident)
    silent = False
    for dispatch in dispatches:
        database.use(Lines).units.pop(dispatch.id, None)
        try:
            await database.use(Gateways)[dispatch.agency].closed(dispatch.id, "closed")
        except NoAnswer:
            log.warning("agency did not hear that the case is over", agency=dispatch.agency, dispatch=dispatch.id)
            silent = True
    if silent:
        # Tried again until every one of them has let go of her place.
        raise Unavailable


async def unit_moved(database: Database, id: str, place: UnitPlace, eta_s: int | None) -> None:
    """Where the unit is; kept in memory until the next one."""
    async with database.transaction() as tx:
        dispatch = await store.get(tx, id)
        if dispatch is None or dispatch.state not in ("acknowledged", "en_route", "arrived"):
            raise not_found("dispatch")
        if eta_s is not None:
            await tx.execute("UPDATE dispatch SET eta_s = $2 WHERE id = $1", id, eta_s)
        tx.mention(UnitMoved(dispatch=id, incident=dispatch.incident))
    database.use(Lines).units[id] = place


async def _end_link(tx: Transaction, dispatch: Dispatch, why: EndedWhy, *, actor: str) -> None:
    grant = await grant_store.live_grant(tx, dispatch.incident, "officer", dispatch.id)
    if grant is not None:
        await grants.end(tx, grant, why, actor=actor)


def _ask(dispatch: Dispatch, incident: IncidentRow, position: Position | None, names: Names) -> Ask:
    return Ask(
        id=dispatch.id, agency=dispatch.agency, number=incident.number, centre=names.centre(incident.centre).ko,
        kind=incident.kind, silent=incident.silent, place=names.place(position, incident.municipality).ko,
        position=position, description="",
        at=dispatch.requested_at,
    )  # fmt: skip
