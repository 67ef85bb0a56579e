"""Places of light and help, and the ways that are answered with."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal, get_args

import msgspec

from ansim.city.ways.hours import ALWAYS, is_open
from ansim.core.position import Instant, Latitude, Longitude

Kind = Literal["light", "police", "shop", "shelter"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
Help = Literal["police", "bell", "shop", "shelter"]
"""Where somebody is who can help, or is called by a button."""
Known = Literal["light", "camera", "police", "bell", "shop", "shelter"]
"""What a register may know of the streets."""
HELPS: Final[tuple[Known, ...]] = get_args(Help)

Mode = Literal["walk", "bicycle"]
PACE_MPS: Final[dict[Mode, float]] = {"walk": 1.15, "bicycle": 3.0}
"""As the watch over a trip reckons: slower than the legs, since nobody goes without waiting."""


class Facility(msgspec.Struct, frozen=True, kw_only=True):
    """`hours` as `hours.read` writes them; None where nobody knows when it is open."""

    kind: Known
    id: str
    name: str
    latitude: float
    longitude: float
    hours: str | None = None

    @property
    def always(self) -> bool:
        """There at any hour: police boxes, bells, and what says so of itself."""
        return self.kind in ("police", "bell") or self.hours == ALWAYS

    def open_at(self, at: datetime, dark: bool) -> bool | None:
        """None where nobody knows. A shelter without hours is a shop that the city chose: somebody is there by day, and in the dark
        nobody should go there for what was never said.
        """
        if self.always:
            return True
        if self.hours is not None:
            return is_open(self.hours, at)
        return True if self.kind == "shelter" and not dark else None


class Place(msgspec.Struct, frozen=True, kw_only=True):
    latitude: Latitude
    longitude: Longitude


class Wanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of POST /api/ways. `at`: when she sets out; now, if it is not said."""

    start: Annotated[Place, msgspec.Meta(description="where she sets out")] = msgspec.field(name="from")
    to: Place
    mode: Mode = "walk"
    at: Instant | None = None


class HelpOnTheWay(msgspec.Struct, frozen=True, kw_only=True):
    """A place of help within 50 m. `open` is null where its hours are not known."""

    kind: Help
    name: str
    latitude: float
    longitude: float
    open: bool | None


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One way, and why: shares of its length (0 to 1), and places of help within 50 m that are open then. Null is what no
    register here tells."""

    kind: Literal["shortest", "safe"]
    line: list[tuple[float, float]]
    """Longitude and latitude, as GeoJSON has them."""
    metres: int
    minutes: int
    longer_m: int
    lit: float | None
    seen: float | None
    near_help: float | None
    police: int | None
    bells: int | None
    shops: int | None
    shelters: int | None
    help: list[HelpOnTheWay]


class Ways(msgspec.Struct, frozen=True, kw_only=True):
    """The shortest way, and the safe one where it is another. `unknown` names what no register tells around here."""

    ways: list[Way]
    dark: bool
    unknown: list[Known]


class HelpNear(msgspec.Struct, frozen=True, kw_only=True):
    """A place of help that is there at any hour."""

    kind: Help
    name: str
    latitude: float
    longitude: float


class HelpPlaces(msgspec.Struct, frozen=True, kw_only=True):
    places: list[HelpNear]
