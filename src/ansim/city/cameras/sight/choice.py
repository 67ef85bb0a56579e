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
_EDGE = math.radians(6)
"""A calibrated direction is good to some degrees."""
_SOFT = 0.05
"""Radians: at the very edge of a picture she is easily missed."""
_BELOW_M = 3.0
"""Below its pole a turning lens sees her wherever it looks."""
_ALL_ROUND = 3.1
_SECTORS = np.float32(BEARINGS / (2 * math.pi))
_EVERY = 8
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
    limits = tables[np.arange(len(tables))[:, None], sector]
    through = SEEN.take((distance[..., None] > limits).sum(axis=2)) * np.exp(distance * np.float32(-1 / HAZE_M))
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
    alone = value @ weight
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
            gain = (1 - _ALONE) * health * (value @ missed) + standing + closed
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


def _still(lines: Sightlines, tables: Tables, lenses: Lenses, which: Ints) -> tuple[Floats, Floats]:
    """Fixed lenses: [lens, point] of being in the picture and in sight, and of pixels a metre."""
    pole, half, azimuth = lenses.pole[which], lenses.half[which], lenses.azimuth[which]
    toward = lines.toward[pole]
    along = toward[:, 0] * np.sin(azimuth)[:, None] + toward[:, 1] * np.cos(azimuth)[:, None]
    inside = _within(along, half[:, None], _EDGE / 2, -_EDGE / 2) * np.float32(0.5)
    trust = lenses.trust[which, None]
    likely = trust * inside + (1 - trust) * _looks(tables, pole, lines.sector[pole], half)
    likely[half > _ALL_ROUND] = 1
    return lines.through[pole] * likely, pixels(lenses.range_m[which, None], lines.distance[pole])


def _within(along: Floats, half: Floats, outer: float, inner: float) -> NDArray[np.uint8]:
    """2 inside a view, 0 outside, 1 at its edge; `along` is the cosine of how far off its middle."""
    share: NDArray[np.uint8] = (along > np.cos(half + np.float32(outer))).view(np.uint8) + (
        along > np.cos(half + np.float32(inner))
    ).view(np.uint8)
    return share


def _looks(tables: Tables, pole: Ints, sector: Ints, half: Floats) -> Floats:
    """The chance that a lens of unknown direction has a bearing in its view: half of it falls anywhere, half goes down
    the street, as the square of how far one sees there."""
    depth = np.minimum(tables[:, :, 1], _DEPTH_M).astype(np.float32)
    depth = np.cumsum(depth * depth + 1, axis=1)
    whole = depth[:, -1:]
    round_trip = np.concatenate([depth, depth + whole, depth + 2 * whole], axis=1)
    width = np.rint(half * _SECTORS).astype(np.intp)[:, None]
    middle, own = sector % BEARINGS + BEARINGS, pole[:, None]
    street = (round_trip[own, middle + width] - round_trip[own, middle - width - 1]) / round_trip[own, BEARINGS - 1]
    chance: Floats = np.minimum(np.float32(0.5) * street + (half / np.float32(2 * np.pi))[:, None], np.float32(1))
    return chance


def _moving(lines: Sightlines, lenses: Lenses, which: Ints, weight: Floats) -> tuple[Floats, Floats, Floats]:
    """Turning lenses: [lens, aim, zoom, point] of being in the picture and in sight, [lens, zoom, point] of pixels a
    metre, and [lens, aim, east and north] of where they look."""
    pole = lenses.pole[which]
    through, toward, distance = lines.through[pole], lines.toward[pole], lines.distance[pole]
    middle = toward @ (through * weight)[..., None]
    middle /= np.maximum(np.sqrt((middle * middle).sum(axis=1, keepdims=True)), np.float32(1e-9))
    aims = np.concatenate([middle, toward[:, :, ::_EVERY]], axis=2).transpose(0, 2, 1)
    along = aims @ toward
    along[np.broadcast_to((distance < _BELOW_M)[:, None], along.shape)] = 1
    share = _within(along[:, :, None], HALVES[:, None], 0.0, -_SOFT)
    reach = lenses.range_m[which, None] * (np.tan(HALVES[-1]) / np.tan(HALVES))
    return share * (through * np.float32(0.5))[:, None, None], pixels(reach[:, :, None], distance[:, None]), aims
