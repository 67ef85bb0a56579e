"""A server that says who answers where, and the schema that what it says must keep to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import shapely
from lxml import etree

from ansim.adapters.lost.peers import Peer
from ansim.adapters.lost.server import Lost
from ansim.app.mapping import OneDoor
from ansim.app.places import country
from ansim.city.places.areas import Areas
from ansim.city.places.boundary import Boundary
from ansim.city.places.distribution import Distribution
from ansim.city.places.model import Name
from ansim.core.clock import ManualClock

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
DOOR = OneDoor(lambda: "http://localhost:8000", lambda: {"kty": "EC", "crv": "P-256", "x": "x", "y": "y"})
SHARED = Path(__file__).parents[4] / "shared" / "vectors"

Serve = Callable[..., Lost]


def boundary(service: str, ring: list[tuple[float, float]], **more: object) -> Boundary:
    """`ring` of (latitude, longitude), as the suites have it."""
    return Boundary(  # type: ignore[arg-type]
        **{
            "id": f"{len(ring)}{abs(hash((service, tuple(ring)))) % 10**12:012}", "service": service, "name": Name(ko="경계", en="Boundary"),
            "shape": shapely.Polygon([(longitude, latitude) for latitude, longitude in ring]),
            "valid_from": datetime(2020, 1, 1, tzinfo=UTC), "updated_at": datetime(2024, 5, 1, tzinfo=UTC), **more,
        }
    )  # fmt: skip


@pytest.fixture
def serve() -> Serve:
    def made(*boundaries: Boundary, peers: tuple[Peer, ...] = (), clock: ManualClock | None = None) -> Lost:
        areas = Areas(country("gyeonggi-seongnam"), boundaries)
        return Lost(Distribution(areas, DOOR, clock or ManualClock(NOW)), "hub.ansim.example", peers)

    return made


@pytest.fixture(scope="session")
def schema() -> etree.RelaxNG:
    return etree.RelaxNG(file=str(Path(__file__).with_name("lost.rng")))


@pytest.fixture
def said(schema: etree.RelaxNG) -> Callable[..., object]:
    """What a server answers, held against the schema."""

    async def ask(lost: Lost, body: str | bytes) -> etree._Element:
        reply = await lost.reply(body if isinstance(body, bytes) else body.encode())
        assert reply.status == 200, reply
        root = etree.fromstring(reply.body)
        schema.assertValid(root)
        return root

    return ask
