"""Pages and their files, and what every server of its kind answers about itself."""

from __future__ import annotations

import html
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from ansim.app.centre import Centre
from ansim.app.static import built_file, built_page, licences, security, static
from ansim.city.country.member import Country
from ansim.core.database import Database
from ansim.core.errors import Unavailable
from ansim.response.picture import assemble
from ansim.trust.grants import actions as grants
from ansim.trust.grants.model import LINK_COOKIE

PAGES = ("console", "citizen", "guardian", "desk", "ledger", "signin", "bell")
INSTALLED = ("citizen", "guardian", "bell")
"""Pages with a service worker."""


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

    @get([f"/{name}/{file}" for name in INSTALLED for file in ("sw.js", "manifest.webmanifest")],
         media_type="application/octet-stream")  # fmt: skip
    async def worker_file(request: Request[Any, Any, Any]) -> Response[bytes]:
        """What installs a page and works for it while it is closed."""
        path = request.scope["path"].lstrip("/")
        response = built_file(path, "no-cache")
        # The worker lies one step below the page it serves; the browser allows that only when told.
        response.headers["service-worker-allowed"] = f"/{path.partition('/')[0]}"
        return response

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
    media_origin = centre.settings.media_origin
    country = centre.database.use(Country)
    others = country.origins() if name == "citizen" else ()
    media = [media_origin] if media_origin else []
    if name == "console" and country.listed:
        media += country.media(centre.places.neighbours(centre.settings.centre))
    if media_origin:
        replace = (*replace, ("<head>", f'<head><meta name="media" content="{html.escape(media_origin)}">'))
    return built_page(name, security(centre.origin, media, others), *replace)
