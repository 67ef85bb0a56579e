"""From which numbers on something is worth a question, by how she travels. Why these: docs/design/trips.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Mode = Literal["walk", "bus", "taxi", "car", "bicycle"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    away_m: float = 126.0
    """So much farther from home than she has been already, or this share of the way (of `way_m` at most), for so long."""
    away_share: float = 0.14
    away_s: int = 31
    way_m: float = 1500.0
    street_share: float = 1.0
    """Along streets, where it is known better what remains, so much of these is enough."""
    stop_s: int = 300
    pace_mps: float = 1.15
    """For the predicted arrival: slower than she walks, since nobody walks without waiting."""
    fastest_mps: float = 12.0
    """A fix that is farther off than this allows is held back until others agree with it."""
    ride_mps: float | None = 5.0
    """Net over 20 s and 100 m: she sits in a vehicle. None where she said so herself."""
    fast_mps: float | None = 6.0
    """Net over 25 s while she goes away from home: she is being taken."""


BOUNDS: Final[dict[Mode, Bounds]] = {
    "walk": Bounds(street_share=0.8),
    "bicycle": Bounds(away_m=200, away_share=0.2, pace_mps=3.0, fastest_mps=20, ride_mps=10, fast_mps=12),
    "bus": Bounds(
        away_m=800, away_share=0.4, away_s=120, way_m=15_000, stop_s=900, pace_mps=2.5, fastest_mps=45,
        ride_mps=None, fast_mps=None,
    ),
    "taxi": Bounds(
        away_m=400, away_share=0.2, away_s=60, way_m=15_000, stop_s=600, pace_mps=5, fastest_mps=45,
        ride_mps=None, fast_mps=None,
    ),
    "car": Bounds(
        away_m=400, away_share=0.2, away_s=60, way_m=15_000, stop_s=600, pace_mps=5, fastest_mps=45,
        ride_mps=None, fast_mps=None,
    ),
}  # fmt: skip

HOME_M: Final = 90.0
"""So near her destination she may stand still, be silent or be without a fix."""
THERE_S: Final = 180
"""Who has been seen to stand still there for so long seems to have arrived."""
STOP_M: Final = 30.0
VAGUE_M: Final = 100.0
"""A fix with a wider radius says that the phone lives, not where she is."""
CIRCUITY: Final = 1.35
"""The length of a way through streets for each metre of the straight line."""
UNEVEN_M: Final = 60.0
"""By so much what remains along streets may jump between two fixes: a fix beside its street is taken for the next one."""
TAKEN_M: Final = 100.0
"""Farther from home than she has been: with speed, she is going away."""
RIDE_S: Final = 20
RIDE_M: Final = 100.0
FAST_S: Final = 25
HINT_S: Final = 15
HINT_M: Final = 60.0
HINT_SHARE: Final = 0.8
LATE_S: Final = 420
LATE_SHARE: Final = 0.5
"""Of the time she had planned: so much later than promised, and the one above, makes a question."""
SILENT_HINT_S: Final = 60
SILENT_S: Final = 120
LOST_S: Final = 600
ALIVE_S: Final = 120
"""A phone that was heard within this is alive: what fails is its GPS."""
MUTED_S: Final = 600
