"""LoST as RFC 5222 has it: four questions, read leniently and answered strictly."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from lxml import etree

from ansim.adapters.lost.peers import Peer
from ansim.core.clock import ManualClock
from ansim.core.errors import Problem

from .conftest import NOW, Serve, boundary

L = "{urn:ietf:params:xml:ns:lost1}"
G = "{http://www.opengis.net/gml}"
SEONGNAM = (37.3800, 127.1200)
BOX = [(37.37, 127.11), (37.37, 127.13), (37.39, 127.13), (37.39, 127.11)]


def find(inside: str, service: str = "urn:service:sos", more: str = "", after: str = "") -> str:
    return (
        f'<findService xmlns="urn:ietf:params:xml:ns:lost1" xmlns:gml="http://www.opengis.net/gml"'
        f' xmlns:gs="http://www.opengis.net/pidflo/1.0" {more}>'
        f'<location id="a1" profile="geodetic-2d">{inside}</location><service>{service}</service>{after}</findService>'
    )


def at(latitude: float, longitude: float) -> str:
    return f'<gml:Point srsName="urn:ogc:def:crs:EPSG::4326"><gml:pos>{latitude} {longitude}</gml:pos></gml:Point>'


def address(**fields: str) -> str:
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return f'<civicAddress xmlns="urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr">{inside}</civicAddress>'


def names(root: etree._Element, of: str = "mapping") -> list[str]:
    return [
        one.findtext(f"{L}displayName[@{{http://www.w3.org/XML/1998/namespace}}lang='en']") for one in root.iter(L + of)
    ]  # type: ignore[misc]


def warned(root: etree._Element) -> list[str]:
    return [etree.QName(one).localname for box in root.iter(L + "warnings", L + "errors") for one in box]


async def test_the_centre_that_answers_there(serve: Serve, said) -> None:  # type: ignore[no-untyped-def]
    root = await said(serve(), find(at(*SEONGNAM)))
    assert names(root) == ["Seongnam Centre"]
    mapping = root.find(L + "mapping")
    assert mapping.get("expires") == "2026-11-24T03:00:00Z" and mapping.get("source") == "hub.ansim.example"
    assert mapping.findtext(L + "uri") == "http://localhost:8000"
    key = json.loads(mapping.findtext("{urn:ansim:params:xml:ns:key1}key"))
    assert key["crv"] == "P-256", "to which a phone seals"
    assert root.find(L + "locationUsed").get("id") == "a1"
    assert [via.get("source") for via in root.iter(L + "via")] == ["hub.ansim.example"]
    assert warned(root) == []


async def test_a_boundary_by_value_holds_the_place_and_a_reference_leads_to_the_same(serve: Serve, said) -> None:  # type: ignore[no-untyped-def]
    lost = serve()
    value = await said(lost, find(at(*SEONGNAM), more='serviceBoundary="value"'))
    ring = value.findtext(f".//{G}posList").split()
    reference = (await said(lost, find(at(*SEONGNAM)))).find(f".//{L}serviceBoundaryReference")
    by_key = await said(
        lost, f'<getServiceBoundary xmlns="urn:ietf:params:xml:ns:lost1" key="{reference.get("key")}"/>'
    )
    assert by_key.findtext(f".//{G}posList").split() == ring and len(ring) > 100
    unknown = await said(lost, '<getServiceBoundary xmlns="urn:ietf:params:xml:ns:lost1" key="gone.0"/>')
    assert warned(unknown) == ["notFound"]


@pytest.mark.parametrize(
    "shape",
    [
        "<gs:Circle><gml:pos>37.38 127.12</gml:pos><gs:radius uom='urn:ogc:def:uom:EPSG::9001'>300</gs:radius></gs:Circle>",
        "<gs:Ellipse><gml:pos>37.38 127.12</gml:pos><gs:semiMajorAxis>900</gs:semiMajorAxis><gs:semiMinorAxis>80</gs:semiMinorAxis>"
        "<gs:orientation>43.2</gs:orientation></gs:Ellipse>",
        "<gs:ArcBand><gml:pos>37.38 127.12</gml:pos><gs:innerRadius>400</gs:innerRadius><gs:outerRadius>900</gs:outerRadius>"
        "<gs:startAngle>20</gs:startAngle><gs:openingAngle>60</gs:openingAngle></gs:ArcBand>",
        "<gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>37.37 127.11 37.37 127.13 37.39 127.13 37.37 127.11</gml:posList>"
        "</gml:LinearRing></gml:exterior></gml:Polygon>",
        address(country="KR", A1="경기도", A3="성남시", A4="분당구", RD="불정로", HNO="90"),
        address(country="KR", A1="Gyeonggi", A3="Seongnam-si"),
    ],
)
async def test_every_shape_of_a_place_and_an_address(serve: Serve, said, shape: str) -> None:  # type: ignore[no-untyped-def]
    assert names(await said(serve(), find(shape, more='serviceBoundary="value"'))) == ["Seongnam Centre"]


async def test_the_larger_share_decides_over_a_border(serve: Serve, said) -> None:  # type: ignore[no-untyped-def]
    """A sector that reaches from Seongnam over Seoul: most of it lies in Seongnam, then most of it does not."""

    def sector(outer: int) -> str:
        return find(
            "<gs:ArcBand><gml:pos>37.455 127.126</gml:pos><gs:innerRadius>0</gs:innerRadius>"
            f"<gs:outerRadius>{outer}</gs:outerRadius><gs:startAngle>330</gs:startAngle><gs:openingAngle>60</gs:openingAngle></gs:ArcBand>"
        )

    near, far = [names(await said(serve(), sector(outer))) for outer in (900, 6_000)]
    assert near == ["Seongnam Centre"] and far[0] == "Songpa-gu Centre, Seoul"


async def test_whoever_covers_all_of_a_boundary_means_it(serve: Serve, said) -> None:  # type: ignore[no-untyped-def]
    """Three quarters of what was drawn lie in Seongnam, but all of a small boundary lies in what was drawn."""
    lost = serve(boundary("urn:service:sos", BOX, centre="gyeonggi-hanam"))
    drawn = "37.35 127.09 37.35 127.13 37.39 127.13 37.39 127.09 37.35 127.09"
    polygon = f"<gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>{drawn}</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>"
    assert names(await said(lost, find(polygon))) == ["Hanam Centre"]


async def test_numbers_of_the_country_and_what_stands_in(serve: Serve, said) -> None:  # type: ignore[no-untyped-def]
    police = await said(serve(), find(at(*SEONGNAM), "urn:service:sos.police"))
    assert (police.findtext(f".//{L}uri"), police.findtext(f".//{L}serviceNumber")) == ("tel:112", "112")
    animal = await said(serve(), find(at(*SEONGNAM), "urn:service:sos.animal-control"))
    assert animal.findtext(f".//{L}service") == "urn:service:sos" and warned(animal) == ["serviceSubstitution"]
    assert warned(await said(serve(), find(at(*SEONGNAM), "urn:service:counseling"))) == ["serviceNotImplemented"]


async def test_somebody_answers_in_the_open_sea_and_it_is_said(serve: Serve, said) -> None:  # type: ignore[no-untyped-def]
    root = await said(serve(), find(at(30.0, 130.0)))
    assert names(root)[0] == "Seongnam Centre" and warned(root) == ["defaultMappingReturned"]
    assert root.find(f".//{L}serviceBoundaryReference") is None, "nothing is said of an area"


async def test_services_everywhere_and_at_a_place(serve: Serve, said) -> None:  # type: ignore[no-untyped-def]
    mountain = boundary("urn:service:sos.mountain", BOX, uris=("tel:119",))
    lost = serve(mountain)
    ask = '<listServices xmlns="urn:ietf:params:xml:ns:lost1"><service>urn:service:sos</service></listServices>'
    below = (await said(lost, ask)).findtext(L + "serviceList").split()
    assert below == [f"urn:service:sos.{one}" for one in ("ambulance", "ansim", "fire", "mountain", "police")]
    top = await said(lost, '<listServices xmlns="urn:ietf:params:xml:ns:lost1"/>')
    assert top.findtext(L + "serviceList") == "urn:service:sos"
    for place, offered in ((SEONGNAM, True), ((37.0, 127.5), False)):
        here = find(at(*place)).replace("findService", "listServicesByLocation")
        assert ("urn:service:sos.mountain" in (await said(lost, here)).findtext(L + "serviceList")) is offered


async def test_an_imported_boundary_answers_from_its_day_and_until_its_end(serve: Serve, said) -> None:  # type: ignore[no-untyped-def]
    begin, end = NOW + timedelta(hours=2), NOW + timedelta(days=30)
    new = boundary("urn:service:sos", BOX, centre="gyeonggi-hanam", valid_from=begin, valid_to=end)
    clock = ManualClock(NOW)
    lost = serve(new, clock=clock)
    before = await said(lost, find(at(*SEONGNAM)))
    assert names(before) == ["Seongnam Centre"]
    assert before.find(L + "mapping").get("expires") == "2026-11-23T05:00:00Z", "no phone keeps it beyond the change"
    planned = "<asOf>2026-11-23T14:00:01+09:00</asOf>"
    assert names(await said(lost, find(at(*SEONGNAM), after=planned))) == ["Hanam Centre"]
    clock.jump(2 * 3600)
    assert names(await said(lost, find(at(*SEONGNAM)))) == ["Hanam Centre"]
    beside = await said(lost, find(at(37.36, 127.12), more='serviceBoundary="value"'))
    ring = [float(one) for one in beside.findtext(f".//{G}posList").split()]
    assert names(beside) == ["Seongnam Centre"]
    holes = beside.findall(f".//{G}interior")
    assert len(holes) == 1 and ring, "what is another centre's is cut out of the boundary"
    clock.jump(30 * 86_400)
    assert names(await said(lost, find(at(*SEONGNAM)))) == ["Seongnam Centre"]


async def test_an_address_is_validated(serve: Serve, said) -> None:  # type: ignore[no-untyped-def]
    asked = find(address(country="KR", A1="경기도", A3="성남시", RD="불정로"), more='validateLocation="true"')
    checked = (await said(serve(), asked)).find(L + "locationValidation")
    assert (checked.findtext(L + "valid"), checked.findtext(L + "unchecked")) == ("ca:country ca:A1 ca:A3", "ca:RD")
    assert warned(await said(serve(), find(address(country="KR", A3="중구")))) == ["notFound"], "six cities have one"
    assert names(await said(serve(), find(address(A1="부산", A3="중구")))) == [
        "Jung-gu Centre, Busan",
        "Busan City Centre",
    ]


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ("<findService xmlns='urn:ietf:params:xml:ns:lost1'><service>urn:service:sos</service></findService>", "badRequest"),
        ("<findService xmlns='urn:elsewhere'/>", "badRequest"),
        ("<getServiceBoundary xmlns='urn:ietf:params:xml:ns:lost1'/>", "badRequest"),
        (find(at(95, 127)), "locationInvalid"),
        (find("<gml:Point><gml:pos>nan 127</gml:pos></gml:Point>"), "locationInvalid"),
        (find("<gml:Point><gml:pos>37.4</gml:pos></gml:Point>"), "locationInvalid"),
        (find("<gs:Circle><gml:pos>37 127</gml:pos><gs:radius>-4</gs:radius></gs:Circle>"), "locationInvalid"),
        (find("<gml:Polygon><gml:exterior><gml:LinearRing/></gml:exterior></gml:Polygon>"), "locationInvalid"),
        (find("<x xmlns='urn:x'/>").replace("geodetic-2d", "polar 4d"), "locationProfileUnrecognized"),
        (find(at(37, 127), after="<path><via source='a.example'/><via source='hub.ansim.example'/></path>"), "loop"),
        (find(at(37, 127), after="<asOf>2035-08-21T32:58:03-05:00</asOf>"), "badRequest"),
    ],
)  # fmt: skip
async def test_what_makes_no_sense_is_an_error_of_lost(serve: Serve, said, asked: str, error: str) -> None:  # type: ignore[no-untyped-def]
    root = await said(serve(), asked)
    assert root.tag == L + "errors" and warned(root) == [error]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"<findService",
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><a>&b;</a>',
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd"><a/>',
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'.encode("utf-16"),
        b"<a>" * 2_000 + b"</a>" * 2_000,
    ],
)
async def test_what_is_no_document_is_refused_before_it_means_anything(serve: Serve, body: bytes) -> None:
    with pytest.raises(Problem) as refused:
        await serve().reply(body)
    assert refused.value.status == 400 and refused.value.field == "body"


async def test_a_server_known_by_name_only_is_named(serve: Serve, said) -> None:  # type: ignore[no-untyped-def]
    root = await said(serve(peers=(Peer(source="lost.example.org"),)), find(at(40.7, -74.0)))
    assert root.tag == L + "redirect" and root.get("target") == "lost.example.org"


async def test_a_silent_server_leaves_the_default(serve: Serve, said) -> None:  # type: ignore[no-untyped-def]
    lost = serve(peers=(Peer(source="lost.example.org", url="http://127.0.0.1:1/lost"),))
    root = await said(lost, find(at(40.7, -74.0), more='recursive="true"'))
    assert warned(root) == ["defaultMappingReturned", "serverError"]
    await lost.close()
