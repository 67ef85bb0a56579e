"""/in/osmand and /in/owntracks: free phone apps as callers for help; /in/aml: where somebody is who calls 112 or 119."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from litestar import HttpMethod, Request, Response, post, route
from litestar.di import NamedDependency

from ansim.adapters.trackers.aml import Aml
from ansim.adapters.trackers.osmand import OsmAnd
from ansim.adapters.trackers.owntracks import OwnTracks
from ansim.adapters.trackers.reception import Reception, client_id
from ansim.core.database import Database
from ansim.core.world import World
from ansim.response.signals.routes import shown
from ansim.trust.access.guards import address

Http = Request[Any, Any, Any]
Db = NamedDependency[Database]


@route("/in/osmand", http_method=[HttpMethod.GET, HttpMethod.POST], status_code=200)
async def osmand(
    request: Http, database: Db, world: NamedDependency[World], reception: NamedDependency[Reception]
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
    receipt = await reception.take(report, "osmand", address(request), client_id("osmand", report))
    return Response(
        b"" if receipt is None else msgspec.json.encode(shown(receipt, database)), media_type="application/json"
    )


@post("/in/owntracks", status_code=200)
async def owntracks(
    request: Http, world: NamedDependency[World], reception: NamedDependency[Reception]
) -> Response[bytes]:  # fmt: skip
    """One message of the app, which expects a JSON list back; a call's receipt is in the header ansim-receipt."""
    named = "/".join(filter(None, (request.headers.get("x-limit-u"), request.headers.get("x-limit-d"))))
    report = OwnTracks().read(await request.body(), named[:128], world.clock.now())
    receipt = None
    if report is not None:
        receipt = await reception.take(report, "owntracks", address(request), client_id("owntracks", report))
    headers = {} if receipt is None else {"ansim-receipt": receipt.receipt}
    return Response(b"[]", media_type="application/json", headers=headers)


@post("/in/aml", status_code=200)
async def aml(
    request: Http, world: NamedDependency[World], reception: NamedDependency[Reception], aml: NamedDependency[Aml]
) -> Response[bytes]:  # fmt: skip
    """One message of Advanced Mobile Location, in any of its forms: she is calling 112 or 119, and this is where. Her call's receipt
    is in the header ansim-receipt.
    """
    body = await request.body()
    report = aml.read(body, world.clock.now())
    # the same message again is the same call; who does not say her number is told from others by it
    named = hashlib.sha256(body).hexdigest()[:40]
    receipt = await reception.take(report, "aml", address(request), named, line=named)
    assert receipt is not None
    return Response(b"", headers={"ansim-receipt": receipt.receipt})


ROUTES = [osmand, owntracks, aml]
