"""The watch over a trip: pure, without a clock of its own. What it remembers of a trip is a `Watch`, what it says are `Alarm`s.

`moved` says what a fix shows, `due` what time alone shows, and `next_due` when to ask for that. No routing service: any
street that brings her nearer home is fine, only going away counts. An alarm mutes its own kind for ten minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from math import cos, hypot, radians
from typing import Final

from ansim.core.geo import EARTH_RADIUS_M
from ansim.core.position import Position
from ansim.response.trips.bounds import (
    ALIVE_S,
    CIRCUITY,
    FAST_S,
    HINT_M,
    HINT_S,
    HINT_SHARE,
    HOME_M,
    LATE_S,
    LATE_SHARE,
    LOST_S,
    MUTED_S,
    RIDE_M,
    RIDE_S,
    SILENT_HINT_S,
    SILENT_S,
    STOP_M,
    TAKEN_M,
    THERE_S,
    UNEVEN_M,
    VAGUE_M,
    Bounds,
    Mode,
)  # fmt: skip
from ansim.response.trips.cleaner import Verdict, clock, step
from ansim.response.trips.memory import Alarm, Level, Plan, Reason, Watch

__all__ = [
    "Alarm", "Level", "Mode", "Plan", "Reason", "Watch", "answered", "begin", "due", "heard", "moved", "near_home",
    "next_due", "predicted_at", "remaining_m",
]  # fmt: skip

Remaining = Callable[[float, float], float | None]
"""Metres to her destination by road from a latitude and longitude; None where no road is known."""
_DEGREE_M: Final = EARTH_RADIUS_M * radians(1)
_FRESH_S: Final = 120
"""Of what is longer past, when it reaches us in a batch, nobody is asked whether it lasts."""
_RIDE_OVER_S: Final = 180
_SPARSE_S: Final = 120


def begin(plan: Plan, position: Position | None, now: datetime, remaining: Remaining | None = None) -> Watch:
    watch = Watch(round(now.timestamp()))
    if position is not None:
        moved(watch, plan, position, now, remaining)
    return watch


def heard(watch: Watch, now: datetime) -> None:
    """A heartbeat, or a batch without a fix."""
    watch.heard = max(watch.heard, watch.second(now))


def moved(
    watch: Watch, plan: Plan, position: Position, now: datetime, remaining: Remaining | None = None
) -> list[Alarm]:
    """One fix, in the order in which they arrive. Where `remaining` knows no road, or is not given, the straight line counts."""
    second = watch.second(now)
    if second > watch.heard:
        watch.heard = second
    if position.accuracy_m > VAGUE_M:
        return []
    t = clock(watch, watch.second(position.at), second)
    if t is None:
        return []
    east = (position.longitude - plan.longitude + 180) % 360 - 180
    x = round(east * _DEGREE_M * cos(radians(plan.latitude)))
    y = round((position.latitude - plan.latitude) * _DEGREE_M)
    first, bounds, before = watch.located is None, plan.bounds, (watch.x, watch.y)
    watch.located = second
    if first:
        watch.t, watch.x, watch.y, watch.track = t, x, y, [t, x, y]
        verdict = Verdict.ANEW
    else:
        verdict = step(watch, bounds, t, x, y)
        if verdict is Verdict.HELD:
            return []
    by_road = None if remaining is None else remaining(position.latitude, position.longitude)
    left = round(hypot(x, y) if by_road is None else by_road)
    if first:
        watch.whole, watch.lag = left, second - t
    elif second - t < watch.lag:
        watch.lag = second - t
    if verdict is Verdict.ANEW:
        watch.by_road = by_road is not None
        _anew(watch, left)
        return []
    _evened(watch, left, by_road is not None, hypot(x - before[0], y - before[1]))
    found: list[Alarm] = []
    back = _away(watch, bounds, left, second, found)
    _speed(watch, bounds, max(back, left - watch.nearest), second, found)
    _stop(watch, bounds, second, found)
    return found


def due(watch: Watch, plan: Plan, now: datetime) -> list[Alarm]:
    """What time alone says: late (or there, where she seems to have arrived), silent, lost. That she stands still is seen by fixes."""
    second, found = watch.second(now), list[Alarm]()
    promise = _promise(watch, plan)
    if second >= promise:
        if max(second, _predicted(watch, plan)) >= promise + _patience(watch, plan, promise):
            watch.alarm(found, "there" if seems_there(watch) else "late", "ask", second)
        elif watch.reminded != promise:
            found.append(Alarm("late", "hint"))
        watch.reminded = promise
    if near_home(watch):
        return found
    quiet = second - watch.heard
    if plan.background and quiet >= SILENT_HINT_S:
        watch.alarm(found, "silent", "ask" if quiet >= SILENT_S else "hint", second)
    elif watch.located is not None and second - watch.located >= LOST_S and quiet < ALIVE_S:
        watch.alarm(found, "lost", "ask", second)
    return found


def next_due(watch: Watch, plan: Plan, now: datetime) -> datetime:
    """When `due` is to be asked next, after `now`. A fix or a heartbeat may put it off; so it is asked anew, and may say nothing."""
    second, promise = watch.second(now), _promise(watch, plan)
    late = promise + _patience(watch, plan, promise)
    if _predicted(watch, plan) >= late:
        late = promise
    times = [max(late, watch.mute_until("late", "ask"))]
    if watch.reminded != promise:
        times.append(promise)
    if not near_home(watch):
        if plan.background:
            times.append(max(watch.heard + SILENT_HINT_S, watch.mute_until("silent", "hint")))
            times.append(max(watch.heard + SILENT_S, watch.mute_until("silent", "ask")))
        if watch.located is not None:
            times.append(max(watch.located + LOST_S, watch.mute_until("lost", "ask")))
    ahead = min((time for time in times if time > second), default=second + MUTED_S)
    return datetime.fromtimestamp(watch.began + ahead, UTC)


def answered(watch: Watch, plan: Plan, now: datetime) -> None:
    """She said that she is well: what she does now is the measure from here on, and what was asked stays mute."""
    second = watch.second(now)
    watch.promise = max(_promise(watch, plan), _predicted(watch, plan))
    if watch.located is not None:
        left = watch.remaining[-1]
        _anew(watch, left)
        watch.still = max(watch.t, second)
    for muted in (watch.asked, watch.hinted):
        muted[:] = [second + MUTED_S if until > second else until for until in muted]


def remaining_m(watch: Watch) -> float | None:
    return None if watch.located is None else float(watch.remaining[-1])


def predicted_at(watch: Watch, plan: Plan, now: datetime) -> datetime | None:
    """When she will be there at an ordinary pace; None while nobody knows where she is."""
    if watch.located is None:
        return None
    return datetime.fromtimestamp(watch.began + max(watch.second(now), _predicted(watch, plan)), UTC)


def _promise(watch: Watch, plan: Plan) -> int:
    promised = watch.second(plan.promised_at)
    return promised if watch.promise is None else max(promised, watch.promise)


def _patience(watch: Watch, plan: Plan, promise: int) -> int:
    return max(LATE_S, round(LATE_SHARE * (promise - watch.second(plan.started_at))))


def _predicted(watch: Watch, plan: Plan) -> int:
    """At her pace since the newest fix: a phone in a pocket that sends none is taken to walk on."""
    if watch.located is None:
        return 0
    metres = watch.remaining[-1] * (1 if watch.by_road else CIRCUITY)
    return watch.located + round(metres / plan.bounds.pace_mps)


def near_home(watch: Watch) -> bool:
    return watch.located is not None and hypot(watch.x, watch.y) <= HOME_M


def seems_there(watch: Watch) -> bool:
    """She was seen to stand still at her destination for some minutes, and nothing newer says otherwise. A phone that is put away
    then says nothing more: that is what arriving looks like.
    """
    return near_home(watch) and watch.still is not None and watch.t - watch.still >= THERE_S


def _anew(watch: Watch, left: int) -> None:
    watch.remaining, watch.nearest = [left], left
    watch.leaving = watch.drifting = None
    watch.still, watch.still_x, watch.still_y, watch.strayed = watch.t, watch.x, watch.y, False


def _evened(watch: Watch, left: int, by_road: bool, went: float) -> None:
    """What remains grows no faster than she goes. More than that is the map's doing, which lacks a street or begins here: what
    she has gone away so far is kept, and the measure is another one."""
    grown = left - watch.remaining[-1]
    if by_road == watch.by_road:
        grown = max(0, round(grown - CIRCUITY * went - UNEVEN_M)) if by_road else 0
    watch.by_road = by_road
    if grown:
        watch.nearest += grown
        watch.remaining = [one + grown for one in watch.remaining]


def _away(watch: Watch, bounds: Bounds, left: int, second: int, found: list[Alarm]) -> int:
    """How much farther from home than she has been: the median of three, so that one bad fix does not count."""
    last = watch.remaining
    last.append(left)
    if len(last) > 3:
        del last[0]
    back = sorted(last)[len(last) // 2] - watch.nearest
    if back < 0:
        watch.nearest += back
        back = 0
    enough = bounds.street_share if watch.by_road else 1.0
    bound = enough * max(bounds.away_m, bounds.away_share * min(watch.whole, bounds.way_m))
    away_s = enough * bounds.away_s
    if back <= bound / 2:
        watch.leaving = watch.drifting = None
        return back
    if watch.drifting is None:
        watch.drifting = watch.t
    if back <= bound:
        watch.leaving = None
    elif watch.leaving is None:
        watch.leaving = watch.t
    if not near_home(watch):
        if watch.leaving is not None and watch.t - watch.leaving >= away_s:
            watch.alarm(found, "away", "ask", second)
        elif watch.t - watch.drifting >= away_s / 2:
            watch.alarm(found, "away", "hint", second)
    return back


def _speed(watch: Watch, bounds: Bounds, away: int, second: int, found: list[Alarm]) -> None:
    """Net speed over a window: what two fixes say of speed is mostly their error."""
    track, t = watch.track, watch.t
    if watch.riding is not None and t - watch.riding > _RIDE_OVER_S:
        watch.riding = None
    if bounds.ride_mps is None or bounds.fast_mps is None:
        return
    if hypot(watch.x - track[0], watch.y - track[1]) <= HINT_M or near_home(watch):
        return
    riding = _net(watch, RIDE_S, RIDE_M) > bounds.ride_mps
    before, watch.rode = watch.rode, riding
    if watch.riding is not None:
        if riding:
            watch.riding = t
    elif riding and before:
        watch.riding = t
        watch.alarm(found, "vehicle", "ask", second)
    elif _net(watch, HINT_S, HINT_M) > HINT_SHARE * bounds.ride_mps:
        watch.alarm(found, "vehicle", "hint", second)
    if away > TAKEN_M and ((riding and before) or _net(watch, FAST_S) > bounds.fast_mps):
        watch.alarm(found, "fast", "ask", second)


def _net(watch: Watch, window_s: int, least_m: float = 0.0) -> float:
    """Metres a second from the last fix that is at least so long ago; 0 where fixes are too far apart to tell, or she went less than that."""
    track, t = watch.track, watch.t
    for at in range(len(track) - 3, -1, -3):
        taken = t - track[at]
        if taken >= window_s:
            far = hypot(watch.x - track[at + 1], watch.y - track[at + 2])
            return far / taken if taken <= _SPARSE_S and far > least_m else 0.0
    return 0.0


def _stop(watch: Watch, bounds: Bounds, second: int, found: list[Alarm]) -> None:
    """One fix may stray from where she stands; the second shows that she left."""
    if watch.still is None or hypot(watch.x - watch.still_x, watch.y - watch.still_y) > STOP_M:
        if watch.strayed or watch.still is None:
            watch.still, watch.still_x, watch.still_y, watch.strayed = watch.t, watch.x, watch.y, False
        else:
            watch.strayed = True
        return
    watch.strayed = False
    stood = watch.t - watch.still
    if 2 * stood < bounds.stop_s or near_home(watch) or second - watch.t - watch.lag > _FRESH_S:
        return
    watch.alarm(found, "stopped", "ask" if stood >= bounds.stop_s else "hint", second)
