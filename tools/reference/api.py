"""docs/reference/api.md from the document that /openapi.json serves."""

from __future__ import annotations

import asyncio
import json
from functools import cache
from typing import Any

from litestar import Litestar

from ansim.app.http import application
from ansim.app.openapi import PARTS
from ansim.app.settings import Settings
from ansim.city.country.member import Country
from ansim.core.database import Database
from ansim.core.world import World

METHODS = ("get", "post", "put", "patch", "delete")
TITLES = {
    "citizen": "Her phone",
    "bell": "Bells",
    "tracker": "Trackers",
    "sign-in": "Signing in, accounts",
    "console": "The console",
    "link": "Links",
    "desk": "The desk of an agency",
    "media": "Pictures",
    "ledger": "The ledger",
    "server": "The server",
    "page": "Pages",
}


class Unstarted:
    """A centre that has not been started: enough to lay out its routes, not to answer them."""

    origin = "http://localhost:8000"
    settings = Settings()

    def __init__(self) -> None:
        self.database = Database(object(), World())  # type: ignore[arg-type]
        self.database.provide(Country, Country(self.database.world))

    def __getattr__(self, name: str) -> object:
        return object()


@cache
def unstarted() -> Litestar:
    return application(Unstarted())  # type: ignore[arg-type]


@cache
def document() -> dict[str, Any]:
    [route] = [route for route in unstarted().routes if route.path == "/openapi.json"]
    return json.loads(asyncio.run(route.route_handler_map["GET"][0].fn()))  # type: ignore[attr-defined]


def page() -> str:
    paths, schemas = (made := document())["paths"], made["components"]["schemas"]
    lines = [
        "# HTTP and sockets",
        "",
        "The same as `/openapi.json`, for reading. Every refusal is a problem (RFC 9457): `type`, `title`, `status`,"
        " `detail`, `instance`, and `field` where one member is to blame. 503 means: not received, keep it, send it again.",
        "",
        "Operators come with the cookie of a session, and on everything but GET with the header `x-csrf-token`; scripts with"
        " `Authorization: Bearer` and a token of `ansim token`. Times are RFC 3339, durations seconds, distances metres,"
        " coordinates WGS 84.",
    ]
    for part, _ in sorted(PARTS, key=lambda one: list(TITLES).index(one[0])):
        lines += ["", f"## {TITLES[part]}"]
        for path in sorted(paths):
            for method in METHODS:
                operation = paths[path].get(method)
                if operation is not None and part in operation["tags"]:
                    lines += ["", *_operation(path, method, operation)]
    lines += ["", "## Shapes", ""]
    for name in sorted(schemas):
        lines += _shape(name, schemas[name])
    return "\n".join(lines) + "\n"


def _operation(path: str, method: str, operation: dict[str, Any]) -> list[str]:
    word = "WebSocket" if "101" in operation["responses"] else method.upper()
    lines = [f"### {word} {path}", "", operation.get("description", "")]
    asked = [
        f"`{one['name']}`" + (f" ({one['description']})" if one.get("description") else "")
        for one in operation.get("parameters", [])
        if one["in"] == "query"
    ]
    if asked:
        lines += ["", "Query: " + ", ".join(asked)]
    if body := operation.get("requestBody"):
        lines += ["", "Takes " + ", ".join(_type(form.get("schema", {})) for form in body["content"].values())]
    for status, answer in operation["responses"].items():
        forms = [_type(form.get("schema", {})) for form in answer.get("content", {}).values()]
        if status.startswith("2") and status != "204" and forms:
            lines += ["", f"{status}: {', '.join(forms)}"]
    return lines


def _shape(name: str, schema: dict[str, Any]) -> list[str]:
    lines = [f"### {name}", ""]
    if schema.get("description"):
        lines += [schema["description"], ""]
    if "enum" in schema:
        return [*lines, ", ".join(f"`{value}`" for value in schema["enum"]), ""]
    required = set(schema.get("required", []))
    members = [
        f"- `{member}`{'' if member in required else '?'}: {_type(inner)}{_bounds(inner)}"
        for member, inner in schema.get("properties", {}).items()
    ]
    return [*lines, *members, ""]


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for several in ("oneOf", "anyOf"):
        if several in schema:
            return " or ".join(_type(one) for one in schema[several])
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if kind == "object":
        members = schema.get("additionalProperties")
        return f"object of {_type(members)}" if isinstance(members, dict) and members else "object"
    if isinstance(kind, list):
        return " or ".join(str(one) for one in kind)
    return f"{kind} ({schema['format']})" if "format" in schema else str(kind)


def _bounds(schema: dict[str, Any]) -> str:
    names = {
        "minimum": "from",
        "maximum": "to",
        "minLength": "at least",
        "maxLength": "at most",
        "minItems": "at least",
        "maxItems": "at most",
        "pattern": "like",
    }
    told = [f"{word} `{schema[name]}`" for name, word in names.items() if name in schema]
    return f", {', '.join(told)}" if told else ""
