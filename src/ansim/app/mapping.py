"""Who answers where, over HTTP: LoST for servers and devices, and its twin in JSON for pages. A centre serves both, and so does a hub."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import Annotated, Any, Literal, Protocol

import msgspec
import shapely
from litestar import post
from litestar.exceptions import MethodNotAllowedException
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from litestar.types import ASGIApp, Receive, Scope, Send

from ansim.city.country.model import Card
from ansim.city.places.distribution import Distribution, Failed, Location, Mapping, Warning
from ansim.city.places.model import Centre, Source
from ansim.city.places.ports import Door
from ansim.city.places.services import SAFETY
from ansim.city.places.shapes import Circle
from ansim.core.asgi import body_of
from ansim.core.errors import Problem
from ansim.core.position import AccuracyM, Instant, Latitude, Longitude

LARGEST = 16 * 1024
"""Bytes of a question."""

_JSON = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]


class OneDoor:
    """`city.places.ports.Directory` of one process that answers for every centre: all of them behind one address, with one key. Both stay
    what they are as long as the process lives."""

    def __init__(self, uri: Callable[[], str], key: Callable[[], dict[str, str]]) -> None:
        self._uri = uri
        self._key = key
        self._doors: dict[str, Door] = {}

    def doors(self, answering: Sequence[Centre], covering: Iterable[Centre]) -> list[Door]:
        return [self._doors.get(centre.id) or self._made(centre) for centre in answering]

    def _made(self, centre: Centre) -> Door:
        door = self._doors[centre.id] = Door(centre=centre, uri=self._uri(), key=self._key())
        return door


class Cards(Protocol):
    """What a hub has heard, or what a centre has heard of the hub."""

    def card(self, centre: str) -> Card | None: ...
    def up(self, centre: str) -> bool: ...


class ListedDoors:
    """`city.places.ports.Directory` over the centres that beat. `own` is the door of the centre that is asked, which is always open; a hub
    has none."""

    COVERS = 2
    """So many neighbours are told beside those who answer: a phone tries one after the other, three seconds each."""

    def __init__(self, cards: Callable[[], Cards], own: Callable[[], tuple[str, Door]] | None = None) -> None:
        self._cards = cards
        self._own = own

    def doors(self, answering: Sequence[Centre], covering: Iterable[Centre]) -> list[Door]:
        cards, own = self._cards(), None if self._own is None else self._own()
        there: list[Door] = []
        silent: list[Door] = []
        for centre in answering:
            if own is not None and own[0] == centre.id:
                there.append(msgspec.structs.replace(own[1], centre=centre))
            elif (door := _door(centre, cards.card(centre.id))) is not None:
                (there if cards.up(centre.id) else silent).append(door)
        covers = (
            door
            for centre in covering
            if cards.up(centre.id) and (door := _door(centre, cards.card(centre.id))) is not None
        )
        found = [*there, *islice(covers, self.COVERS), *silent]
        if not found and own is not None:
            return [own[1]]
        return found


def _door(centre: Centre, card: Card | None) -> Door | None:
    return None if card is None else Door(centre=centre, uri=card.origin, key=card.sealing)


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """`service`: what help is asked for (RFC 5031). `as_of`: for when the answer is wanted; now without it. `boundary`: whether the area is
    wanted in which the answer stays the same."""

    latitude: Latitude
    longitude: Longitude
    accuracy_m: AccuracyM = 0.0
    service: Annotated[str, msgspec.Meta(max_length=200)] = SAFETY
    as_of: Instant | None = None
    boundary: bool = False


class MappedCentre(msgspec.Struct, frozen=True, kw_only=True):
    """A centre that answers there. `key` is the JWK to which contacts are sealed (HPKE, P-256)."""

    id: str
    name: str
    uri: str
    key: dict[str, str]


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """A GeoJSON Polygon."""

    coordinates: list[list[tuple[float, float]]]
    type: Literal["Polygon"] = "Polygon"


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to ask, the first one first. `service` is the one that answers, perhaps in the place of the one asked for: `warnings` say so, and
    that nobody knows the place. Where no centre answers but somebody behind a telephone number or another address, `centres` is empty and
    `uris` says which."""

    centres: list[MappedCentre]
    expires_at: datetime
    source: Source
    place: dict[str, str]
    service: str
    uris: list[str]
    number: str | None
    warnings: list[Warning]
    boundary: Area | None


def mapping_route(distribution: Callable[[], Distribution]) -> HTTPRouteHandler:
    """What `mapping_door` answers, described for /openapi.json."""

    @post("/api/mapping", status_code=200)
    async def mapping(data: JSONBody[Where]) -> Answered:
        """Who answers there: what a phone asks before it needs it, and keeps until it expires. What LoST says at `/lost`, in JSON."""
        return answer(distribution(), data)

    return mapping


def mapping_door(distribution: Callable[[], Distribution]) -> ASGIApp:
    """Without the framework: every phone of a country asks here."""
    read, write = msgspec.json.Decoder(Where), msgspec.json.Encoder()

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("method") != "POST":
            raise MethodNotAllowedException
        body = await body_of(receive, LARGEST)
        try:
            asked = read.decode(body)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise _unfit(error) from None
        said = write.encode(answer(distribution(), asked))
        await send(
            {"type": "http.response.start", "status": 200, "headers": [*_JSON, (b"content-length", b"%d" % len(said))]}
        )
        await send({"type": "http.response.body", "body": said, "more_body": False})

    return door


def _unfit(error: Exception) -> Problem:
    """Names the member, as far as the decoder does."""
    said = re.search(r"`\$\.(\w+)|field `(\w+)`", str(error))
    field = next(filter(None, said.groups()), "body") if said else "body"
    return Problem(400, "request.form", "This member does not fit", f"{error}.", field=field)


def answer(distribution: Distribution, asked: Where) -> Answered:
    place = Circle(latitude=asked.latitude, longitude=asked.longitude, radius_m=asked.accuracy_m)
    try:
        found = distribution.find(asked.service, Location("", "geodetic-2d", place=place), asked.as_of)
    except Failed as failed:
        raise Problem(404, "mapping.service", "This help is not known here", failed.message, field="service") from None
    if found is None:
        raise Problem(404, "mapping.nobody", "Nobody offers this help at this place", field="service")
    if not found.told:
        raise Problem(
            503,
            "mapping.unreachable",
            "No centre can be reached just now",
            "Use what you were told last.",
            retry_after_s=3,
        )
    return _told(found, _area(distribution, found, asked) if asked.boundary else None)


def _told(mapping: Mapping, boundary: Area | None) -> Answered:
    place = mapping.found.place
    return Answered(
        centres=[
            MappedCentre(id=door.centre.id, name=door.centre.name.ko, uri=door.uri, key=door.key)
            for one in mapping.told
            if (door := one.door) is not None
        ],
        expires_at=mapping.expires_at,
        source=mapping.found.source,
        place={"ko": place.ko, "en": place.en},
        service=mapping.service,
        uris=[uri for one in mapping.told for uri in one.uris],
        number=mapping.told[0].mapped.number,
        warnings=list(mapping.warnings),
        boundary=boundary,
    )


def _area(distribution: Distribution, mapping: Mapping, asked: Where) -> Area | None:
    key = mapping.told[0].mapped.boundary
    polygon = None if key is None else distribution.areas.boundary(key, asked.as_of or distribution.now())
    if polygon is None:
        return None
    rings: list[Any] = [polygon.exterior, *polygon.interiors]
    return Area(coordinates=[shapely.get_coordinates(ring).tolist() for ring in rings])
