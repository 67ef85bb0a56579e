"""What a computed chance is worth: measured in a simulated city, and told instead of it.

`ansim bench sight` prints the table anew; it must rise, so that the order of two cameras stays.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ansim.city.cameras.sight.ground import Level

_COMPUTED = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
_TOLD: dict[Level, tuple[float, ...]] = {
    "none": _COMPUTED,
    "roads": _COMPUTED,
    "entrances": _COMPUTED,
    "footprints": _COMPUTED,
}
"""By the level of the map: how often she was truly seen when so much was computed."""


def told(level: Level, computed: NDArray[np.floating]) -> list[float]:
    """To whole percents: more would claim to know."""
    return [float(one) for one in np.round(np.interp(computed, _COMPUTED, _TOLD[level]), 2)]
