"""When a shop is open, as registers and OpenStreetMap write it, in minutes of the week; what cannot be read is not known.

Read are `24시간`, `09:00~22:00`, and of OpenStreetMap's opening_hours `24/7` and rules such as `Mo-Fr 08:00-20:00; Sa,Su 10:00-02:00`.
Kept is the latter form. Holidays are not known here: a rule for them is passed over.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import Final

from ansim.core.clock import KOREA

ALWAYS: Final = "24/7"
_DAYS: Final = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_DAY, _WEEK = 1440, 7 * 1440
_ROUND_THE_CLOCK = re.compile(r"24/7|(연중무휴)?,?24시간?(영업|운영)?(연중무휴)?|(매일)?0?0:00[-~](24:00|0?0:00|23:59)")
_RULE = re.compile(r"(?:(?P<days>[A-Z][a-z](?:[-,][A-Z][a-z])*)\s+)?(?P<times>\d{1,2}:\d\d\s*-\s*\d{1,2}:\d\d(?:\s*,\s*\d{1,2}:\d\d\s*-\s*\d{1,2}:\d\d)*|off|closed)")  # fmt: skip
_KOREAN = re.compile(r"(?:매일|연중무휴)?\s*(\d{1,2}):?(\d\d)?\s*시?\s*[~∼〜–-]\s*(\d{1,2}):?(\d\d)?\s*시?")


def read(text: str) -> str | None:
    """In the form that is kept; None where it cannot be read."""
    plain = text.strip()
    if _ROUND_THE_CLOCK.fullmatch(re.sub(r"\s", "", plain)):
        return ALWAYS
    korean = _KOREAN.fullmatch(plain)
    if korean:
        hour, minute, until, last = (int(part or 0) for part in korean.groups())
        plain = f"{hour:02}:{minute:02}-{until:02}:{last:02}"
    try:
        return plain if _spans(plain) else None
    except ValueError:
        return None


def is_open(hours: str, at: datetime) -> bool:
    local = at.astimezone(KOREA)
    minute = local.weekday() * _DAY + local.hour * 60 + local.minute
    return hours == ALWAYS or any(first <= minute < last or first <= minute + _WEEK < last for first, last in _spans(hours))  # fmt: skip


@lru_cache(maxsize=4096)
def _spans(text: str) -> tuple[tuple[int, int], ...]:
    """Minutes of the week, from and until. Raises ValueError."""
    found: dict[int, list[tuple[int, int]]] = {}
    for part in text.split(";"):
        rule = part.strip()
        if not rule or rule.startswith(("PH", "SH")):
            continue
        told = _RULE.fullmatch(rule)
        if told is None:
            raise ValueError(rule)
        days = _days(told["days"]) if told["days"] else range(7)
        for day in days:
            # a later rule takes the place of an earlier one, as OpenStreetMap has it
            found[day] = [] if told["times"] in ("off", "closed") else [_span(day, one) for one in told["times"].split(",")]  # fmt: skip
    return tuple(span for spans in found.values() for span in spans)


def _days(text: str) -> list[int]:
    days: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        begin = _DAYS.index(first)
        end = _DAYS.index(last) if last else begin
        days += [day % 7 for day in range(begin, end + 1 if end >= begin else end + 8)]
    return days


def _span(day: int, text: str) -> tuple[int, int]:
    first, last = (
        int(hour) * 60 + int(minute) for hour, minute in (time.strip().split(":") for time in text.split("-"))
    )
    if not (0 <= first < _DAY and 0 <= last <= 2 * _DAY):
        raise ValueError(text)
    return day * _DAY + first, day * _DAY + (last if last > first else last + _DAY)
