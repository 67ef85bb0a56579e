"""What a computed chance is worth: measured in a simulated city (seeds that no figure is told of), and told instead of it.

Roads alone make one too careful, no map at all much too sure. Every line rises, so that the order of two cameras stays.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ansim.city.cameras.sight.choice import TOGETHER
from ansim.city.cameras.sight.spread import Level

_COMPUTED = np.array([0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0])
_ONE: dict[Level, NDArray[np.float64]] = {
    "none": np.array([0.0, 0.04, 0.12, 0.17, 0.32, 0.7, 0.78]),
    "roads": np.array([0.0, 0.19, 0.5, 0.63, 0.75, 0.92, 0.95]),
    "entrances": np.array([0.0, 0.16, 0.48, 0.65, 0.75, 0.92, 0.95]),
    "footprints": np.array([0.0, 0.1, 0.3, 0.51, 0.69, 0.9, 0.92]),
}
"""By the level of the map: how often she was truly seen in a picture for which so much was computed."""
_ANY: dict[Level, NDArray[np.float64]] = {
    "none": np.array([0.0, 0.1, 0.16, 0.3, 0.36, 0.61, 0.8]),
    "roads": np.array([0.0, 0.28, 0.53, 0.73, 0.81, 0.89, 0.99]),
    "entrances": np.array([0.0, 0.2, 0.51, 0.7, 0.81, 0.89, 0.99]),
    "footprints": np.array([0.0, 0.11, 0.33, 0.57, 0.7, 0.89, 0.99]),
}
"""The same for any of several pictures."""


def told(level: Level, each: NDArray[np.floating], together: float) -> tuple[list[float], float]:
    """For each picture and for all of them, to whole percents: more would claim to know."""
    one = np.interp(each, _COMPUTED, _ONE[level]).round(2).tolist()
    any_of = round(float(np.interp(together, _COMPUTED, _ANY[level])), 2)
    # what is true of one picture is true of the set that it belongs to
    return one, max([any_of, *one[:TOGETHER]])
