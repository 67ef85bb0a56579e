"""Who answers where, for each service and at each time: the packaged jurisdictions, and over them the boundaries that were imported."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from math import cos, hypot, radians

import numpy as np
import shapely
from msgspec.structs import replace
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from ansim.city.places.boundary import Boundary
from ansim.city.places.civic import Civic, Gazetteer, Placed, covers
from ansim.city.places.jurisdictions import Jurisdictions
from ansim.city.places.model import BORDER_BAND_M, NEIGHBOUR_LIMIT_M, Answer, Centre, Name, Source
from ansim.city.places.plane import DEGREE_M
from ansim.city.places.services import NATIONAL, PACKAGED, SAFETY, SOS, standing_in
from ansim.city.places.shapes import Circle, Shape, area

PACKAGED_AT = datetime(2025, 12, 31, tzinfo=UTC)
"""The day of the ministry's list of centres."""
_EQUAL = 1e-9
"""Two shares that differ by less are the same."""


class Within:
    """The area around a place in which its answer holds. Its key is worked out when somebody wants it: most phones do not."""

    def __init__(self, of: Callable[[], str]) -> None:
        self._of = of

    @cached_property
    def key(self) -> str:
        return self._of()


@dataclass(frozen=True)
class Mapped:
    """One who answers there. `id` names what says so."""

    id: str
    name: Name
    centre: Centre | None
    uris: tuple[str, ...]
    number: str | None
    updated_at: datetime
    within: Within | None
    civic: tuple[Civic, ...] = ()

    @property
    def boundary(self) -> str | None:
        """The key of the area in which the answer stays the same; None where the place lies in none."""
        return None if self.within is None else self.within.key


@dataclass(frozen=True)
class Found:
    """`mapped` in the order in which they should be asked; never empty. `service` is the one that answers, perhaps in the place of the one
    asked for."""

    service: str
    mapped: tuple[Mapped, ...]
    source: Source
    place: Name
    neighbours: tuple[Centre, ...] = ()


class Layer:
    """The boundaries of one service that hold at one time."""

    def __init__(self, boundaries: Sequence[Boundary]) -> None:
        self.boundaries = sorted(boundaries, key=lambda one: one.id)
        self.shapes = np.array([one.shape for one in self.boundaries], dtype=object)
        self.tree = shapely.STRtree(self.shapes)
        shapely.prepare(self.shapes)
        self.print = hashlib.sha256(" ".join(one.id for one in self.boundaries).encode()).hexdigest()[:8]
        self._rests: dict[int, BaseGeometry] = {}

    def at(self, longitude: float, latitude: float) -> Boundary | None:
        """The one of the smaller id where two overlap."""
        for index in sorted(self.tree.query(shapely.Point(longitude, latitude)).tolist()):
            if shapely.intersects_xy(self.shapes[index], longitude, latitude):
                own: Boundary = self.boundaries[index]
                return own
        return None

    def near(self, longitude: float, latitude: float, metres: float) -> list[tuple[float, Boundary]]:
        """Those within so many metres, nearest first."""
        across = cos(radians(min(89.0, abs(latitude))))
        high, wide = metres / DEGREE_M, metres / DEGREE_M / across
        box = shapely.box(longitude - wide, latitude - high, longitude + wide, latitude + high)
        point = shapely.Point(longitude, latitude)
        found = []
        for index in self.tree.query(box).tolist():
            if shapely.dwithin(self.shapes[index], point, wide):
                nearest = shapely.get_point(shapely.shortest_line(point, self.shapes[index]), 1)
                away = hypot((nearest.x - longitude) * across, nearest.y - latitude) * DEGREE_M
                if away <= metres:
                    found.append((away, self.boundaries[index]))
        return sorted(found, key=lambda one: (one[0], one[1].id))

    def covers(self, ring: BaseGeometry) -> bool:
        """Whether every corner of a ring lies in one of them."""
        return all(
            self.at(longitude, latitude) is not None
            for longitude, latitude in shapely.get_coordinates(ring)[::4].tolist()
        )

    def rest_of(self, region: BaseGeometry) -> BaseGeometry:
        """What these boundaries leave of a region."""
        found = self.tree.query(region)
        if not len(found):
            return region
        return region.difference(shapely.union_all(self.shapes[found]))

    def rest_of_part(self, part: int, shape: BaseGeometry) -> BaseGeometry:
        """As `rest_of`, remembered: half a second of geometry for a city with many islands."""
        if part not in self._rests:
            self._rests[part] = self.rest_of(shape)
        return self._rests[part]


class Laid:
    """Imported boundaries, with what holds between each two times at which anything changes. Never changed once it is made."""

    def __init__(self, boundaries: Iterable[Boundary], centres: Mapping[str, Centre]) -> None:
        self.boundaries = tuple({one.id: one for one in boundaries}.values())
        times = {one.valid_from for one in self.boundaries} | {one.valid_to for one in self.boundaries if one.valid_to}
        self.changes = sorted(times)
        made: dict[tuple[str, ...], Layer] = {}
        self._epochs = [self._layers(None, made), *(self._layers(at, made) for at in self.changes)]
        self.centres = dict(centres)
        for one in self.boundaries:
            if one.centre is not None and one.centre not in self.centres:
                self.centres[one.centre] = Centre(id=one.centre, name=one.name, kind="municipal", cameras=0)

    def at(self, at: datetime) -> dict[str, Layer]:
        return self._epochs[bisect_right(self.changes, at)]

    def _layers(self, at: datetime | None, made: dict[tuple[str, ...], Layer]) -> dict[str, Layer]:
        of: dict[str, list[Boundary]] = {}
        for one in self.boundaries if at is not None else ():
            if at is not None and one.holds(at):
                of.setdefault(one.service, []).append(one)
        return {
            service: made.setdefault(ids, made.get(ids) or Layer(boundaries))
            for service, boundaries in of.items()
            if (ids := tuple(sorted(one.id for one in boundaries)))
        }


class Areas:
    """Everything in memory; `lay` puts other imported boundaries in the place of those before, also from another thread."""

    def __init__(self, country: Jurisdictions, boundaries: Iterable[Boundary] = ()) -> None:
        self.country = country
        codes = {part.district: part.municipality for part in country.parts if part.district}
        self.gazetteer = Gazetteer(country.register, codes)
        self._prints = hashlib.sha256(" ".join(map(str, country.parts)).encode()).hexdigest()[:8]
        self._split: dict[int, Pieces] = {}
        self.lay(boundaries)

    def lay(self, boundaries: Iterable[Boundary]) -> None:
        self._laid = Laid(boundaries, self.country.centres)

    @property
    def boundaries(self) -> tuple[Boundary, ...]:
        return self._laid.boundaries

    @property
    def centres(self) -> Mapping[str, Centre]:
        """The packaged ones, and those that came with a boundary."""
        return self._laid.centres

    def next_change(self, at: datetime) -> datetime | None:
        """When an answer that holds at a time may be another one."""
        changes = self._laid.changes
        after = bisect_right(changes, at)
        return changes[after] if after < len(changes) else None

    def services(self, at: datetime) -> list[str]:
        return sorted({*PACKAGED, *self._laid.at(at)})

    def answering(self, service: str, at: datetime) -> str | None:
        """The service that answers for one: itself, or what stands in for it; None where there is nothing like it."""
        own = self._laid.at(at)
        return next((name for name in standing_in(service) if name in PACKAGED or name in own), None)

    def find_circle(self, latitude: float, longitude: float, accuracy_m: float, at: datetime) -> Answer:
        """Who answers an SOS at this point, and who beyond the borders that the position's error may hide. Raises Problem for what is no
        coordinate or no accuracy."""
        answer = self.country.find_circle(latitude, longitude, accuracy_m)
        layer = self._laid.at(at).get(SOS)
        if layer is None:
            return answer
        reach = min(accuracy_m + BORDER_BAND_M, NEIGHBOUR_LIMIT_M)
        near = [(away, one) for away, one in layer.near(longitude, latitude, reach) if one.centre is not None]
        if not near:
            return answer
        beyond = [self.centres[one.centre] for _, one in near if one.centre is not None]
        own = layer.at(longitude, latitude)
        if own is None or own.centre is None:
            around = dict.fromkeys((*beyond, *answer.neighbours))
            return replace(answer, neighbours=tuple(one for one in around if one not in answer.centres))
        centre = self.centres[own.centre]
        centres = (centre, *(one for one in answer.centres if one.kind == "supervising" and one is not centre))
        # whoever would answer here by the packaged borders, is a neighbour only where the imported ones end
        disc = area(Circle(latitude=latitude, longitude=longitude, radius_m=reach))
        before = () if shapely.contains(own.shape, disc) or layer.covers(disc) else answer.centres
        around = dict.fromkeys((*beyond, *before, *answer.neighbours))
        return Answer(
            municipality=self.country.municipalities.get(own.municipality or ""),
            place=own.name,
            centres=centres,
            source="exact",
            neighbours=tuple(one for one in around if one not in centres),
        )

    def neighbours(self, centre: str, at: datetime) -> tuple[Centre, ...]:
        """Whom to ask for help; never empty. KeyError for a centre that nobody knows."""
        if centre in self.country.centres:
            return self.country.neighbours(centre)
        layer = self._laid.at(at).get(SOS)
        own = [one.shape for one in self.boundaries if one.centre == centre and one.service == SOS]
        if not own:
            raise KeyError(centre)
        shape = shapely.union_all(own).buffer(BORDER_BAND_M / DEGREE_M)
        beside = [
            self.centres[one.centre]
            for one in (layer.boundaries if layer else ())
            if one.centre and one.shape.intersects(shape)
        ]
        below = [self.country.centres_of(part)[0] for part in self._parts.query(shape, "intersects").tolist()]
        around = dict.fromkeys(one for one in (*beside, *below) if one.id != centre)
        return tuple(around) or (self.country.find(shape.centroid.y, shape.centroid.x).centres[0],)

    def find(self, service: str, place: Shape, at: datetime) -> Found | None:
        """Who answers for a service, by the area of what is known of the place. None for a service that nobody offers, and where nobody
        offers it; the packaged services are offered everywhere."""
        name = self.answering(service, at)
        if name is None:
            return None
        if isinstance(place, Circle):
            return self._find_circle(name, place, at)
        drawn = area(place)
        if isinstance(drawn, shapely.Point):
            return self._find_circle(name, Circle(latitude=drawn.y, longitude=drawn.x), at)
        return self._find_area(name, drawn, at)

    def find_civic(self, service: str, civic: Civic, at: datetime) -> tuple[Found | None, Placed]:
        """As `find`, by an address, and what of the address was understood."""
        name, placed = self.answering(service, at), self.gazetteer.find(civic)
        if name is None:
            return None, placed
        layer = self._layer(name, at)
        for one in () if layer is None else layer.boundaries:
            if any(covers(area, civic) for area in one.civic):
                used = {field for area in one.civic if covers(area, civic) for field in area}
                verdicts = {field: "valid" if field in used else "unchecked" for field in civic}
                return Found(name, (self._imported(one, None),), "exact", one.name), Placed(None, None, verdicts)  # type: ignore[arg-type]
        if placed.municipality is None or name not in PACKAGED:
            return None, placed
        parts = [
            index
            for index, part in enumerate(self.country.parts)
            if part.municipality == placed.municipality and placed.district in (None, part.district)
        ]
        inside = shapely.point_on_surface(self.country.polygons[parts[0]])
        found = self._find_circle(name, Circle(latitude=inside.y, longitude=inside.x), at)
        return found, placed

    def boundary(self, key: str, at: datetime) -> shapely.Polygon | None:
        """The area behind a key that an answer gave; None when it holds no longer."""
        id, _, number = key.rpartition(".")
        for one in self.boundaries:
            if one.id == id and one.holds(at):
                return _nth(one.shape, number)
        of, _, layered = id.partition(".")
        prefix, _, part = of.rpartition("-")
        if prefix != self._prints or not part.isdecimal() or int(part) >= len(self.country.parts):
            return None
        service, _, fingerprint = layered.rpartition("~")
        layer = self._layer(service, at)
        if (layer.print if layer else "") != fingerprint:
            return None
        return _nth(self._left(int(part), layer), number)

    def _find_circle(self, service: str, place: Circle, at: datetime) -> Found | None:
        """Where a fix is best is its middle: it decides, as it decides where an SOS goes."""
        layer = self._layer(service, at)
        own = layer.at(place.longitude, place.latitude) if layer is not None else None
        if own is None and service not in PACKAGED:
            return None
        if own is not None and own.centre is None:
            return Found(service, (self._imported(own, self._inside(own, place)),), "exact", own.name)
        look = self.country.find_circle if service in NATIONAL else partial(self.find_circle, at=at)
        answer = look(place.latitude, place.longitude, place.radius_m)
        if own is not None:
            within = self._inside(own, place)
            above = tuple(self._of(one, own.id, within) for one in answer.centres[1:])
            return Found(service, (self._imported(own, within), *above), "exact", own.name, answer.neighbours)
        if answer.source != "exact":
            return self._packaged(service, answer, self._prints, None)

        def key() -> str:
            part = self.country.part_at(place.latitude, place.longitude)
            return self._key(part, service, layer, place.longitude, place.latitude)

        return self._packaged(service, answer, self._prints, Within(key))

    def _find_area(self, service: str, drawn: BaseGeometry, at: datetime) -> Found | None:
        """The boundary of which most is covered, or in which most of the place lies, whichever share is larger."""
        layer = self._layer(service, at)
        shares: list[tuple[float, str, Boundary | int]] = []
        rest = drawn
        if layer is not None:
            for index in layer.tree.query(drawn, "intersects").tolist():
                one = layer.boundaries[index]
                shares.append((_share(drawn, one.shape), one.id, one))
            rest = layer.rest_of(drawn) if shares else drawn
        if service in PACKAGED and not rest.is_empty:
            for part in self._parts.query(rest, "intersects").tolist():
                shape = self.country.polygons[part]
                share = _share(drawn, self._left(part, layer) if shares else shape)
                shares.append((share, f"~{part:05}", part))
        if not shares:
            middle = drawn.centroid
            return self._find_circle(service, Circle(latitude=middle.y, longitude=middle.x), at)
        most = max(share for share, _, _ in shares)
        _, _, best = min((one for one in shares if one[0] >= most - _EQUAL), key=lambda one: one[1])
        around: dict[Centre, None] = {}
        for _, _, one in sorted(shares, key=lambda one: (-one[0], one[1])):
            if isinstance(one, Boundary):
                around.update({self.centres[one.centre]: None} if one.centre is not None else {})
            else:
                around[self.country.centres_of(one)[0]] = None
        if isinstance(best, Boundary):
            inside = shapely.point_on_surface(drawn.intersection(best.shape))
            mapped = (self._imported(best, self._inside(best, Circle(latitude=inside.y, longitude=inside.x))),)
            return Found(service, mapped, "exact", best.name, tuple(one for one in around if one.id != best.centre))
        inside = shapely.point_on_surface(rest.intersection(self.country.polygons[best]))
        answer = self.country.answer_of(best)
        answer = replace(answer, neighbours=tuple(one for one in around if one not in answer.centres))
        part, x, y = best, inside.x, inside.y
        return self._packaged(service, answer, self._prints, Within(lambda: self._key(part, service, layer, x, y)))

    def _packaged(self, service: str, answer: Answer, named: str, within: Within | None) -> Found:
        if service in NATIONAL:
            number = NATIONAL[service]
            called = Name(ko=number, en=number)
            mapped: tuple[Mapped, ...] = (Mapped(named, called, None, (f"tel:{number}",), number, PACKAGED_AT, within),)
            return Found(service, mapped, answer.source, answer.place)
        mapped = tuple(self._of(one, named, within) for one in answer.centres)
        return Found(service, mapped, answer.source, answer.place, answer.neighbours)

    def _of(self, centre: Centre, id: str, within: Within | None) -> Mapped:
        return Mapped(f"{id}.{centre.id}", centre.name, centre, (), None, PACKAGED_AT, within)

    def _imported(self, one: Boundary, within: Within | None) -> Mapped:
        centre = None if one.centre is None else self.centres[one.centre]
        name = one.name if centre is None else centre.name
        return Mapped(one.id, name, centre, one.uris, one.number, one.updated_at, within, one.civic)

    def _inside(self, one: Boundary, place: Circle) -> Within:
        return Within(lambda: f"{one.id}.{_piece(_pieces(one.shape), place.longitude, place.latitude)}")

    def _key(self, part: int, service: str, layer: Layer | None, longitude: float, latitude: float) -> str:
        """A key names the geometry that it stands for: another import gives other keys."""
        print = layer.print if layer is not None else ""
        if layer is None:
            if part not in self._split:
                self._split[part] = _pieces(self.country.polygons[part])
            pieces = self._split[part]
        else:
            pieces = _pieces(self._left(part, layer))
        return f"{self._prints}-{part}.{service}~{print}.{_piece(pieces, longitude, latitude)}"

    def _left(self, part: int, layer: Layer | None) -> BaseGeometry:
        """What imported boundaries leave of a part."""
        shape: BaseGeometry = self.country.polygons[part]
        return shape if layer is None else layer.rest_of_part(part, shape)

    def _layer(self, service: str, at: datetime) -> Layer | None:
        """Ours is where the general one is, unless it has boundaries of its own."""
        layers = self._laid.at(at)
        return layers.get(service) or (layers.get(SOS) if service == SAFETY else None)

    @cached_property
    def _parts(self) -> shapely.STRtree:
        return shapely.STRtree(self.country.polygons)


def _share(drawn: BaseGeometry, shape: BaseGeometry) -> float:
    """The larger of: how much of the boundary is covered, how much of the place lies inside."""
    common = drawn.intersection(shape).area
    return max(common / shape.area if shape.area else 0.0, common / drawn.area if drawn.area else 0.0)


@dataclass(frozen=True)
class Pieces:
    """The polygons of a shape; `largest` is the one that is looked at first."""

    polygons: NDArray[np.object_]
    largest: int
    tree: shapely.STRtree


def _pieces(shape: BaseGeometry) -> Pieces:
    polygons = shapely.get_parts(shape)
    shapely.prepare(polygons)
    return Pieces(polygons, int(np.argmax(shapely.area(polygons))) if len(polygons) else 0, shapely.STRtree(polygons))


def _piece(of: Pieces, longitude: float, latitude: float) -> int:
    """The number of the one that a point lies in, else of the nearest."""
    if len(of.polygons) == 1 or shapely.intersects_xy(of.polygons[of.largest], longitude, latitude):
        return of.largest
    point = shapely.Point(longitude, latitude)
    for number in of.tree.query(point).tolist():
        if shapely.intersects_xy(of.polygons[number], longitude, latitude):
            return int(number)
    return int(of.tree.nearest(point))


def _nth(shape: BaseGeometry, number: str) -> shapely.Polygon | None:
    pieces = shapely.get_parts(shape)
    return pieces[int(number)] if number.isdecimal() and int(number) < len(pieces) else None
