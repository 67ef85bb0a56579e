"""Where somebody is, as PIDF-LO says it (RFC 4119, RFC 5491, RFC 5139): shapes and addresses, read leniently.

A location that makes no sense is absent, and the rest of the document is kept. Namespaces of shapes are not looked at: half of all senders
have the one of GML where the one of PIDF-LO belongs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from ansim.adapters.lost.document import Element, child, name, namespace, text
from ansim.city.places.civic import Civic
from ansim.city.places.shapes import ArcBand, Circle, Ellipse, Polygon, Shape, unfit
from ansim.core.errors import Problem

PIDF = "urn:ietf:params:xml:ns:pidf"
CIVIC = "urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr"
GML = "http://www.opengis.net/gml"
CRS = "urn:ogc:def:crs:EPSG::4326"

SHAPES = ("Point", "Circle", "Ellipse", "ArcBand", "Polygon")
_BETWEEN = re.compile(r"[\s,]+")
_METRES = {"9001": 1.0, "9002": 0.3048, "9003": 1200 / 3937, "9036": 1000.0}
"""Of the units of length in the EPSG register; one without a unit is in metres."""
_CIVIC_ELEMENTS = 60


@dataclass(frozen=True)
class Place:
    """One location-info: a shape, an address or both, and how it was found."""

    shape: Shape | None
    civic: Civic | None
    method: str = ""
    at: datetime | None = None
    confidence: float | None = None


@dataclass(frozen=True)
class Presence:
    """`entity` is whose document it is; `places` those that can be understood, in order."""

    entity: str
    places: tuple[Place, ...]


def read_presence(root: Element) -> Presence:
    """Raises Problem 400 for what is no PIDF document."""
    if name(root) != "presence" or namespace(root) != PIDF:
        raise Problem(
            400, "pidf.form", "This is no PIDF document", f"Its root is presence in {PIDF}.", field="presence"
        )
    places = [
        place
        for holder in root  # tuple, device or person, in whatever namespace
        for geopriv in holder.iter("{*}geopriv")
        for place in _places(holder, geopriv)
    ]
    return Presence(entity=root.get("entity", ""), places=tuple(places))


def _places(holder: Element, geopriv: Element) -> list[Place]:
    stamp = next((text(one) for one in holder.iter("{*}timestamp")), "")
    method = text(child(geopriv, "method"))
    return [
        place
        for info in geopriv
        if name(info) == "location-info"
        if (place := _place(info, method, _instant(stamp))) is not None
    ]


def _place(info: Element, method: str, at: datetime | None) -> Place | None:
    found: Shape | None = None
    address: Civic | None = None
    for one in info:
        try:
            if found is None and name(one) in SHAPES:
                found = shape(one)
            elif address is None and name(one) == "civicAddress":
                address = civic(one)
        except Problem:
            continue
    if found is None and address is None:
        return None
    sure = text(child(info, "confidence"))
    return Place(found, address, method, at, _float(sure) if sure else None)


def shape(element: Element) -> Shape:
    """Raises Problem 400 naming the element that does not fit."""
    kind = name(element)
    if kind == "Polygon":
        return Polygon(ring=_ring(element))
    at = child(element, "pos", "coordinates")
    latitude, longitude = _pos(text(at))
    if kind == "Point":
        return Circle(latitude=latitude, longitude=longitude)
    if kind == "Circle":
        return Circle(latitude=latitude, longitude=longitude, radius_m=_length(element, "radius"))
    if kind == "Ellipse":
        return Ellipse(
            latitude=latitude, longitude=longitude, major_m=_length(element, "semiMajorAxis"),
            minor_m=_length(element, "semiMinorAxis"), orientation_deg=_angle(element, "orientation"),
        )  # fmt: skip
    if kind == "ArcBand":
        return ArcBand(
            latitude=latitude, longitude=longitude, inner_m=_length(element, "innerRadius"), outer_m=_length(element, "outerRadius"),
            start_deg=_angle(element, "startAngle"), opening_deg=_angle(element, "openingAngle"),
        )  # fmt: skip
    raise unfit(kind, "is no shape that is known here")


def civic(element: Element) -> Civic:
    found = {name(one): text(one) for one in element if text(one)}
    if not found or len(found) > _CIVIC_ELEMENTS:
        raise unfit("civicAddress", f"must have 1 to {_CIVIC_ELEMENTS} elements")
    return found


def _ring(element: Element) -> tuple[tuple[float, float], ...]:
    exterior = child(element, "exterior", "outerBoundaryIs")
    line = None if exterior is None else child(exterior, "LinearRing")
    if line is None:
        raise unfit("Polygon", "must have exterior and LinearRing")
    listed = child(line, "posList")
    if listed is not None:
        numbers = _numbers(text(listed))
        step = (
            3
            if (listed.get("srsDimension") or element.get("srsDimension")) == "3"
            or "4979" in element.get("srsName", "")
            else 2
        )
        if len(numbers) % step:
            raise unfit("posList", f"must have {step} numbers for each point")
        ring = [(numbers[at], numbers[at + 1]) for at in range(0, len(numbers), step)]
    else:
        ring = [_pos(text(one)) for one in line.iter("{*}pos")]
    return tuple(ring[:-1] if len(ring) > 3 and ring[0] == ring[-1] else ring)


def _pos(said: str) -> tuple[float, float]:
    numbers = _numbers(said)
    if len(numbers) not in (2, 3):
        raise unfit("pos", "must have latitude, longitude and perhaps a height")
    return numbers[0], numbers[1]


def _numbers(said: str) -> list[float]:
    return [_float(one) for one in _BETWEEN.split(said.strip()) if one]


def _float(said: str) -> float:
    try:
        return float(said)
    except ValueError:
        raise unfit("pos", "must be numbers") from None


def _length(element: Element, called: str) -> float:
    said = [one for one in element if name(one) == called]
    if len(said) != 1:
        raise unfit(called, "must be there once")
    unit = said[0].get("uom", "9001").rpartition(":")[2]
    if unit not in _METRES:
        raise unfit(called, "must be in metres (urn:ogc:def:uom:EPSG::9001)")
    return _float(text(said[0])) * _METRES[unit]


def _angle(element: Element, called: str) -> float:
    """In degrees whatever its unit says: half of all senders write the one of feet."""
    return _float(text(child(element, called)))


def _instant(said: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        return None
    return at if at.tzinfo else None
