"""How bad one history is. Faults are common here: what happens once a year must happen in most histories."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Weather:
    """Shares are probabilities, `…_s` are mean seconds."""

    busy_s: float = 45.0
    """Phones press, operators act and faults happen for so long; then everything heals."""
    loss: float = 0.0
    twice: float = 0.0
    leg_s: float = 0.02
    straggler: float = 0.0
    """A request that arrives up to half a minute late, when its sender has long sent it again."""
    statement_s: float = 0.0
    """Mean time of one statement; 0 makes every transaction one moment."""
    away: float = 0.0
    """The database cannot be reached."""
    unanswered: float = 0.0
    """A commit whose outcome the centre does not learn; half of them happened."""
    crash_every_s: float = 1e9
    power: float = 0.0
    """How many of the crashes are power cuts: what the key file had not flushed is lost or torn."""
    partition_every_s: float = 1e9
    flush_fails: float = 0.0
    attentive: float = 1.0
    """How many of the operators' looks at the queue lead to anything."""
    desk: bool = True
    watched: int = 0
    """How many are on their way home under watch, and a ward with them."""
    evening: bool = False
    """It lasts long enough for two to be walked home: everybody takes his time, and less goes wrong in a minute."""


@dataclass(frozen=True)
class Season(Weather):
    """How bad it is in a country, for so many centres."""

    centres: int = 5
    presses: int = 24
    """So many phones press while it is busy."""
    fault_every_s: float = 25.0
    """A whole process is killed, paused or cut off, or the broker goes away."""
    longest_s: float = 90.0
    """So long each of these lasts at most."""
    skew_s: float = 0.0
    """By so much at most the clocks of the centres are wrong."""


EVENING_S = 2_900.0


def draw(random: random.Random) -> Weather:
    weather = Weather(
        loss=random.choice((0.0, 0.05, 0.3)),
        twice=random.choice((0.0, 0.05, 0.3)),
        leg_s=random.choice((0.005, 0.02, 0.2)),
        straggler=random.choice((0.0, 0.05)),
        statement_s=random.choice((0.0, 0.0, 0.002, 0.02)),
        away=random.choice((0.0, 0.0, 0.02, 0.1)),
        unanswered=random.choice((0.0, 0.02, 0.1)),
        crash_every_s=random.choice((1e9, 6.0, 12.0, 25.0)),
        power=random.choice((0.0, 0.5, 1.0)),
        partition_every_s=random.choice((1e9, 20.0)),
        flush_fails=random.choice((0.0, 0.0, 0.05)),
        attentive=random.choice((0.0, 0.3, 1.0)),
        desk=random.random() < 0.8,
        watched=random.choice((0, 0, 3)),
    )
    if random.random() >= 1 / 15:
        return weather
    longer = EVENING_S / weather.busy_s
    return replace(
        weather, busy_s=EVENING_S, crash_every_s=random.choice((150.0, 400.0)), evening=True, watched=3,
        partition_every_s=weather.partition_every_s * longer,
    )  # fmt: skip


def season(random: random.Random, centres: int) -> Season:
    return Season(
        busy_s=300.0,
        centres=centres,
        presses=4 * centres,
        loss=random.choice((0.0, 0.02, 0.1)),
        twice=random.choice((0.0, 0.05, 0.3)),
        leg_s=random.choice((0.005, 0.02, 0.2)),
        straggler=random.choice((0.0, 0.02)),
        statement_s=random.choice((0.0, 0.0, 0.0, 0.002)),
        away=random.choice((0.0, 0.0, 0.02)),
        unanswered=random.choice((0.0, 0.02, 0.05)),
        power=random.choice((0.0, 0.5)),
        flush_fails=random.choice((0.0, 0.0, 0.02)),
        attentive=random.choice((0.1, 0.3, 1.0)),
        desk=random.random() < 0.8,
        watched=random.choice((0, 0, 2)),
        fault_every_s=random.choice((6.0, 15.0, 40.0)),
        longest_s=random.choice((10.0, 40.0, 90.0)),
        skew_s=random.choice((0.0, 1.5, 20.0)),
    )
