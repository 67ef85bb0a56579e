"""Which cameras, turned where: a set that complements itself, chosen one by one.

Each lens is worth, for each point where she may be: the line of sight, times its being inside the picture, times the
pixels she gets there. A turning lens may look wherever it is best; it is looked at in every direction and zoom at
once, so that choosing is a product of matrices.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ansim.city.cameras.sight.density import WORTH, Mode, detected, pixels
from ansim.city.cameras.sight.ground import REACH_M
from ansim.city.cameras.sight.spread import Floats
from ansim.city.cameras.sight.tables import BEARINGS, HAZE_M, SEEN, Tables

HALVES: Floats = np.radians([5.0, 10.0, 18.0, 30.0]).astype(np.float32)
"""Half the view of a turning lens at the zooms that are tried; its range is told for the last one."""
TOGETHER = 4
"""So many pictures complement each other; the ones after them are the next best."""
_EDGE = np.float32(math.radians(6))
"""A calibrated direction is good to some degrees."""
_SOFT = 0.05
"""Radians: at the very edge of a picture she is easily missed."""
_BELOW_M = 3.0
"""Below its pole a turning lens sees her wherever it looks."""
_OUTER, _INNER = np.cos(HALVES)[:, None], np.cos(HALVES - np.float32(_SOFT))[:, None]
_CLOSER = np.tan(HALVES[-1]) / np.tan(HALVES)
"""By how much each zoom carries farther than the widest."""
_ALL_ROUND = 3.1
_SECTORS = np.float32(BEARINGS / (2 * math.pi))
_EVERY = 16
"""A turning lens is tried at every so many points, and at the middle of what it can see."""
_ALONE = 0.1
"""What counts for a lens by itself, so that some of the pictures see her twice."""
_DEPTH_M = 80
LEAST = 0.005
"""Lenses that see less of her are none."""

Ints = NDArray[np.intp]


@dataclass(frozen=True)
class Lenses:
    """Some cameras, by arrays; `pole` counts in the poles at hand. Angles in radians, clockwise from north."""

    pole: Ints
    turns: NDArray[np.bool_]
    azimuth: Floats
    trust: Floats
    """How far the azimuth is believed: 1 calibrated, 0 not known."""
    half: Floats
    range_m: Floats
    health: Floats
    shown: NDArray[np.bool_]
    """On the screen now: it stays unless another is better by the margin."""


@dataclass(frozen=True)
class Chosen:
    lens: int
    worth: float
    """The expected share of where she may be that it sees, were it alone and working."""
    sees: Floats
    """The chance that she is noticed in this picture, for each point."""
    aim: float
    half: float


@dataclass(frozen=True)
class Sightlines:
    """From each pole at hand to each point: [pole, point]. `toward` is [pole, east and north, point], of length 1."""

    distance: Floats
    toward: Floats
    sector: Ints
    through: Floats


def sightlines(east: Floats, north: Floats, tables: Tables) -> Sightlines:
    """`east` and `north` lead from each pole to each point, metres."""
    distance = np.sqrt(east * east + north * north)
    bearing = np.arctan2(east, north)
    sector = (bearing * _SECTORS).astype(np.intp) - (bearing < 0)
    own = np.arange(0, len(tables) * BEARINGS, BEARINGS)[:, None] + sector % BEARINGS
    fallen = np.zeros(distance.shape, dtype=np.uint8)
    for limit in tables.reshape(-1, tables.shape[2]).T:
        fallen += distance > limit.take(own)
    through = SEEN.take(fallen) * np.exp(distance * np.float32(-1 / HAZE_M))
    toward = np.stack([east, north], axis=1) / np.maximum(distance, np.float32(0.1))[:, None]
    return Sightlines(distance, np.asarray(toward, dtype=np.float32), sector, through * (distance < REACH_M))


def choose(
    lines: Sightlines, tables: Tables, lenses: Lenses, weight: Floats, *, count: int, mode: Mode, margin: float
) -> list[Chosen]:
    """At most `count` lenses: some that complement each other, in the order of their use, then the next best alone."""
    turning, fixed = np.flatnonzero(lenses.turns), np.flatnonzero(~lenses.turns)
    still, still_pixels = _still(lines, tables, lenses, fixed)
    moving, moving_pixels, aims = _moving(lines, lenses, turning, weight)
    tries = aims.shape[1] * len(HALVES)
    worth = WORTH[mode]
    # one row for every lens and way of turning it
    value = np.concatenate(
        [
            still * worth(still_pixels),
            (moving * worth(moving_pixels)[:, None]).reshape(-1, len(weight)),
        ]
    )
    owner = np.concatenate([fixed, turning.repeat(tries)])
    alone = _expected(value, weight)
    best = np.zeros(len(lenses.pole), dtype=np.float32)
    best[fixed] = alone[: len(fixed)]
    best[turning] = alone[len(fixed) :].reshape(-1, tries).max(axis=1, initial=0)
    health = lenses.health[owner]
    standing = (_ALONE * best * lenses.health + margin * lenses.shown)[owner]
    closed = np.where(best[owner] > LEAST, np.float32(0), np.float32(-9))
    missed = weight
    chosen: list[Chosen] = []
    for _ in range(min(count, int((best > LEAST).sum()))):
        if len(chosen) < TOGETHER:
            gain = (1 - _ALONE) * health * _expected(value, missed) + standing + closed
        elif len(chosen) == TOGETHER:
            gain = health * alone + closed
        row = int(np.argmax(gain))
        lens = int(owner[row])
        if row < len(fixed):
            sees = value[row] if mode == "find" else still[row] * detected(still_pixels[row])
            aim, half = float(lenses.azimuth[lens]), float(lenses.half[lens])
        else:
            at, (to, zoom) = (row - len(fixed)) // tries, divmod((row - len(fixed)) % tries, len(HALVES))
            sees = value[row] if mode == "find" else moving[at, to, zoom] * detected(moving_pixels[at, zoom])
            aim, half = math.atan2(*aims[at, to]), float(HALVES[zoom])
        chosen.append(Chosen(lens, float(best[lens]), sees * lenses.health[lens], aim, half))
        missed = missed * (1 - value[row] * health[row])
        first = row if row < len(fixed) else row - (row - len(fixed)) % tries
        last = first + 1 if row < len(fixed) else first + tries
        closed[first:last] = gain[first:last] = -9
    return chosen


def _expected(value: Floats, weight: Floats) -> Floats:
    """The mean over the points. Not by BLAS: it would spread so small a product over threads, and wait for them."""
    return np.asarray(np.einsum("rk,k->r", value, weight), dtype=np.float32)


def _still(lines: Sightlines, tables: Tables, lenses: Lenses, which: Ints) -> tuple[Floats, Floats]:
    """Fixed lenses: [lens, point] of being in the picture and in sight, and of pixels a metre."""
    pole, half, trust = lenses.pole[which], lenses.half[which], lenses.trust[which, None]
    likely = np.ones((len(which), lines.distance.shape[1]), dtype=np.float32)
    if (trust < 1).any():
        likely = _looks(tables, pole, lines.sector[pole], half) * (1 - trust)
    if (trust > 0).any():
        azimuth, toward = lenses.azimuth[which, None], lines.toward[pole]
        along = toward[:, 0] * np.sin(azimuth) + toward[:, 1] * np.cos(azimuth)
        edge = half[:, None]
        inside = (along > np.cos(edge + _EDGE / 2)).view(np.uint8) + (along > np.cos(edge - _EDGE / 2)).view(np.uint8)
        likely = likely * (trust < 1) + inside * (trust * np.float32(0.5))
    likely[half > _ALL_ROUND] = 1
    return lines.through[pole] * likely, pixels(lenses.range_m[which, None], lines.distance[pole])


def _looks(tables: Tables, pole: Ints, sector: Ints, half: Floats) -> Floats:
    """The chance that a lens of unknown direction has a bearing in its view: half of it falls anywhere, half goes down
    the street, as the square of how far one sees there."""
    depth = np.minimum(tables[:, :, 1], _DEPTH_M).astype(np.float32)
    depth = depth * depth + 1
    depth /= depth.sum(axis=1, keepdims=True)
    chance = np.empty(sector.shape, dtype=np.float32)
    for one in set(half.tolist()):
        wide = min(max(1, round(one * float(_SECTORS))), BEARINGS // 2)
        # the view slides once round the circle
        rising = np.cumsum(np.concatenate([depth[:, -wide:], depth, depth[:, :wide]], axis=1), axis=1)
        street = rising[:, 2 * wide :] - rising[:, : -2 * wide]
        like = half == one
        chance[like] = street[pole[like][:, None], sector[like]] * np.float32(0.5) + np.float32(one / (2 * math.pi))
    return np.minimum(chance, np.float32(1))


def _moving(lines: Sightlines, lenses: Lenses, which: Ints, weight: Floats) -> tuple[Floats, Floats, Floats]:
    """Turning lenses: [lens, aim, zoom, point] of being in the picture and in sight, [lens, zoom, point] of pixels a
    metre, and [lens, aim, east and north] of where they look."""
    pole = lenses.pole[which]
    through, toward, distance = lines.through[pole], lines.toward[pole], lines.distance[pole]
    middle = toward @ (through * weight)[..., None]
    middle /= np.maximum(np.sqrt((middle * middle).sum(axis=1, keepdims=True)), np.float32(1e-9))
    aims = np.concatenate([middle, toward[:, :, ::_EVERY]], axis=2).transpose(0, 2, 1)
    along = aims @ toward
    if distance.min(initial=_BELOW_M) < _BELOW_M:
        along[np.broadcast_to((distance < _BELOW_M)[:, None], along.shape)] = 1
    share = (along[:, :, None] > _OUTER).view(np.uint8) + (along[:, :, None] > _INNER).view(np.uint8)
    reach = lenses.range_m[which, None] * _CLOSER
    return share * (through * np.float32(0.5))[:, None, None], pixels(reach[:, :, None], distance[:, None]), aims
