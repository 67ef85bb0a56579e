"""Phones come from the pages of other centres: what they say and ask may cross, for the origins of the country and nobody else's."""

from __future__ import annotations

from collections.abc import Callable, Collection

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

CROSSED = ("/api/signals", "/api/positions", "/api/record", "/api/trips", "/api/escorts", "/api/mapping")
"""What carries its own proof (a receipt's secret, a credential) and never a cookie."""
REMEMBER_S = 86_400


def from_other_centres(origins: Callable[[], Collection[str]]) -> Callable[..., ASGIApp]:
    """A middleware: Fetch's CORS protocol, without credentials."""

    def around(app: ASGIApp) -> ASGIApp:
        async def crossing(scope: Scope, receive: Receive, send: Send) -> None:
            origin = _crosses(scope)
            if origin is None or origin.decode("latin-1") not in origins():
                await app(scope, receive, send)
                return
            allowed = [(b"access-control-allow-origin", origin), (b"vary", b"origin")]

            async def answered(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message["headers"] = [*message["headers"], *allowed]
                await send(message)

            if scope["method"] != "OPTIONS":  # type: ignore[typeddict-item]
                await app(scope, receive, answered)
                return
            allowed += [
                (b"access-control-allow-methods", b"GET, POST"),
                (b"access-control-allow-headers", b"content-type, accept"),
                (b"access-control-max-age", str(REMEMBER_S).encode()),
            ]
            await send({"type": "http.response.start", "status": 204, "headers": allowed})
            await send({"type": "http.response.body", "body": b"", "more_body": False})

        return crossing

    return around


def _crosses(scope: Scope) -> bytes | None:
    """The origin of the page that asks, where the answer may be for one of another centre."""
    if scope["type"] != ScopeType.HTTP or not scope["path"].startswith(CROSSED):
        return None
    return next((value for name, value in scope["headers"] if name == b"origin"), None)
