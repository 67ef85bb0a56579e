"""Who answers here? From a point, or a circle of uncertainty, to the municipality and its centres."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import acos, inf

import numpy as np
import shapely
from msgspec.structs import replace
from numpy.typing import ArrayLike, NDArray

from ansim.city.places import adjacency
from ansim.city.places import borders as borders_of
from ansim.city.places import register as register_of
from ansim.city.places.borders import Borders, Floats, Ints
from ansim.city.places.model import BORDER_BAND_M, NEAREST_M, NEIGHBOUR_LIMIT_M, Answer, Centre, Name
from ansim.city.places.outlines import Outlines, outlines
from ansim.city.places.plane import Distance, between, distances, on_the_right
from ansim.city.places.raster import CELL, MARGIN_M, NEAR, NOWHERE, Raster, counting, distinct
from ansim.city.places.register import Register
from ansim.core.errors import Problem
from ansim.core.geo import EARTH_RADIUS_M

OUTSIDE = Name(ko="관할 밖", en="Outside every jurisdiction")
SURE_M = 0.01
"""Nearer to a border than this, rounding could tell the wrong side: the polygons decide."""

RIGHT, LEFT = 4, 5
"""Where a raster's line holds the parts on its sides."""


@dataclass(frozen=True)
class Located:
    """Many points at once: `part[i]` indexes `Jurisdictions.parts`, -1 where only the default answers;
    `nearest[i]` tells that point i lies in no polygon and belongs to the nearest one."""

    part: NDArray[np.int16]
    nearest: NDArray[np.bool_]


class Jurisdictions:
    """The country's jurisdictions in memory. Exact: the raster only spares geometry where no border is near.

    A point on a border belongs to the part of the smaller code. Coordinates are WGS 84 degrees.
    """

    def __init__(self, borders: Borders, register: Register, default: str | None = None) -> None:
        """`default` is the id of the centre that answers first where nobody is near; else the nearest."""
        self.municipalities = register.municipalities
        self.centres = register.centres
        self.parts = borders.parts
        self.register = register
        self._borders = borders
        self._vertices = _directions(borders.ends[:, :2])
        self._raster = Raster(borders)
        self._default = () if default is None else (register.centres[default],)
        self._answers = [
            Answer(
                municipality=register.municipalities[part.municipality],
                place=register.place_of(part),
                centres=register.centres_of(part),
                source="exact",
            )
            for part in borders.parts
        ]
        # districts of one municipality answer alike
        kinds = sorted({(part.municipality, part.zone) for part in borders.parts})
        self._alike = [kinds.index((part.municipality, part.zone)) for part in borders.parts]
        self._neighbours = adjacency.neighbours(borders, [answer.centres for answer in self._answers])
        shapely.prepare(borders.polygons)

    @classmethod
    def load(cls, default: str | None = None) -> Jurisdictions:
        """The packaged borders and centres; well under a second, once."""
        return cls(borders_of.read(borders_of.packaged()), register_of.packaged(), default)

    def find(self, latitude: float, longitude: float) -> Answer:
        """Who answers at this point. There is always an answer; what is no coordinate raises Problem."""
        raster = self._raster
        try:
            cell = raster.cell(latitude, longitude)
        except (TypeError, ValueError):
            cell = -1  # no numbers: the checks below name the field
        part = raster.at(cell)
        if part >= 0:
            return self._answers[part]
        if part == NEAR:
            part, found = self._closer(cell, latitude, longitude)
            if part != NOWHERE:
                return self._inside(part, found, BORDER_BAND_M)
        return self.find_circle(latitude, longitude, 0.0)

    def find_circle(self, latitude: float, longitude: float, accuracy_m: float) -> Answer:
        """Who answers at this point, and who beyond the borders that the position's error may hide.

        Raises Problem for what is no coordinate or no accuracy (metres, not negative).
        """
        latitude = _number("latitude", latitude, -90, 90)
        longitude = _number("longitude", longitude, -180, 180)
        reach = min(_number("accuracy_m", accuracy_m, 0, inf) + BORDER_BAND_M, NEIGHBOUR_LIMIT_M)
        cell = self._raster.cell(latitude, longitude)
        part = self._raster.at(cell)
        if part >= 0 and reach <= MARGIN_M:
            return self._answers[part]
        found: list[Distance] = []
        if part == NEAR:
            part, found = self._closer(cell, latitude, longitude)
        if part == NOWHERE:
            return self._outside(latitude, longitude, reach)
        if reach > MARGIN_M:
            found = distances(self._raster.around(latitude, longitude, reach), latitude, longitude)
        return self._inside(part, found, reach)

    def find_many(self, latitudes: ArrayLike, longitudes: ArrayLike) -> Located:
        """The parts of many points at once. What is no coordinate raises Problem."""
        latitude, longitude = _numbers("latitudes", latitudes, 90), _numbers("longitudes", longitudes, 180)
        if latitude.shape != longitude.shape:
            raise _problem("longitudes", "there must be as many as latitudes")
        raster = self._raster
        row, column = (latitude - raster.south) / CELL, (longitude - raster.west) / CELL
        there = (row >= 0) & (row < raster.rows) & (column >= 0) & (column < raster.columns)
        cell = np.where(there, row.astype(np.int64) * raster.columns + column.astype(np.int64), 0)
        part = np.where(there, raster.value[cell], np.int16(NOWHERE))
        closer = np.flatnonzero(part == NEAR)
        part[closer] = self._many_closer(latitude[closer], longitude[closer], cell[closer])
        nearest = np.zeros(len(part), dtype=np.bool_)
        for index in np.flatnonzero(part == NOWHERE).tolist():
            shore, _ = self._shore(float(latitude[index]), float(longitude[index]))
            if shore != NOWHERE:
                part[index], nearest[index] = shore, True
        return Located(part, nearest)

    def part_at(self, latitude: float, longitude: float) -> int:
        """The part that a point lies in, NOWHERE in none. What is no coordinate raises Problem."""
        latitude, longitude = _number("latitude", latitude, -90, 90), _number("longitude", longitude, -180, 180)
        cell = self._raster.cell(latitude, longitude)
        part = self._raster.at(cell)
        return self._closer(cell, latitude, longitude)[0] if part == NEAR else part

    @property
    def polygons(self) -> NDArray[np.object_]:
        """The shape of each part."""
        return self._borders.polygons

    def answer_of(self, part: int) -> Answer:
        """Who answers inside a part, away from its borders."""
        return self._answers[part]

    def place_name(self, latitude: float, longitude: float) -> Name:
        """The place as far as borders name it: the municipality and, in a large city, the district."""
        return self.find(latitude, longitude).place

    def place_of(self, part: int) -> Name:
        """The name of a part that `find_many` gave."""
        return self._answers[part].place

    def centres_of(self, part: int) -> tuple[Centre, ...]:
        """The centres of a part that `find_many` gave, the first one first."""
        return self._answers[part].centres

    def neighbours(self, centre: str) -> tuple[Centre, ...]:
        """The centres to ask for help, the longest common border first; never empty. KeyError: unknown id."""
        return self._neighbours[centre]

    def somewhere_in(self, centre: str) -> tuple[float, float]:
        """Latitude and longitude of a point well inside the largest part for which this centre is asked first. KeyError: unknown id."""
        areas = [
            (polygon.area, index)
            for index, (answer, polygon) in enumerate(zip(self._answers, self._borders.polygons, strict=True))
            if answer.centres[0].id == centre
        ]
        if not areas:
            raise KeyError(centre)
        point = self._borders.polygons[max(areas)[1]].representative_point()
        return point.y, point.x

    def outlines(self, centre: str) -> Outlines:
        """GeoJSON of the border lines in and around a centre's area."""
        return outlines(self._borders, [answer.centres for answer in self._answers], centre)

    def _closer(self, cell: int, latitude: float, longitude: float) -> tuple[int, list[Distance]]:
        """The part of a point in a near cell, and the lines listed there."""
        inside, lines = self._raster.listed(cell)
        found = distances(lines, latitude, longitude)
        metres, where, line = min(found)
        listed = metres <= MARGIN_M or self._raster.lists(cell, *between(line, where))
        if 0 < where < 1 and metres > SURE_M and listed:
            # no border lies between the point and the foot of its perpendicular: it is on that side of the line
            return int(line[RIGHT if on_the_right(line, latitude, longitude) else LEFT]), found
        parts = {inside, *(int(line[side]) for line in lines for side in (RIGHT, LEFT))}
        return self._covering(parts, latitude, longitude), found

    def _covering(self, parts: Iterable[int], latitude: float, longitude: float) -> int:
        for part in sorted(parts):
            if part != NOWHERE and shapely.intersects_xy(self._borders.polygons[part], longitude, latitude):
                return part
        return NOWHERE

    def _many_closer(self, latitude: Floats, longitude: Floats, cell: Ints) -> NDArray[np.int16]:
        raster, points = self._raster, np.arange(len(cell))
        k = np.searchsorted(raster.near, cell)
        start, count = raster.first[k], raster.first[k + 1] - raster.first[k]
        sides = raster.lines[counting(start, count), RIGHT:]
        part = np.concatenate([sides.ravel(), raster.inside[k]]).astype(np.int64)
        point = np.concatenate([points.repeat(count).repeat(2), points])
        pairs = distinct(np.sort((part * len(cell) + point)[part != NOWHERE]))
        part, point = np.divmod(pairs, max(1, len(cell)))
        covered = shapely.intersects_xy(self._borders.polygons[part], longitude[point], latitude[point])
        found = np.full(len(cell), NOWHERE, dtype=np.int16)
        found[point[covered][::-1]] = part[covered][::-1]  # the smallest part is written last and stays
        return found

    def _inside(self, part: int, found: list[Distance], reach: float) -> Answer:
        mine = self._alike[part]
        borders = [
            (metres, int(side))
            for metres, _, line in found
            if metres <= reach and line[RIGHT] != NOWHERE and line[LEFT] != NOWHERE
            for side in line[RIGHT:]
            if self._alike[int(side)] != mine
        ]
        answer = self._answers[part]
        if not borders:
            return answer
        return replace(answer, neighbours=self._beyond(borders, answer), distance_to_border_m=min(borders)[0])

    def _outside(self, latitude: float, longitude: float, reach: float) -> Answer:
        shore, metres = self._shore(latitude, longitude)
        if shore != NOWHERE:
            answer = self._answers[shore]
            beyond = self._beyond(self._shores(latitude, longitude, reach), answer)
            return replace(answer, source="nearest", outside_m=metres, neighbours=beyond)
        shore, metres = self._far_shore(latitude, longitude)
        return Answer(
            municipality=None,
            place=OUTSIDE,
            centres=tuple(dict.fromkeys((*self._default, *self._answers[shore].centres))),
            source="default",
            outside_m=metres,
            warning="outside",
        )

    def _beyond(self, borders: list[tuple[float, int]], answer: Answer) -> tuple[Centre, ...]:
        """The first centres of those parts, nearest first, without the ones that answer already."""
        centres = dict.fromkeys(self._answers[part].centres[0] for _, part in sorted(borders))
        return tuple(centre for centre in centres if centre not in answer.centres)

    def _shores(self, latitude: float, longitude: float, reach: float) -> list[tuple[float, int]]:
        lines = self._raster.around(latitude, longitude, reach)
        return [
            (metres, int(side))
            for metres, _, line in distances(lines, latitude, longitude)
            if metres <= reach
            for side in line[RIGHT:]
            if side != NOWHERE
        ]

    def _shore(self, latitude: float, longitude: float) -> tuple[int, float]:
        """The nearest part of a point in none, and how far; NOWHERE beyond NEAREST_M."""
        metres, part = min(self._shores(latitude, longitude, NEAREST_M), default=(inf, NOWHERE))
        return part, metres

    def _far_shore(self, latitude: float, longitude: float) -> tuple[int, float]:
        """The nearest part however far, by the vertices of its border."""
        closeness = self._vertices @ _directions(np.array([[longitude, latitude]]))[0]
        nearest = int(np.argmax(closeness))
        part = min(side for side in self._borders.sides[nearest].tolist() if side != NOWHERE)
        return part, EARTH_RADIUS_M * acos(min(1.0, max(-1.0, float(closeness[nearest]))))


def _directions(points: Floats) -> Floats:
    """Longitudes and latitudes as unit vectors from the earth's centre."""
    east, north = np.radians(points).T
    return np.column_stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)])


def _problem(field: str, rule: str) -> Problem:
    return Problem(400, "place.coordinate", "This is no place on earth", f"{field} {rule}", field=field)


def _number(field: str, value: object, least: float, most: float) -> float:
    # wire types are checked before; what a program hands over by mistake is not
    if isinstance(value, (float, int)) and least <= value <= most and value != inf and type(value) is not bool:
        return float(value)
    raise _problem(field, f"must be a number from {least:g} to {most:g}")


def _numbers(field: str, values: ArrayLike, limit: float) -> Floats:
    try:
        numbers = np.asarray(values)
    except ValueError:
        raise _problem(field, "must be a list of numbers") from None
    if numbers.ndim != 1 or (numbers.size and numbers.dtype.kind not in "fiu"):
        raise _problem(field, "must be a list of numbers")
    if not (np.abs(numbers) <= limit).all():
        raise _problem(field, f"must be from -{limit:g} to {limit:g}")
    return numbers.astype(np.float64)
