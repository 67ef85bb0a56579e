"""The shared picture over HTTP and sockets: the console, her phone, the pages behind links."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, WebSocket, get, post, websocket
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.exceptions import WebSocketDisconnect
from litestar.params import FromPath, FromQuery, JSONBody

from ansim.city.cameras.model import Camera, Outlook
from ansim.city.cameras.register import Register
from ansim.city.cameras.sight import Mode
from ansim.city.people.contacts import check_code
from ansim.core.database import Database
from ansim.core.errors import Problem, not_found
from ansim.core.position import AccuracyM, Latitude, Longitude, Position, Source
from ansim.core.world import World
from ansim.response.dispatch import actions as dispatch
from ansim.response.dispatch import store as dispatches
from ansim.response.dispatch.ports import UnitPlace
from ansim.response.incidents import actions as incidents
from ansim.response.incidents import destruction, passing
from ansim.response.incidents import store as incident_store
from ansim.response.incidents.destruction import Ground
from ansim.response.incidents.person import known_of
from ansim.response.picture import assemble
from ansim.response.picture.labels import Places, Telephones
from ansim.response.picture.live import LinkHolder, Live, Operator, Phone, Subscriber, lines_and_cameras
from ansim.response.picture.model import GrantLine, Incident, LinkState, PhoneState
from ansim.response.signals import actions as signals
from ansim.response.signals.model import Secret, secret_hash
from ansim.response.tracking import actions as tracking
from ansim.response.watch import actions as watch
from ansim.trust.access.guards import address, allow, authenticate
from ansim.trust.access.limits import Lane, Lanes
from ansim.trust.access.model import Act, Actor, Role
from ansim.trust.grants import actions as grants
from ansim.trust.grants import store as grant_store
from ansim.trust.grants.model import Link

Http = Request[Any, Any, Any]
Socket = WebSocket[Any, Any, Any]
Db = NamedDependency[Database]
Asking = NamedDependency[Actor]
Words = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Reason = Annotated[str, msgspec.Meta(max_length=400)]
Browser = "ansim_link"


class Text(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: Words


class Recipient(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The account of a colleague, from /api/colleagues."""

    to: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Colleague(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who could take a case; `cases` is how many she has."""

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
    number: Annotated[str, msgspec.Meta(pattern=r"^[0-9+() -]{2,24}$")]
    note: Reason = ""


class Because(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: Reason = ""


class OneCamera(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    camera: Annotated[str, msgspec.Meta(max_length=64)]


class ShownToken(msgspec.Struct, frozen=True, kw_only=True):
    token: str
    url: str
    expires_at: datetime


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
    """Positions as they came; each is judged by itself, so that one bad one costs no good one."""

    signal: Annotated[str, msgspec.Meta(max_length=64)]
    secret: Secret
    positions: Annotated[list[Any], msgspec.Meta(min_length=1, max_length=500)]


class RejectedFix(msgspec.Struct, frozen=True, kw_only=True):
    index: int
    field: str
    rule: str


class FixesTaken(msgspec.Struct, frozen=True, kw_only=True):
    accepted: int
    rejected: list[RejectedFix]


class UnitHere(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    latitude: Latitude
    longitude: Longitude


# The console


@get("/api/incidents", guards=[allow(Act.QUEUE_VIEW)])
async def list_incidents(actor: Asking, database: Db, closed: FromQuery[bool] = False) -> dict[str, list[Incident]]:
    """The queue: every open incident of the centre, and those its neighbours did not claim. With `closed`, the last ones."""
    async with database.transaction() as tx:
        return {"incidents": await (assemble.closed(tx, actor, 100) if closed else assemble.queue(tx, actor))}


@get("/api/incidents/{incident:str}", guards=[allow(Act.INCIDENT_VIEW)])
async def get_incident(incident: FromPath[str], actor: Asking, database: Db) -> Incident:
    """One incident; names, words and the precise place only to whoever has claimed it and to the leader."""
    async with database.transaction() as tx:
        return await assemble.one(tx, incident, actor)


@post("/api/incidents/{incident:str}/claim", status_code=200, guards=[allow(Act.INCIDENT_WORK)])
async def claim(incident: FromPath[str], actor: Asking, database: Db) -> Incident:
    """Take an incident. Of those who press at once one gets it; the others get 409 `incident.claimed` and hear who."""
    async with database.transaction() as tx:
        row = await incidents.claim(tx, incident, actor.centre, actor.id)
        return await assemble.seen(tx, row, actor, fixes=None)


@post("/api/incidents/{incident:str}/release", status_code=200, guards=[allow(Act.INCIDENT_WORK)])
async def release(incident: FromPath[str], actor: Asking, database: Db) -> Incident:
    """Give it back to the queue; the right to its cameras ends."""
    async with database.transaction() as tx:
        row = await incidents.release(tx, incident, actor.id)
        return await assemble.seen(tx, row, actor, fixes=None)


@get("/api/colleagues", guards=[allow(Act.INCIDENT_WORK)])
async def colleagues(actor: Asking, database: Db) -> dict[str, list[Colleague]]:
    """Who could take a case: operators and leaders of the centre who are signed in, whoever has the fewest first."""
    async with database.transaction(readonly=True) as tx:
        rows = await incident_store.on_duty(tx, actor.centre)
    return {
        "colleagues": [
            Colleague(id=row["id"], name=row["name"], role=row["role"], cases=row["cases"])
            for row in rows
            if row["id"] != actor.id
        ]
    }


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
async def take_over(incident: FromPath[str], actor: Asking, database: Db) -> Incident:
    """Take a case that was offered: it is one's own with everything in it. 409 `incident.not-offered` when it is not any
    more.
    """
    async with database.transaction() as tx:
        row = await watch.take_over(tx, incident, actor.centre, actor.id)
        return await assemble.seen(tx, row, actor, fixes=None)


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
    return await _token(database, own.id, data.camera, actor.id)


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
    """The centre, its lines to the agencies, how many cameras deliver, and its leader: who is signed in, and the number."""
    async with database.transaction(readonly=True) as tx:
        leaders = [one for one in await incident_store.on_duty(tx, actor.centre) if one["role"] == Role.SUPERVISOR]
    name = max(leaders, key=lambda one: one["seen_at"])["name"] if leaders else None
    phone = database.use(Telephones).leader
    return {
        "id": actor.centre,
        "name": database.use(Places).centre(actor.centre),
        "leader": None if phone is None else {"name": name, "phone": phone},
        **lines_and_cameras(database),
    }


# Her phone


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
    good, rejected = [], []
    for index, raw in enumerate(data.positions):
        try:
            good.append(msgspec.convert(raw, Position))
        except msgspec.ValidationError as error:
            rule, _, path = str(error).partition(" - at `$")
            rejected.append(RejectedFix(index=index, field=path.strip("`.") or "position", rule=rule))
    async with database.transaction() as tx:
        row = await signals.own(tx, data.signal, data.secret)
        # Held until the commit: a case that closes meanwhile destroys these fixes too, and none comes after.
        case = await incident_store.locked(tx, row["incident"])
        if case is None or not case.open or case.track_slot is None:
            raise Problem(410, "case.closed", "The case is closed", "Positions are no longer kept.")
        tracking.keep(tx, [(case.id, case.track_slot, position) for position in good])
    return FixesTaken(accepted=len(good), rejected=rejected)


# Links


@post("/api/links/{token:str}/open", status_code=200)
async def open_link(token: FromPath[str], request: Http, database: Db) -> Response[LinkState]:
    """Bind this link to this browser. Opening the page alone binds nothing: messengers fetch pages for a preview."""
    try:
        async with database.transaction() as tx:
            link, cookie = await grants.open_link(tx, token, _browser(request))
            state = await assemble.link_state(tx, link)
    except grants.LinkBound as bound:
        async with database.transaction() as tx:
            await grants.refuse_link(tx, bound.link)
        raise
    response = Response(state)
    response.set_cookie(
        Cookie(
            key=Browser,
            value=cookie,
            path="/",
            max_age=48 * 3600,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
    )
    return response


@get("/api/links/{token:str}")
async def link_state(token: FromPath[str], request: Http, database: Db) -> LinkState:
    """What the page behind a link shows; only to the browser the link is bound to."""
    async with database.transaction(readonly=True) as tx:
        return await assemble.link_state(tx, await _bound(tx, token, _browser(request)))


@post("/api/links/{token:str}/tokens", status_code=201)
async def link_token(token: FromPath[str], data: JSONBody[OneCamera], request: Http, database: Db) -> ShownToken:
    """A token that opens one camera for the officer behind this link."""
    async with database.transaction(readonly=True) as tx:
        link = await _bound(tx, token, _browser(request))
    return await _token(database, link.grant_id, data.camera, f"link:{link.id}")


@post("/api/links/{token:str}/arrived", status_code=200)
async def officer_arrived(token: FromPath[str], request: Http, database: Db) -> LinkState:
    """The officer is there."""
    async with database.transaction() as tx:
        link = await _officer(tx, token, _browser(request))
        await dispatch.answered(tx, link.subject, "arrived")
        return await assemble.link_state(tx, link)


@post("/api/links/{token:str}/position", status_code=204)
async def officer_position(
    token: FromPath[str], data: JSONBody[UnitHere], request: Http, database: Db, world: NamedDependency[World]
) -> None:
    """Where the officer is. Shown to the operator, never stored."""
    async with database.transaction(readonly=True) as tx:
        link = await _officer(tx, token, _browser(request))
    place = UnitPlace(latitude=data.latitude, longitude=data.longitude, at=world.clock.now())
    await dispatch.unit_moved(database, link.subject, place, None)


# Sockets


@websocket("/live", guards=[allow(Act.QUEUE_VIEW)])
async def live(socket: Socket, live: NamedDependency[Live], world: NamedDependency[World]) -> None:
    """For operators, by cookie or bearer token. The server says {"type": "hello"}, then {"type": "state"} with every incident, then what changes:
    "incident", "position", "status", and "ping" once a second. Whoever comes again gets the whole state again, so nothing is missed."""
    actor = await authenticate(socket)
    await socket.accept()
    hello = {
        "type": "hello",
        "at": world.clock.now(),
        "me": {"account": actor.id, "name": actor.name, "role": actor.role},
    }
    await socket.send_data(msgspec.json.encode(hello).decode(), mode="text")
    await _serve(socket, live, Operator(actor))


@websocket("/live/signal")
async def live_signal(socket: Socket, live: NamedDependency[Live], database: Db) -> None:
    """For her phone. It says {"signal", "secret"} first and then gets what POST /api/signals/{signal}/state answers, whenever it changes."""
    await socket.accept()
    first = await _first(socket, FirstOfPhone)
    if first is None:
        return
    hashed = secret_hash(first.secret)
    try:
        async with database.transaction(readonly=True) as tx:
            row = await signals.own(tx, first.signal, first.secret)
    except Problem as problem:
        await socket.close(code=4404, reason=problem.type)
        return
    await _serve(socket, live, Phone("app", first.signal, hashed, row["incident"]))


@websocket("/live/link")
async def live_link(socket: Socket, live: NamedDependency[Live], database: Db) -> None:
    """For the page behind a link. It says {"token"} first, from the browser the link is bound to, and then gets its state."""
    await socket.accept()
    first = await _first(socket, FirstOfLink)
    if first is None:
        return
    browser = socket.cookies.get(Browser)
    async with database.transaction(readonly=True) as tx:
        link = await grants.bound_link(tx, first.token, browser)
    if link is None or browser is None:
        await socket.close(code=4404, reason="link.unknown")
        return
    await _serve(socket, live, LinkHolder(first.token, browser, link.incident))


class FirstOfPhone(msgspec.Struct, frozen=True, kw_only=True):
    signal: str
    secret: Secret


class FirstOfLink(msgspec.Struct, frozen=True, kw_only=True):
    token: str


async def _first(socket: Socket, shape: type[Any]) -> Any:
    """The first message of a socket that says who it is; None after closing one that does not in time."""
    try:
        text = await asyncio.wait_for(socket.receive_text(), timeout=10)
        return msgspec.json.decode(text, type=shape)
    except (msgspec.MsgspecError, TimeoutError, RecursionError, UnicodeError):
        await socket.close(code=4400, reason="first-message")
    except WebSocketDisconnect:
        pass
    return None


async def _serve(socket: Socket, live: Live, subscriber: Subscriber) -> None:
    """Push until either side has enough."""
    try:
        subscription = await live.subscribe(subscriber)
    except Problem as problem:
        await socket.close(code=4503 if problem.status == 503 else 4404, reason=problem.type)
        return
    reading = asyncio.create_task(_drain(socket))
    try:
        while True:
            following = asyncio.create_task(subscription.next())
            await asyncio.wait((reading, following), return_when=asyncio.FIRST_COMPLETED)
            if reading.done():
                following.cancel()
                return
            message = following.result()
            if message is None:
                await socket.close(code=4401, reason="start again")
                return
            await socket.send_data(message.decode(), mode="text")
    except (WebSocketDisconnect, RuntimeError):
        return
    finally:
        live.unsubscribe(subscription)
        reading.cancel()


async def _drain(socket: Socket) -> None:
    """Read and drop what the page says; its end is the end."""
    try:
        while True:
            await socket.receive_text()
    except (WebSocketDisconnect, RuntimeError, KeyError):
        return


async def _bound(tx: Any, token: str, browser: str | None) -> Link:
    link = await grants.bound_link(tx, token, browser)
    if link is None:
        raise not_found("link")
    return link


async def _officer(tx: Any, token: str, browser: str | None) -> Link:
    link = await _bound(tx, token, browser)
    if link.kind != "officer" or link.ended_at is not None:
        raise not_found("link")
    return link


async def _token(database: Database, grant: str, camera: str, viewer: str) -> ShownToken:
    refusal: Problem
    async with database.transaction() as tx:
        found = await grant_store.grant(tx, grant)
        if found is None:
            raise not_found("grant")
        why = found.allows(camera, tx.at)
        if why is None:
            token, expires_at = await grants.token_for(tx, found, camera, viewer)
            return ShownToken(token=token, url=f"/media/{camera}", expires_at=expires_at)
        named = camera if camera in tx.use(Register).sight.cameras else "unknown"
        await grants.refuse_view(tx, viewer=viewer, camera=named, why=why, grant=found)
        refusal = Problem(403, "grant.refused", "No right to this picture", f"The reason is: {why}.")
    raise refusal


def _browser(request: Http) -> str | None:
    return request.cookies.get(Browser)


ROUTES = [
    list_incidents, get_incident, claim, release, colleagues, offer, end_offer, take_over, confirm, close, hold, end_hold, note, say, tick, request_dispatch, dispatch_by_phone,
    new_link, revoke_link, list_grants, extend_grant, revoke_grant, camera_token, list_cameras, cameras_near, centre,
    cancel, person_says, phone_state, positions, open_link, link_state, link_token, officer_arrived, officer_position,
    live, live_signal, live_link,
]  # fmt: skip
