"""What phones say: SOS, cancellation, words, positions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from ansim.city.people.sealed import from_text
from ansim.core.database import Database
from ansim.core.world import World
from ansim.response.signals.model import Arrival, Receipt, SignalPost, believed
from ansim.response.signals.ports import Intake
from ansim.response.signals.sender import judge
from ansim.trust.access.guards import address
from ansim.trust.access.limits import Lane, Lanes

Http = Request[Any, Any, Any]
Db = NamedDependency[Database]


class ReceiptCentre(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str


class ReceiptBody(msgspec.Struct, frozen=True, kw_only=True):
    """The answer that means: it is stored."""

    receipt: str
    secret: str
    signal: str
    incident: str
    centre: ReceiptCentre
    received_at: datetime


class CentreNames(dict[str, str]):
    """Korean names of the centres by id."""


@post("/api/signals", status_code=201)
async def post_signal(
    data: JSONBody[SignalPost], request: Http, database: Db, world: NamedDependency[World],
    intake: NamedDependency[Intake], lanes: NamedDependency[Lanes],
) -> Response[ReceiptBody]:  # fmt: skip
    """Send an SOS. The same id again gets the same receipt (200) and makes nothing new."""
    now = world.clock.now()
    sender = judge(database, data)
    # Admission ranks; it never refuses this lane.
    admitted = lanes.admit(Lane.SOS, sender.person or data.id, address(request))
    receipt = await intake.submit(
        Arrival(
            source="app", client_id=data.id, kind=data.kind, trigger=data.trigger, silent=data.silent,
            occurred_at=believed(data.at, now), position=data.position, battery=data.battery,
            person=sender.person, verdict=sender.rank, contacts=from_text(data.sealed),
        ),
        admitted.rank,
    )  # fmt: skip
    return Response(shown(receipt, database), status_code=201 if receipt.new else 200)


def shown(receipt: Receipt, database: Database) -> ReceiptBody:
    name = database.use(CentreNames).get(receipt.centre, receipt.centre)
    return ReceiptBody(
        receipt=receipt.receipt, secret=receipt.secret, signal=receipt.signal, incident=receipt.incident,
        centre=ReceiptCentre(id=receipt.centre, name=name), received_at=receipt.received_at,
    )  # fmt: skip


ROUTES = [post_signal]
