"""/openapi.json: every route this process answers, also those that speak no JSON and those that stay open.

The framework describes its own routes. What it cannot know is added here: sockets, raw applications, the forms that
trackers send, and that every refusal is a problem of RFC 9457.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

import msgspec
from litestar import Litestar, get
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import (
    OpenAPI,
    OpenAPIMediaType,
    OpenAPIResponse,
    Operation,
    Parameter,
    PathItem,
    Reference,
    RequestBody,
    Schema,
    Tag,
)
from litestar.openapi.spec.enums import OpenAPIType
from litestar.routes import ASGIRoute, WebSocketRoute
from litestar.serialization import encode_json
from litestar.types import ControllerRouterHandler

from ansim.adapters.lost.server import TYPE as LOST
from ansim.adapters.lost.server import door as lost_door
from ansim.adapters.trackers import routes as tracker_routes
from ansim.core.errors import Problem

MOUNTED = {
    "/media": "/media/{camera}",
    "/pictures": "/pictures/{wall}",
    "/phones": "/phones/{camera}",
    "/nodes/media": "/nodes/media",
}
"""What raw applications answer: most of them a whole tree of paths below their own."""

RAW = {"/in/osmand": tracker_routes.osmand, "/lost": lost_door}
"""What answers a request without the framework, and says what it does."""

TEXT = Schema(type=OpenAPIType.STRING)
NUMBER = Schema(type=OpenAPIType.NUMBER)
ANYTHING = Schema(type=OpenAPIType.OBJECT)

PROBLEM = Schema(
    type=OpenAPIType.OBJECT,
    title="Problem",
    description=inspect.getdoc(Problem),
    required=["type", "title", "status", "instance"],
    properties={
        "type": TEXT,
        "title": TEXT,
        "status": Schema(type=OpenAPIType.INTEGER),
        "detail": TEXT,
        "field": TEXT,
        "instance": TEXT,
        "retry_after_s": NUMBER,
    },
)

OSMAND = {
    "id": "name of the device, as we gave it",
    "lat": "degrees, WGS 84",
    "lon": "degrees, WGS 84",
    "timestamp": "seconds or milliseconds since 1970, or ISO 8601; now, if absent",
    "accuracy": "metres",
    "speed": "knots",
    "bearing": "degrees from north",
    "batt": "per cent",
    "alarm": "`sos` makes it a call for help",
}
"""Members of the query that the OsmAnd form knows; others are ignored."""

PARTS = (
    (
        "citizen",
        (
            "/api/signals",
            "/api/positions",
            "/api/trips",
            "/api/escorts",
            "/api/mapping",
            "/lost",
            "/api/ways",
            "/api/help",
            "/api/citizen",
            "/api/record",
            "/live/signal",
            "/live/trip",
            "/footage",
        ),
    ),
    ("bell", ("/api/bell", "/in/bell", "/live/bell", "/live/talk/")),
    ("tracker", ("/in/",)),
    ("sign-in", ("/api/signin", "/api/signout", "/api/me", "/api/accounts")),
    ("link", ("/api/links/{token}", "/live/link")),
    ("desk", ("/api/desk", "/live/desk")),
    ("ledger", ("/api/ledger", "/api/certificates")),
    ("media", ("/media", "/pictures", "/phones", "/nodes/media")),
    ("console", ("/api/", "/live")),
    ("server", ("/healthz", "/readyz", "/metrics", "/openapi.json", "/licenses")),
    ("page", ("/",)),
)
"""Whom a route is for, by how its path begins; the first that fits."""


def document(routes: Sequence[ControllerRouterHandler], dependencies: Mapping[str, Provide]) -> HTTPRouteHandler:
    """Serves the document. It is put together when somebody first asks, beside the loop: no start waits for it, and no caller."""

    @cache
    def written() -> bytes:
        config = OpenAPIConfig(title="ansim", version="1", use_handler_docstrings=True)
        app = Litestar(routes, dependencies=dependencies, openapi_config=config, logging_config=None)
        return encode_json(_complete(app).to_schema())

    @get("/openapi.json", media_type="application/vnd.oai.openapi+json")
    async def openapi() -> bytes:
        """This document."""
        return await asyncio.to_thread(written)

    return openapi


def _complete(app: Litestar) -> OpenAPI:
    document = app.openapi_schema
    paths = document.paths = document.paths or {}
    paths.update(_unknown_to_the_framework(app))
    assert document.components.schemas is not None
    for name, schema in document.components.schemas.items():
        schema.description = schema.description or _said_of(name)
    document.components.schemas["Problem"] = PROBLEM
    document.tags = [Tag(name=name) for name, _ in PARTS]
    for path, item in paths.items():
        for _, operation in operations(item):
            operation.tags = [part_of(path)]
            _refusals(operation)
    _trackers(paths)
    _lost(paths)
    for path, again in (
        ("/api/signals", "the same receipt"),
        ("/api/bell/press", "the same receipt"),
        ("/api/trips", "the same answer"),
        ("/api/escorts", "the same answer"),
        ("/api/escort-calls", "the same answer"),
        ("/api/wards", "the same answer"),
    ):
        post = paths[path].post
        assert post is not None and post.responses is not None
        post.responses["200"] = replace(post.responses["201"], description=f"Known already: {again}")
    return document


def _said_of(name: str) -> str | None:
    """What a shape says of itself. Where two have one name, the framework sets their modules before it."""
    for shape in _shapes(msgspec.Struct):
        if name in (shape.__name__, f"{shape.__module__}.{shape.__name__}".removeprefix("ansim.").replace(".", "_")):
            return inspect.cleandoc(shape.__dict__["__doc__"]) if shape.__dict__.get("__doc__") else None
    return None


def _shapes(base: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for shape in base.__subclasses__():
        if shape.__module__.startswith("ansim."):
            yield shape
            yield from _shapes(shape)


def operations(item: PathItem) -> Iterator[tuple[str, Operation]]:
    for method in ("get", "post", "put", "patch", "delete"):
        if (operation := getattr(item, method)) is not None:
            yield method, operation


def part_of(path: str) -> str:
    return next(name for name, starts in PARTS if path.startswith(starts))


def _unknown_to_the_framework(app: Litestar) -> Iterator[tuple[str, PathItem]]:
    for route in app.routes:
        if isinstance(route, WebSocketRoute):
            yield route.path_format, _socket(route.path_format, inspect.getdoc(route.route_handler.fn))
        elif isinstance(route, ASGIRoute):
            if route.path in RAW:
                yield route.path, _raw(route.path, inspect.getdoc(RAW[route.path]))
                continue
            path = MOUNTED[route.path]
            yield path, _socket(path, inspect.getdoc(inspect.getmodule(route.route_handler.fn)))
    yield (
        "/openapi.json",
        PathItem(
            get=Operation(
                operation_id="Openapi",
                summary="Openapi",
                description="This document.",
                responses={"200": _answer("The document", "application/json", ANYTHING)},
            )
        ),
    )


def _raw(path: str, description: str | None) -> PathItem:
    """A request that is answered without the framework."""
    name = path.title().replace("/", "")
    return PathItem(
        get=Operation(operation_id=f"{name}Get", summary=path, description=description, responses={}),
        post=Operation(operation_id=f"{name}Post", summary=path, description=description, responses={}),
    )


def _socket(path: str, description: str | None) -> PathItem:
    names = [part.strip("{}") for part in path.split("/") if part.startswith("{")]
    return PathItem(
        get=Operation(
            operation_id="Socket" + "".join(part.title() for part in path.replace("{", "").replace("}", "").split("/")),
            summary="WebSocket",
            description=description,
            parameters=[Parameter(name=name, param_in="path", required=True, schema=TEXT) for name in names],
            responses={"101": OpenAPIResponse(description="The socket is open")},
        )
    )


def _refusals(operation: Operation) -> None:
    responses = operation.responses = operation.responses or {}
    responses.pop("400", None)
    refusal = _answer("Refused, and why (RFC 9457)", "application/problem+json", _reference("Problem"))
    responses["4XX"] = refusal
    responses["503"] = _answer(
        "Not received yet: the database is away", "application/problem+json", _reference("Problem")
    )


def _trackers(paths: dict[str, PathItem]) -> None:
    """What the forms carry; their handlers read it from the raw request."""
    for path, answer in (("/in/osmand", ANYTHING), ("/in/owntracks", Schema(type=OpenAPIType.ARRAY))):
        for method, operation in operations(paths[path]):
            operation.responses = {**(operation.responses or {}), "200": _answer("Taken", "application/json", answer)}
            if method == "post":
                operation.request_body = RequestBody(content={"application/json": OpenAPIMediaType(schema=ANYTHING)})
    for _, operation in operations(paths["/in/aml"]):
        operation.request_body = RequestBody(
            content={
                "application/x-www-form-urlencoded": OpenAPIMediaType(schema=ANYTHING),
                "text/plain": OpenAPIMediaType(schema=TEXT),
                "application/octet-stream": OpenAPIMediaType(schema=TEXT),
            }
        )
    for _, operation in operations(paths["/in/osmand"]):
        operation.parameters = [
            Parameter(name=name, param_in="query", required=False, schema=TEXT, description=meaning)
            for name, meaning in OSMAND.items()
        ]


def _lost(paths: dict[str, PathItem]) -> None:
    for method, operation in operations(paths["/lost"]):
        operation.responses = {
            **(operation.responses or {}),
            "200": _answer("The answer, errors of RFC 5222 too", LOST, TEXT),
            "307": OpenAPIResponse(description="Another server knows"),
        }
        if method == "post":
            operation.request_body = RequestBody(content={LOST: OpenAPIMediaType(schema=TEXT)})


def _answer(description: str, kind: str, schema: Schema | Reference) -> OpenAPIResponse:
    return OpenAPIResponse(description=description, content={kind: OpenAPIMediaType(schema=schema)})


def _reference(name: str) -> Reference:
    return Reference(ref=f"#/components/schemas/{name}")
