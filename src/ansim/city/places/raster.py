"""A grid over the borders: most cells lie in one part and answer at once; the others list what is near them.

Cells are CELL degrees wide (about 280 m x 220 m). A cell is *near* when a border may pass within MARGIN_M of
it: it then lists the border segments there. Around every other cell there is no border within MARGIN_M, so
the part of its centre is the part of all of it.
"""

from __future__ import annotations

from bisect import bisect_left
from math import cos, radians
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ansim.city.places.borders import Borders, Floats, Ints
from ansim.city.places.plane import DEGREE_M

CELL = 0.0025
MARGIN_M = 100.0
NOWHERE = -1  # in no part
NEAR = -2  # look closer

_Whole = TypeVar("_Whole", bound=np.integer)


class Raster:
    """`value[row * columns + column]` is a part, NOWHERE or NEAR. `near` holds the near cells, ascending.
    Cell near[k] has the part `inside[k]` (or NOWHERE) at its centre, and `lines[first[k]:first[k + 1]]` around
    it: every border segment within MARGIN_M of the cell, as its two ends and the parts on its right and left."""

    def __init__(self, borders: Borders) -> None:
        pad = 2 * CELL
        self.west = float(borders.ends[:, 0].min() - pad)
        self.south = float(borders.ends[:, 1].min() - pad)
        self.columns = int((borders.ends[:, 0].max() + pad - self.west) / CELL) + 1
        self.rows = int((borders.ends[:, 1].max() + pad - self.south) / CELL) + 1
        grid = (borders.ends - [self.west, self.south, self.west, self.south]) / CELL
        cells, segments = _touched(borders.ends, grid, self.columns)
        # a segment stands in two or three cells' lists: 35 MB that spare every look-up an indirection
        self.lines = np.hstack([borders.ends, borders.sides])[segments]
        starts = np.flatnonzero(np.append(True, cells[1:] != cells[:-1]))
        self.near, self.first = cells[starts], np.append(starts, len(cells))
        self.value = _centres(grid, borders.sides, self.columns, self.rows)
        self.inside = self.value[self.near]
        self.value[self.near] = NEAR
        # a numpy array gives its elements one by one slowly; a view of the same memory does not
        self._value, self._near, self._first = self.value.data, self.near.data, self.first.data
        self._inside = self.inside.data

    def cell(self, latitude: float, longitude: float) -> int:
        """The cell of a point; -1 off the grid."""
        row, column = (latitude - self.south) / CELL, (longitude - self.west) / CELL
        if 0 <= row < self.rows and 0 <= column < self.columns:
            return int(row) * self.columns + int(column)
        return -1

    def at(self, cell: int) -> int:
        """A part, NOWHERE or NEAR."""
        return self._value[cell] if cell >= 0 else NOWHERE

    def listed(self, cell: int) -> tuple[int, list[list[float]]]:
        """The part at a near cell's centre and the lines around it."""
        k = bisect_left(self._near, cell)
        return self._inside[k], self.lines[self._first[k] : self._first[k + 1]].tolist()

    def lists(self, cell: int, latitude: float, longitude: float) -> bool:
        """Whether the near cell lists every segment from itself to this point: those within MARGIN_M."""
        row, column = divmod(cell, self.columns)
        south, west = self.south + row * CELL, self.west + column * CELL
        high = MARGIN_M / DEGREE_M
        wide = high / cos(radians(south))
        return -high < latitude - south < CELL + high and -wide < longitude - west < CELL + wide

    def around(self, latitude: float, longitude: float, metres: float) -> list[list[float]]:
        """Every line within so many metres of a point, and some more; some of them twice."""
        high = max(0.0, metres - MARGIN_M) / DEGREE_M
        wide = high / cos(radians(min(89.0, abs(latitude) + high)))
        top, bottom = (int((latitude + d - self.south) // CELL) for d in (high, -high))
        left, right = (int((longitude + d - self.west) // CELL) for d in (-wide, wide))
        left, right = max(left, 0), min(right, self.columns - 1)
        found: list[list[float]] = []
        for row in range(max(bottom, 0), min(top, self.rows - 1) + 1):
            start = self._first[bisect_left(self._near, row * self.columns + left)]
            end = self._first[bisect_left(self._near, row * self.columns + right + 1)]
            found += self.lines[start:end].tolist()
        return found


def _centres(grid: Floats, sides: NDArray[np.int16], columns: int, rows: int) -> NDArray[np.int16]:
    """The part at each cell's centre: where a row's centre line crosses a part's border it goes in or out."""
    low, high = np.minimum(grid[:, 1], grid[:, 3]) - 0.5, np.maximum(grid[:, 1], grid[:, 3]) - 0.5
    start = np.ceil(low).astype(np.int64)
    count = np.ceil(high).astype(np.int64) - start
    segment = np.repeat(np.arange(len(grid)), count)
    row = counting(start, count)
    x0, y0, x1, y1 = grid[segment].T
    x = x0 + (row + 0.5 - y0) * (x1 - x0) / (y1 - y0)
    column = np.ceil(x - 0.5).astype(np.int64)
    part = sides[segment].ravel().astype(np.int64)
    row, x, column = row.repeat(2), x.repeat(2), column.repeat(2)
    order = np.lexsort((x, row, part))[np.count_nonzero(part < 0) :]
    step = part[order] + 1
    step[1::2] *= -1
    change = np.zeros(columns * rows + 1, dtype=np.int32)
    np.add.at(change, row[order] * columns + column[order], step.astype(np.int32))
    return (np.cumsum(change[:-1], dtype=np.int32) - 1).astype(np.int16)


def _touched(ends: Floats, grid: Floats, columns: int) -> tuple[Ints, NDArray[np.int32]]:
    """(cell, segment) pairs, ascending: every cell within MARGIN_M of a segment, and some more."""
    pieces = np.ceil(np.abs(grid[:, 2:] - grid[:, :2]).max(axis=1)).astype(np.int64).clip(1)
    segment = np.repeat(np.arange(len(grid)), pieces)
    piece, of = counting(np.zeros_like(pieces), pieces)[:, None], pieces[segment][:, None]
    along = grid[segment, 2:] - grid[segment, :2]
    a, b = grid[segment, :2] + along * piece / of, grid[segment, :2] + along * (piece + 1) / of
    margin = MARGIN_M / DEGREE_M / CELL
    wide = margin / np.cos(np.radians(np.abs(ends[segment, 1::2]).max(axis=1) + 0.01))
    spread = np.column_stack([wide, np.full(len(wide), margin)])
    low = np.floor(np.minimum(a, b) - spread).astype(np.int64)
    high = np.floor(np.maximum(a, b) + spread).astype(np.int64)
    keys = []
    for up in range(int((high[:, 1] - low[:, 1]).max()) + 1):
        for right in range(int((high[:, 0] - low[:, 0]).max()) + 1):
            there = (low[:, 1] + up <= high[:, 1]) & (low[:, 0] + right <= high[:, 0])
            cell = (low[there, 1] + up) * columns + low[there, 0] + right
            keys.append(cell * len(grid) + segment[there])
    pairs = distinct(np.sort(np.concatenate(keys)))
    cells, segments = np.divmod(pairs, len(grid))
    return cells, segments.astype(np.int32)


def counting(start: Ints, count: Ints) -> Ints:
    """start[0], start[0] + 1, ... count[0] of them, then start[1], ..."""
    ends = np.cumsum(count)
    return np.arange(count.sum()) - np.repeat(ends - count - start, count)


def distinct(ascending: NDArray[_Whole]) -> NDArray[_Whole]:
    # np.unique hashes whole numbers; on these two million it takes ten times as long as sorting them
    kept: NDArray[_Whole] = ascending[np.append(True, ascending[1:] != ascending[:-1])[: len(ascending)]]
    return kept
