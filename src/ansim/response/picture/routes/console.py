"""The console's work on cases, rights and cameras."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from ansim.city.bells import store as bells
from ansim.city.cameras.model import Camera, Outlook
from ansim.city.cameras.register import Register
from ansim.city.cameras.sight import Mode
from ansim.city.country.member import Country
from ansim.core.errors import Problem, not_found
from ansim.core.position import AccuracyM, Latitude, Longitude, Position, Source
from ansim.core.world import World
from ansim.response.dispatch import actions as dispatch
from ansim.response.dispatch import store as dispatches
from ansim.response.handover import actions as handover
from ansim.response.incidents import actions as incidents
from ansim.response.incidents import destruction, passing
from ansim.response.incidents import store as incident_store
from ansim.response.incidents.destruction import Ground
from ansim.response.picture import assemble
from ansim.response.picture.labels import Places, Telephones
from ansim.response.picture.live import standing
from ansim.response.picture.model import BorderCase, GrantLine, Incident, TakenIncident
from ansim.response.picture.routes.shared import Asking, Db, OneCamera, ShownToken, Words, shown_token
from ansim.response.signals.receipts import CentreNames
from ansim.response.watch import actions as watch
from ansim.trust.access.guards import allow
from ansim.trust.access.model import Act, Role, Site
from ansim.trust.grants import store as grant_store

Reason = Annotated[str, msgspec.Meta(max_length=400)]


class Text(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: Words


class Recipient(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The account of a colleague, from /api/colleagues."""

    to: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Colleague(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who could take a case, or a centre (role `centre`); `cases` is how many she has, or how many nobody there has claimed."""

    id: str
    name: str
    role: str
    cases: int


class Closing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: Annotated[int, msgspec.Meta(ge=1, le=5)]
    note: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    step: Annotated[str, msgspec.Meta(max_length=40)]
    done: bool


class Hold(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Days from now, on what ground, and why in words; the words are sealed under the case key."""

    days: Annotated[int, msgspec.Meta(ge=1, le=366)]
    ground: Ground
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=400)]


class HoldEnd(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=400)]


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """When names and words of the case will be destroyed."""

    due_at: datetime


class Agency(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    agency: Annotated[str, msgspec.Meta(max_length=8)]


class ByPhone(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    number: Annotated[str, msgspec.Meta(pattern=r"^[0-9+() -]{3,24}$")]
    note: Reason = ""


class Because(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: Reason = ""


class Near(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    latitude: Latitude
    longitude: Longitude
    accuracy_m: AccuracyM = 10.0
    source: Source = "web"
    mode: Mode = "find"


class NewLink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new link for the officer of a dispatch; the one before it stops working."""

    dispatch: Annotated[str, msgspec.Meta(max_length=64)]


class ShownLink(msgspec.Struct, frozen=True, kw_only=True):
    url: str


@get("/api/incidents", guards=[allow(Act.QUEUE_VIEW)])
async def list_incidents(actor: Asking, database: Db, closed: FromQuery[bool] = False) -> dict[str, list[Incident]]:
    """The queue: every open incident of the centre, and those its neighbours did not claim. With `closed`, the last ones."""
    async with database.transaction() as tx:
        return {"incidents": await (assemble.closed(tx, actor, 100) if closed else assemble.queue(tx, actor))}


@get("/api/borders", guards=[allow(Act.QUEUE_VIEW)])
async def list_borders(actor: Asking, database: Db) -> dict[str, list[BorderCase]]:
    """What the neighbours have at our border: a cell of about 100 m, no name. It is theirs; see /api/borders/{border}/wish."""
    async with database.transaction(readonly=True) as tx:
        return {"borders": await assemble.borders(tx) if actor.centre == tx.use(Site).centre else []}


@get("/api/incidents/{incident:str}", guards=[allow(Act.INCIDENT_VIEW)])
async def get_incident(incident: FromPath[str], actor: Asking, database: Db) -> Incident:
    """One incident; names, words and the precise place only to whoever has claimed it and to the leader."""
    async with database.transaction() as tx:
        return await assemble.one(tx, incident, actor)


@post("/api/incidents/{incident:str}/claim", status_code=200, guards=[allow(Act.INCIDENT_WORK)])
async def claim(incident: FromPath[str], actor: Asking, database: Db) -> TakenIncident:
    """Take an incident, and with it the right to the cameras near her. Of those who press at once one gets it; the others
    get 409 `incident.claimed` and hear who.
    """
    async with database.transaction() as tx:
        row, grant = await watch.claim(tx, incident, actor.centre, actor.id)
        return await assemble.taken(tx, row, actor, grant)


@post("/api/incidents/{incident:str}/release", status_code=200, guards=[allow(Act.INCIDENT_WORK)])
async def release(incident: FromPath[str], actor: Asking, database: Db) -> Incident:
    """Give it back to the queue; the right to its cameras ends."""
    async with database.transaction() as tx:
        row = await incidents.release(tx, incident, actor.id)
        return await assemble.seen(tx, row, actor, fixes=None)


@get("/api/colleagues", guards=[allow(Act.INCIDENT_WORK)])
async def colleagues(actor: Asking, database: Db, incident: FromQuery[str | None] = None) -> dict[str, list[Colleague]]:
    """Who could take a case: operators and leaders of the centre who are signed in, whoever has the fewest first; then other centres that
    are there. For an `incident` in another centre's area by now, that centre comes before everybody.
    """
    async with database.transaction(readonly=True) as tx:
        rows = await incident_store.on_duty(tx, actor.centre)
        there = None if incident is None else await handover.centre_there(tx, incident, actor.id)
    known, names = database.use(Country), database.use(CentreNames)
    others = [
        Colleague(id=id, name=names.named(id).name, role="centre", cases=one.load.unclaimed)
        for one in known.listed
        if one.up and (id := one.card.centre) != actor.centre
    ]
    people = [
        Colleague(id=row["id"], name=row["name"], role=row["role"], cases=row["cases"])
        for row in rows
        if row["id"] != actor.id
    ]
    first = [one for one in others if one.id == there]
    return {"colleagues": [*first, *people, *(one for one in others if one.id != there)]}


@post("/api/incidents/{incident:str}/offer", status_code=200, guards=[allow(Act.INCIDENT_WORK)])
async def offer(incident: FromPath[str], data: JSONBody[Recipient], actor: Asking, database: Db) -> Incident:
    """Offer a case of one's own to a colleague, who hears the alarm. It stays one's own until she takes it."""
    async with database.transaction() as tx:
        row = await passing.offer(tx, incident, actor.centre, actor.id, data.to)
        return await assemble.seen(tx, row, actor, fixes=None)


@post("/api/incidents/{incident:str}/offer/end", status_code=200, guards=[allow(Act.INCIDENT_WORK)])
async def end_offer(incident: FromPath[str], actor: Asking, database: Db) -> Incident:
    """Take the offer back, or decline it."""
    async with database.transaction() as tx:
        row = await passing.end(tx, incident, actor.centre, actor.id)
        return await assemble.seen(tx, row, actor, fixes=None)


@post("/api/incidents/{incident:str}/take-over", status_code=200, guards=[allow(Act.INCIDENT_WORK)])
async def take_over(incident: FromPath[str], actor: Asking, database: Db) -> TakenIncident:
    """Take a case that was offered: it is one's own with everything in it. 409 `incident.not-offered` when it is not any
    more.
    """
    async with database.transaction() as tx:
        row, grant = await watch.take_over(tx, incident, actor.centre, actor.id)
        return await assemble.taken(tx, row, actor, grant)


@post("/api/incidents/{incident:str}/confirm", status_code=200, guards=[allow(Act.INCIDENT_WORK)])
async def confirm(incident: FromPath[str], actor: Asking, database: Db) -> Incident:
    """It is real."""
    async with database.transaction() as tx:
        row = await incidents.confirm(tx, incident, actor.id)
        return await assemble.seen(tx, row, actor, fixes=None)


@post("/api/incidents/{incident:str}/close", status_code=200, guards=[allow(Act.INCIDENT_WORK)])
async def close(incident: FromPath[str], data: JSONBody[Closing], actor: Asking, database: Db) -> Incident:
    """End it: 1 real, 2 mistake, 3 practice, 4 unverifiable, 5 duplicate. Rights end, the track is destroyed."""
    async with database.transaction() as tx:
        row = await incidents.close(tx, incident, actor.id, data.code, data.note)
        return await assemble.seen(tx, row, actor, fixes=None)


@post("/api/incidents/{incident:str}/hold", status_code=200, guards=[allow(Act.CASE_HOLD)])
async def hold(incident: FromPath[str], data: JSONBody[Hold], actor: Asking, database: Db) -> Due:
    """Keep names and words of a closed case as evidence, for at most a year at a time."""
    async with database.transaction() as tx:
        return Due(
            due_at=await destruction.hold(tx, incident, actor.centre, actor.id, data.days, data.ground, data.reason)
        )


@post("/api/incidents/{incident:str}/hold/end", status_code=200, guards=[allow(Act.CASE_HOLD)])
async def end_hold(incident: FromPath[str], data: JSONBody[HoldEnd], actor: Asking, database: Db) -> Due:
    """The evidence is no longer needed: the rule decides again, and what is overdue is destroyed at once."""
    async with database.transaction() as tx:
        return Due(due_at=await destruction.end_hold(tx, incident, actor.centre, actor.id, data.reason))


@post("/api/incidents/{incident:str}/notes", status_code=204, guards=[allow(Act.INCIDENT_WORK)])
async def note(incident: FromPath[str], data: JSONBody[Text], actor: Asking, database: Db) -> None:
    """Add words to the timeline, sealed under the case key."""
    async with database.transaction() as tx:
        await incidents.note(tx, incident, actor.id, data.text)


@post("/api/incidents/{incident:str}/messages", status_code=204, guards=[allow(Act.INCIDENT_WORK)])
async def say(incident: FromPath[str], data: JSONBody[Text], actor: Asking, database: Db) -> None:
    """Write to her phone."""
    async with database.transaction() as tx:
        await incidents.say(tx, await incidents.own(tx, incident, actor.id), "operator", data.text)


@post("/api/incidents/{incident:str}/procedure", status_code=204, guards=[allow(Act.INCIDENT_WORK)])
async def tick(incident: FromPath[str], data: JSONBody[Step], actor: Asking, database: Db) -> None:
    """Mark a step of the standard procedure as done, or not."""
    async with database.transaction() as tx:
        await incidents.tick(tx, incident, actor.id, data.step, data.done)


@post("/api/incidents/{incident:str}/dispatches", status_code=201, guards=[allow(Act.DISPATCH_REQUEST)])
async def request_dispatch(
    incident: FromPath[str], data: JSONBody[Agency], actor: Asking, database: Db
) -> dict[str, str]:
    """Ask 112 or 119 for help. Its answers come on /live."""
    async with database.transaction() as tx:
        return {"dispatch": await dispatch.request(tx, incident, actor.id, data.agency)}


@post(
    "/api/incidents/{incident:str}/dispatches/{dispatch_id:str}/phone",
    status_code=204,
    guards=[allow(Act.DISPATCH_REQUEST)],
)
async def dispatch_by_phone(
    incident: FromPath[str], dispatch_id: FromPath[str], data: JSONBody[ByPhone], actor: Asking, database: Db
) -> None:
    """Note that the agency was asked by telephone, because its line did not answer."""
    async with database.transaction() as tx:
        await dispatch.by_phone(tx, incident, dispatch_id, actor.id, data.number, data.note)


@post("/api/incidents/{incident:str}/links", status_code=201, guards=[allow(Act.LINK_ISSUE)])
async def new_link(incident: FromPath[str], data: JSONBody[NewLink], actor: Asking, database: Db) -> ShownLink:
    """A new link for the officer on the way. Shown once: only its hash is kept."""
    async with database.transaction() as tx:
        row = await incidents.own(tx, incident, actor.id)
        asked = await dispatches.get(tx, data.dispatch)
        if asked is None or asked.incident != incident:
            raise not_found("dispatch")
        if asked.state in ("requested", "refused", "no_answer", "completed") or not row.open:
            raise Problem(409, "dispatch.state", "Nobody is on the way", state=asked.state)
        return ShownLink(url=await dispatch.officer_link(tx, row, asked, actor=actor.id))


@post("/api/links/{link:str}/revoke", status_code=204, guards=[allow(Act.LINK_ISSUE)])
async def revoke_link(link: FromPath[str], data: JSONBody[Because], actor: Asking, database: Db) -> None:
    """End a link; its pictures end within a frame."""
    async with database.transaction() as tx:
        found = await grant_store.link(tx, link)
        if found is None:
            raise not_found("link")
        await watch.revoke(tx, found.grant_id, actor, data.reason)


@get("/api/grants", guards=[allow(Act.GRANT_VIEW)])
async def list_grants(
    actor: Asking, database: Db, incident: FromQuery[str | None] = None
) -> dict[str, list[GrantLine]]:
    """Rights given by this centre, of one incident or the latest."""
    async with database.transaction(readonly=True) as tx:
        return {
            "grants": [
                assemble.grant_line(grant) for grant in await grant_store.grants_of_centre(tx, actor.centre, incident)
            ]
        }


@post("/api/grants/{grant:str}/extend", status_code=200, guards=[allow(Act.CAMERA_WATCH)])
async def extend_grant(grant: FromPath[str], data: JSONBody[Because], actor: Asking, database: Db) -> GrantLine:
    """Ten minutes more, with a reason."""
    async with database.transaction() as tx:
        return assemble.grant_line(await watch.extend(tx, grant, actor, data.reason))


@post("/api/grants/{grant:str}/revoke", status_code=204, guards=[allow(Act.CAMERA_WATCH)])
async def revoke_grant(grant: FromPath[str], data: JSONBody[Because], actor: Asking, database: Db) -> None:
    """End a right now. Every picture under it ends within a frame."""
    async with database.transaction() as tx:
        await watch.revoke(tx, grant, actor, data.reason)


@post("/api/grants/{grant:str}/tokens", status_code=201, guards=[allow(Act.CAMERA_WATCH)])
async def camera_token(grant: FromPath[str], data: JSONBody[OneCamera], actor: Asking, database: Db) -> ShownToken:
    """A token that opens one camera at /media/{camera} for sixty seconds; the socket renews it with the next."""
    async with database.transaction(readonly=True) as tx:
        own = await watch.usable(tx, grant, actor)
    return await shown_token(database, own.id, data.camera, actor.id)


@get("/api/cameras", guards=[allow(Act.CAMERA_LIST)])
async def list_cameras(actor: Asking, database: Db) -> dict[str, list[Camera]]:
    """The register of this centre: where cameras stand and look, never where their pictures come from."""
    return {"cameras": database.use(Register).of_centre(actor.centre)}


@post("/api/cameras/near", status_code=200, guards=[allow(Act.CAMERA_LIST)])
async def cameras_near(data: JSONBody[Near], actor: Asking, database: Db, world: NamedDependency[World]) -> Outlook:
    """Cameras that may see a place, the best first: to find somebody there, or to identify who is."""
    position = Position(
        latitude=data.latitude,
        longitude=data.longitude,
        accuracy_m=data.accuracy_m,
        source=data.source,
        at=world.clock.now(),
    )
    async with database.transaction(readonly=True) as tx:
        return watch.near(tx, position, data.mode)


@get("/api/centre", guards=[allow(Act.CENTRE_VIEW)])
async def centre(actor: Asking, database: Db) -> dict[str, Any]:
    """The centre, its lines to the agencies, how many cameras deliver, who takes whose new cases, and its leader: who is signed in, and the
    number."""
    async with database.transaction(readonly=True) as tx:
        leaders = [one for one in await incident_store.on_duty(tx, actor.centre) if one["role"] == Role.SUPERVISOR]
        counted = dict(await bells.counts(tx, actor.centre))
    name = max(leaders, key=lambda one: one["seen_at"])["name"] if leaders else None
    phone = database.use(Telephones).leader
    return {
        "id": actor.centre,
        "name": database.use(Places).centre(actor.centre),
        "leader": None if phone is None else {"name": name, "phone": phone},
        "bells": counted,
        "alone": not database.use(Country).listed,
        **standing(database),
    }


ROUTES = [
    list_incidents,
    list_borders,
    get_incident,
    claim,
    release,
    colleagues,
    offer,
    end_offer,
    take_over,
    confirm,
    close,
    hold,
    end_hold,
    note,
    say,
    tick,
    request_dispatch,
    dispatch_by_phone,
    new_link,
    revoke_link,
    list_grants,
    extend_grant,
    revoke_grant,
    camera_token,
    list_cameras,
    cameras_near,
    centre,
]
