"""Refusals in one form (RFC 9457), whatever refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from ansim.core.errors import Problem

PROBLEM = "application/problem+json"

log = structlog.get_logger()


def problem(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Every refusal as RFC 9457, and never more in it than the sender may know."""
    refused = _as_problem(error)
    if refused.status >= 500 and refused.status != 503:
        log.error("request failed", route=_route(request), exc_info=error)
    headers = {"retry-after": str(refused.extra["retry_after_s"])} if "retry_after_s" in refused.extra else {}
    # The path may hold a link's secret; the route's pattern says the same without it.
    return Response(
        msgspec.json.encode(refused.body(_route(request))),
        status_code=refused.status,
        media_type=PROBLEM,
        headers=headers,
    )


def _as_problem(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, ValidationException):
        extra: Sequence[Any] = error.extra if isinstance(error.extra, list) else []
        first = extra[0] if extra and isinstance(extra[0], dict) else {}
        field = str(first.get("key") or "body")
        return Problem(
            400, "request.form", "This member does not fit", str(first.get("message") or error.detail), field=field
        )
    if isinstance(error, HTTPException):
        names = {404: "route.unknown", 405: "method.unknown", 413: "request.large", 415: "request.type"}
        return Problem(
            error.status_code, names.get(error.status_code, "request.form"), error.detail or "This request does not fit"
        )
    if isinstance(error, RecursionError):
        return Problem(400, "request.nested", "Nested too deep", field="body")
    return Problem(500, "internal", "Something went wrong here", "It has been recorded.")


def _route(request: Request[Any, Any, Any]) -> str:
    template = request.scope.get("path_template")
    return str(template or "/" + request.scope["path"].strip("/").split("/", 1)[0])
