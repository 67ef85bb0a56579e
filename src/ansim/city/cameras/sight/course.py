"""Where she will be: a Kalman filter of her place and velocity, and the points of some seconds ahead.

Both axes are alike and independent, so three numbers hold the covariance of either.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ansim.city.cameras.sight.spread import ALIKE, POINTS, SUNFLOWER, Floats, Spread
from ansim.core.geo import EARTH_RADIUS_M
from ansim.core.position import Position

HORIZONS_S = (2.0, 4.0, 6.0)
"""A picture is live about two seconds after it is asked for, and the next fix comes some seconds later."""
_SHAKE = 0.25**2
"""How quickly a walker changes her velocity, (m/s)² a second."""
_WALK = 1.5
"""Variance of the velocity of somebody unknown, (m/s)²."""
_FASTEST_MPS = 2.5
"""Two fixes of a walker can claim any speed; a car's fixes lead the filter along all the same."""
_STRANGE = 12.0
"""Squared distance, in variances, from which on a fix is doubted."""
_ELSEWHERE = 100.0
"""From here on the fixes before it were wrong: a phone's first ones often are."""
_FORGOTTEN_S = 60.0
_DEGREE_M = EARTH_RADIUS_M * math.pi / 180


class Course:
    """Takes her fixes one by one, each once and in the order of their time."""

    def __init__(self, fix: Position) -> None:
        self._begin(fix)

    def _begin(self, fix: Position) -> None:
        self._latitude, self._longitude = fix.latitude, fix.longitude
        self._east_m = _DEGREE_M * math.cos(math.radians(fix.latitude))
        self._place = [0.0, 0.0]
        self._velocity = [0.0, 0.0]
        self._pp, self._pv, self._vv = fix.sigma_m() ** 2, 0.0, _WALK
        self.fix = fix

    def take(self, fix: Position) -> bool:
        """False for a fix that is known, or older than one that is."""
        passed = (fix.at - self.fix.at).total_seconds()
        if passed < 0 or fix == self.fix:
            return False
        if passed > _FORGOTTEN_S:
            self._begin(fix)
            return True
        self.fix = fix
        self._pp += passed * (2 * self._pv + passed * self._vv) + _SHAKE * passed**3 / 3
        self._pv += passed * self._vv + _SHAKE * passed**2 / 2
        self._vv += _SHAKE * passed
        seen = (fix.longitude - self._longitude) * self._east_m, (fix.latitude - self._latitude) * _DEGREE_M
        self._place = [place + passed * speed for place, speed in zip(self._place, self._velocity, strict=True)]
        off = [there - place for there, place in zip(seen, self._place, strict=True)]
        # the errors of fixes that follow each other are alike, so each tells less than its radius says
        noise = (1.3 * fix.sigma_m() + 1) ** 2
        strange = (off[0] ** 2 + off[1] ** 2) / (self._pp + noise)
        if strange > _ELSEWHERE:
            self._begin(fix)
            return True
        if strange > _STRANGE:
            noise *= strange / (_STRANGE / 2)
        gain = self._pp / (self._pp + noise), self._pv / (self._pp + noise)
        self._place = [place + gain[0] * by for place, by in zip(self._place, off, strict=True)]
        self._velocity = [speed + gain[1] * by for speed, by in zip(self._velocity, off, strict=True)]
        self._vv -= gain[1] * self._pv
        self._pv *= 1 - gain[0]
        self._pp *= 1 - gain[0]
        if (speed := math.hypot(*self._velocity)) > _FASTEST_MPS:
            self._velocity = [one * _FASTEST_MPS / speed for one in self._velocity]
        return True

    def ahead(self, horizons_s: tuple[float, ...] = HORIZONS_S) -> Spread:
        """Where she may be at any of these times after her last fix."""
        flower, horizon = _shares(len(horizons_s))
        wide = [math.sqrt(self._pp + after * (2 * self._pv + after * self._vv) + 1) for after in horizons_s]
        axes = zip(self._place, self._velocity, strict=True)
        middle = [[place + after * speed for after in horizons_s] for place, speed in axes]
        scale, shift = np.array(wide, dtype=np.float32), np.array(middle, dtype=np.float32)
        east, north = flower * scale.take(horizon) + shift.take(horizon, axis=1)
        return Spread(self._latitude, self._longitude, east, north, ALIKE)


@cache
def _shares(horizons: int) -> tuple[Floats, NDArray[np.intp]]:
    """The points of a spread, dealt out to so many horizons: [axis, point], and the horizon of each."""
    dealt = np.concatenate([np.arange(at, POINTS, horizons) for at in range(horizons)])
    return SUNFLOWER[:, dealt], dealt % horizons
