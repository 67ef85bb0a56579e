"""From what a head says of itself to where it looks in the world, and back.

ONVIF's generic spaces run from one end of a head to the other: pan and tilt from -1 to 1, zoom from 0 to 1. Where pan 0 lies and which
way it grows nobody writes down; both are found by steering the head to some places that are on the map. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated

import msgspec
import numpy as np
from numpy.typing import NDArray

from ansim.city.cameras.model import Aim
from ansim.core.errors import Problem
from ansim.core.geo import bearing_deg, distance_m
from ansim.core.position import Latitude, Longitude

NEAREST_M, FARTHEST_M = 5.0, 500.0
"""Places nearer than this tell nothing of a bearing; farther ones are not seen."""
APART_DEG = 20.0
"""Places on one line from the pole say neither which way a head turns, nor how far."""
WORST_DEG = 3.0
"""A fit that misses one of its own places by more is none: a register's pole, a click or a lamp post was wrong."""
TILT_WORST_DEG = 6.0
"""The height of a lens is known to a metre at best."""
OTHER_WAY_DEG = 5.0
"""By so much at least each place must be missed when the head is taken to turn the other way."""
WIDE_SPAN_DEG = 60.0
"""From places so far apart the range of the head is found as well."""
MOVED_M = 1.0
"""A pole that stands elsewhere is another pole."""
SHE_M = 1.0
"""The middle of a person, above the ground."""
_TOLD_DEG, _POLE_M, _CLICKED_M, _HEAD_DEG = 20.0, 3.0, 1.0, 0.5
"""How far off the told range of a head, the pole in a register, a click on the map, and a head's own word usually are."""
SURE_DEG = 1.5
"""No head is known better than this, however well its few places fit."""
POLE_OFF_M = 10.0
"""A fit that needs the pole farther away than this found something else."""

Degrees = Annotated[float, msgspec.Meta(gt=0, le=720)]
Floats = NDArray[np.float64]
Generic = tuple[float, float, float]
"""Pan and tilt from -1 to 1, zoom from 0 to 1."""


class Mount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a data sheet and a look at the pole tell."""

    pan_range_deg: Degrees = 360.0
    """From pan -1 to pan 1."""
    tilt_range_deg: Annotated[float, msgspec.Meta(gt=0, le=360)] = 90.0
    """From tilt -1 to tilt 1, which is up."""
    wide_deg: Annotated[float, msgspec.Meta(gt=0, lt=180)] = 60.0
    """The horizontal view at zoom 0."""
    narrow_deg: Annotated[float, msgspec.Meta(gt=0, lt=180)] = 5.0
    """At zoom 1."""
    height_m: Annotated[float, msgspec.Meta(ge=1, le=100)] = 5.0
    """Of the lens above the ground."""

    def __post_init__(self) -> None:
        if self.narrow_deg > self.wide_deg:
            raise ValueError("narrow_deg is wider than wide_deg")


class Sighted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The head was here when the middle of its picture showed this place on the ground."""

    pan: Annotated[float, msgspec.Meta(ge=-1, le=1)]
    tilt: Annotated[float, msgspec.Meta(ge=-1, le=1)]
    latitude: Latitude
    longitude: Longitude


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """How one head hangs. `azimuth_deg` is where it looks at pan 0, `tilt_zero_deg` how far above the horizon at tilt 0; the place is that
    of its pole when this was found."""

    azimuth_deg: float
    clockwise: bool
    pan_range_deg: float
    tilt_zero_deg: float
    tilt_range_deg: float
    wide_deg: float
    narrow_deg: float
    height_m: float
    residual_deg: float
    latitude: float
    longitude: float
    east_m: float = 0.0
    north_m: float = 0.0
    """From there to where the lens truly hangs, as far as the places told."""

    def stands_at(self, latitude: float, longitude: float) -> bool:
        """Whether the pole still is where it was: else its bearings are those of another place."""
        return distance_m(self.latitude, self.longitude, latitude, longitude) <= MOVED_M

    def looks(self, pan: float, zoom: float) -> Aim:
        """Where it looks, and how wide."""
        way = pan * self.pan_range_deg / 2
        bearing = (self.azimuth_deg + (way if self.clockwise else -way)) % 360
        wide, narrow = _tan(self.wide_deg), _tan(self.narrow_deg)
        closer = 1 + (wide / narrow - 1) * zoom
        return Aim(bearing_deg=round(bearing, 1) % 360, view_deg=round(2 * math.degrees(math.atan(wide / closer)), 1))

    def turned_to(self, aim: Aim, away_m: float) -> Generic | None:
        """What the head must be told to look there, at somebody so far away; None where it cannot turn to.

        Zoom is taken to grow evenly with magnification: heads whose does not are then too wide rather than too narrow."""
        # the aim is seen from the register's pole; the lens hangs some metres beside it
        east = away_m * math.sin(math.radians(aim.bearing_deg)) - self.east_m
        north = away_m * math.cos(math.radians(aim.bearing_deg)) - self.north_m
        bearing, away_m = math.degrees(math.atan2(east, north)), math.hypot(east, north)
        way = turn(bearing - self.azimuth_deg) * (1 if self.clockwise else -1)
        half = self.pan_range_deg / 2
        if abs(way) > half + aim.view_deg / 4:
            return None
        down = -math.degrees(math.atan2(self.height_m - SHE_M, max(away_m, 0.1)))
        wide, narrow = _tan(self.wide_deg), _tan(self.narrow_deg)
        # never narrower than it is sure of its own bearing
        closer = wide / _tan(min(self.wide_deg, max(aim.view_deg, 4 * max(self.residual_deg, SURE_DEG))))
        return (
            _within(-1, way / half, 1),
            _within(-1, (down - self.tilt_zero_deg) / (self.tilt_range_deg / 2), 1),
            0.0 if wide <= narrow else _within(0, (closer - 1) / (wide / narrow - 1), 1),
        )


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """A solution, and by how many degrees it misses each of the places it was made of."""

    calibration: Calibration
    misses_deg: list[float]
    tilt_misses_deg: list[float]


def turn(degrees: float) -> float:
    """An angle as a turn of at most half a circle: -180 <= turn < 180."""
    return (degrees + 180) % 360 - 180


def solve(latitude: float, longitude: float, mount: Mount, points: Sequence[Sighted]) -> Fit:
    """The calibration of a head on this pole. Raises Problem 422 with the reason, naming the member that does not fit."""
    if len(points) < 2:
        raise _bad("points", "points.few", "Steer to two places at least; three tell also when one of them is wrong.")
    bearings, aways = [], []
    for n, point in enumerate(points):
        away = distance_m(latitude, longitude, point.latitude, point.longitude)
        if not NEAREST_M <= away <= FARTHEST_M:
            detail = f"It lies {away:.0f} m from the pole; choose one from {NEAREST_M:.0f} to {FARTHEST_M:.0f} m away."
            raise _bad(f"points[{n}]", "points.distance", detail)
        bearings.append(bearing_deg(latitude, longitude, point.latitude, point.longitude))
        aways.append(away)
    span = _span(bearings)
    if span < APART_DEG:
        raise _bad("points", "points.spread", f"All lie within {span:.0f} degrees; {APART_DEG:.0f} are needed.")
    ranges = [mount.pan_range_deg]
    if len(points) > 2 and span >= WIDE_SPAN_DEG:
        ranges = [wide for step in range(-240, 121) if (wide := mount.pan_range_deg + step / 2) > 0]
    fits = {way: min(_round(bearings, points, way, wide, mount.pan_range_deg) for wide in ranges) for way in (1, -1)}
    way = min(fits, key=lambda one: fits[one])
    _, azimuth, wide = fits[way]
    places = np.array([_offset(b, away) for b, away in zip(bearings, aways, strict=True)])
    pans = np.array([point.pan for point in points])
    hangs = np.array([azimuth, wide, 0.0, 0.0])
    if len(ranges) > 1:
        hangs = _refined(hangs, places, pans, way, mount.pan_range_deg)
    azimuth, wide, east, north = hangs.tolist()
    misses = _misses(hangs, places, pans, way).tolist()
    worst = max(range(len(points)), key=lambda n: abs(misses[n]))
    if abs(misses[worst]) > WORST_DEG:
        if len(points) > 3:
            # the wrong one pulls all others: it is the one without which they fit
            worst = min(range(len(points)), key=lambda n: _without(n, hangs, places, pans, way, mount.pan_range_deg))
        detail = (
            f"The best solution misses it by {abs(misses[worst]):.1f} degrees; {WORST_DEG:.0f} are allowed for each."
            " Is the pole where the register says, and pan_range_deg right?"
        )
        raise _bad(f"points[{worst}]", "points.misfit", detail, misses=misses)
    if math.hypot(east, north) > POLE_OFF_M:
        detail = (
            f"They would fit if the pole stood {math.hypot(east, north):.0f} m away; is it where the register says?"
        )
        raise _bad("points", "points.misfit", detail, misses=misses)
    if fits[-way][0] < len(points) * OTHER_WAY_DEG**2:
        raise _bad("points", "points.sense", "They fit either way round; add one that is neither near nor opposite.")
    half = mount.tilt_range_deg / 2
    downs = -np.degrees(np.arctan2(mount.height_m, np.hypot(*(places - hangs[2:]).T)))
    zeros = [down - point.tilt * half for down, point in zip(downs.tolist(), points, strict=True)]
    zero = sum(zeros) / len(zeros)
    tilt_misses = [one - zero for one in zeros]
    worst = max(range(len(points)), key=lambda n: abs(tilt_misses[n]))
    if abs(tilt_misses[worst]) > TILT_WORST_DEG:
        detail = f"In tilt the best solution misses it by {abs(tilt_misses[worst]):.1f} degrees. Are height_m and tilt_range_deg right?"
        raise _bad(f"points[{worst}]", "points.tilt", detail, misses=tilt_misses)
    rms = math.sqrt(sum(miss * miss for miss in misses) / len(misses))
    calibration = Calibration(
        azimuth_deg=azimuth % 360 % 360, clockwise=way > 0, pan_range_deg=wide, tilt_zero_deg=zero, residual_deg=rms,
        tilt_range_deg=mount.tilt_range_deg, wide_deg=mount.wide_deg, narrow_deg=mount.narrow_deg,
        height_m=mount.height_m, latitude=latitude, longitude=longitude, east_m=east, north_m=north,
    )  # fmt: skip
    return Fit(
        calibration=calibration,
        misses_deg=[round(miss, 2) for miss in misses],
        tilt_misses_deg=[round(miss, 2) for miss in tilt_misses],
    )


def _round(
    bearings: Sequence[float], points: Sequence[Sighted], way: int, wide: float, told: float
) -> tuple[float, float, float]:
    """(cost, azimuth at pan 0, range) of the best fit that turns this way and has this range."""
    zeros = [math.radians(b - way * p.pan * wide / 2) for b, p in zip(bearings, points, strict=True)]
    azimuth = math.degrees(math.atan2(sum(map(math.sin, zeros)), sum(map(math.cos, zeros))))
    cost = sum(turn(math.degrees(zero) - azimuth) ** 2 for zero in zeros)
    return cost + ((wide - told) / _TOLD_DEG) ** 2, azimuth, wide


def _misses(hangs: Floats, places: Floats, pans: Floats, way: int) -> Floats:
    """By how many degrees each place is missed: `hangs` is (azimuth at pan 0, range, metres east and north of the pole)."""
    azimuth, wide, *_ = hangs
    east, north = (places - hangs[2:]).T
    off: Floats = (np.degrees(np.arctan2(east, north)) - azimuth - way * pans * wide / 2 + 180) % 360 - 180
    return off


def _refined(hangs: Floats, places: Floats, pans: Floats, way: int, told: float) -> Floats:
    """Azimuth, range and the pole's place together, each weighed by how well it is known (Gauss and Newton)."""
    away = np.hypot(*places.T)
    sure = 1 / np.hypot(_HEAD_DEG, np.degrees(_CLICKED_M / away))

    def errors(one: Floats) -> Floats:
        prior = [(one[1] - told) / _TOLD_DEG, one[2] / _POLE_M, one[3] / _POLE_M]
        return np.concatenate([_misses(one, places, pans, way) * sure, prior])

    step = 1e-4
    for _ in range(12):
        now = errors(hangs)
        slopes = np.array([(errors(hangs + step * axis) - now) / step for axis in np.eye(4)]).T
        hangs = hangs - np.linalg.lstsq(slopes, now, rcond=None)[0]
    return hangs


def _without(n: int, hangs: Floats, places: Floats, pans: Floats, way: int, told: float) -> float:
    """The worst miss of the others, once this place is left out."""
    places, pans = np.delete(places, n, axis=0), np.delete(pans, n)
    return float(np.abs(_misses(_refined(hangs, places, pans, way, told), places, pans, way)).max())


def _offset(bearing: float, away_m: float) -> tuple[float, float]:
    """Metres east and north."""
    return away_m * math.sin(math.radians(bearing)), away_m * math.cos(math.radians(bearing))


def _span(bearings: Sequence[float]) -> float:
    """The narrowest arc that holds them all."""
    ordered = sorted(bearings)
    gaps = [b - a for a, b in pairwise([*ordered, ordered[0] + 360])]
    return 360 - max(gaps)


def _tan(view_deg: float) -> float:
    return math.tan(math.radians(view_deg / 2))


def _within(low: float, value: float, high: float) -> float:
    return min(high, max(low, value))


def _bad(field: str, why: str, detail: str, misses: Sequence[float] = ()) -> Problem:
    more = {"misses_deg": [round(miss, 2) for miss in misses]} if misses else {}
    return Problem(
        422, f"calibration.{why}", "From these places no calibration can be made", detail, field=field, **more
    )
