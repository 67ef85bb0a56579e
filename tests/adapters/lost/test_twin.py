"""POST /api/mapping says in JSON what /lost says in XML."""

from __future__ import annotations

from datetime import timedelta

import pytest
from litestar import Litestar, asgi
from litestar.testing import AsyncTestClient

from ansim.adapters.lost.server import Lost
from ansim.app.mapping import mapping_door
from ansim.app.problems import problem

from .conftest import NOW, Serve, boundary
from .test_lost import BOX, SEONGNAM, at, find

L = "{urn:ietf:params:xml:ns:lost1}"


def client(lost: Lost) -> AsyncTestClient[Litestar]:
    app = Litestar(
        [asgi("/api/mapping", copy_scope=False)(mapping_door(lambda: lost._distribution))],
        exception_handlers={Exception: problem},
        openapi_config=None,
        logging_config=None,
    )
    return AsyncTestClient(app)


async def test_the_same_answer_in_json(serve: Serve, said) -> None:  # type: ignore[no-untyped-def]
    lost = serve(
        boundary("urn:service:sos.mountain", BOX, uris=("tel:119",), number="119", valid_to=NOW + timedelta(hours=1))
    )
    where = {"latitude": SEONGNAM[0], "longitude": SEONGNAM[1], "accuracy_m": 20}
    async with client(lost) as asking:
        phone = (await asking.post("/api/mapping", json=where)).json()
        mountain = (
            await asking.post("/api/mapping", json={**where, "service": "urn:service:sos.mountain", "boundary": True})
        ).json()
        sea = (await asking.post("/api/mapping", json={"latitude": 30, "longitude": 130})).json()
        nobody = await asking.post(
            "/api/mapping", json={"latitude": 35.0, "longitude": 128.0, "service": "urn:service:sos.mountain"}
        )
    assert (phone["centres"][0]["id"], phone["source"], phone["service"]) == (
        "gyeonggi-seongnam",
        "exact",
        "urn:service:sos.ansim",
    )
    assert phone["expires_at"] == "2026-11-23T04:00:00Z" and phone["boundary"] is None
    assert (mountain["centres"], mountain["uris"], mountain["number"]) == ([], ["tel:119"], "119")
    xml = await said(lost, find(at(*SEONGNAM), "urn:service:sos.mountain", more='serviceBoundary="value"'))
    [ring] = mountain["boundary"]["coordinates"]
    assert [(y, x) for x, y in ring] == [
        (float(a), float(b))
        for a, b in zip(*[iter(xml.findtext(".//{http://www.opengis.net/gml}posList").split())] * 2, strict=True)
    ]
    assert sea["source"] == "default" and sea["warnings"] == ["defaultMappingReturned"]
    assert nobody.status_code == 404 and nobody.json()["field"] == "service"


@pytest.mark.parametrize(
    "wrong",
    [
        {"latitude": 95},
        {"accuracy_m": -1},
        {"service": "urn:service:nothing"},
        {"as_of": "2026-01-01T00:00:00"},
        {"service": 4},
    ],
)
async def test_a_member_that_does_not_fit_is_named(serve: Serve, wrong: dict[str, object]) -> None:
    async with client(serve()) as asking:
        answer = await asking.post("/api/mapping", json={"latitude": 37.4, "longitude": 127.1, **wrong})
    assert 400 <= answer.status_code < 500
    [field] = wrong
    assert answer.json()["field"] == field
