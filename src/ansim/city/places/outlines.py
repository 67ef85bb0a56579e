"""Border lines around a centre's own area, for a map that has no other ground."""

from __future__ import annotations

import numpy as np
import shapely
from msgspec import Struct

from ansim.city.places.borders import Borders
from ansim.city.places.model import Centre
from ansim.city.places.raster import NOWHERE

AROUND = 0.2
"""Degrees, some 20 km: what a console shows without leaving its own area."""


class Outline(Struct, frozen=True, kw_only=True):
    """A GeoJSON geometry: lines of [longitude, latitude]."""

    type: str = "MultiLineString"
    coordinates: list[list[list[float]]]


class Between(Struct, frozen=True, kw_only=True):
    """`kind` is border or coast; the codes of the municipalities on the line's sides, one on a coast."""

    kind: str
    municipalities: list[str]


class Feature(Struct, frozen=True, kw_only=True):
    type: str = "Feature"
    properties: Between
    geometry: Outline


class Outlines(Struct, frozen=True, kw_only=True):
    """A GeoJSON FeatureCollection."""

    type: str = "FeatureCollection"
    features: list[Feature]


def outlines(borders: Borders, centres_of: list[tuple[Centre, ...]], centre: str) -> Outlines:
    """The borders in and around the municipalities a centre answers for; none for an unknown centre."""
    own = [part for part, centres in enumerate(centres_of) if centre in {c.id for c in centres}]
    if not own:
        return Outlines(features=[])
    west, south, east, north = shapely.total_bounds(borders.polygons[own])
    longitudes, latitudes = borders.ends[:, 0::2], borders.ends[:, 1::2]
    across = (longitudes > west - AROUND) & (longitudes < east + AROUND)
    shown = (across & (latitudes > south - AROUND) & (latitudes < north + AROUND)).any(axis=1)
    codes = sorted({part.municipality for part in borders.parts})
    of_part = np.array([codes.index(part.municipality) for part in borders.parts] + [NOWHERE])
    sides = np.sort(of_part[borders.sides], axis=1)  # -1 takes the entry at the end
    shown &= sides[:, 0] != sides[:, 1]
    pairs, which = np.unique(sides[shown], axis=0, return_inverse=True)
    segments = shapely.linestrings(borders.ends[shown].reshape(-1, 2, 2))
    features = []
    for index, (one, other) in enumerate(pairs.tolist()):
        lines = shapely.line_merge(shapely.multilinestrings(segments[which == index]))
        features.append(
            Feature(
                properties=Between(
                    kind="coast" if one == NOWHERE else "border",
                    municipalities=[codes[code] for code in (one, other) if code != NOWHERE],
                ),
                geometry=Outline(
                    coordinates=[shapely.get_coordinates(line).tolist() for line in shapely.get_parts(lines)]
                ),
            )
        )
    return Outlines(features=features)
