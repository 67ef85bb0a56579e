"""What is known of each ten metres of street: whether a lamp lights it, a camera sees it, help is near. Pure, by arrays."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from ansim.city.ways.model import HELPS, Facility, Known
from ansim.city.ways.roads import Floats, Ints, Roads

EVERY_M: Final = 10.0
LIT_M: Final = 25.0
"""A lamp lights the street so far; they stand 20 to 50 m apart."""
HELP_M: Final = 50.0
KNOWN_M: Final = 1_000.0
"""Where a register names nothing within this, it does not reach here: nothing is said of what it would tell."""
UNLIT, UNSEEN, ALONE = 1.0, 0.6, 0.6
"""What a metre in the dark, seen by no camera, or far from help costs more than a metre."""

Seen = Callable[[Floats, Floats], NDArray[np.bool_]]
"""Latitudes and longitudes -> whether a camera sees these places."""


@dataclass(frozen=True)
class Stretch:
    """A piece of a way: from and until so many metres along a piece of the network."""

    piece: int
    first: float
    last: float


class Surroundings:
    def __init__(self, roads: Roads, facilities: Sequence[Facility], cameras: Floats, seen: Seen) -> None:
        """`cameras` are latitudes and longitudes of their poles."""
        self._roads = roads
        count = np.maximum(1, np.ceil(roads.length / EVERY_M)).astype(np.intp)
        self._begin = np.append(0, np.cumsum(count))
        self.piece: Ints = np.repeat(np.arange(len(roads)), count)
        step = roads.length / count
        self.along: Floats = (np.arange(len(self.piece)) - self._begin[self.piece] + 0.5) * step[self.piece]
        self._metres = step[self.piece]
        points = shapely.line_interpolate_point(roads.shapes[self.piece], self.along)
        at = roads.degrees(shapely.get_coordinates(points))
        self._longitude, self._latitude = at.T
        self._points = points
        self.help = [one for one in facilities if one.kind in HELPS]
        places = {kind: [one for one in facilities if one.kind == kind] for kind in ("light", *HELPS)}
        trees = {kind: self._tree([(one.latitude, one.longitude) for one in of]) for kind, of in places.items()}
        trees["camera"] = self._tree(cameras.tolist())
        self._trees = trees
        away = self._away(trees["light"])
        self._light_known, self._lit = away <= KNOWN_M, away <= LIT_M
        self._camera_known = self._away(trees["camera"]) <= KNOWN_M
        self._seen = np.zeros(len(points), dtype=bool)
        if self._camera_known.any():
            near = np.flatnonzero(self._camera_known)
            self._seen[near] = seen(self._latitude[near], self._longitude[near])
        self._help_tree = self._tree([(one.latitude, one.longitude) for one in self.help])
        self._help_known = self._away(self._help_tree) <= KNOWN_M
        sample, self._by = self._help_tree.query(points, "dwithin", HELP_M)
        self._near = sample
        self._costs: dict[tuple[bool, bytes], list[float]] = {}

    def _tree(self, places: Sequence[Sequence[float]]) -> shapely.STRtree:
        return shapely.STRtree(
            [shapely.Point(*self._roads.plane(latitude, longitude)) for latitude, longitude in places]
        )

    def _away(self, tree: shapely.STRtree) -> Floats:
        away = np.full(len(self._points), np.inf)
        if len(tree.geometries):
            (point, _), metres = tree.query_nearest(
                self._points, max_distance=KNOWN_M, return_distance=True, all_matches=False
            )
            away[point] = metres
        return away

    def open_at(self, at: datetime, dark: bool, broken: Collection[str] = ()) -> NDArray[np.bool_]:
        """Of each place of help, whether somebody is there; not where that is not known, and not at a bell that is `broken`."""
        return np.array(
            [bool(one.open_at(at, dark)) and not (one.kind == "bell" and one.id in broken) for one in self.help],
            dtype=bool,
        )

    def costs(self, dark: bool, open: NDArray[np.bool_]) -> list[float]:
        """Of each piece: its metres, and more for each that is unlit when it is dark, unseen, or far from help."""
        key = dark, open.tobytes()
        found = self._costs.get(key)
        if found is None:
            more = UNSEEN * (self._camera_known & ~self._seen) + ALONE * (self._help_known & ~self._helped(open))
            if dark:
                more = more + UNLIT * (self._light_known & ~self._lit)
            found = (self._roads.length + np.add.reduceat(more * self._metres, self._begin[:-1])).tolist()
            if len(self._costs) >= 8:
                self._costs.clear()
            self._costs[key] = found
        return found

    def _helped(self, open: NDArray[np.bool_]) -> NDArray[np.bool_]:
        helped = np.zeros(len(self._points), dtype=bool)
        if len(open):
            helped[self._near[open[self._by]]] = True
        return helped

    def _on(self, way: Sequence[Stretch]) -> Ints:
        """The samples of a way; of one that is shorter than all of them, the nearest."""
        found = []
        for one in way:
            low, high = sorted((one.first, one.last))
            own = np.arange(self._begin[one.piece], self._begin[one.piece + 1])
            inside = own[(self.along[own] >= low - EVERY_M / 2) & (self.along[own] <= high + EVERY_M / 2)]
            found.append(inside if len(inside) else own[:1])
        return np.concatenate(found)

    def shares(self, way: Sequence[Stretch], open: NDArray[np.bool_]) -> dict[str, float | None]:
        """How much of the way is lit, seen, and near help; None where no register tells."""
        on = self._on(way)

        def share(known: NDArray[np.bool_], is_so: NDArray[np.bool_]) -> float | None:
            of = on[known[on]]
            if 2 * len(of) < len(on):
                return None
            return round(float(np.average(is_so[of], weights=self._metres[of])), 2)

        return {
            "lit": share(self._light_known, self._lit),
            "seen": share(self._camera_known, self._seen),
            "near_help": share(self._help_known, self._helped(open)),
        }

    def beside(self, line: shapely.LineString) -> list[int]:
        """Places of help within 50 m of a line on the plane, in the order in which one comes by."""
        found = self._help_tree.query(line, "dwithin", HELP_M)
        points = self._help_tree.geometries[found]
        return [int(at) for at in found[np.argsort(shapely.line_locate_point(line, points), kind="stable")]]

    def knows(self, kind: Known, line: shapely.LineString) -> bool:
        """Whether its register reaches as far as this way."""
        return len(self._trees[kind].query_nearest(line, max_distance=KNOWN_M, all_matches=False)) > 0
