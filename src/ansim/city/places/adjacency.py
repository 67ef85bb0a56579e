"""Which centres border on which: whom a centre that does not answer escalates to."""

from __future__ import annotations

import numpy as np

from ansim.city.places.borders import Borders
from ansim.city.places.model import Centre
from ansim.city.places.plane import DEGREE_M


def neighbours(borders: Borders, centres_of: list[tuple[Centre, ...]]) -> dict[str, tuple[Centre, ...]]:
    """Every centre's neighbours by its id, the longest common border first; for an island, the nearest one.

    `centres_of` are each part's centres. A centre that is first nowhere stands above others: its neighbours
    are those it stands above.
    """
    first = [centres[0] for centres in centres_of]
    shared: dict[str, dict[Centre, float]] = {centre.id: {} for centres in centres_of for centre in centres}
    for one, other, metres in _shared(borders):
        here, there = first[one], first[other]
        if here is not there:
            shared[here.id][there] = shared[here.id].get(there, 0.0) + metres
            shared[there.id][here] = shared[there.id].get(here, 0.0) + metres
    found = {}
    for id, around in shared.items():
        mine = [part for part, centre in enumerate(first) if centre.id == id]
        if around:
            found[id] = tuple(sorted(around, key=lambda centre: (-around[centre], centre.id)))
        elif mine:
            found[id] = (_nearest(borders, first, mine),)
        else:
            below = {first[part] for part, centres in enumerate(centres_of) if id in {c.id for c in centres}}
            found[id] = tuple(sorted(below, key=lambda centre: centre.id))
    return found


def _shared(borders: Borders) -> list[tuple[int, int, float]]:
    """(part, part, metres) of every border between two parts."""
    land = (borders.sides >= 0).all(axis=1)
    ends, sides = borders.ends[land], np.sort(borders.sides[land], axis=1)
    across = np.cos(np.radians(ends[:, 1]))
    metres = np.hypot((ends[:, 2] - ends[:, 0]) * across, ends[:, 3] - ends[:, 1]) * DEGREE_M
    pairs, of = np.unique(sides, axis=0, return_inverse=True)
    lengths = np.bincount(of, metres)
    return [(one, other, metres) for (one, other), metres in zip(pairs.tolist(), lengths.tolist(), strict=True)]


def _nearest(borders: Borders, first: list[Centre], mine: list[int]) -> Centre:
    """By a sample of the vertices: which of two coasts some kilometres apart is nearer does not hang on one."""
    own = np.isin(borders.sides, mine).any(axis=1)
    here, there = borders.ends[own, :2], borders.ends[~own, :2][::8]
    here = here[:: len(here) // 64 + 1]
    across = np.cos(np.radians(here[:, 1].mean()))
    away = ((there[:, 0] - here[:, :1]) * across) ** 2 + (there[:, 1] - here[:, 1:]) ** 2
    return first[int(borders.sides[~own][::8][int(away.min(axis=0).argmin())].max())]
