"""What is asked in application/lost+xml, read leniently: attributes in the wrong place, elements nobody knows and wrong namespaces of shapes
are no reason to leave a question unanswered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from lxml import etree

from ansim.adapters.lost.document import Element, name, namespace, text
from ansim.adapters.lost.peers import SOURCE
from ansim.adapters.lost.pidf import SHAPES, civic, read_presence, shape
from ansim.city.places.distribution import Failed, Location
from ansim.core.errors import Problem

LOST = "urn:ietf:params:xml:ns:lost1"
Asked = Literal["findService", "listServices", "listServicesByLocation", "getServiceBoundary"]
QUERIES = ("findService", "listServices", "listServicesByLocation", "getServiceBoundary")
GEODETIC, ADDRESS = "geodetic-2d", "civic"
MOST_LOCATIONS = 8
MOST_VIA = 32


@dataclass(frozen=True)
class Query:
    """`root` is what came, to be passed on. `path` are the servers it has been through, the first one first."""

    asked: Asked
    root: Element
    service: str | None
    locations: tuple[Location, ...]
    path: tuple[str, ...]
    recursive: bool
    by_value: bool
    validate: bool
    key: str | None
    as_of: datetime | None


def read(root: Element) -> Query:
    """Raises Failed for what is no query, or lacks what it needs."""
    asked = name(root)
    if namespace(root) != LOST or asked not in QUERIES:
        raise Failed("badRequest", f"the root must be one of {', '.join(QUERIES)} in {LOST}")
    members = {name(one): one for one in reversed(root)}  # of several, the first
    service = text(members.get("service")) or None
    if asked == "findService" and service is None:
        raise Failed("badRequest", "findService needs a service")
    located = asked in ("findService", "listServicesByLocation")
    locations = tuple(_location(one) for one in root if name(one) == "location")[:MOST_LOCATIONS] if located else ()
    if located and not locations:
        raise Failed("badRequest", f"{asked} needs a location")
    key = root.get("key") or None
    if asked == "getServiceBoundary" and key is None:
        raise Failed("badRequest", "getServiceBoundary needs a key")
    through = members.get("path")
    said = () if through is None else [one.get("source", "") for one in through if name(one) == "via"]
    path = tuple(one for one in said if SOURCE.fullmatch(one))
    if len(path) > MOST_VIA:
        raise Failed("loop", f"it has been through more than {MOST_VIA} servers")
    return Query(
        asked=cast(Asked, asked),
        root=root,
        service=service,
        locations=locations,
        path=path,
        recursive=_yes(root, "recursive", asked == "listServicesByLocation"),
        by_value=root.get("serviceBoundary") == "value",
        validate=_yes(root, "validateLocation", False),
        key=key,
        as_of=_as_of(members.get("asOf")),
    )


def understood(locations: tuple[Location, ...]) -> Location:
    """The first location in a profile that is known here (RFC 5222, 12). Raises Failed when there is none."""
    for one in locations:
        if one.place is not None or one.civic is not None:
            return one
    profiles = tuple(dict.fromkeys(one.profile for one in locations if one.profile not in (GEODETIC, ADDRESS, "")))
    if profiles:
        raise Failed("locationProfileUnrecognized", "these profiles are not known here", profiles=profiles)
    raise Failed("locationInvalid", "location must hold a shape or an address")


def _location(element: Element) -> Location:
    """One in a profile that is not known has neither shape nor address. Raises Failed for one that makes no sense."""
    id, profile = element.get("id", ""), element.get("profile", "")
    try:
        for one in element:
            if name(one) in SHAPES:
                return Location(id, GEODETIC, place=shape(one))
            if name(one) == "civicAddress":
                return Location(id, ADDRESS, civic=civic(one))
            if name(one) == "presence":
                for place in read_presence(one).places:
                    if place.shape is not None:
                        return Location(id, GEODETIC, place=place.shape)
                    return Location(id, ADDRESS, civic=place.civic)
    except Problem as problem:
        raise Failed("locationInvalid", problem.detail) from None
    return Location(id, profile)


def _yes(root: Element, attribute: str, otherwise: bool) -> bool:
    said = root.get(attribute)
    return otherwise if said is None else said.strip() in ("true", "1")


def _as_of(said: Element | None) -> datetime | None:
    """When the answer is to hold (draft-ietf-ecrit-lost-planned-changes), in its namespace or in that of LoST."""
    if said is None:
        return None
    try:
        at = datetime.fromisoformat(text(said))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Failed("badRequest", "asOf must be an instant with its offset (RFC 3339)")
    return at


def passed_on(query: Query, source: str) -> bytes:
    """The query as another server gets it: with our name on its path, and nothing in it that the schema of LoST does not know. What
    others have added in namespaces of their own goes with it."""
    known = {"findService": ("location", "service", "path"), "listServicesByLocation": ("location", "service", "path")}[
        query.asked
    ]
    allowed = {
        "findService": ("validateLocation", "serviceBoundary", "recursive"),
        "listServicesByLocation": ("recursive",),
    }[query.asked]
    root = etree.Element(
        etree.QName(LOST, query.asked), nsmap={prefix: uri for prefix, uri in query.root.nsmap.items() if prefix}
    )
    for attribute, value in query.root.attrib.items():
        if attribute in allowed:
            root.set(attribute, value)
    kept = [one for one in query.root if namespace(one) != LOST or name(one) in known]
    for one in kept:
        if name(one) == "location":
            root.append(etree.fromstring(etree.tostring(one, with_tail=False)))
    if query.service is not None:
        etree.SubElement(root, etree.QName(LOST, "service")).text = query.service
    path = etree.SubElement(root, etree.QName(LOST, "path"))
    for via in (*query.path, source):
        etree.SubElement(path, etree.QName(LOST, "via"), source=via)
    for one in kept:
        if namespace(one) != LOST:
            root.append(etree.fromstring(etree.tostring(one, with_tail=False)))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
