"""Who takes a centre's new cases while it does not: its policy, in the words of NENA i3 (policy routing function, service states). Pure.

A rule names conditions and, in order, who is asked. It holds only towards a centre that has agreed, is there, and is itself normal; so a case goes
one step and no further: whoever takes it for another never passes it on by a rule of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec

from ansim.city.country.model import Listed, Load, ServiceState
from ansim.core.clock import KOREA

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = f"({'|'.join(DAYS)})"
Hours = Annotated[
    str, msgspec.Meta(pattern=rf"^({_DAY}(,{_DAY})* )?([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$")
]
"""22:00-06:00, or with the days on which it begins: sat,sun 00:00-24:00. Korean time."""

BY_HAND_AT_MOST = timedelta(hours=12)
"""What a leader sets by hand ends by itself after one shift: a centre that is forgotten opens again by its hours."""


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`to`: who is asked, in this order; `when`: in which of the centre's states; `hours`: only then, always without any."""

    to: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,64}$")], ...], msgspec.Meta(min_length=1, max_length=4)
    ]
    when: tuple[Literal["overloaded", "unstaffed"], ...] = ("overloaded", "unstaffed")
    hours: tuple[Hours, ...] = ()


class ByHand(msgspec.Struct, frozen=True, kw_only=True):
    """What a leader has set, until then."""

    state: Literal["normal", "unstaffed"]
    until_at: datetime


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """Overloaded is a centre in which so many cases wait unclaimed, or one for so long; None: never for that."""

    centre: str
    rules: tuple[Rule, ...] = ()
    unstaffed: tuple[str, ...] = ()
    waiting: int | None = None
    wait_s: float | None = None
    takes_from: tuple[str, ...] = ()

    def state(
        self, before: ServiceState, load: Load, at: datetime, by_hand: ByHand | None
    ) -> tuple[ServiceState, datetime | None]:
        """Its state now, and when it changes by itself, as far as that is known."""
        if by_hand is not None and at < by_hand.until_at:
            if by_hand.state == "unstaffed":
                return "unstaffed", by_hand.until_at
        elif (until := closing(self.unstaffed, at)) is not None:
            return "unstaffed", until
        # Once overloaded it stays so until half of that is left: else each claim would open and shut the door.
        share = 0.5 if before == "overloaded" else 1.0
        many = self.waiting is not None and load.unclaimed >= max(1.0, self.waiting * share)
        long = self.wait_s is not None and load.unclaimed > 0 and load.waiting_s >= self.wait_s * share
        return ("overloaded" if many or long else "normal"), None

    def covers(self, state: ServiceState, at: datetime, listed: Iterable[Listed]) -> tuple[str, ...]:
        """Who would take a new case now, in the order in which they are asked."""
        if state == "normal":
            return ()
        able = {
            one.card.centre
            for one in listed
            if one.up and one.duty.state == "normal" and self.centre in one.duty.takes_from
        }
        holding = (
            rule
            for rule in self.rules
            if state in rule.when and (not rule.hours or closing(rule.hours, at) is not None)
        )
        return tuple(dict.fromkeys(to for rule in holding for to in rule.to if to in able and to != self.centre))


def closing(hours: Iterable[str], at: datetime) -> datetime | None:
    """The end of the stretch of hours in which that moment lies; None outside of all of them."""
    ends = [end for one in hours if (end := _end(one, at.astimezone(KOREA))) is not None]
    return max(ends, default=None)


def _end(hours: str, at: datetime) -> datetime | None:
    days, _, clock = hours.rpartition(" ")
    start, end = (timedelta(hours=int(one[:2]), minutes=int(one[3:])) for one in clock.split("-"))
    if end <= start:
        end += timedelta(days=1)
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    for day in (midnight, midnight - timedelta(days=1)):
        if (not days or DAYS[day.weekday()] in days.split(",")) and day + start <= at < day + end:
            return day + end
    return None
