"""What two recordings of one camera say about each other. Nothing here asks anybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

import msgspec

State = Literal["beside", "compared", "switched", "released", "back"]
"""beside: both record, the old one answers. compared: so, and ours is proven. switched: ours answers, the old one still
records. released: the old one no longer does. back: the old one answers again."""

Owner = Literal["old", "ansim"]
Cause = Literal["", "camera", "ansim"]
"""Of a gap: nothing came to the old system either; most cameras had it at once, so it was this one; not known."""
Why = Literal["", "nothing", "single", "short", "gaps", "old-silent"]
"""Why it is not proven: nothing of ours; nothing, because the camera gives only one session; too short a stretch; pictures are missing;
the old system's report does not tell of it."""

WRITTEN_WITHIN = timedelta(seconds=12)
"""What has come within this time may still be in memory: a group of pictures, and the queue to the disk."""
SLACK = timedelta(seconds=1)
"""Two clocks, and reports in whole seconds: so far apart two gaps can still be the same one, and"""
SAME = 0.25
"""no further than this part of their length."""
SHARED = 0.5
"""A gap that more than this part of the cameras has at once is ours."""


class Stretch(NamedTuple):
    """A time of which every picture is there. Aware."""

    start: datetime
    end: datetime


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    start: datetime
    seconds: float
    cause: Cause = ""

    @property
    def end(self) -> datetime:
        return self.start + timedelta(seconds=self.seconds)


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Of one camera, between `start` and `end`. `why`: empty when it is proven."""

    start: datetime
    end: datetime
    why: Why
    ours: list[Gap]
    old: list[Gap]

    @property
    def proven(self) -> bool:
        return not self.why

    @property
    def seconds(self) -> float:
        return max(0.0, (self.end - self.start).total_seconds())


def joined(stretches: Sequence[Stretch], seam: timedelta = timedelta(0)) -> list[Stretch]:
    """In order, those that meet or overlap as one; also those that are no more than `seam` apart."""
    out: list[Stretch] = []
    for start, end in sorted(stretches):
        if out and start - out[-1].end <= seam:
            out[-1] = Stretch(out[-1].start, max(out[-1].end, end))
        else:
            out.append(Stretch(start, end))
    return out


def gaps(stretches: Sequence[Stretch], start: datetime, end: datetime) -> list[Gap]:
    """What is missing of this time."""
    found, covered = [], start
    for stretch in joined(stretches):
        if stretch.start > covered and covered < end:
            found.append(_gap(covered, min(stretch.start, end)))
        covered = max(covered, stretch.end)
    if covered < end:
        found.append(_gap(covered, end))
    return found


def largest_ms(found: Sequence[Gap]) -> int:
    return round(max((gap.seconds for gap in found), default=0.0) * 1000)


def compare(
    ours: Sequence[Stretch], old: Sequence[Stretch], *, beside: datetime, now: datetime, seconds: float, single: bool
) -> Comparison:
    """The last `seconds` of both, as far as both are told of. `beside`: since when ours was to be there."""
    if not old:
        return Comparison(start=now, end=now, why="old-silent", ours=[], old=[])
    end = min(now, max(stretch.end for stretch in old))
    if not ours:
        start = max(end - timedelta(seconds=seconds), beside)
        return Comparison(start=start, end=max(start, end), why="single" if single else "nothing", ours=[], old=[])
    latest = max(stretch.end for stretch in ours)
    if now - WRITTEN_WITHIN <= latest < end:
        end = latest
    began = max(beside, min(stretch.start for stretch in ours), min(stretch.start for stretch in old))
    start = max(end - timedelta(seconds=seconds), began)
    if end <= start:
        return Comparison(start=start, end=start, why="short", ours=[], old=[])
    theirs = gaps(old, start, end)
    missing = [caused(gap, theirs) for gap in gaps(ours, start, end)]
    why: Why = "gaps" if any(gap.cause != "camera" for gap in missing) else ""
    if not why and end - start < timedelta(seconds=seconds):
        why = "short"
    return Comparison(start=start, end=end, why=why, ours=missing, old=theirs)


def of_ours(found: Mapping[str, Comparison]) -> dict[str, Comparison]:
    """With the cause of what most cameras are missing at the same time."""

    def shared(gap: Gap) -> bool:
        having = sum(any(other.start < gap.end and gap.start < other.end for other in one.ours) for one in told)
        return having > max(2, SHARED * len(told))

    told = [one for one in found.values() if one.seconds]
    return {
        camera: msgspec.structs.replace(
            one,
            ours=[
                msgspec.structs.replace(gap, cause="ansim") if not gap.cause and shared(gap) else gap
                for gap in one.ours
            ],
        )
        for camera, one in found.items()
    }


def caused(gap: Gap, theirs: Sequence[Gap]) -> Gap:
    """A gap of the old system is the same one where it lies about it; of a short one its place must be known the better."""
    slack = min(SLACK, timedelta(seconds=gap.seconds * SAME))
    both = any(other.start - slack <= gap.start and gap.end <= other.end + slack for other in theirs)
    return msgspec.structs.replace(gap, cause="camera") if both else gap


def _gap(start: datetime, end: datetime) -> Gap:
    return Gap(start=start, seconds=(end - start).total_seconds())
