"""The built pages and their files, as any process serves them."""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from pathlib import Path

from litestar import Response, get
from litestar.params import FromPath

from ansim.core.errors import Problem, not_found

STATIC = Path(__file__).parent.parent / "static"


def security(origin: str, media: Sequence[str] = (), centres: Sequence[str] = ()) -> dict[str, str]:
    """Headers of every page. Nothing may be loaded from, or said to, anybody else: where an incident is would leak with the
    first foreign map tile.

    `origin` is what browsers call this server, `media` the media nodes that have names of their own, for the console those of
    neighbours, too, `centres` the other centres
    of the country, for the page of a phone, which speaks to whichever answers for its place. That 'self' means its sockets, too, is the rule (CSP 3, 6.7.2.8), but Safari before
    15.4 and Chrome before 71 want them by name.
    """
    sockets = " ".join((*("ws" + one.removeprefix("http") for one in (origin, *media, *centres)), *centres))
    policy = (
        "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; worker-src 'self' blob:;"
        f" style-src 'self' 'unsafe-inline'; connect-src 'self' {sockets}; frame-ancestors 'none'; base-uri 'none';"
        " form-action 'self'"
    )
    return {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "permissions-policy": "geolocation=(self), camera=(self), microphone=(self)",
        "x-frame-options": "DENY",
    }


def built_page(name: str, headers: dict[str, str], *replace: tuple[str, str]) -> Response[bytes]:
    """A page, with what stands in it for this process."""
    found = STATIC / name / "index.html"
    if not found.is_file():
        raise Problem(404, "page.unbuilt", "The pages are not built", "Run ./run, which builds them.")
    text = found.read_text(encoding="utf-8")
    for old, new in replace:
        text = text.replace(old, new)
    return Response(
        text.encode(), media_type="text/html; charset=utf-8", headers={"cache-control": "no-cache", **headers}
    )


def built_file(name: str, cache: str) -> Response[bytes]:
    found = (STATIC / name).resolve()
    if not found.is_relative_to(STATIC) or not found.is_file():
        raise not_found("file")
    kind = "application/manifest+json" if name.endswith(".webmanifest") else mimetypes.guess_type(name)[0]
    return Response(
        found.read_bytes(),
        media_type=kind or "application/octet-stream",
        headers={"cache-control": cache, "x-content-type-options": "nosniff"},
    )


@get("/static/{path:path}", media_type="application/octet-stream")
async def static(path: FromPath[Path]) -> Response[bytes]:
    """A file of the pages; its name changes with its content, so a browser keeps it."""
    return built_file(str(path).lstrip("/"), "public, max-age=31536000, immutable")


@get("/licenses", media_type="text/plain")
async def licences() -> Response[bytes]:
    """Whose work the pages contain, and under which licences."""
    return built_file("licenses.txt", "no-cache")
