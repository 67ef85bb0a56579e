"""The country on a page of its own: the area of each centre as one small drawing, for whoever looks at all of them at once."""

from __future__ import annotations

from math import cos, radians

import numpy as np
import shapely
from msgspec import Struct

from ansim.city.places.jurisdictions import Jurisdictions
from ansim.city.places.model import Name

DETAIL = 0.01
"""Degrees, some kilometre: less than a pixel of a country on a screen."""
ISLET = 0.0008
"""Square degrees: an island smaller than this is drawn only where a centre has nothing larger."""
FAR_EAST, NEARER = 130.0, (0.9, 0.0)
"""Islands east of this longitude are drawn so many degrees nearer, as on every map of the country: else half of it is sea."""
SCALE = 120
"""Units of the drawing to a degree of latitude."""


class Sketched(Struct, frozen=True, kw_only=True):
    """A centre. `short`: what tells it from the others of its province; `path`: its area as an SVG path, empty for one that stands above
    others or lies within one."""

    id: str
    name: Name
    short: Name
    region: Name
    path: str


class Sketch(Struct, frozen=True, kw_only=True):
    """`width` and `height` of the drawing that the paths lie in."""

    width: int
    height: int
    centres: list[Sketched]


def sketch(country: Jurisdictions) -> Sketch:
    """A second of geometry, once. Neighbours keep their common line."""
    parts: dict[str, list[int]] = {}
    for part in range(len(country.parts)):
        parts.setdefault(country.answer_of(part).centres[0].id, []).append(part)
    whole = np.array([shapely.union_all(country.polygons[of]) for of in parts.values()], dtype=object)
    drawn = {id: _pieces(shape) for id, shape in zip(parts, shapely.coverage_simplify(whole, DETAIL), strict=True)}
    west, south, east, north = shapely.total_bounds([piece for pieces in drawn.values() for piece in pieces])
    across = SCALE * cos(radians((south + north) / 2))

    def path(pieces: list[shapely.Polygon]) -> str:
        corners = (shapely.get_coordinates(piece.exterior) for piece in pieces)
        return "".join(
            _line(np.column_stack([(points[:, 0] - west) * across, (north - points[:, 1]) * SCALE]))
            for points in corners
        )

    regions = _regions(country)
    return Sketch(
        width=int((east - west) * across) + 1, height=int((north - south) * SCALE) + 1,
        centres=[
            Sketched(
                id=id, name=centre.name, short=_short(centre.name), region=regions[id], path=path(drawn.get(id, []))
            )
            for id, centre in country.centres.items()
        ],
    )  # fmt: skip


def _pieces(shape: shapely.Geometry) -> list[shapely.Polygon]:
    first, *more = sorted(shapely.get_parts(shape), key=lambda piece: -piece.area)
    pieces = [first, *(one for one in more if one.area > ISLET)]
    return [shapely.transform(one, lambda at: at - NEARER) if one.bounds[0] > FAR_EAST else one for one in pieces]


def _regions(country: Jurisdictions) -> dict[str, Name]:
    """The province of the first municipality that a centre answers for."""
    found: dict[str, Name] = {}
    for code, centres in sorted(country.register.answering.items()):
        for centre in centres:
            found.setdefault(centre.id, country.municipalities[code].province)
    return found


def _short(name: Name) -> Name:
    """서울 도봉구 통합관제센터 -> 도봉구; Dobong-gu Centre, Seoul -> Dobong-gu."""
    words = [word for word in name.ko.split() if not word.endswith("센터")]
    return Name(ko=words[-1] if words else name.ko, en=name.en.partition(",")[0].removesuffix(" Centre"))


def _line(points: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> str:
    """Whole units, each from the one before."""
    units = np.round(points[:-1]).astype(int)
    steps = [step for step in np.diff(units, axis=0).tolist() if step != [0, 0]]
    return f"M{units[0][0]} {units[0][1]}l" + " ".join(f"{x} {y}" for x, y in steps) + "z"
