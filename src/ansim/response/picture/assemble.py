"""Putting together what one viewer may see of one incident."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

import msgspec

from ansim.city.country.member import Country
from ansim.core.database import Row, Transaction
from ansim.core.errors import not_found
from ansim.core.position import Position
from ansim.response.bells import actions as bells
from ansim.response.borders import lending
from ansim.response.borders import store as border_store
from ansim.response.borders.actions import context as border_context
from ansim.response.borders.model import Cell, ToldRow
from ansim.response.dispatch import store as dispatches
from ansim.response.dispatch.actions import Lines
from ansim.response.dispatch.model import Dispatch
from ansim.response.escorts import store as escort_store
from ansim.response.footage import actions as footage
from ansim.response.footage import store as takes
from ansim.response.handover import actions as handover
from ansim.response.handover import store as handovers
from ansim.response.handover.model import ANSWERED_WITHIN, HandoverRow
from ansim.response.incidents import store as incidents
from ansim.response.incidents.actions import words_context
from ansim.response.incidents.model import OFFER_WITHIN, IncidentRow, next_escalation
from ansim.response.incidents.person import known_of
from ansim.response.notify import store as notices
from ansim.response.notify.actions import HERSELF, unsealed
from ansim.response.notify.model import ToldReceipt
from ansim.response.picture import escorts, store, trips, wards
from ansim.response.picture.labels import PROCEDURE, Places, Telephones, instructions
from ansim.response.picture.model import (
    Beyond,
    BorderCase,
    Borrowed,
    ChannelLine,
    DispatchLine,
    Escalation,
    EscortLink,
    GrantHolder,
    GrantLine,
    GuardianLine,
    Incident,
    IncidentDetail,
    LinkLine,
    LinkPerson,
    LinkState,
    MessageLine,
    Named,
    NoticeReceipt,
    Offer,
    Person,
    PhoneDispatch,
    PhoneMessage,
    PhoneState,
    ProcedureLine,
    SeenPosition,
    SightLine,
    TakenIncident,
    TimelineLine,
    TripLink,
    WardedLink,
    WardLink,
)
from ansim.response.signals import store as signals
from ansim.response.tracking.actions import last_known, track
from ansim.response.trips import store as trip_store
from ansim.response.wards import store as ward_store
from ansim.response.watch.actions import followed, near
from ansim.trust.access.model import Actor, Role, Site
from ansim.trust.grants import store as grants
from ansim.trust.grants.actions import token_for
from ansim.trust.grants.model import Grant, Link
from ansim.trust.ledger import store as ledger
from ansim.trust.ledger.actions import record
from ansim.trust.retention.keys import Keys

TRACK = 240
"""Fixes drawn on a map: eight minutes of one every two seconds."""

LOOKED = "incident.viewed"
LOOK = timedelta(hours=1)
"""A leader who reads a case is in the ledger once in so long: her screen is told of every change."""


def sees_detail(incident: IncidentRow, actor: Actor) -> bool:
    """Names, words, the precise place: whoever has the case, and the leader of the centre that answers."""
    if incident.owner == actor.id:
        return True
    return actor.role is Role.SUPERVISOR and actor.centre == incident.centre and incident.owner is not None


async def write_down(tx: Transaction, rows: Iterable[IncidentRow], actor: Actor) -> None:
    """Put a look into somebody else's case into the ledger, before anything of it is shown.

    The owner's is there already: her claim. One look is one entry, also when a page is read and a change is pushed at
    the same moment: the second waits for the first, in the same order of cases as everybody, and finds it written.
    """
    for row in sorted(rows, key=lambda row: row.id):
        if not oversees(row, actor) or await _written(tx, row, actor):
            continue
        await store.one_at_a_time(tx, f"{LOOKED} {row.id} {actor.id}")
        if not await _written(tx, row, actor):
            await record(
                tx, actor=actor.id, act=LOOKED, object=row.id, incident=row.id, purpose="oversight",
                subject_tag=row.subject_tag,
            )  # fmt: skip


def oversees(incident: IncidentRow, actor: Actor) -> bool:
    """Whether she sees a case that is not hers."""
    return incident.owner != actor.id and sees_detail(incident, actor)


async def _written(tx: Transaction, row: IncidentRow, actor: Actor) -> bool:
    return await ledger.wrote(tx, incident=row.id, actor=actor.id, act=LOOKED, since=tx.at - LOOK)


async def queue(tx: Transaction, actor: Actor) -> list[Incident]:
    rows = await incidents.open_of(tx, actor.centre)
    await write_down(tx, rows, actor)
    return [await seen(tx, row, actor, fixes=None) for row in rows]


async def borders(tx: Transaction) -> list[BorderCase]:
    """The neighbours' cases at our border, as far as anything is known of where they are."""
    places, keys, found = tx.use(Places), tx.use(Keys), []
    for row in await border_store.borders(tx):
        text = keys.opened(row.slot, row.sealed, border_context(row.id))
        if text is None:
            continue
        cell = msgspec.json.decode(text, type=Cell)
        position = SeenPosition(**msgspec.structs.asdict(cell), source="device", coarse=True)
        found.append(
            BorderCase(
                id=row.id, centre=Named(id=row.centre, name=places.centre(row.centre).ko), number=row.number, kind=row.kind,
                trigger=row.trigger, priority=row.priority, silent=row.silent, claimed=row.claimed,
                received_at=row.received_at, heard_at=row.said_at, place=places.district(cell.latitude, cell.longitude),
                position=position, wish=row.wish, lends=row.lends,
            )
        )  # fmt: skip
    return found


async def one(tx: Transaction, id: str, actor: Actor) -> Incident:
    row = await incidents.seen_by(tx, actor.centre, id)
    if row is None:
        raise not_found("incident")
    await write_down(tx, [row], actor)
    return await seen(tx, row, actor, fixes=None)


async def closed(tx: Transaction, actor: Actor, limit: int) -> list[Incident]:
    around = await _around(tx, rows := await incidents.closed_of(tx, actor.centre, limit))
    return [_reduced(tx, row, actor, None, around) for row in rows]


async def seen(tx: Transaction, row: IncidentRow, actor: Actor, *, fixes: Mapping[str, Position] | None) -> Incident:
    """The incident as this actor may see it."""
    around = await _around(tx, [row])
    if not sees_detail(row, actor):
        if fixes is None:
            fixes = {} if row.track_slot is None else await last_known(tx, {row.id: row.track_slot})
        return _reduced(tx, row, actor, fixes.get(row.id), around)
    return await _detailed(tx, row, actor, around)


async def taken(tx: Transaction, row: IncidentRow, actor: Actor, grant: Grant) -> TakenIncident:
    """The incident for whoever has just taken it, with what opens its pictures."""
    detail = await _detailed(tx, row, actor, await _around(tx, [row]))
    tokens = {camera: (await token_for(tx, grant, camera, actor.id))[0] for camera in grant.cameras}
    return TakenIncident(**msgspec.structs.asdict(detail), tokens=tokens)


class _Around(NamedTuple):
    """What is shown of incidents and does not lie in their rows: by account and by incident."""

    names: Mapping[str, str]
    cancel_requested_at: Mapping[str, datetime]
    handovers: Mapping[tuple[str, str], HandoverRow]
    told: Sequence[ToldRow]


async def _around(tx: Transaction, rows: Sequence[IncidentRow]) -> _Around:
    accounts = {account for row in rows for account in (row.owner, row.offered_to) if account}
    cancelled = [row.id for row in rows if "cancel_pending" in row.marks]
    among, ids = bool(tx.use(Country).listed), [row.id for row in rows]
    return _Around(
        await store.names(tx, sorted(accounts)) if accounts else {},
        await store.cancel_requested(tx, cancelled) if cancelled else {},
        await handovers.asked(tx, ids) if among else {},
        await border_store.told_of(tx, ids) if among else (),
    )


def _reduced(tx: Transaction, row: IncidentRow, actor: Actor, position: Position | None, around: _Around) -> Incident:
    return Incident(
        **_shared(tx, row, actor, position, around), position=None if position is None else SeenPosition.cell(position)
    )


def _shared(
    tx: Transaction, row: IncidentRow, actor: Actor, position: Position | None, around: _Around
) -> dict[str, Any]:
    places = tx.use(Places)
    due = None if row.unclaimed_since is None else next_escalation(row.escalation, row.unclaimed_since)
    return {
        "id": row.id, "number": row.number, "centre": Named(id=row.centre, name=places.centre(row.centre).ko),
        "kind": row.kind, "trigger": row.trigger, "priority": row.priority, "silent": row.silent, "state": row.state,
        "marks": row.marks, "route": row.route, "verdict": row.verdict, "received_at": row.received_at,
        "place": places.place(position if sees_detail(row, actor) else None, row.municipality),
        "cameras_ready": len(near(tx, position).cameras), "signals": row.signals,
        "cancel_requested_at": around.cancel_requested_at.get(row.id),
        "owner": None if row.owner is None else Named(id=row.owner, name=around.names.get(row.owner, "")),
        "offer": _offer(row, around) or _handover(tx, around.handovers.get((row.id, "out"))),
        "coming": _handover(tx, around.handovers.get((row.id, "in"))),
        "beyond": [
            Beyond(centre=Named(id=told.centre, name=places.centre(told.centre).ko), since=told.told_at, wish=told.wish)
            for told in around.told if told.incident == row.id
        ],
        "claimed_at": row.claimed_at, "confirmed_at": row.confirmed_at, "requested_at": row.requested_at,
        "arrived_at": row.arrived_at, "closed_at": row.closed_at, "destroyed_at": row.destroyed_at,
        "escalation": None if row.unclaimed_since is None or row.state != "received" else Escalation(
            level=row.escalation, next={0: "leader", 1: "neighbour"}.get(row.escalation), due_at=due  # type: ignore[arg-type]
        ),
        "mine": row.owner == actor.id,
    }  # fmt: skip


def _offer(row: IncidentRow, around: _Around) -> Offer | None:
    if row.offered_to is None or row.offered_at is None:
        return None
    to = Named(id=row.offered_to, name=around.names.get(row.offered_to, ""))
    return Offer(to=to, at=row.offered_at, due_at=row.offered_at + OFFER_WITHIN)


def _handover(tx: Transaction, asked: HandoverRow | None) -> Offer | None:
    if asked is None:
        return None
    name = tx.use(Places).centre(asked.centre).ko
    due = asked.offered_at + ANSWERED_WITHIN
    return Offer(to=Named(id=asked.centre, name=name), at=asked.offered_at, due_at=due, centre=True)


async def _detailed(tx: Transaction, row: IncidentRow, actor: Actor, around: _Around) -> IncidentDetail:
    fixes = await track(tx, row.id, row.track_slot, length=TRACK)
    position = fixes[-1] if fixes else None
    all_grants = await grants.grants_of(tx, row.id)
    outlook = followed(tx, row, fixes)
    known = await known_of(tx, row.id)
    lines = await incidents.timeline(tx, row.id)
    actors = await store.names(tx, sorted({line["actor"] for line in lines}))
    person = None
    if known is not None:
        person = Person(
            name=known.name, phone=known.phone or "", note=known.note or "", battery=await _battery(tx, row.id)
        )
    return IncidentDetail(
        **_shared(tx, row, actor, position, around),
        position=None if position is None else SeenPosition.precise(position),
        person=person,
        guardians=await _guardians(tx, row),
        cameras=outlook.cameras,
        sight=SightLine.of(outlook),
        borrowed=[
            Borrowed(
                centre=Named(id=centre, name=tx.use(Places).centre(centre).ko), grant=lent.grant, until_at=lent.until_at,
                origin=lent.origin, cameras=lent.cameras,
            )
            for centre, lent in (await lending.borrowed(tx, row) if tx.use(Country).listed else [])
        ],
        grants=[grant_line(grant) for grant in all_grants],
        dispatches=[_dispatch(tx, dispatch) for dispatch in await dispatches.of_incident(tx, row.id)],
        procedure=[
            ProcedureLine(step=step["step"], label=PROCEDURE[step["step"]], due_at=step["due_at"],
                done_at=step["done_at"], done_by=step["done_by"])
            for step in await incidents.procedure(tx, row.id)
        ],
        timeline=[
            TimelineLine(id=line["id"], at=line["at"], act=line["act"], actor=line["actor"],
                name=_called(tx, actors, line["actor"]), text=_words(tx, row, line["sealed"]))
            for line in lines
        ],
        messages=[
            MessageLine(id=line["id"], at=line["at"], sender=line["sender"], text=_words(tx, row, line["sealed"]) or "")
            for line in await incidents.messages(tx, row.id)
        ],
        bell=await bells.detail(tx, row),
        channel=await _channel(tx, row),
        takes=[footage.line(take) for take in await takes.of_incident(tx, row.id)],
        links=[
            LinkLine(id=link.id, kind=link.kind, recipient=link.label, opened_at=link.opened_at,
                until_at=link.until_at, ended_at=link.ended_at, refused=link.refused)
            for link in await grants.links_of(tx, row.id)
        ],
        track=fixes,
        close_code=row.close_code,
    )  # fmt: skip


def _called(tx: Transaction, accounts: Mapping[str, str], actor: str) -> str | None:
    kind, _, id = actor.partition(":")
    return tx.use(Places).centre(id).ko if kind == "centre" else accounts.get(actor)


async def _battery(tx: Transaction, incident: str) -> int | None:
    """Percent, as her phone last said."""
    said = [signal["battery"] for signal in await signals.of_incident(tx, incident) if signal["battery"] is not None]
    return said[-1] if said else None


async def phone_state(tx: Transaction, signal: Row) -> PhoneState:
    """What her phone shows for her signal (a row of `signals.by_client_id`)."""
    row = await incidents.get(tx, signal["incident"])
    assert row is not None
    newest = (await dispatches.of_incident(tx, row.id))[-1:]
    state = (
        "closed"
        if row.closed_at is not None
        else "cancelled"
        if signal["cancelled_at"] is not None
        else "claimed"
        if row.owner
        else "received"
    )
    messages = [
        PhoneMessage(sender=line["sender"], text=_words(tx, row, line["sealed"]) or "", at=line["at"])
        for line in await incidents.messages(tx, row.id)
    ]
    # Whoever has it: also one that only covers for the centre of the place.
    centre = tx.use(Places).centre(tx.use(Site).centre if "covered" in row.marks else row.centre).ko
    return PhoneState(
        state=state,  # type: ignore[arg-type]
        holder=centre if row.owner else None,
        centre=centre,
        received_at=signal["received_at"],
        claimed_at=row.claimed_at,
        # As the words below: after either code nothing tells her holder what is being done.
        cameras=0 if state in ("cancelled", "closed") else await grants.watched(tx, row.id, await takes.handsets(tx, row.id)),
        receipts=[
            ToldReceipt(who=line.name, channel=receipt.channel, state=receipt.state, at=receipt.at)
            for line in await _guardians(tx, row) for receipt in line.receipts
        ],
        # Nothing may reach a phone whose holder is watched: after either code it shows a cancelled alarm and no more.
        messages=[] if state in ("cancelled", "closed") else messages,
        dispatch=None if state == "cancelled" else next((_phone_dispatch(d) for d in newest), None),
        closed_at=row.closed_at,
        destroyed_at=row.destroyed_at,
        moved=await handover.moved_of(tx, row, signal["client_id"]),
    )  # fmt: skip


AnyLink = LinkState | TripLink | EscortLink | WardLink | WardedLink


async def link_state(tx: Transaction, link: Link) -> AnyLink:
    """What the page behind a link shows now; an ended link carries nothing."""
    row = await incidents.get(tx, link.incident)
    if row is None and (trip := await trip_store.get(tx, link.incident)) is not None:
        return await trips.link_state(tx, link, trip)
    if row is None and (escort := await escort_store.get(tx, link.incident)) is not None:
        return await escorts.link_state(tx, link, escort)
    if row is None and (ward := await ward_store.get(tx, link.incident)) is not None:
        return await wards.link_state(tx, link, ward)
    kind: Literal["officer", "guardian", "person"] = (
        "officer" if link.kind == "officer" else "person" if link.kind == "person" else "guardian"
    )
    if row is None or link.ended_at is not None or not row.open or link.until_at <= tx.at:
        return LinkState(kind=kind, grant=link.grant_id, closed=True, until_at=None)
    if link.kind == "person":
        return await _her_link(tx, link, row)
    known = await known_of(tx, row.id)
    fixes = await track(tx, row.id, row.track_slot, length=TRACK if link.kind == "officer" else 1)
    position = fixes[-1] if fixes else None
    grant = await grants.grant(tx, link.grant_id)
    all_dispatches = await dispatches.of_incident(tx, row.id)
    own = next((dispatch for dispatch in all_dispatches if dispatch.id == link.subject), None)
    places = tx.use(Places)
    return LinkState(
        kind=kind,
        grant=link.grant_id,
        closed=False,
        until_at=link.until_at,
        state=row.state,
        number=row.number,
        centre=places.centre(row.centre).ko,
        received_at=row.received_at,
        claimed_at=row.claimed_at,
        silent=row.silent,
        centre_phone=tx.use(Telephones).centre,
        person=None if known is None else LinkPerson(
            name=known.name, note=(known.note or "") if link.kind == "officer" else ""
        ),
        battery=await _battery(tx, row.id),
        place=places.place(position, row.municipality),
        position=position,
        track=fixes if link.kind == "officer" else [],
        cameras=[] if grant is None or not grant.video else [
            c for c in followed(tx, row, fixes).cameras if c.id in grant.cameras
        ][:4],
        instructions=instructions(kind, row),
        unit=None if own is None else own.unit,
        dispatches=[_phone_dispatch(dispatch) for dispatch in all_dispatches],
        arrived_at=None if own is None else own.arrived_at,
    )  # fmt: skip


async def _her_link(tx: Transaction, link: Link, row: IncidentRow) -> LinkState:
    messages = await incidents.messages(tx, row.id)
    return LinkState(
        kind="person", grant=link.grant_id, closed=False, until_at=link.until_at, silent=row.silent,
        centre=tx.use(Places).centre(row.centre).ko, messages=[
            PhoneMessage(sender=line["sender"], text=_words(tx, row, line["sealed"]) or "", at=line["at"])
            for line in messages if line["at"] >= link.issued_at
        ],
    )  # fmt: skip


async def _channel(tx: Transaction, row: IncidentRow) -> ChannelLine | None:
    newest = next((link for link in reversed(await grants.links_of(tx, row.id)) if link.kind == "person"), None)
    notice = None if newest is None else await notices.get(tx, newest.subject)
    if newest is None or notice is None:
        return None
    sealed = unsealed(tx, row.case_slot, notice)
    return ChannelLine(
        link=newest.id, number=sealed.address if sealed else "", sent_at=notice["queued_at"], state=notice["state"],
        at=notice["at"], reason=notice["reason"], opened_at=newest.opened_at,
        ended_at=newest.ended_at, ended_why=newest.ended_why, refused=newest.refused,
    )  # fmt: skip


async def _guardians(tx: Transaction, row: IncidentRow) -> list[GuardianLine]:
    lines: dict[int, GuardianLine] = {}
    phones: dict[int, list[str]] = {}
    for notice in await notices.of_incidents(tx, [row.id]):
        if notice["guardian"] == HERSELF:
            continue
        sealed = unsealed(tx, row.case_slot, notice)
        line = lines.setdefault(
            notice["guardian"],
            GuardianLine(name=sealed.name if sealed else "", relation=sealed.relation if sealed else "", receipts=[]),
        )
        line.receipts.append(
            NoticeReceipt(channel=notice["channel"], state=notice["state"], at=notice["at"], reason=notice["reason"])
        )
        if sealed and notice["channel"] == "sms":
            phones.setdefault(notice["guardian"], []).append(sealed.address)
    read = any(receipt.state == "read" for line in lines.values() for receipt in line.receipts)
    again = {order: sent[-1] for order, sent in phones.items() if len(sent) > 1 and not read}
    return [msgspec.structs.replace(lines[order], phone=again.get(order, "")) for order in sorted(lines)]


def grant_line(grant: Grant) -> GrantLine:
    fields = {name: getattr(grant, name) for name in GrantLine.__struct_fields__ if name != "holder"}
    return GrantLine(**fields, holder=GrantHolder(id=grant.holder, name=grant.label, kind=grant.holder_kind))


def _dispatch(tx: Transaction, dispatch: Dispatch) -> DispatchLine:
    return DispatchLine(
        id=dispatch.id, agency=dispatch.agency, state=dispatch.state, requested_at=dispatch.requested_at,
        answered_at=dispatch.answered_at, unit=dispatch.unit, eta_s=dispatch.eta_s,
        position=tx.use(Lines).units.get(dispatch.id), reason=dispatch.reason, reference=dispatch.reference,
        arrived_at=dispatch.arrived_at, completed_at=dispatch.completed_at, phone=dispatch.phone_number,
    )  # fmt: skip


def _phone_dispatch(dispatch: Dispatch) -> PhoneDispatch:
    return PhoneDispatch(
        agency=dispatch.agency, state=dispatch.state, unit=dispatch.unit, eta_s=dispatch.eta_s, at=dispatch.changed_at
    )


def _words(tx: Transaction, row: IncidentRow, sealed: bytes | None) -> str | None:
    content = tx.use(Keys).opened(row.case_slot, sealed, words_context(row.id))
    return None if content is None else content.decode()
