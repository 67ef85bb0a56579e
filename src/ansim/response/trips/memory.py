"""What is remembered of a trip under watch: whole seconds and metres, some two hundred bytes as MessagePack."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

import msgspec

from ansim.response.trips.bounds import BOUNDS, MUTED_S, Bounds, Mode

Reason = Literal["late", "away", "stopped", "fast", "silent", "lost", "vehicle", "there"]
Level = Literal["hint", "ask"]

REASONS: Final[tuple[Reason, ...]] = ("late", "away", "stopped", "fast", "silent", "lost", "vehicle", "there")
"""A new one goes to the end: what is mute is stored by its place."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Where she goes and when she said she would be there; times aware, UTC."""

    latitude: float
    longitude: float
    mode: Mode
    started_at: datetime
    promised_at: datetime
    background: bool
    """Her client declared that it goes on sending with the screen off; only then is silence an event."""

    @property
    def bounds(self) -> Bounds:
        return BOUNDS[self.mode]


@dataclass(frozen=True, slots=True)
class Alarm:
    reason: Reason
    level: Level
    """hint: nobody is asked, more fixes are wanted. ask: she is asked."""


class Watch(msgspec.Struct, array_like=True):
    """Seconds count from `began`; places are metres east and north of her destination. A new field goes to the end: it is stored for
    trips under way."""

    began: int
    """Unix time."""
    heard: int = 0
    located: int | None = None
    """When the newest fix came, by our clock."""
    t: int = 0
    """Of the newest fix that is believed: its own time, on a clock that never runs back."""
    x: int = 0
    y: int = 0
    skew: int = 0
    """What her phone's clock is corrected by."""
    lag: int = 0
    """The least that a fix was old when it came, by that clock."""
    behind: int | None = None
    """Since when every fix that comes is older than the one before."""
    held: list[int] = []
    """Up to three fixes too far off to be believed alone: t, x, y of each, one after the other."""
    track: list[int] = []
    """The believed fixes of the last half minute, likewise."""
    remaining: list[int] = []
    """Of the last three fixes, newest last."""
    nearest: int = 0
    """To home, that she has been."""
    whole: int = 0
    """What remained at first."""
    leaving: int | None = None
    drifting: int | None = None
    """As `leaving`, at half the bound."""
    still: int | None = None
    """Since when she stands at `still_x`, `still_y`."""
    still_x: int = 0
    still_y: int = 0
    strayed: bool = False
    riding: int | None = None
    """When the vehicle of which she has been asked last moved."""
    promise: int | None = None
    """Her arrival as it was predicted when she last answered."""
    reminded: int | None = None
    """The promised time that she has been reminded of."""
    asked: list[int] = []
    """By reason: until when it is mute."""
    hinted: list[int] = []
    rode: bool = False
    """At the fix before she was as fast as in a vehicle; one fix alone may be wrong."""
    by_road: bool = False
    """What remains is measured along streets."""
    ahead: int | None = None
    """By how much the newest fix was ahead of our clock, where it was."""

    def second(self, at: datetime) -> int:
        return round(at.timestamp()) - self.began

    def mute(self, reason: Reason, level: Level, until: int) -> None:
        muted = self.asked if level == "ask" else self.hinted
        muted.extend([0] * (len(REASONS) - len(muted)))
        muted[REASONS.index(reason)] = until

    def mute_until(self, reason: Reason, level: Level) -> int:
        """A question mutes hints of its kind, too; a hint never mutes a question."""
        number = REASONS.index(reason)
        asked, hinted = (muted[number] if number < len(muted) else 0 for muted in (self.asked, self.hinted))
        return asked if level == "ask" else max(asked, hinted)

    def alarm(self, found: list[Alarm], reason: Reason, level: Level, second: int) -> None:
        if second >= self.mute_until(reason, level):
            self.mute(reason, level, second + MUTED_S)
            found.append(Alarm(reason, level))
