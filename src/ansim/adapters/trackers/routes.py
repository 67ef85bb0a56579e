"""/in/osmand and /in/owntracks: free phone apps as callers for help; /in/aml: where somebody is who calls 112 or 119."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.exceptions import MethodNotAllowedException
from litestar.types import ASGIApp, Receive, Scope, Send

from ansim.adapters.trackers.aml import Aml
from ansim.adapters.trackers.osmand import OsmAnd
from ansim.adapters.trackers.owntracks import OwnTracks
from ansim.adapters.trackers.reception import Reception, client_id
from ansim.core.asgi import body_of
from ansim.core.database import Database
from ansim.core.world import World
from ansim.response.signals.receipts import CentreNames, shown
from ansim.trust.access.guards import address

Http = Request[Any, Any, Any]

LARGEST = 16 * 1024
"""Bytes that an app may send at once: one position, with whatever it adds."""

_JSON = [(b"content-type", b"application/json")]


def osmand(database: Database, reception: Reception) -> ASGIApp:
    """One position or call for help. Its place stands in the query because the apps put it there; queries are
    never logged.
    """
    protocol = OsmAnd()

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        # without the framework: of all that a centre is told, positions are the most
        method, said = scope.get("method"), scope["query_string"]
        if method not in ("GET", "POST"):
            raise MethodNotAllowedException
        body = await body_of(receive, LARGEST) if method == "POST" else b""
        if body[:1] == b"{":
            report = protocol.read_json(body, database.world.clock.now())
        else:
            query = said + b"&" + body if body else said
            report = protocol.read_query(dict(parse_qsl(query.decode("utf-8", "replace"))), database.world.clock.now())
        client = scope["client"]
        id = client_id("osmand", report) if report.sos else ""
        receipt = await reception.take(report, "osmand", client[0] if client else "", id)
        answer = b"" if receipt is None else msgspec.json.encode(shown(receipt, database.use(CentreNames)))
        await send({"type": "http.response.start", "status": 200, "headers": _JSON})
        await send({"type": "http.response.body", "body": answer, "more_body": False})

    return door


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


ROUTES = [owntracks, aml]
