"""What phones say: SOS, cancellation, words, positions."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from ansim.city.people.sealed import from_text
from ansim.core.database import Database
from ansim.core.world import World
from ansim.response.signals.model import Arrival, SignalPost, believed
from ansim.response.signals.ports import Intake
from ansim.response.signals.receipts import CentreNames, ReceiptBody, shown
from ansim.response.signals.sender import judge
from ansim.trust.access.guards import address
from ansim.trust.access.limits import Lane, Lanes

Http = Request[Any, Any, Any]
Db = NamedDependency[Database]


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
    return Response(shown(receipt, database.use(CentreNames)), status_code=201 if receipt.new else 200)


ROUTES = [post_signal]
