"""Rides along Gangnam's real roads, second by second: in a bus, in a taxi, on a bicycle. And how often a phone has no network.

What each is made of, and where that is from:
- a bus: she walks to the stop, waits (buses come every ten minutes, an assumption), rides, walks home. It serves 73 % of the stops, 400 m apart
  (an assumption); standing takes 5 s and 2.75 s for each passenger. Levinson, "Analyzing transit travel time performance", TRR 915 (1983): also
  that buses go 16 to 23 km/h with all that, and cars 1.4 to 1.6 times as fast.
- a taxi: comes within minutes, crawls through a jam on one ride of five.
- of the buses 70 % lead past a place 300 to 900 m beside the way or behind her, of the taxis 40 % past one 100 to 500 m off (an assumption).
- a bicycle: 10 to 20 km/h with all that, as of 11.6 million shared ones (Jensen et al., "Characterizing the speed and paths of shared bicycle
  use in Lyon", 2010), and .23 m/s2 (Parkin and Rotheram, "Design speeds and acceleration characteristics of bicycle traffic", 2010).
- lights stop whoever rides about every 700 m.
- no network: ten minutes a day in all, as more than a fifth of the connections in Baltrunas et al., "Measuring the reliability of mobile broadband
  networks" (IMC 2014) had it; how long one lasts is an assumption, and named.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from ansim.bench.judge.city import Floats
from ansim.response.trips.bounds import Mode

RIDES_M = (1800.0, 5500.0)
DETOURS: dict[Mode, tuple[float, float, float]] = {"bus": (0.7, 300.0, 900.0), "taxi": (0.4, 100.0, 500.0)}
"""How many of them lead past a place this far beside the way."""
_STOPS_M, _SERVED = 400.0, 0.73
_LIGHTS_M, _RED = 280.0, 0.4
_ON_FOOT_MPS = 1.3
_SILENT_A_DAY_S, _DAY_S = 600.0, 86_400.0


@dataclass(frozen=True)
class Wheels:
    cruise_mps: tuple[float, float]
    faster_mps2: float
    slower_mps2: float
    red_s: tuple[float, float]


WHEELS: dict[Mode, Wheels] = {
    "bus": Wheels((8.0, 12.0), 1.0, 1.5, (10, 60)),
    "taxi": Wheels((9.5, 15.0), 1.8, 3.0, (10, 60)),
    "bicycle": Wheels((3.2, 6.0), 0.23, 1.0, (10, 45)),
}


def ridden_along(line: shapely.LineString, mode: Mode, rng: np.random.Generator) -> Floats:
    """Where she is each second, from where she sets out to her door."""
    first = last = 0.0
    seconds = [0.0]
    if mode == "bus":
        first, last = rng.uniform(0, 250), rng.uniform(50, 400)
        seconds = _walked(0.0, first)
        seconds += [first] * int(min(rng.uniform(0, 600), 900))
    elif mode == "taxi":
        seconds += [0.0] * int(rng.uniform(0, 300))
    seconds += _driven(first, line.length - last, mode, rng)
    seconds += _walked(line.length - last, line.length)
    return np.asarray(shapely.get_coordinates(shapely.line_interpolate_point(line, np.array(seconds))))


def driven_along(line: shapely.LineString, mode: Mode, rng: np.random.Generator) -> Floats:
    """The ride alone."""
    seconds = np.array(_driven(0.0, line.length, mode, rng))
    return np.asarray(shapely.get_coordinates(shapely.line_interpolate_point(line, seconds)))


def silences(length_s: float, each_s: float, rng: np.random.Generator) -> tuple[tuple[float, float], ...]:
    """When her phone has no network: ten minutes a day in pieces of this mean length."""
    found: list[tuple[float, float]] = []
    at = 0.0
    while True:
        at += rng.exponential(_DAY_S * each_s / _SILENT_A_DAY_S)
        if at >= length_s:
            return tuple(found)
        end = at + rng.exponential(each_s)
        found.append((at, end))
        at = end


def _walked(begin: float, end: float) -> list[float]:
    return np.arange(begin, end, _ON_FOOT_MPS).tolist()


def _driven(begin: float, end: float, mode: Mode, rng: np.random.Generator) -> list[float]:
    """Metres along the line, second by second: red lights, stops of a bus, a jam of a taxi."""
    wheels = WHEELS[mode]
    cruise = rng.uniform(*wheels.cruise_mps)
    halts = [(at, rng.uniform(*wheels.red_s)) for at in np.arange(begin + 50, end, _LIGHTS_M) if rng.random() < _RED]
    if mode == "bus":
        halts += [
            (at, 5 + 2.75 * rng.poisson(4))
            for at in np.arange(begin + _STOPS_M, end, _STOPS_M)
            if rng.random() < _SERVED
        ]
    jam = begin + rng.uniform(0.1, 0.7) * (end - begin) if mode == "taxi" and rng.random() < 0.2 else end
    jammed = (jam, jam + rng.uniform(100, 500))
    halts.sort(reverse=True)
    at, speed, seconds = begin, 0.0, []
    while at < end:
        seconds.append(at)
        wanted = 1.2 if jammed[0] <= at < jammed[1] else cruise
        if halts:
            room = max(0.0, halts[-1][0] - at)
            wanted = min(wanted, float(np.sqrt(2 * wheels.slower_mps2 * room)))
            if room < 3:
                seconds += [at] * int(halts.pop()[1])
                speed = 0.0
                continue
        speed += float(np.clip(wanted - speed, -wheels.slower_mps2, wheels.faster_mps2))
        at += max(speed, 0.3)
    return seconds
