"""Which cameras see her, from range, view and the uncertainty of the fix. What stands between is not known here.

The fix is a set of equally likely points (a sunflower pattern with the radial law of a two-dimensional Gaussian);
a camera's score is the share of them inside its range and view, each weighted by how large a person appears.
Direction is a prior where it is not known: the camera looks somewhere, so each point counts by view / 360.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable

import numpy as np
from numpy.typing import NDArray

from ansim.city.cameras.model import Camera, RankedCamera
from ansim.core.geo import EARTH_RADIUS_M, bearing_deg, distance_m
from ansim.core.position import Position

_POINTS = 48
_TURN = math.pi * (3.0 - math.sqrt(5.0))
_INDEX = (np.arange(_POINTS) + 0.5) / _POINTS
_SUNFLOWER = np.sqrt(-2.0 * np.log(1.0 - _INDEX))[:, None] * np.stack(
    [np.cos(np.arange(_POINTS) * _TURN), np.sin(np.arange(_POINTS) * _TURN)], axis=1
)
_MARGIN_M = 400.0


class Sight:
    """An index over the cameras of a register; `rank` answers for one position."""

    def __init__(self, cameras: Iterable[Camera]) -> None:
        self.cameras = {camera.id: camera for camera in cameras}
        self._list = list(self.cameras.values())
        self._place = np.array([(c.latitude, c.longitude) for c in self._list], dtype=float).reshape(-1, 2)
        self._azimuth = np.radians([-1.0 if c.azimuth_deg is None else c.azimuth_deg for c in self._list])
        self._known = np.array([c.azimuth_deg is not None for c in self._list], dtype=bool)
        self._half = np.radians([c.view_deg / 2 for c in self._list])
        self._range = np.array([c.range_m for c in self._list], dtype=float)

    def __len__(self) -> int:
        return len(self._list)

    def rank(
        self,
        position: Position,
        *,
        count: int = 9,
        live: Container[str] = (),
        keep: Iterable[str] = (),
    ) -> list[RankedCamera]:
        """The best cameras, best first; at most `count`. Cameras in `keep` (shown now) stay unless another is clearly
        better, so that pictures do not flicker while she walks. Cameras that cannot see any likely point are left
        out."""
        if not self._list:
            return []
        near = self._near(position)
        scores = self._scores(position, near)
        shown = set(keep)
        bonus = np.array([1.25 if self._list[at].id in shown else 1.0 for at in near])
        order = np.lexsort((near, -scores * bonus))
        ranked: list[RankedCamera] = []
        for at in order:
            if scores[at] <= 0.005 or len(ranked) == count:
                break
            ranked.append(self._ranked(self._list[near[at]], float(scores[at]), len(ranked) + 1, position, live))
        return ranked

    def _near(self, position: Position) -> NDArray[np.intp]:
        north = np.radians(self._place[:, 0] - position.latitude) * EARTH_RADIUS_M
        east = (
            np.radians(self._place[:, 1] - position.longitude)
            * EARTH_RADIUS_M
            * math.cos(math.radians(position.latitude))
        )
        reach = self._range + 2 * position.sigma_m() + _MARGIN_M
        return np.nonzero(np.hypot(north, east) < reach)[0]

    def _scores(self, position: Position, near: NDArray[np.intp]) -> NDArray[np.float64]:
        points = _SUNFLOWER * position.sigma_m()
        scale = EARTH_RADIUS_M * math.cos(math.radians(position.latitude))
        own = np.stack(
            [
                np.radians(self._place[near, 0] - position.latitude) * EARTH_RADIUS_M,
                np.radians(self._place[near, 1] - position.longitude) * scale,
            ],
            axis=1,
        )
        offset = points[None, :, :] - own[:, None, :]
        distance = np.hypot(offset[..., 0], offset[..., 1])
        bearing = np.arctan2(offset[..., 1], offset[..., 0])
        turn = np.abs((bearing - self._azimuth[near, None] + np.pi) % (2 * np.pi) - np.pi)
        inside = np.where(
            self._known[near, None], turn <= self._half[near, None], np.minimum(1.0, self._half[near, None] / np.pi)
        )
        # A person fills fewer pixels the farther she is; at the end of the range she is only just told from a bush.
        size = np.clip(1.15 - 0.8 * distance / self._range[near, None], 0.0, 1.0) * (
            distance <= self._range[near, None]
        )
        score: NDArray[np.float64] = (inside * size).mean(axis=1)
        return score

    @staticmethod
    def _ranked(camera: Camera, score: float, order: int, position: Position, live: Container[str]) -> RankedCamera:
        here = (camera.latitude, camera.longitude)
        return RankedCamera(
            id=camera.id,
            name=camera.name,
            order=order,
            latitude=camera.latitude,
            longitude=camera.longitude,
            azimuth_deg=camera.azimuth_deg,
            view_deg=camera.view_deg,
            range_m=camera.range_m,
            distance_m=round(distance_m(*here, position.latitude, position.longitude), 1),
            bearing_deg=round(bearing_deg(*here, position.latitude, position.longitude), 1),
            score=round(score, 3),
            sees="likely" if score >= 0.5 else "possible" if score >= 0.15 else "unlikely",
            live=camera.id in live,
        )
