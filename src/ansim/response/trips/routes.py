"""What phones say of a trip, and what an operator sees of the trips of the centre."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from ansim.city.people import credential
from ansim.city.people.credential import trip_lines
from ansim.city.people.sealed import from_text
from ansim.city.ways.register import Network
from ansim.core.database import Database
from ansim.core.world import World
from ansim.response.signals.model import Secret, secret_hash
from ansim.response.signals.receipts import CentreNames
from ansim.response.signals.sender import Issuers
from ansim.response.tracking.model import RejectedFix, judged
from ansim.response.trips import actions, store
from ansim.response.trips.hearing import Listener, Words
from ansim.response.trips.model import (
    Battery,
    Code,
    TripBegun,
    TripCounts,
    TripLine,
    TripPost,
    TripState,
    Vehicle,
)
from ansim.response.trips.showing import state
from ansim.response.trips.watching import Mode
from ansim.trust.access.guards import address, allow
from ansim.trust.access.limits import Lane, Lanes
from ansim.trust.access.model import Act, Actor

Http = Request[Any, Any, Any]
Db = NamedDependency[Database]
Limits = NamedDependency[Lanes]
Question = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Own(msgspec.Struct, frozen=True, kw_only=True):
    secret: Secret


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """Positions as they came; each is judged by itself, so that one bad one costs no good one. None is a heartbeat."""

    secret: Secret
    positions: Annotated[list[Any], msgspec.Meta(max_length=500)] = []
    battery: Battery | None = None


class HeardState(msgspec.Struct, frozen=True, kw_only=True):
    accepted: int
    rejected: list[RejectedFix]
    state: TripState


class Answer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    secret: Secret
    question: Question
    code: Code | None = None


class Longer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    secret: Secret
    minutes: Annotated[int, msgspec.Meta(ge=5, le=120)]


class Ride(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    secret: Secret
    mode: Mode
    vehicle: Vehicle | None = None


class End(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    secret: Secret
    outcome: Literal["arrived", "ended"]
    code: Code | None = None


class Trips(msgspec.Struct, frozen=True, kw_only=True):
    counts: TripCounts
    trips: list[TripLine]


@post("/api/trips", status_code=201)
async def start_trip(
    data: JSONBody[TripPost], request: Http, database: Db, world: NamedDependency[World], lanes: Limits
) -> Response[TripBegun]:
    """Be watched over on the way. Her guardians are told at once. The same id again gets the same answer (200)."""
    lanes.let_in(Lane.TRIP, data.id, address(request))
    verdict = credential.judge(
        data.credential, data.proof, trip_lines(data.id, data.at), issuers=database.use(Issuers), now=world.clock.now()
    )
    await database.use(Network).prepare(data.destination.latitude, data.destination.longitude)
    async with database.transaction() as tx:
        trip, new = await actions.start(tx, data, verdict, from_text(data.sealed))
        secret = actions.secret_of(tx, trip)
    centre = database.use(CentreNames).named(trip.centre)
    begun = TripBegun(
        trip=trip.id, secret=secret, centre=centre, started_at=trip.started_at, promised_at=trip.promised_at
    )
    return Response(begun, status_code=201 if new else 200)


@post("/api/trips/{trip:str}/positions", status_code=200)
async def trip_positions(
    trip: FromPath[str], data: JSONBody[Heard], request: Http, listener: NamedDependency[Listener], lanes: Limits
) -> HeardState:
    """Where she is now, and where she was while she had no network; an empty list says that her phone lives. Refused once the
    trip has ended (410).
    """
    lanes.let_in(Lane.POSITION, trip, address(request))
    good, rejected = judged(data.positions)
    shown = await listener.submit(Words(trip, secret_hash(data.secret), good, data.battery))
    return HeardState(accepted=len(good), rejected=rejected, state=shown)


@post("/api/trips/{trip:str}/answer", status_code=200)
async def answer_trip(
    trip: FromPath[str], data: JSONBody[Answer], request: Http, database: Db, lanes: Limits
) -> TripState:
    """She is ok. A question about going away or being suddenly fast takes her code; the answer to the one that says she is
    forced is the same to the byte.
    """
    lanes.let_in(Lane.ACKNOWLEDGEMENT, trip, address(request))
    async with database.transaction() as tx:
        row = await actions.own(tx, trip, data.secret)
        return await state(tx, await actions.answer(tx, row, data.question, data.code))


@post("/api/trips/{trip:str}/extend", status_code=200)
async def extend_trip(
    trip: FromPath[str], data: JSONBody[Longer], request: Http, database: Db, lanes: Limits
) -> TripState:
    """She needs so many minutes more. It answers a question about time, too."""
    lanes.let_in(Lane.ACKNOWLEDGEMENT, trip, address(request))
    async with database.transaction() as tx:
        row = await actions.own(tx, trip, data.secret)
        return await state(tx, await actions.extend(tx, row, data.minutes))


@post("/api/trips/{trip:str}/mode", status_code=200)
async def change_mode(
    trip: FromPath[str], data: JSONBody[Ride], request: Http, database: Db, lanes: Limits
) -> TripState:
    """She goes on in another way; her guardians are told what she rides in."""
    lanes.let_in(Lane.TRIP, trip, address(request))
    async with database.transaction() as tx:
        row = await actions.own(tx, trip, data.secret)
        return await state(tx, await actions.travel(tx, row, data.mode, data.vehicle))


@post("/api/trips/{trip:str}/end", status_code=200)
async def end_trip(trip: FromPath[str], data: JSONBody[End], request: Http, database: Db, lanes: Limits) -> TripState:
    """She has arrived, or wants to be watched no longer: where she was is destroyed. Away from her destination it takes her
    code.
    """
    lanes.let_in(Lane.ACKNOWLEDGEMENT, trip, address(request))
    async with database.transaction() as tx:
        row = await actions.own(tx, trip, data.secret)
        return await state(tx, await actions.end(tx, row, data.outcome, data.code))


@post("/api/trips/{trip:str}/state", status_code=200)
async def trip_state(trip: FromPath[str], data: JSONBody[Own], database: Db) -> TripState:
    """What her phone shows of the trip."""
    async with database.transaction(readonly=True) as tx:
        return await state(tx, await actions.own(tx, trip, data.secret, lock=False))


@get("/api/trips", guards=[allow(Act.QUEUE_VIEW)])
async def list_trips(actor: NamedDependency[Actor], database: Db) -> Trips:
    """The trips that this centre watches over, those that may become a case first. No name and no place."""
    async with database.transaction(readonly=True) as tx:
        trips = await store.open_of_centre(tx, actor.centre)
        return Trips(counts=await store.counts(tx, actor.centre), trips=[trip.line for trip in trips])


ROUTES = [
    start_trip, trip_positions, answer_trip, extend_trip, change_mode, end_trip, trip_state, list_trips,
]  # fmt: skip
