"""Pages and their files, and what every server of its kind answers about itself."""

from __future__ import annotations

import html
import mimetypes
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from ansim.app.centre import Centre
from ansim.city.country.member import Country
from ansim.core.database import Database
from ansim.core.errors import Problem, Unavailable, not_found
from ansim.response.picture import assemble
from ansim.trust.grants import actions as grants
from ansim.trust.grants.model import LINK_COOKIE

STATIC = Path(__file__).parent.parent / "static"
PAGES = ("console", "citizen", "guardian", "desk", "ledger", "signin", "bell")
INSTALLED = ("citizen", "guardian", "bell")
"""Pages with a service worker."""


def security(origin: str, media_origin: str | None = None, centres: Sequence[str] = ()) -> dict[str, str]:
    """Headers of every page. Nothing may be loaded from, or said to, anybody else: where an incident is would leak with the
    first foreign map tile.

    `origin` is what browsers call this server, `media_origin` the media node where that has a name of its own, `centres` the other centres
    of the country, for the page of a phone, which speaks to whichever answers for its place. That 'self' means its sockets, too, is the rule (CSP 3, 6.7.2.8), but Safari before
    15.4 and Chrome before 71 want them by name.
    """
    sockets = " ".join(
        (*("ws" + one.removeprefix("http") for one in (origin, media_origin, *centres) if one), *centres)
    )
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


def pages(centre: Centre, *, demo: bool = False) -> list[Any]:
    """Handlers that need to know the whole process. In a demo the citizen page's position is that of one in the
    city.
    """

    @get("/", media_type="text/html", status_code=302)
    async def root() -> Response[None]:
        """Leads to the console."""
        return Response(None, status_code=302, headers={"location": "/console"})

    @get([f"/{name}" for name in PAGES], media_type="text/html")
    async def page(request: Request[Any, Any, Any]) -> Response[bytes]:
        """A page. What it shows, it fetches itself."""
        name = request.scope["path"].strip("/")
        if demo and name == "citizen":
            return _page(centre, name, ("<head>", '<head><script src="/demo/geolocation.js"></script>'))
        return _page(centre, name)

    @get("/l/{token:str}", media_type="text/html")
    async def link_page(
        token: FromPath[str], request: Request[Any, Any, Any], database: NamedDependency[Database]
    ) -> Response[bytes]:
        """The page behind a link. Its first state is inside it once this browser is the one it is bound to."""
        state: bytes = b"null"
        try:
            async with database.transaction(readonly=True) as tx:
                link = await grants.bound_link(tx, token, request.cookies.get(LINK_COOKIE))
                if link is not None:
                    state = msgspec.json.encode(await assemble.link_state(tx, link))
        except Unavailable:
            pass
        inside = (
            html.escape(state.decode(), quote=False)
            .replace("&lt;", "\\u003c")
            .replace("&gt;", "\\u003e")
            .replace("&amp;", "\\u0026")
        )
        return _page(centre, "link", ("<!--state-->", f'<script type="application/json" id="state">{inside}</script>'))

    @get("/fault/{bell:str}", media_type="text/html")
    async def fault_page(bell: FromPath[str]) -> Response[bytes]:
        """The page behind the code on a bell: whoever passes by can say that it is broken. What it shows, it fetches itself."""
        return _page(centre, "fault")

    @get("/static/{path:path}", media_type="application/octet-stream")
    async def static(path: FromPath[Path]) -> Response[bytes]:
        """A file of the pages; its name changes with its content, so a browser keeps it."""
        return _file(str(path).lstrip("/"), "public, max-age=31536000, immutable")

    @get([f"/{name}/{file}" for name in INSTALLED for file in ("sw.js", "manifest.webmanifest")],
         media_type="application/octet-stream")  # fmt: skip
    async def worker_file(request: Request[Any, Any, Any]) -> Response[bytes]:
        """What installs a page and works for it while it is closed."""
        path = request.scope["path"].lstrip("/")
        response = _file(path, "no-cache")
        # The worker lies one step below the page it serves; the browser allows that only when told.
        response.headers["service-worker-allowed"] = f"/{path.partition('/')[0]}"
        return response

    @get("/licenses", media_type="text/plain")
    async def licences() -> Response[bytes]:
        """Whose work the pages contain, and under which licences."""
        return _file("licenses.txt", "no-cache")

    @get("/healthz", media_type="application/json")
    async def healthz() -> dict[str, str]:
        """The process lives."""
        return {"status": "ok"}

    @get("/readyz", media_type="application/json")
    async def readyz(database: NamedDependency[Database]) -> dict[str, str]:
        """An SOS would be stored now: something was really written."""
        async with database.transaction() as tx:
            await tx.execute(
                "INSERT INTO timer (kind, subject, due_at) VALUES ('probe', 'readyz', $1)"
                " ON CONFLICT (kind, subject) DO UPDATE SET due_at = excluded.due_at",
                tx.at,
            )
            await tx.execute("DELETE FROM timer WHERE kind = 'probe'")
        return {"status": "ok"}

    @get("/metrics", media_type=CONTENT_TYPE_LATEST)
    async def metrics() -> bytes:
        """Counts and times in the form of Prometheus; nothing about anybody."""
        return generate_latest() + generate_latest(centre.metrics)

    @get("/api/map", media_type="application/json")
    async def map_() -> dict[str, Any]:
        """The streets this centre knows, as GeoJSON; empty where none were imported."""
        return centre.map

    return [root, page, link_page, fault_page, static, worker_file, licences, healthz, readyz, metrics, map_]


def _page(centre: Centre, name: str, *replace: tuple[str, str]) -> Response[bytes]:
    file = STATIC / name / "index.html"
    if not file.is_file():
        raise Problem(404, "page.unbuilt", "The pages are not built", "Run ./run, which builds them.")
    text = file.read_text(encoding="utf-8")
    media_origin = centre.settings.media_origin
    others = centre.database.use(Country).origins() if name == "citizen" else ()
    if media_origin:
        replace = (*replace, ("<head>", f'<head><meta name="media" content="{html.escape(media_origin)}">'))
    for old, new in replace:
        text = text.replace(old, new)
    return Response(
        text.encode(),
        media_type="text/html; charset=utf-8",
        headers={"cache-control": "no-cache", **security(centre.origin, media_origin, others)},
    )


def _file(name: str, cache: str) -> Response[bytes]:
    file = (STATIC / name).resolve()
    if not file.is_relative_to(STATIC) or not file.is_file():
        raise not_found("file")
    kind = "application/manifest+json" if name.endswith(".webmanifest") else mimetypes.guess_type(name)[0]
    return Response(
        file.read_bytes(),
        media_type=kind or "application/octet-stream",
        headers={"cache-control": cache, "x-content-type-options": "nosniff"},
    )
