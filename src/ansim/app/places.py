"""The country's boundaries, and the streets of the city where they are known, in the words that stages ask for."""

from __future__ import annotations

from functools import cache
from typing import Any

from ansim.city.places.areas import Areas
from ansim.city.places.jurisdictions import Jurisdictions
from ansim.core.clock import Clock
from ansim.core.position import Position
from ansim.response.picture.model import Words


@cache
def country(default: str) -> Jurisdictions:
    """The packaged boundaries, read once a process; `default` answers outside every one of them."""
    return Jurisdictions.load(default)


class CountryBoundaries:
    """`response.routing.ports.Boundaries` and `response.picture.labels.Places` over the areas that hold now."""

    def __init__(self, areas: Areas, default: str, clock: Clock, streets: Streets | None = None) -> None:
        self._areas = areas
        self._jurisdictions = areas.country
        self._default = default
        self._clock = clock
        self._streets = streets

    def answer(self, position: Position | None) -> tuple[str, str | None, str]:
        if position is None:
            return self._default, None, "none"
        found = self._areas.find_circle(position.latitude, position.longitude, position.accuracy_m, self._clock.now())
        code = None if found.municipality is None else found.municipality.code
        return found.centres[0].id, code, found.source

    def beyond(self, position: Position) -> list[str]:
        found = self._areas.find_circle(position.latitude, position.longitude, position.accuracy_m, self._clock.now())
        return [neighbour.id for neighbour in found.neighbours]

    def neighbours(self, centre: str) -> list[str]:
        return [neighbour.id for neighbour in self._areas.neighbours(centre, self._clock.now())]

    def place(self, position: Position | None, municipality: str | None) -> Words:
        """The street when the precise position may be known and the city's map is; else what boundaries tell."""
        if position is not None:
            name = self._jurisdictions.place_name(position.latitude, position.longitude)
            street = None if self._streets is None else self._streets.near(position)
            if street is not None:
                return Words(ko=f"{name.ko} {street.ko}", en=f"{street.en}, {name.en}")
            return Words(ko=name.ko, en=name.en)
        known = self._jurisdictions.municipalities.get(municipality or "")
        return (
            Words(ko="위치 모름", en="place not known") if known is None else Words(ko=known.name.ko, en=known.name.en)
        )

    def district(self, latitude: float, longitude: float) -> Words:
        """As much as may be known of somebody whose case it is not."""
        name = self._jurisdictions.place_name(latitude, longitude)
        return Words(ko=name.ko, en=name.en)

    def centre(self, id: str) -> Words:
        known = self._areas.centres.get(id)
        return Words(ko=id, en=id) if known is None else Words(ko=known.name.ko, en=known.name.en)

    def municipality_names(self) -> dict[str, str]:
        return {code: municipality.name.ko for code, municipality in self._jurisdictions.municipalities.items()}

    def centre_names(self) -> dict[str, str]:
        return {id: centre.name.ko for id, centre in self._areas.centres.items()}


class Streets:
    """Named roads of a map (GeoJSON), to say where somebody is in a word that people use."""

    REACH_M = 60.0

    def __init__(self, geojson: dict[str, Any]) -> None:
        import shapely

        self._shapely = shapely
        roads = [
            feature
            for feature in geojson.get("features", [])
            if feature["properties"].get("kind") == "road" and feature["properties"].get("name")
        ]
        self._names = [_name(feature["properties"]["name"]) for feature in roads]
        self._tree = shapely.STRtree([shapely.geometry.shape(feature["geometry"]) for feature in roads])

    def near(self, position: Position) -> Words | None:
        if not self._names:
            return None
        point = self._shapely.Point(position.longitude, position.latitude)
        found = self._tree.query_nearest(point, max_distance=self.REACH_M / 88_000, return_distance=False)
        return self._names[int(found[0])] if len(found) else None


def _name(name: Any) -> Words:
    return Words(ko=name["ko"], en=name["en"]) if isinstance(name, dict) else Words(ko=str(name), en=str(name))
