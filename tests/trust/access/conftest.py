"""A centre that people sign in to, over real HTTP handlers on a real database."""

import base64
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from litestar import Litestar, Request, Response, WebSocket, get, websocket
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide

from ansim.adapters.identity.passkeys import SitePasskeys
from ansim.app.server import served
from ansim.core.clock import ManualClock
from ansim.core.database import Database
from ansim.core.database.pool import PoolDriver
from ansim.core.errors import Problem
from ansim.core.world import World
from ansim.trust.access import actions, store, totp
from ansim.trust.access.guards import actor as actor_dependency
from ansim.trust.access.guards import allow
from ansim.trust.access.model import Act, Actor, Role, Site
from ansim.trust.access.passwords import hash_password
from ansim.trust.access.routes import ROUTES
from ansim.trust.retention.keys import Keys
from ansim.trust.retention.master import FileMaster

PASSWORD = "correct horse battery"
_hashed: list[str] = []


@dataclass
class Centre:
    database: Database
    clock: ManualClock
    origin: str

    def browser(self, address: str = "127.0.0.1") -> httpx.AsyncClient:
        """One more browser with its own cookies, at this loopback address."""
        return httpx.AsyncClient(
            base_url=self.origin, transport=httpx.AsyncHTTPTransport(local_address=address), timeout=120
        )

    async def account(self, role: Role = Role.OPERATOR, name: str = "") -> str:
        """A new account whose password is PASSWORD; its id."""
        if not _hashed:
            _hashed.append(await hash_password(PASSWORD))
        async with self.database.transaction() as tx:
            made = await actions.create_account(
                tx, account=name or role.value, name="Kim", role=role, centre="gangnam", actor="machine",
                agency="112" if role is Role.AGENCY else None,
            )  # fmt: skip
            await store.set_password(tx, made.id, _hashed[0])
        return made.id

    async def code(self, account: str) -> str:
        async with self.database.transaction() as tx:
            return await actions.one_time_code(tx, account=account, actor="machine")

    async def ledger(self) -> list[tuple[str, str, str]]:
        """(act, actor, object) of every entry, in no order that means anything."""
        async with self.database.transaction(readonly=True) as tx:
            rows = await tx.fetch("SELECT * FROM ledger_entry ORDER BY id")
        return [(row["act"], row["actor"], row["object"]) for row in rows]

    async def signed_in(self, browser: httpx.AsyncClient, account: str) -> dict[str, Any]:
        """Signs in by a one-time code; what /api/me says."""
        answer = await browser.post("/api/signin/code", json={"code": await self.code(account)})
        assert answer.status_code == 200, answer.text
        browser.headers["x-csrf-token"] = answer.json()["csrf"]
        me: dict[str, Any] = answer.json()
        return me

    async def authenticator(self, browser: httpx.AsyncClient) -> bytes:
        """Adds an authenticator app to whoever is signed in; its secret."""
        uri = (await browser.post("/api/me/totp")).json()["uri"]
        secret = totp_secret(uri)
        done = await browser.post("/api/me/totp/confirm", json={"code": self.totp(secret)})
        assert done.status_code == 204, done.text
        await self.clock.advance(60)
        return secret

    def totp(self, secret: bytes) -> str:
        return totp.code_at(secret, totp.step_of(self.clock.now()))


def totp_secret(uri: str) -> bytes:
    text = parse_qs(urlsplit(uri).query)["secret"][0]
    return base64.b32decode(text + "=" * (-len(text) % 8))


def _probe_of(act: Act) -> Any:
    @get(f"/probe/{act.value}", guards=[allow(act)], name=act.value)
    async def probe(actor: NamedDependency[Actor]) -> str:
        return actor.role.value

    return probe


@get("/probe/page", media_type="text/html")
async def probe_page() -> str:
    return "<!doctype html><title>probe</title>"


@websocket("/probe/socket", guards=[allow(Act.QUEUE_VIEW)])
async def probe_socket(socket: WebSocket[Any, Any, Any]) -> None:
    await socket.accept()
    await socket.send_text("hello")
    await socket.close()


def _problem(request: Request[Any, Any, Any], problem: Problem) -> Response[Any]:
    return Response(problem.body(request.url.path), status_code=problem.status)


@pytest.fixture
async def centre(dsn: str, tmp_path: Path) -> AsyncIterator[Centre]:
    clock = ManualClock()
    world = World(clock=clock)
    database = Database(await PoolDriver.connect(dsn), world)
    keys = Keys(world, tmp_path, FileMaster(world, tmp_path))
    database.provide(Keys, keys)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        origin = f"http://localhost:{listener.getsockname()[1]}"
        database.provide(Site, Site(centre="gangnam", name="Gangnam", origins=(origin,)))
        passkeys = SitePasskeys("localhost", [origin])
        app = Litestar(
            [*ROUTES, *map(_probe_of, Act), probe_socket, probe_page],
            dependencies={
                "database": Provide(lambda: database, sync_to_thread=False),
                "passkeys": Provide(lambda: passkeys, sync_to_thread=False),
                "actor": Provide(actor_dependency),
            },
            exception_handlers={Problem: _problem},
            state=State({"database": database}),
            openapi_config=None,
        )
        async with served(app, listener):
            yield Centre(database, clock, origin)
    await database.close()
    keys.close()
