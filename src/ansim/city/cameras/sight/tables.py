"""What each pole sees: per bearing, the distances at which a line of sight is less and less likely.

768 bytes a pole, whatever the number of its lenses. Transmittance falls along a ray with what the ground loses, as the
mean over some places where the pole may stand: registers are some metres off.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ansim.city.cameras.sight.ground import LOSS, REACH_M, Ground
from ansim.city.cameras.sight.spread import Floats

BEARINGS = 256
"""Clockwise from north."""
Tables = NDArray[np.uint8]
"""[which of BELOW, pole, bearing]: metres."""
BELOW = (0.85, 0.5, 0.12)
RATHER = 1
"""The one of them up to which one rather sees than not."""
SEEN: Floats = np.array([0.95, 0.7, 0.3, 0.03], dtype=np.float32)
"""The chance of a line of sight before the first, second, third of these distances, and after all of them."""
HAZE_M = 300.0
"""Leaves, cars and people, which no map knows: exp(-distance / HAZE_M)."""

_STEP_M = 2.0
_OWN_M = 2.0
"""What stands so near to the pole is the pole's own place."""
_STANDS = np.array([(0, 0), (-1, 3), (3, 1), (1, -3), (-3, -1), (2, 2), (-2, -2)], dtype=np.float64)
"""Where a pole may stand, metres around where the register says."""
_AT_ONCE = 128


def open_country(poles: int) -> Tables:
    """Nothing stands in the way."""
    return np.full((len(BELOW), poles, BEARINGS), int(REACH_M), dtype=np.uint8)


def build(ground: Ground, east: NDArray[np.float64], north: NDArray[np.float64]) -> Tables:
    """The tables of poles at these places on the ground's plane; all must be covered by it."""
    tables = open_country(len(east))
    for first in range(0, len(east), _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        _cast(ground, east[part], north[part], [limit[part].reshape(-1) for limit in tables])
    return tables


def _cast(
    ground: Ground, east: NDArray[np.float64], north: NDArray[np.float64], limits: list[NDArray[np.uint8]]
) -> None:
    """March all rays of some poles outwards together; rays that see nothing any more drop out."""
    bearing = 2 * math.pi * (np.arange(BEARINGS) + 0.5) / BEARINGS
    passed = np.exp(-LOSS * np.float32(_STEP_M))
    code = ground.code.ravel()
    column = ((east - ground.west) + _STANDS[:, :1]) // ground.cell_m
    row = ((north - ground.south) + _STANDS[:, 1:]) // ground.cell_m
    # [stand, ray]: rays of one pole lie side by side
    start = (row * ground.columns + column).astype(np.int32).repeat(BEARINGS, axis=1)
    ray = np.arange(len(limits[0]))
    sector = ray % BEARINGS
    light = np.ones(start.shape, dtype=np.float32)
    for distance in np.arange(_STEP_M, REACH_M, _STEP_M):
        ahead = np.round(distance * np.cos(bearing) / ground.cell_m) * ground.columns
        ahead = (ahead + np.round(distance * np.sin(bearing) / ground.cell_m)).astype(np.int32)
        if distance > _OWN_M:
            light *= passed.take(code.take(start + ahead.take(sector)))
        through = light.sum(axis=0) * np.float32(1 / len(_STANDS))
        for limit, least in zip(limits, BELOW, strict=True):
            fallen = ray[through < least]
            limit[fallen] = np.minimum(limit[fallen], int(distance - _STEP_M / 2))
        alive = np.flatnonzero(through >= BELOW[-1])
        if len(alive) < 0.9 * len(ray):
            ray, sector, start, light = ray[alive], sector[alive], start.take(alive, axis=1), light.take(alive, axis=1)
        if not len(ray):
            return
