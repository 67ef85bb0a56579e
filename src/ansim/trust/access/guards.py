"""What stands before a route: who asks, may she, and does the request come from our own page.

The application keeps its Database in `app.state.database`. A refusal says nothing about what lies behind it.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from litestar import Request, Response, WebSocket
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.exceptions import WebSocketException
from litestar.handlers.base import BaseRouteHandler

from ansim.core.database import Database
from ansim.core.errors import Problem
from ansim.trust.access import sessions
from ansim.trust.access.model import (
    CSRF_HEADER,
    SESSION_COOKIE,
    SESSION_LIMIT_S,
    Act,
    Actor,
    Role,
    Site,
    allowed,
)

Connection = ASGIConnection[Any, Any, Any, Any]
Guard = Callable[[Connection, BaseRouteHandler], Awaitable[None]]

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
SOCKET_UNKNOWN = 4401
SOCKET_FORBIDDEN = 4403


async def authenticate(connection: Connection) -> Actor:
    """The actor of this request or socket. Raises Problem 401, or 403 where the CSRF header is missing."""
    known = connection.scope.get("ansim.actor")
    if isinstance(known, Actor):
        return known
    token, from_cookie = _token(connection)
    if token is None:
        raise _unknown()
    if from_cookie:
        _from_our_page(connection, token)
    database: Database = connection.app.state.database
    async with database.transaction() as tx:
        actor = await sessions.resolve(tx, token)
    if actor is None:
        raise _unknown()
    connection.scope["ansim.actor"] = actor  # type: ignore[typeddict-unknown-key]
    return actor


async def actor(request: Request[Any, Any, Any]) -> Actor:
    """The dependency `actor`."""
    return await authenticate(request)


def allow(*who: Act | Role) -> Guard:
    """A guard that lets those pass who have one of these roles or may do one of these acts."""

    async def guard(connection: Connection, _: BaseRouteHandler) -> None:
        try:
            asking = await authenticate(connection)
            if not any(asking.role is one if isinstance(one, Role) else allowed(asking.role, one) for one in who):
                raise Problem(403, "forbidden", "You may not do this")
        except Problem as problem:
            if isinstance(connection, WebSocket):
                code = SOCKET_UNKNOWN if problem.status == 401 else SOCKET_FORBIDDEN
                raise WebSocketException(detail=problem.type, code=code) from problem
            raise

    return guard


async def same_origin(connection: Connection, _: BaseRouteHandler) -> None:
    """A guard for requests without a session that only our own page or no page at all may send."""
    if not _origin_fits(connection):
        raise Problem(403, "forbidden", "You may not do this")


def with_cookie(response: Response[Any], request: Request[Any, Any, Any], token: str) -> Response[Any]:
    response.set_cookie(_cookie(request, token, SESSION_LIMIT_S))
    return response


def without_cookie(response: Response[Any], request: Request[Any, Any, Any]) -> Response[Any]:
    response.set_cookie(_cookie(request, "", 0))
    return response


def cookie_token(connection: Connection) -> str | None:
    return connection.cookies.get(SESSION_COOKIE)


def address(connection: Connection) -> str:
    """The network address of whoever asks; used for limits only, never stored or logged as it is."""
    return connection.client.host if connection.client else ""


def _cookie(request: Request[Any, Any, Any], token: str, max_age: int) -> Cookie:
    return Cookie(
        key=SESSION_COOKIE,
        value=token,
        path="/",
        max_age=max_age,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


def _token(connection: Connection) -> tuple[str | None, bool]:
    header = connection.headers.get("authorization", "")
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip(), False
    return cookie_token(connection), True


def _from_our_page(connection: Connection, token: str) -> None:
    """A cookie comes with what any page sends; only ours knows the header. A socket names its origin."""
    if isinstance(connection, WebSocket):
        if not _origin_fits(connection, needed=True):
            raise Problem(403, "forbidden", "You may not do this")
    elif connection.scope["method"] not in _READS and not sessions.csrf_fits(  # type: ignore[typeddict-item]
        token, connection.headers.get(CSRF_HEADER, "")
    ):
        raise Problem(403, "csrf", "This request does not come from our page", f"Send the header {CSRF_HEADER}.")


def _origin_fits(connection: Connection, *, needed: bool = False) -> bool:
    origin = connection.headers.get("origin")
    if not origin:
        return not needed
    database: Database = connection.app.state.database
    return urlsplit(origin).netloc == connection.headers.get("host") or origin in database.use(Site).origins


def _unknown() -> Problem:
    return Problem(401, "signin.needed", "Sign in first")
