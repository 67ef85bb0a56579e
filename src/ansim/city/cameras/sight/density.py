"""How many pixels a person gets, and what they are worth. IEC 62676-4: 25 a metre detect, 62.5 observe, 125 recognise,
250 identify.

A camera's range is where it has 25 pixels a metre; zooming in by a factor brings that factor more.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from ansim.city.cameras.sight.spread import Floats

DETECT = 25.0
HEIGHT_M = 3.5
"""How far above her the lenses hang: it keeps those below a pole from being infinitely large."""
Mode = Literal["find", "identify"]
"""find: that she is in a picture at all. identify: that the picture also tells who is with her."""

_STEPS = np.log2([12.5, 25.0, 62.5, 125.0, 250.0])
_WORTH = np.array([0.0, 0.7, 0.9, 0.97, 1.0])


def pixels(range_m: Floats, distance_m: Floats) -> Floats:
    """Pixels a metre at a distance, of a lens that has DETECT of them at its range."""
    density: Floats = DETECT * range_m / np.sqrt(distance_m * distance_m + np.float32(HEIGHT_M**2))
    return density


def detected(density: Floats) -> Floats:
    """The chance that somebody of this size is noticed: 1 from 25 pixels a metre on."""
    chance: Floats = np.minimum(np.maximum(density * np.float32(1 / 8) - np.float32(17 / 8), 0), 1)
    return chance


def identified(density: Floats) -> Floats:
    """Between the standard's steps the worth grows with the logarithm."""
    worth: Floats = np.interp(np.log2(density), _STEPS, _WORTH).astype(np.float32)
    return worth


WORTH = {"find": detected, "identify": identified}
