"""Which cameras, turned where: a set that complements itself, chosen one by one.

Each lens is worth, for each point where she may be: the line of sight, times its being inside the picture, times the
pixels she gets there. A turning lens may look wherever it is best; it is looked at in every direction and zoom at
once, so that choosing is a product of matrices.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ansim.city.cameras.sight.density import WORTH, Mode, detected, pixels
from ansim.city.cameras.sight.ground import REACH_M
from ansim.city.cameras.sight.spread import Floats
from ansim.city.cameras.sight.tables import BEARINGS, HAZE_M, RATHER, SEEN, Tables

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
_TAKEN = np.float32(-9)
"""What is left of a lens that is chosen, or none."""
LEAST = 0.005
"""Lenses that see less of her are none."""

Ints = NDArray[np.intp]


class Lenses(NamedTuple):
    """Some cameras, by arrays; `pole` counts in the poles at hand. Angles in radians, clockwise from north."""

    pole: Ints
    turns: NDArray[np.bool_]
    azimuth: Floats
    trust: Floats
    """How far the azimuth is believed: 1 calibrated, 0 not known."""
    half: Floats
    wide: Ints
    """The same in BEARINGS, at least one."""
    range_m: Floats
    health: Floats
    shown: NDArray[np.bool_]
    """On the screen now: it stays unless another is better by the margin."""


class Chosen(NamedTuple):
    lens: int
    worth: float
    """The expected share of where she may be that it sees, were it alone and working."""
    aim: float
    half: float


class Sightlines(NamedTuple):
    """From each pole at hand to each point: [pole, point]. `toward` is [pole, east and north, point], of length 1;
    `depth` how far one rather sees along each bearing: [pole, bearing]."""

    distance: Floats
    toward: Floats
    sector: Ints
    through: Floats
    depth: NDArray[np.uint8]

    def of(self, rows: Ints) -> Sightlines:
        """Those of some of the poles."""
        return Sightlines(
            self.distance.take(rows, axis=0), self.toward.take(rows, axis=0), self.sector.take(rows, axis=0),
            self.through.take(rows, axis=0), self.depth.take(rows, axis=0),
        )  # fmt: skip


def sectors(half: Floats) -> Ints:
    """How many BEARINGS half a view has; at least one, and no view is more than the whole circle."""
    wide: Ints = np.clip(np.rint(half * _SECTORS), 1, BEARINGS // 2).astype(np.intp)
    return wide


def sightlines(east: Floats, north: Floats, tables: Tables, poles: Ints) -> Sightlines:
    """`east` and `north` lead from each of these poles to each point, metres."""
    distance = np.sqrt(east * east + north * north)
    sector = np.floor(np.arctan2(east, north) * _SECTORS).astype(np.intp) & (BEARINGS - 1)
    own = sector + poles[:, None] * BEARINGS
    fallen = np.zeros(distance.shape, dtype=np.uint8)
    for limit in tables:
        fallen += distance > limit.take(own)
    through = SEEN.take(fallen) * np.exp(distance * np.float32(-1 / HAZE_M)) * (distance < REACH_M)
    toward = np.empty((len(poles), 2, len(east.T)), dtype=np.float32)
    toward[:, 0], toward[:, 1] = east, north
    toward /= np.maximum(distance, np.float32(0.1))[:, None]
    return Sightlines(distance, toward, sector, through, tables[RATHER].take(poles, axis=0))


def choose(
    lines: Sightlines, lenses: Lenses, weight: Floats, *, count: int, mode: Mode, margin: float
) -> tuple[list[Chosen], Floats]:
    """At most `count` lenses: some that complement each other, in the order of their use, then the next best alone; and
    the chance that she is noticed in each of these pictures, for each point."""
    turning, fixed = lenses.turns.nonzero()[0], (~lenses.turns).nonzero()[0]
    still, still_pixels = _still(lines, lenses, fixed)
    moving, through, moving_pixels, aims = _moving(lines, lenses, turning, weight)
    tries, worth = aims.shape[1] * len(HALVES), WORTH[mode]
    # one row for every lens and way of turning it
    value = np.empty((len(fixed) + len(turning) * tries, len(weight)), dtype=np.float32)
    np.multiply(still, worth(still_pixels), out=value[: len(fixed)])
    np.multiply(moving, (through * worth(moving_pixels))[:, None], out=value[len(fixed) :].reshape(moving.shape))
    owner = np.concatenate([fixed, turning.repeat(tries)])
    # row by row: as one product, BLAS would spread so little over threads, and wait for them
    alone = np.vecdot(value, weight)
    ways = alone[len(fixed) :].reshape(-1, tries)
    top = np.empty(len(lenses.pole), dtype=np.intp)  # each lens's best row
    top[fixed] = np.arange(len(fixed))
    top[turning] = ways.argmax(axis=1) + np.arange(len(fixed), len(value), tries)
    best = alone.take(top)
    worthy = best > LEAST
    health = lenses.health.take(owner)
    standing = np.where(worthy, _ALONE * best * lenses.health + margin * lenses.shown, _TAKEN).take(owner)
    rows: list[int] = []
    credit, expected, missed = (1 - _ALONE) * health, alone, weight
    for nth in range(min(count, TOGETHER, int(worthy.sum()))):
        if nth:
            missed = missed * (1 - value[rows[-1]] * health[rows[-1]])
            expected = np.vecdot(value, missed)
        row = int((credit * expected + standing).argmax())
        rows.append(row)
        worthy[owner[row]] = False
        standing[owner == owner[row]] = _TAKEN
    rest = np.sort(top[worthy])
    rows += rest[np.argsort(-alone[rest] * health[rest], kind="stable")][: count - len(rows)].tolist()
    sees = value.take(rows, axis=0)
    chosen = []
    for nth, row in enumerate(rows):
        lens = int(owner[row])
        if row < len(fixed):
            aim, half = float(lenses.azimuth[lens]), float(lenses.half[lens])
            if mode == "identify":
                sees[nth] = still[row] * detected(still_pixels[row])
        else:
            at, way = divmod(row - len(fixed), tries)
            to, zoom = divmod(way, len(HALVES))
            aim, half = math.atan2(*aims[at, to].tolist()), float(HALVES[zoom])
            if mode == "identify":
                sees[nth] = moving[at, to, zoom] * through[at, 0] * detected(moving_pixels[at, zoom])
        chosen.append(Chosen(lens, float(best[lens]), aim, half))
    return chosen, sees * health[rows, None]


def _still(lines: Sightlines, lenses: Lenses, which: Ints) -> tuple[Floats, Floats]:
    """Fixed lenses: [lens, point] of being in the picture and in sight, and of pixels a metre."""
    pole, half, trust = lenses.pole[which], lenses.half[which], lenses.trust[which, None]
    likely = _looks(lines, pole, half[:, None], lenses.wide[which, None]) * (1 - trust)
    if trust.any():
        azimuth, toward = lenses.azimuth[which, None], lines.toward[pole]
        along = toward[:, 0] * np.sin(azimuth) + toward[:, 1] * np.cos(azimuth)
        edge = half[:, None]
        inside = (along > np.cos(edge + _EDGE / 2)).view(np.uint8) + (along > np.cos(edge - _EDGE / 2)).view(np.uint8)
        likely = likely * (trust < 1) + inside * (trust * np.float32(0.5))
    likely[half > _ALL_ROUND] = 1
    return lines.through.take(pole, axis=0) * likely, pixels(
        lenses.range_m[which, None], lines.distance.take(pole, axis=0)
    )


def _looks(lines: Sightlines, pole: Ints, half: Floats, wide: Ints) -> Floats:
    """The chance that a lens of unknown direction has a point's bearing in its view: half of it falls anywhere, half goes
    down the street, as the square of how far one sees there."""
    depth = np.minimum(lines.depth, _DEPTH_M).astype(np.int32)
    depth *= depth
    depth += 1
    # three times round the circle, so that a view may begin before north and end after it
    rising = np.concatenate([depth, depth, depth], axis=1).cumsum(axis=1, dtype=np.int32)
    middle = lines.sector.take(pole, axis=0) + (pole * (3 * BEARINGS) + BEARINGS)[:, None]
    seen = rising.take(middle + wide) - rising.take(middle - wide)
    street = seen.astype(np.float32) / rising[:, BEARINGS - 1].take(pole)[:, None].astype(np.float32)
    chance: Floats = np.minimum(street * np.float32(0.5) + half / np.float32(2 * math.pi), np.float32(1))
    return chance


def _moving(lines: Sightlines, lenses: Lenses, which: Ints, weight: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Turning lenses: [lens, aim, zoom, point] of being in the picture (2; at its edge 1), [lens, 1, point] of being in sight
    (halved), [lens, zoom, point] of pixels a metre, and [lens, aim, east and north] of where they look."""
    pole = lenses.pole[which]
    through, toward, distance = (part.take(pole, axis=0) for part in (lines.through, lines.toward, lines.distance))
    middle = toward @ (through * weight)[..., None]
    middle /= np.maximum(np.sqrt((middle * middle).sum(axis=1, keepdims=True)), np.float32(1e-9))
    aims = np.concatenate([middle, toward[:, :, ::_EVERY]], axis=2).transpose(0, 2, 1)
    along = aims @ toward
    if distance.min(initial=_BELOW_M) < _BELOW_M:
        along[np.broadcast_to((distance < _BELOW_M)[:, None], along.shape)] = 1
    inside = (along[:, :, None] > _OUTER).view(np.uint8) + (along[:, :, None] > _INNER).view(np.uint8)
    reach = lenses.range_m[which, None] * _CLOSER
    return (
        inside.astype(np.float32),
        (through * np.float32(0.5))[:, None],
        pixels(reach[:, :, None], distance[:, None]),
        aims,
    )
