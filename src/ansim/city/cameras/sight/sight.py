"""The cameras of a register and the ground between them; answers for one place at a time."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable

import numpy as np
from numpy.typing import NDArray

from ansim.city.cameras.model import Aim, Camera, Outlook, RankedCamera
from ansim.city.cameras.sight import honest
from ansim.city.cameras.sight.choice import (
    HALVES,
    TOGETHER,
    Chosen,
    Ints,
    Lenses,
    Sightlines,
    choose,
    sectors,
    sightlines,
)
from ansim.city.cameras.sight.density import Mode, detected, pixels
from ansim.city.cameras.sight.ground import OUTDOORS, REACH_M, Ground
from ansim.city.cameras.sight.poles import DEGREE_M, Poles
from ansim.city.cameras.sight.spread import Floats, Spread, around
from ansim.city.cameras.sight.tables import build, open_country
from ansim.core.position import Position

MARGIN = 0.08
"""Another camera must be better by so much of the whole before it takes the place of one that is shown: that costs a
walker nothing of the time she is seen, and a third of the changes."""
_TRUST = {"register": 0.5, "device": 0.75, "calibrated": 1.0}
_WORKING, _SILENT = 0.98, 0.02
_WIDEST_RAD = float(HALVES[-1])
"""Half the view that the range of a turning lens is told for."""
_CLEAR = 0.5
"""A line of sight that is more likely free than not."""
_MOST_POLES = 512
_WIDE_M = 60.0
_BEST, _BEST_WIDE = 10, 20
"""Poles that are looked at closely; more when she may be anywhere in a wide circle."""
_WIDEST_M = 500.0
"""A radius of kilometres is not searched pole by pole."""


class Sight:
    """`rank` answers for one position; nothing here changes but the tables, which are made when first needed."""

    def __init__(
        self,
        cameras: Iterable[Camera],
        ground: Ground | None = None,
        before: Sight | None = None,
        *,
        surveyed: Container[str] = (),
    ) -> None:
        """`before` has seen the same ground: poles that stand where they stood keep their tables. Cameras in `surveyed` stand where
        the register says: their calibration has proved it."""
        self.cameras = {camera.id: camera for camera in cameras}
        self.ground = ground
        known = list(self.cameras.values())
        place = np.array([(c.latitude, c.longitude) for c in known], dtype=np.float64).reshape(-1, 2)
        # cameras that stand at one place, to a metre, hang on one pole and share its table
        spots, pole = np.unique(np.round(place, 5), axis=0, return_inverse=True)
        latitude, longitude = spots.T
        if ground is not None:
            latitude, longitude = ground.at_the_kerb(*spots.T)
            sure = pole.reshape(-1)[[at for at, camera in enumerate(known) if camera.id in surveyed]]
            latitude[sure], longitude[sure] = spots[sure].T
        self._poles = Poles(latitude, longitude)
        order = self._poles.order
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        pole = rank[pole.reshape(-1)]
        lens = np.argsort(pole, kind="stable")
        self._list = [known[at] for at in lens]
        self._pole = pole[lens]
        self._names = [camera.id for camera in self._list]
        self._at = {name: at for at, name in enumerate(self._names)}
        self._first = np.searchsorted(self._pole, np.arange(len(order) + 1))
        self._turns = np.array([c.turns for c in self._list], dtype=bool)
        self._azimuth = np.radians([c.azimuth_deg or 0.0 for c in self._list], dtype=np.float32)
        self._trust = np.array(
            [0.0 if c.azimuth_deg is None else _TRUST[c.azimuth_source] for c in self._list], dtype=np.float32
        )
        self._half = np.radians([c.view_deg / 2 for c in self._list], dtype=np.float32)
        self._wide = sectors(self._half)
        self._range = np.array([c.range_m for c in self._list], dtype=np.float32)
        self._tables = open_country(len(order))
        if ground is None:
            self._built = np.ones(len(order), dtype=bool)
        else:
            self._built = ~ground.covers(*ground.plane(self._poles.latitude, self._poles.longitude))
        if before is not None and before.ground is ground:
            _, here, there = np.intersect1d(
                self._poles.latitude + 1j * self._poles.longitude,
                before._poles.latitude + 1j * before._poles.longitude,
                return_indices=True,
            )
            self._tables[:, here], self._built[here] = before._tables[:, there], before._built[there]

    def __len__(self) -> int:
        return len(self._list)

    def warm(self) -> None:
        """Make every table now; may run in a thread beside `rank`."""
        for first in range(0, len(self._built), 1024):
            self._build(np.arange(first, min(first + 1024, len(self._built))))

    @property
    def places(self) -> NDArray[np.float64]:
        """Latitude and longitude of every pole."""
        return np.column_stack([self._poles.latitude, self._poles.longitude])

    def covers(self, latitude: NDArray[np.float64], longitude: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether each of these places can be seen: within a camera's range and, where its direction is known, in its view, with
        nothing between. That it works, and is not turned elsewhere at the moment, nobody promises."""
        self.warm()
        spots = Poles(latitude, longitude)
        seen = np.zeros(len(latitude), dtype=bool)
        blind = self._turns | (self._trust == 0) | (self._half >= math.pi)
        for pole in range(len(self._poles)):
            lens = np.arange(self._first[pole], self._first[pole + 1])
            here = float(self._poles.latitude[pole]), float(self._poles.longitude[pole])
            near, _ = spots.near(*here, min(REACH_M, float(self._range[lens].max())))
            if not len(near):
                continue
            east = ((spots.longitude[near] - here[1]) * DEGREE_M * math.cos(math.radians(here[0]))).astype(np.float32)
            north = ((spots.latitude[near] - here[0]) * DEGREE_M).astype(np.float32)
            lines = sightlines(east[None], north[None], self._tables, np.array([pole]))
            off = np.abs(np.arctan2(east, north) - self._azimuth[lens, None])
            looks = blind[lens, None] | (np.minimum(off, 2 * np.pi - off) <= self._half[lens, None])
            looks &= lines.distance <= self._range[lens, None]
            seen[spots.order[near[looks.any(axis=0) & (lines.through[0] >= _CLEAR)]]] = True
        return seen

    def spread(self, position: Position) -> Spread:
        """Where she may be, by her fix and the map."""
        sigma_m = min(position.sigma_m(), _WIDEST_M)
        return self.outdoors(around(position.latitude, position.longitude, sigma_m))

    def outdoors(self, spread: Spread) -> Spread:
        """The same points, weighted by what the map says: she is rather in the street than inside a wall."""
        if self.ground is None:
            return spread
        codes = self.ground.at(spread.latitude, spread.longitude, spread.east, spread.north)
        weight = spread.weight * OUTDOORS[codes]
        return Spread(
            spread.latitude,
            spread.longitude,
            spread.east,
            spread.north,
            weight / weight.sum(),
            self.ground.level(codes),
        )

    def rank(
        self,
        position: Position,
        *,
        count: int = 9,
        live: Container[str] = (),
        keep: Iterable[str] = (),
        mode: Mode = "find",
        spread: Spread | None = None,
        margin: float = MARGIN,
    ) -> Outlook:
        """The best cameras, best first; at most `count`. The first four complement each other. Cameras in `keep` (shown
        now) stay unless another is better by the margin. Cameras that cannot see any likely point are left out. `spread`
        tells where she may be, when more is known than her last fix."""
        spread = spread or self.spread(position)
        poles, lines = self._near(spread)
        if not len(poles):
            return Outlook(cameras=[], probability=0.0, map=spread.level)
        first = self._first.take(poles)
        many = self._first.take(poles + 1) - first
        pole = np.arange(len(poles)).repeat(many)
        lens = (first - many.cumsum() + many).take(pole) + np.arange(len(pole))
        numbers, shown = lens.tolist(), {self._at.get(camera) for camera in keep}
        lenses = Lenses(
            pole=pole, turns=self._turns[lens], azimuth=self._azimuth[lens], trust=self._trust[lens],
            half=self._half[lens], wide=self._wide[lens], range_m=self._range[lens],
            health=np.array([_WORKING if self._names[at] in live else _SILENT for at in numbers], dtype=np.float32),
            shown=np.array([at in shown for at in numbers]),
        )  # fmt: skip
        chosen, sees = choose(lines, lenses, spread.weight, count=count, mode=mode, margin=margin)
        missed = (1 - sees[:TOGETHER]).prod(axis=0) @ spread.weight
        each, together = honest.told(spread.level, sees @ spread.weight, float(1 - missed))
        return Outlook(
            cameras=[
                self._ranked(self._list[numbers[one.lens]], one, order, position, live, each[order - 1])
                for order, one in enumerate(chosen, 1)
            ],
            probability=together,
            map=spread.level,
        )

    def aim(self, camera: str, spread: Spread, mode: Mode) -> tuple[Aim, float] | None:
        """Where this one camera is best turned for her by itself, and how far away that is in metres; None where it would see nothing
        of her. `mode` identify looks closer."""
        lines, lenses = self._alone(camera, spread)
        chosen, _ = choose(lines, lenses, spread.weight, count=1, mode=mode, margin=0)
        if not chosen:
            return None
        aim = _aim(chosen[0].aim, chosen[0].half)
        return aim, self._away(lines, spread, aim)

    def away_m(self, camera: str, spread: Spread, aim: Aim) -> float:
        """How far from this camera she is likely to be, as far as it looks there."""
        return self._away(self._alone(camera, spread)[0], spread, aim)

    def chance(self, camera: str, spread: Spread, aim: Aim) -> float:
        """The honest chance that she can be seen in this camera's picture, if it delivers, as it looks now."""
        lines, lenses = self._alone(camera, spread)
        half = math.radians(aim.view_deg / 2)
        reach = lenses.range_m[0] * math.tan(_WIDEST_RAD) / math.tan(half)
        inside = self._inside(lines, aim, half) * detected(pixels(reach, lines.distance[0]))
        sees = float((lines.through[0] * inside) @ spread.weight) * _WORKING
        [each], _ = honest.told(spread.level, np.array([sees]), sees)
        return each

    def _alone(self, camera: str, spread: Spread) -> tuple[Sightlines, Lenses]:
        at = self._at[camera]
        poles = self._pole[at : at + 1]
        self._build(poles)
        one = np.array
        lenses = Lenses(
            pole=np.zeros(1, dtype=np.intp), turns=self._turns[at : at + 1], azimuth=self._azimuth[at : at + 1],
            trust=self._trust[at : at + 1], half=self._half[at : at + 1], wide=self._wide[at : at + 1], range_m=self._range[at : at + 1],
            health=one([_WORKING], dtype=np.float32), shown=one([False]),
        )  # fmt: skip
        return self._lines(poles, spread), lenses

    @staticmethod
    def _inside(lines: Sightlines, aim: Aim, half: float) -> Floats:
        east, north = math.sin(math.radians(aim.bearing_deg)), math.cos(math.radians(aim.bearing_deg))
        along = lines.toward[0, 0] * np.float32(east) + lines.toward[0, 1] * np.float32(north)
        return np.asarray(along > math.cos(half), dtype=np.float32)

    def _away(self, lines: Sightlines, spread: Spread, aim: Aim) -> float:
        likely = lines.through[0] * self._inside(lines, aim, math.radians(aim.view_deg / 2)) * spread.weight
        if (total := float(likely.sum())) < 1e-6:
            return float(lines.distance[0] @ spread.weight)
        return float(lines.distance[0] @ likely) / total

    def _near(self, spread: Spread) -> tuple[Ints, Sightlines]:
        """The poles that may see any of these points, by number, and what they see of them; only the best of many."""
        middle, sigma_m, widest_m = spread.extent()
        found, away = self._poles.near(
            spread.latitude + middle[1] / DEGREE_M,
            spread.longitude + middle[0] / (DEGREE_M * math.cos(math.radians(spread.latitude))),
            REACH_M + widest_m,
        )
        if len(found) > _MOST_POLES:
            found = found[np.argpartition(away, _MOST_POLES)[:_MOST_POLES]]
        self._build(found)
        lines = self._lines(found, spread)
        best = _BEST if sigma_m < _WIDE_M else _BEST_WIDE
        if len(found) > best:
            mass = (lines.through[:, ::2] / (1 + lines.distance[:, ::2] / 60)) @ spread.weight[::2]
            rows = np.sort(np.argpartition(-mass, best)[:best])
            found, lines = found[rows], lines.of(rows)
        return found, lines

    def _lines(self, poles: Ints, spread: Spread) -> Sightlines:
        east_m = DEGREE_M * math.cos(math.radians(spread.latitude))
        east = ((self._poles.longitude.take(poles) - spread.longitude) * east_m).astype(np.float32)
        north = ((self._poles.latitude.take(poles) - spread.latitude) * DEGREE_M).astype(np.float32)
        return sightlines(spread.east - east[:, None], spread.north - north[:, None], self._tables, poles)

    def _build(self, poles: Ints) -> None:
        new = poles[~self._built[poles]]
        if len(new) and self.ground is not None:
            self._tables[:, new] = build(
                self.ground, *self.ground.plane(self._poles.latitude[new], self._poles.longitude[new])
            )
            self._built[new] = True

    def _ranked(
        self, camera: Camera, one: Chosen, order: int, position: Position, live: Container[str], probability: float
    ) -> RankedCamera:
        east = (position.longitude - camera.longitude) * DEGREE_M * math.cos(math.radians(camera.latitude))
        north = (position.latitude - camera.latitude) * DEGREE_M
        return RankedCamera(
            id=camera.id,
            name=camera.name,
            order=order,
            latitude=camera.latitude,
            longitude=camera.longitude,
            azimuth_deg=camera.azimuth_deg,
            view_deg=camera.view_deg,
            range_m=camera.range_m,
            distance_m=round(math.hypot(east, north), 1),
            bearing_deg=round(math.degrees(math.atan2(east, north)) % 360, 1) % 360,
            score=round(one.worth, 3),
            sees="likely" if one.worth >= 0.5 else "possible" if one.worth >= 0.15 else "unlikely",
            probability=probability,
            aim=_aim(one.aim, one.half) if camera.turns else None,
            live=camera.id in live,
        )


def _aim(bearing: float, half: float) -> Aim:
    """Of radians."""
    return Aim(bearing_deg=round(math.degrees(bearing) % 360, 1), view_deg=round(math.degrees(2 * half), 1))
