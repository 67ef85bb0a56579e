"""Which fixes are believed. A phone's fixes jump, stop for hours, come twice, and carry the time of a wrong clock."""

from __future__ import annotations

from enum import Enum
from math import hypot
from typing import Final

from ansim.response.trips.bounds import LOST_S, Bounds
from ansim.response.trips.memory import Watch

_NOISE_M: Final = 40.0
_BRIEF_S: Final = 60
"""After a longer gap half the speed must do: nobody goes that fast for minutes."""
_AHEAD_S: Final = 5
_BEHIND_S: Final = 30
_RIDING_MPS: Final = 6.0
_CAR_MPS: Final = 45.0
_TRACK_S: Final = 25
_APART_S: Final = 3
_HELD: Final = 9


class Verdict(Enum):
    HELD = 0
    STEP = 1
    """Follows from the fix before."""
    ANEW = 2
    """Does not: after hours without a fix, or a jump that no vehicle makes. What was measured before says nothing of it."""


def clock(watch: Watch, told: int, now: int) -> int | None:
    """The fix's time on a clock that never runs back nor ahead of ours; None where the fix is to be dropped.

    A clock that was put forward is believed when two fixes in a row are ahead by as much; one that was put back after half a minute in
    which nothing newer came, for a batch that is sent again comes at once.
    """
    t = told + watch.skew
    ahead, watch.ahead = watch.ahead, None
    if t > now + _AHEAD_S:
        if watch.located is not None and (ahead is None or abs(t - now - ahead) > _BEHIND_S):
            watch.ahead = t - now
            return None
        watch.skew += now - t
        t = now
    if watch.located is not None and t <= watch.t:
        if watch.behind is None:
            watch.behind = now
        if now - watch.behind < _BEHIND_S or now <= watch.t:
            return None
        watch.skew += now - t
        t = now
    watch.behind = None
    return t


def step(watch: Watch, bounds: Bounds, t: int, x: int, y: int) -> Verdict:
    """Believe the fix, or hold it back until three that were held agree with each other."""
    gap, track = t - watch.t, watch.track
    if gap > LOST_S:
        verdict = Verdict.ANEW
        track[:] = [t, x, y]
    else:
        verdict = Verdict.STEP
        pace = bounds.fastest_mps
        if len(track) > 3 and _pace(track, -6) > _RIDING_MPS:
            pace = max(pace, _CAR_MPS)
        if hypot(x - watch.x, y - watch.y) > max(_NOISE_M, pace * (gap if gap <= _BRIEF_S else gap / 2)):
            held = watch.held
            held += (t, x, y)
            if len(held) < _HELD:
                return Verdict.HELD
            del held[:-_HELD]
            if not _agree(held):
                return Verdict.HELD
            verdict = _landed(watch)
        elif not track or t - track[-3] >= _APART_S:
            track += (t, x, y)
    if watch.held:
        watch.held.clear()
    while len(track) > 3 and track[3] <= t - _TRACK_S:
        del track[:3]
    watch.t, watch.x, watch.y = t, x, y
    return verdict


def _landed(watch: Watch) -> Verdict:
    """A jump is real. A vehicle made it when it goes on as fast, or when there was time for it."""
    held, track = watch.held, watch.track
    gap, far = held[0] - watch.t, hypot(held[1] - watch.x, held[2] - watch.y)
    goes_on = _pace(held, 0, 6) > _RIDING_MPS and far <= _CAR_MPS * gap
    if not goes_on:
        track.clear()
    track += held
    return Verdict.STEP if goes_on or (gap > _BRIEF_S and far <= _CAR_MPS * gap) else Verdict.ANEW


def _pace(fixes: list[int], first: int, last: int = -3) -> float:
    """Net, in metres a second, between two of these."""
    taken = fixes[last] - fixes[first]
    return hypot(fixes[last + 1] - fixes[first + 1], fixes[last + 2] - fixes[first + 2]) / max(taken, 1)


def _agree(held: list[int]) -> bool:
    for at in (0, 3):
        taken = held[at + 3] - held[at]
        if taken <= 0 or hypot(held[at + 4] - held[at + 1], held[at + 5] - held[at + 2]) > max(
            _NOISE_M, _CAR_MPS * taken
        ):
            return False
    return True
