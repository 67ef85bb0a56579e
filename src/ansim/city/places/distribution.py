"""Location distribution: what is asked of it (RFC 5222) and what it answers, whatever form the question came in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import shapely

from ansim.city.places.areas import Areas, Found, Mapped
from ansim.city.places.civic import Civic, Placed
from ansim.city.places.model import Centre
from ansim.city.places.ports import Directory, Door
from ansim.city.places.services import children
from ansim.city.places.shapes import Shape
from ansim.core.clock import Clock

LIFE = timedelta(hours=24)
"""How long a mapping may be used without asking again; long, so that it works while nobody can be asked."""

Trouble = Literal[
    "badRequest", "forbidden", "internalError", "locationProfileUnrecognized", "locationInvalid", "loop", "notFound", "serverError",
    "serverTimeout", "serviceNotImplemented",
]  # fmt: skip
Warning = Literal["defaultMappingReturned", "serviceSubstitution", "serverTimeout", "serverError"]


class Failed(Exception):
    """An error of RFC 5222, 13.1. `message` names the element and the rule, nothing of where somebody is."""

    def __init__(self, trouble: Trouble, message: str, *, profiles: tuple[str, ...] = ()) -> None:
        super().__init__(trouble)
        self.trouble, self.message, self.profiles = trouble, message, profiles


@dataclass(frozen=True)
class Location:
    """`place` is None for a profile, or a shape, that is not known here."""

    id: str
    profile: str
    place: Shape | None = None
    civic: Civic | None = None


@dataclass(frozen=True)
class Told:
    """One who answers, with the way to reach it: a centre's door, or the addresses of whoever is behind them."""

    mapped: Mapped
    door: Door | None

    @property
    def uris(self) -> tuple[str, ...]:
        return self.mapped.uris if self.door is None else (self.door.uri,)


@dataclass(frozen=True)
class Mapping:
    """The answer to a findService. `told` in the order in which they should be tried."""

    asked: str
    found: Found
    told: tuple[Told, ...]
    expires_at: datetime
    warnings: tuple[Warning, ...]
    placed: Placed | None = None

    @property
    def service(self) -> str:
        return self.found.service


class Distribution:
    """Who answers where. Holds no position, and remembers no question."""

    def __init__(self, areas: Areas, directory: Directory, clock: Clock) -> None:
        self.areas = areas
        self.directory = directory
        self._clock = clock

    def now(self) -> datetime:
        return self._clock.now()

    def services(self, below: str | None) -> list[str]:
        return children(below, self.areas.services(self.now()))

    def services_at(self, below: str | None, place: Shape) -> list[str]:
        """Those that somebody offers there."""
        at = self.now()
        return [name for name in children(below, self.areas.services(at)) if self._offered(name, place, at)]

    def find(self, service: str, location: Location, as_of: datetime | None = None) -> Mapping | None:
        """None where nobody here offers it at that place. Raises Failed, and Problem for what is no place."""
        now = self.now()
        at = as_of or now
        if self.areas.answering(service, at) is None:
            raise Failed("serviceNotImplemented", f"no service {service} is known here")
        placed: Placed | None = None
        if location.civic is not None:
            found, placed = self.areas.find_civic(service, location.civic, at)
        else:
            assert location.place is not None
            found = self.areas.find(service, location.place, at)
        if found is None:
            return None
        warnings: list[Warning] = []
        if found.service != service:
            warnings.append("serviceSubstitution")
        if found.source == "default":
            warnings.append("defaultMappingReturned")
        change = self.areas.next_change(at)
        expires_at = now.replace(microsecond=0) + LIFE
        if change is not None and at == now:
            expires_at = min(expires_at, change)
        told = self._told(found)
        return Mapping(service, found, told, expires_at, tuple(warnings), placed)

    def boundary(self, key: str) -> shapely.Polygon | None:
        return self.areas.boundary(key, self.now())

    def _told(self, found: Found) -> tuple[Told, ...]:
        if found.mapped[0].centre is None:
            return tuple(Told(one, None) for one in found.mapped)
        of = {one.centre.id: one for one in found.mapped if one.centre is not None}
        answering = [one.centre for one in found.mapped if one.centre is not None]
        doors = self.directory.doors(answering, self._covering(found, answering))
        return tuple(Told(of.get(door.centre.id, found.mapped[0]), door) for door in doors)

    def _covering(self, found: Found, answering: Sequence[Centre]) -> Iterator[Centre]:
        """Who would cover, the nearest first; looked up only by whom it concerns."""
        around = (*found.neighbours, *self.areas.neighbours(answering[0].id, self.now()))
        return (one for one in dict.fromkeys(around) if one not in answering)

    def _offered(self, name: str, place: Shape, at: datetime) -> bool:
        found = self.areas.find(name, place, at)
        return found is not None and found.source != "default"
