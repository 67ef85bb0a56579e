"""A home that phones enrol at, and phones made of the same primitives as a browser's."""

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from litestar import Litestar, Request, Response
from litestar.di import Provide

from ansim.city.people.credential import Jwk, signal_lines
from ansim.city.people.routes import ROUTES
from ansim.core.clock import ManualClock
from ansim.core.database import Database
from ansim.core.database.pool import PoolDriver
from ansim.core.errors import Problem
from ansim.core.world import World
from ansim.trust import sealing
from ansim.trust.access.limits import Lanes
from ansim.trust.access.model import Site
from ansim.trust.retention.keys import Keys
from ansim.trust.retention.master import FileMaster

REQUIRED = ["age", "personal", "location", "location-given"]


@dataclass
class Phone:
    private: sealing.PrivateKey = field(default_factory=sealing.generate)

    @property
    def jwk(self) -> dict[str, str]:
        return sealing.public_jwk(self.private.public_key())

    @property
    def key(self) -> Jwk:
        return Jwk(**self.jwk)  # type: ignore[arg-type]

    def prove(self, *lines: str) -> str:
        """As WebCrypto signs: r || s."""
        r, s = decode_dss_signature(self.private.sign("\n".join(lines).encode(), ec.ECDSA(SHA256())))
        raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    def prove_signal(self, id: str, at: datetime) -> str:
        return self.prove(*signal_lines(id, at))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def database(dsn: str, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Database]:
    world = World(clock=clock)
    database = Database(await PoolDriver.connect(dsn), world)
    keys = Keys(world, tmp_path, FileMaster(world, tmp_path))
    database.provide(Keys, keys)
    database.provide(Site, Site(centre="gangnam", name="Gangnam"))
    yield database
    await database.close()
    keys.close()


def _problem(request: Request[Any, Any, Any], problem: Problem) -> Response[Any]:
    return Response(problem.body(request.url.path), status_code=problem.status)


@pytest.fixture
async def home(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    lanes = Lanes(database.world.clock.monotonic)
    app = Litestar(
        ROUTES,
        dependencies={
            "database": Provide(lambda: database, sync_to_thread=False),
            "lanes": Provide(lambda: lanes, sync_to_thread=False),
        },
        exception_handlers={Problem: _problem},
        openapi_config=None,
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)  # type: ignore[arg-type]
    async with httpx.AsyncClient(base_url="http://home", transport=transport) as client:
        yield client
