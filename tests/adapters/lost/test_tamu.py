"""The Texas A&M NG9-1-1 conformance suite (tamu-edu/ng911-dev) against our server: its requests over HTTP, its steps, its verdicts.

Provisioned as the steps say, beside the country that is packaged; what needs a second server has one that answers from the suite's own file.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from litestar import Litestar, asgi
from lxml import etree

from ansim.adapters.lost.peers import Peer
from ansim.adapters.lost.server import Lost, door
from ansim.city.places.boundary import Boundary

from .conftest import SHARED, Serve, boundary

FILES = SHARED / "ng911-tamu" / "test_suite" / "test_files" / "HTTP_messages" / "HTTP_LoST"
pytestmark = pytest.mark.skipif(not FILES.is_dir(), reason="no ../shared/vectors/ng911-tamu beside this checkout")

L = "{urn:ietf:params:xml:ns:lost1}"
ONE = [
    (40.717309464520554, -73.99120141285248), (40.71672360940788, -73.9891917501422),
    (40.71556789497267, -73.9898030924558), (40.716159065144886, -73.9917916448061),
]  # fmt: skip
TWO = [
    (40.71556789497267, -73.9898030924558), (40.716159065144886, -73.9917916448061),
    (40.715035291934925, -73.99236780617362), (40.71443880503375, -73.99025982895066),
]  # fmt: skip
LAUREL = [(39.09, -76.87), (39.09, -76.84), (39.11, -76.84), (39.11, -76.87)]
FIRST, SECOND = "sip:boundary1@example.com", "sip:boundary2@example.com"
SOS, POLICE, I3 = "urn:service:sos", "urn:service:sos.police", "urn:emergency:service:sos"


def provisioned(*services: str) -> list[Boundary]:
    return [boundary(service, ring, uris=(uri,)) for service in services for ring, uri in ((ONE, FIRST), (TWO, SECOND))]


@asynccontextmanager
async def client(lost: Lost) -> AsyncIterator[httpx.AsyncClient]:
    app = Litestar([asgi("/lost", copy_scope=False)(door(lost))], logging_config=None, openapi_config=None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost") as asking:
        yield asking
    await lost.close()


class Second:
    """Another server, which answers with one file and remembers what it was asked."""

    def __init__(self, file: str) -> None:
        self._body = (FILES / file).read_bytes()
        self.asked: list[etree._Element] = []

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Peer]:
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            yield Peer(source="ts-ecrf-lvf-2.example.com", url=f"http://127.0.0.1:{port}/LoST")

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length:")[2].split()[0])
        self.asked.append(etree.fromstring(await reader.readexactly(length)))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/lost+xml\r\nConnection: close\r\n")
        writer.write(f"Content-Length: {len(self._body)}\r\n\r\n".encode() + self._body)
        await writer.drain()
        writer.close()


def judged(asked: bytes, answer: httpx.Response, schema: etree.RelaxNG) -> etree._Element:
    """What every variation of findService must keep to."""
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/lost+xml"
    stimulus, root = etree.fromstring(asked), etree.fromstring(answer.content)
    schema.assertValid(root)
    assert root.tag == L + "findServiceResponse"
    [mapping] = root.findall(L + "mapping")
    assert datetime.fromisoformat(mapping.get("expires")) > datetime(2026, 11, 23, 3, tzinfo=UTC)
    assert mapping.find(L + "serviceBoundary") is not None
    assert mapping.findtext(L + "uri").startswith("sip:")
    assert mapping.findtext(L + "serviceNumber") in (None, "911")
    assert root.find(L + "locationUsed").get("id") == stimulus.find(L + "location").get("id")
    assert root.findall(f"{L}path/{L}via")
    return root


SHAPES = (
    "geodetic_point",
    "geodetic_circle",
    "geodetic_ellipse",
    "geodetic_arc-band",
    "geodetic_polygon",
    "civic_address",
)


@pytest.mark.parametrize("shape", SHAPES)
async def test_td_ecrf_lvf_002_every_kind_of_location(serve: Serve, schema: etree.RelaxNG, shape: str) -> None:
    laurel = boundary(
        POLICE, LAUREL, uris=("sip:laurel@example.com",), number="911", civic=({"country": "US", "A1": "Maryland", "A3": "Laurel"},)
    )  # fmt: skip
    asked = (FILES / f"findService_{shape}.xml").read_bytes()
    async with client(serve(*provisioned(SOS), laurel)) as asking:
        answer = await asking.post("/lost", content=asked, headers={"content-type": "application/xml"})
    root = judged(asked, answer, schema)
    wanted = FIRST if shape == "geodetic_point" else "sip:laurel@example.com"
    assert root.findtext(f"{L}mapping/{L}uri") == wanted
    assert root.findtext(f"{L}mapping/{L}service") == etree.fromstring(asked).findtext(L + "service")


@pytest.mark.parametrize(
    ("file", "right"),
    [
        ("findService_polygon_covering_fully_one_and_partially_another_boundary.xml", (FIRST,)),
        ("findService_polygon_covering_fully_two_boundaries.xml", (FIRST, SECOND)),
    ],
)
async def test_td_ecrf_lvf_003_the_boundary_that_is_covered(
    serve: Serve, schema: etree.RelaxNG, file: str, right: tuple[str, ...]
) -> None:
    asked = (FILES / file).read_bytes()
    async with client(serve(*provisioned(POLICE))) as asking:
        answer = await asking.post("/lost", content=asked, headers={"content-type": "application/xml"})
    assert judged(asked, answer, schema).findtext(f"{L}mapping/{L}uri") in right


@pytest.mark.parametrize("service", [SOS, I3])
@pytest.mark.parametrize("query", ["listServices", "listServicesByLocation"])
async def test_td_ecrf_lvf_004_lists_of_services(serve: Serve, schema: etree.RelaxNG, query: str, service: str) -> None:
    asked = (FILES / f"{query}_{service.replace(':', '-')}.xml").read_bytes()
    async with client(serve(*provisioned(SOS, POLICE, f"{I3}.psap"))) as asking:
        answer = await asking.post("/lost", content=asked)
    root = etree.fromstring(answer.content)
    schema.assertValid(root)
    assert root.tag == f"{L}{query}Response"
    listed = root.findtext(L + "serviceList").split()
    assert listed and all(one.startswith(f"{service}.") for one in listed)
    if query == "listServicesByLocation":
        assert root.find(L + "locationUsed").get("id") == "123456789"


async def test_td_ecrf_lvf_005_asks_another_server_or_sends_there(serve: Serve, schema: etree.RelaxNG) -> None:
    second = Second("findServiceResponse.xml")
    async with second.serving() as peer, client(serve(*provisioned(POLICE), peers=(peer,))) as asking:
        asked = (FILES / "findService_recursive_mode_polygon_not_covering_boundaries.xml").read_bytes()
        answer = await asking.request("GET", "/lost", content=asked)  # the suite's own way to send it
        [passed] = second.asked
        sent = await asking.post("/lost", content=asked.replace(b'recursive="true"', b'recursive="false"'))
    schema.assertValid(passed)
    assert [via.get("source") for via in passed.iter(L + "via")] == ["hub.ansim.example"]
    root = etree.fromstring(answer.content)
    schema.assertValid(root)
    assert root.findtext(f"{L}mapping/{L}uri") == "sip:nypd@example.com", "the other server's answer"
    assert {via.get("source") for via in root.iter(L + "via")} == {
        "resolver.example", "authoritative.example", "hub.ansim.example",
    }  # fmt: skip
    assert 300 <= sent.status_code < 400 and sent.headers["location"] == peer.url
    assert len(second.asked) == 1


async def test_td_ecrf_lvf_008_ids_of_call_and_incident_go_along(serve: Serve, schema: etree.RelaxNG) -> None:
    second = Second("findServiceResponse_for_not_in_ecrf.xml")
    async with second.serving() as peer, client(serve(*provisioned(SOS)[:1], peers=(peer,))) as asking:
        here, there = [(FILES / f"findService_geodetic_point{more}.xml").read_bytes() for more in ("", "_not_in_ecrf")]
        first = judged(here, await asking.post("/lost", content=here), schema)
        assert not second.asked and first.findtext(f"{L}mapping/{L}uri") == FIRST
        root = judged(there, await asking.post("/lost", content=there), schema)
    [passed] = second.asked
    schema.assertValid(passed)
    ids, own = [
        one.find("{urn:emergency:xml:ns:lostExt:Ids}emergencyCallIncidentId").attrib
        for one in (passed, etree.fromstring(there))
    ]
    assert dict(ids) == dict(own)
    assert len(root.findall(f"{L}path/{L}via")) >= 2


@pytest.mark.parametrize("file", ["findServiceResponse_malformed.xml", "findServiceResponse_malformed_xml_body.xml"])
async def test_a_second_server_that_answers_nonsense_is_named(serve: Serve, schema: etree.RelaxNG, file: str) -> None:
    second = Second(file)
    async with second.serving() as peer, client(serve(*provisioned(POLICE), peers=(peer,))) as asking:
        asked = (FILES / "findService_recursive_mode_polygon_not_covering_boundaries.xml").read_bytes()
        root = etree.fromstring((await asking.post("/lost", content=asked)).content)
    schema.assertValid(root)
    assert root.find(f"{L}warnings/{L}serverError") is not None


@pytest.mark.parametrize("below", ["additionalData", "serviceAgencyLocator", "psap", "responder", "sos"])
async def test_td_ecrf_lvf_012_services_of_i3(serve: Serve, schema: etree.RelaxNG, below: str) -> None:
    services = [
        f"urn:emergency:service:{one}" for one in ("additionalData", "serviceAgencyLocator", "psap", "responder", "sos")
    ]
    layers = [boundary(one, ONE, uris=(f"sip:{one.rpartition(':')[2]}@example.com",)) for one in services]
    asked = (
        (FILES / "findService_geodetic_point.xml")
        .read_bytes()
        .replace(b">urn:service:sos<", f">urn:emergency:service:{below}<".encode())
    )
    async with client(serve(*layers)) as asking:
        root = judged(asked, await asking.post("/lost", content=asked), schema)
    assert root.findtext(f"{L}mapping/{L}service") == f"urn:emergency:service:{below}"
    assert root.findtext(f"{L}mapping/{L}uri") == f"sip:{below}@example.com"
    assert root.find(L + "warnings") is None


async def test_a_time_to_come_is_understood_and_an_impossible_one_refused(serve: Serve, schema: etree.RelaxNG) -> None:
    async with client(serve(*provisioned(SOS))) as asking:
        good, bad = [
            Path(FILES / f"findService_geodetic_point_{one}.xml").read_bytes() for one in ("asOf", "incorrect_asOf")
        ]
        judged(good, await asking.post("/lost", content=good), schema)
        root = etree.fromstring((await asking.post("/lost", content=bad)).content)
    schema.assertValid(root)
    assert root.find(L + "badRequest") is not None
