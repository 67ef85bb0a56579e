"""A boundary that was imported: an area, a service, who answers there, and from when until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shapely.geometry.base import BaseGeometry

from ansim.city.places.civic import Civic
from ansim.city.places.model import Name


@dataclass(frozen=True, kw_only=True)
class Boundary:
    """Who answers is a `centre` (its id), or whoever is behind `uris`; not both.

    `shape` is a Polygon or MultiPolygon over longitude and latitude; `civic` names areas of addresses that lie inside it. It holds from
    `valid_from` on, and no longer at `valid_to`. `municipality` is a legal code, where it is one.
    """

    id: str
    service: str
    name: Name
    shape: BaseGeometry
    centre: str | None = None
    uris: tuple[str, ...] = ()
    number: str | None = None
    civic: tuple[Civic, ...] = ()
    municipality: str | None = None
    valid_from: datetime
    valid_to: datetime | None = None
    updated_at: datetime

    def holds(self, at: datetime) -> bool:
        return self.valid_from <= at and (self.valid_to is None or at < self.valid_to)
