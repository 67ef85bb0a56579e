"""/openapi.json lists every route, explains it, and the reference pages are written from it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from litestar.routes import ASGIRoute, HTTPRoute, WebSocketRoute

from ansim.app.openapi import MOUNTED, RAW
from reference.api import METHODS, document, unstarted

ROOT = Path(__file__).parents[2]
OWN = "/openapi.json"
DESCRIBED = ("/api/mapping",)
"""Answered without the framework, and described by a route that is only in the document."""


def _answered() -> set[tuple[str, str]]:
    """(method, path) of everything the application routes."""
    found: set[tuple[str, str]] = set()
    for route in unstarted().routes:
        if isinstance(route, HTTPRoute):
            found |= {(method.lower(), route.path_format) for method in route.methods if method != "OPTIONS"}
        elif isinstance(route, WebSocketRoute):
            found.add(("get", route.path_format))
        elif isinstance(route, ASGIRoute) and route.path in RAW:
            found |= {("get", route.path), ("post", route.path)}
        elif isinstance(route, ASGIRoute) and route.path in DESCRIBED:
            found.add(("post", route.path))
        elif isinstance(route, ASGIRoute):
            found.add(("get", MOUNTED[route.path]))
    return found


def _listed() -> set[tuple[str, str]]:
    return {(method, path) for path, item in document()["paths"].items() for method in METHODS if method in item}


def test_every_route_is_listed_and_nothing_else() -> None:
    assert _listed() == _answered()
    assert {("get", "/live"), ("get", "/media/{camera}"), ("post", "/in/owntracks"), ("get", "/l/{token}")} <= _listed()


def test_every_operation_says_what_it_does() -> None:
    paths = document()["paths"]
    assert not [(method, path) for method, path in _listed() if not paths[path][method].get("description")]


def test_every_refusal_is_a_problem() -> None:
    for item in document()["paths"].values():
        for method in METHODS:
            if method in item:
                answers = item[method]["responses"]
                assert "400" not in answers
                assert list(answers["4XX"]["content"]) == ["application/problem+json"]


def test_every_reference_leads_somewhere() -> None:
    made = document()
    names = set(made["components"]["schemas"])
    asked = {part.split('"')[0] for part in json.dumps(made).split("#/components/schemas/")[1:]}
    assert asked <= names


def test_operation_ids_are_their_own() -> None:
    paths = document()["paths"]
    ids = [paths[path][method]["operationId"] for method, path in _listed()]
    assert len(ids) == len(set(ids))


def test_the_reference_pages_are_up_to_date() -> None:
    # In a process of its own: what other tests have loaded here must not name anything.
    done = subprocess.run([sys.executable, "tools/reference", "--check"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
