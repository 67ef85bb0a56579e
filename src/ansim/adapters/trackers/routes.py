"""/in/osmand and /in/owntracks: free phone apps as callers for help."""

from __future__ import annotations

import hashlib
from typing import Any, Literal
from urllib.parse import parse_qsl

import msgspec
from litestar import HttpMethod, Request, Response, post, route
from litestar.di import NamedDependency

from ansim.adapters.trackers.osmand import OsmAnd
from ansim.adapters.trackers.owntracks import OwnTracks
from ansim.adapters.trackers.report import Report
from ansim.city.people.actions import person_of_device
from ansim.core.database import Database
from ansim.core.world import World
from ansim.response.incidents import store as incidents
from ansim.response.signals.model import Arrival, Receipt
from ansim.response.signals.ports import Intake
from ansim.response.signals.routes import shown
from ansim.response.tracking import actions as tracking
from ansim.trust.access.guards import address
from ansim.trust.access.limits import Lane, Lanes

Http = Request[Any, Any, Any]
Db = NamedDependency[Database]


@route("/in/osmand", http_method=[HttpMethod.GET, HttpMethod.POST], status_code=200)
async def osmand(
    request: Http, database: Db, world: NamedDependency[World], intake: NamedDependency[Intake],
    lanes: NamedDependency[Lanes]
) -> Response[bytes]:  # fmt: skip
    """One position or call for help. Its place stands in the query because the apps put it there; queries are
    never logged.
    """
    body, now = await request.body(), world.clock.now()
    if body[:1] == b"{":
        report = OsmAnd().read_json(body, now)
    else:
        form = dict(parse_qsl(body.decode("utf-8", "replace"))) if body else {}
        report = OsmAnd().read_query({**dict(parse_qsl(request.url.query)), **form}, now)
    receipt = await _take(report, "osmand", request, database, intake, lanes)
    return Response(
        b"" if receipt is None else msgspec.json.encode(shown(receipt, database)), media_type="application/json"
    )


@post("/in/owntracks", status_code=200)
async def owntracks(
    request: Http, database: Db, world: NamedDependency[World], intake: NamedDependency[Intake],
    lanes: NamedDependency[Lanes]
) -> Response[bytes]:  # fmt: skip
    """One message of the app, which expects a JSON list back; a call's receipt is in the header ansim-receipt."""
    named = "/".join(filter(None, (request.headers.get("x-limit-u"), request.headers.get("x-limit-d"))))
    report = OwnTracks().read(await request.body(), named[:128], world.clock.now())
    receipt = None if report is None else await _take(report, "owntracks", request, database, intake, lanes)
    headers = {} if receipt is None else {"ansim-receipt": receipt.receipt}
    return Response(b"[]", media_type="application/json", headers=headers)


async def _take(
    report: Report, source: Literal["osmand", "owntracks"], request: Http, database: Database, intake: Intake,
    lanes: Lanes
) -> Receipt | None:  # fmt: skip
    """A call goes the way of every SOS. A position is kept only while its person's case is open."""
    async with database.transaction() as tx:
        person = await person_of_device(tx, report.device)
    # A device that nobody enrolled still calls for help; what it is folded by says nothing about it.
    folded = person or "device-" + hashlib.sha256(f"{source}:{report.device}".encode()).hexdigest()[:24]
    if report.sos:
        admitted = lanes.admit(Lane.SOS, folded, address(request))
        named = hashlib.sha256(f"{source}:{report.device}:{report.at.isoformat()}".encode()).hexdigest()[:40]
        return await intake.submit(
            Arrival(
                source=source, client_id=named, kind="sos", trigger="device", silent=True, occurred_at=report.at,
                position=report.position, battery=report.battery, person=folded,
                verdict="none" if person is None else "verified", contacts=None,
            ),
            admitted.rank,
        )  # fmt: skip
    lanes.let_in(Lane.POSITION, folded, address(request))
    if report.position is not None:
        async with database.transaction() as tx:
            home = (await incidents.open_by_person(tx, [folded])).get(folded)
            if home is not None and home["track_slot"] is not None:
                tracking.keep(tx, [(home["id"], home["track_slot"], report.position)])
    return None


ROUTES = [osmand, owntracks]
