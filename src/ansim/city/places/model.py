"""The nouns of places: municipality, centre, and what a look-up answers."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

BORDER_BAND_M = 50.0
"""Within the position's accuracy plus this of a border, the other side's centre is told as well: where poles
and borders disagree, it is mostly by less than 100 m."""

NEAREST_M = 300.0
"""A point in no polygon belongs to the nearest one up to here: bridges, harbours, filled land."""

NEIGHBOUR_LIMIT_M = 3_000.0
"""A coarse position alerts neighbours no farther than this; it would alert half a province."""

Kind = Literal["municipal", "metropolitan", "zone", "supervising"]
"""municipal: one municipality's own. metropolitan: of a province's municipalities that have none of their
own. zone: first inside its zone, second in the rest of the municipality. supervising: above others, last."""

Source = Literal["exact", "nearest", "default"]
"""exact: inside a polygon. nearest: in none, within NEAREST_M of it. default: farther from every one."""


class Name(Struct, frozen=True, kw_only=True):
    """A name in the two languages of the pages."""

    ko: str
    en: str


class Municipality(Struct, frozen=True, kw_only=True):
    """One of Korea's 229 cities, counties and districts (si, gun, gu) by its five-digit legal code."""

    code: str
    name: Name
    province: Name


class Centre(Struct, frozen=True, kw_only=True):
    """One of the 219 operations centres; `cameras` as the ministry counted them at the end of 2025."""

    id: str
    name: Name
    kind: Kind
    cameras: int


class Answer(Struct, frozen=True, kw_only=True):
    """Who answers for a point. There is always at least one centre, the first one first.

    `place` is the finest name known: "성남시 분당구". `neighbours` answer beyond the borders within the
    position's accuracy and the border band, nearest first; `distance_to_border_m` is the distance to the
    nearest of those borders, None when there is none so near. `outside_m` is how far the point lies from the
    polygon that answers, 0 inside. For a default answer `municipality` is None and `warning` is "outside".
    """

    municipality: Municipality | None
    place: Name
    centres: tuple[Centre, ...]
    source: Source
    neighbours: tuple[Centre, ...] = ()
    distance_to_border_m: float | None = None
    outside_m: float = 0.0
    warning: str | None = None
