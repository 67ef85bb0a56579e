"""Whether a picture shows anything: too dark to see a person, or out of focus.

Dark: even its brightest parts are near black; a street lamp is enough to be not dark. Blurred: nowhere an edge. What tells an edge that is out of focus is how much of the
change over four pixels comes within one: all of it where it is sharp, a quarter where it is a slope. The strongest changes are taken, because noise is in
the weak ones. Both must hold for several looks: a lorry before the lens passes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

DARK_BELOW = 48
"""Brightness (of 255; black is 16) under which the brightest hundredth of a dark picture stays."""
SHARP_ABOVE = 0.42
"""Streets in focus have 0.57 to 0.71; once a point is spread over four pixels or more 0.27 to 0.34, noise of a sensor included."""
WIDE = 640
"""Width of the pictures in which that was measured; larger ones are judged in larger steps."""
EDGE = 9
"""Change over four pixels that counts as an edge at all: without one, in fog or before a wall, nothing is said."""
BANDS = 90
"""As many are looked at, of four rows each: as in the pictures in which it was measured."""
HOLDS = 3
STRONGEST = 99


class Quality(NamedTuple):
    dark: bool
    blurred: bool


def quality_of(luma: npt.NDArray[np.uint8]) -> Quality:
    if min(luma.shape) < 16:
        return Quality(False, False)
    high, wide = luma.shape
    if float(np.percentile(luma[:: max(1, high // BANDS), ::2], STRONGEST)) < DARK_BELOW:
        return Quality(True, False)
    # four rows as one: noise goes down, upright edges stay; and of a large picture not all of them
    bands = luma[: high // 4 * 4].reshape(-1, 4, wide)[:: max(1, high // 4 // BANDS)]
    rows, step = bands.mean(axis=1, dtype=np.float32), max(1, wide // WIDE)
    near = np.abs(rows[:, step:] - rows[:, :-step])
    far = np.abs(rows[:, 4 * step :] - rows[:, : -4 * step])
    strong = float(np.percentile(far, STRONGEST))
    return Quality(False, strong >= EDGE and float(np.percentile(near, STRONGEST)) < SHARP_ABOVE * strong)


class Judgement:
    """What several looks in a row say."""

    def __init__(self) -> None:
        self._dark = self._blurred = 0

    def add(self, quality: Quality) -> None:
        self._dark = self._dark + 1 if quality.dark else 0
        self._blurred = self._blurred + 1 if quality.blurred else 0

    @property
    def dark(self) -> bool:
        return self._dark >= HOLDS

    @property
    def blurred(self) -> bool:
        return self._blurred >= HOLDS
