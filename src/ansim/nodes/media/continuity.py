"""Whether a recording goes on: the stretches of time of which every picture is there.

Told from the index alone, so without a key, by whoever may read the folder, and while the recorder writes. The index says of each
group of pictures when it began and how many they are. Were none missing, each group would begin as many intervals after the
one before as that one has pictures. A group that comes late and is followed by groups in time was only slow on its way;
where all that follows is late, pictures are missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from ansim.core.disk import Disk
from ansim.nodes.media.dayfile import REST, ReadDay, Record
from ansim.nodes.media.recorder import LONGEST_GROUP_S

MISSING = 1.5
"""More than so many intervals without their pictures is a gap: two in a row. A single one is within a network's wavering."""
WAVERING_S = 0.1
"""After a group that has all its pictures, what is less than this is on its way: what could be missing is a group, or a sign-in."""
IN_TIME = 8
"""So many groups are looked at to tell what is late from what is missing."""
_US = 1_000_000


class Kept(NamedTuple):
    """`interval_s`: from picture to picture, None where too little is kept to tell. `stretches`: begin and end, in order."""

    interval_s: float | None
    stretches: list[tuple[datetime, datetime]]


def kept(disk: Disk, folder: Path, camera: str, start: datetime, end: datetime) -> Kept:
    """What the recordings in `folder` have of this camera between these instants, as far as it is written. Blocks."""
    first, last = (int(at.timestamp() * _US) for at in (start, end))
    found: list[Record] = []
    day = (start - timedelta(seconds=LONGEST_GROUP_S)).astimezone(UTC).date()
    while day <= end.astimezone(UTC).date():
        whose = f"{camera}/{day.isoformat()}"
        day += timedelta(days=1)
        try:
            file = ReadDay(disk, folder / whose, whose)
        except FileNotFoundError:
            continue
        try:
            found += file.records(first, last)
        finally:
            file.close()
    interval, stretches = continuity(found)
    inside = [(max(begin, first), min(over, last)) for begin, over in stretches if over > first and begin < last]
    return Kept(None if interval is None else interval / _US, [(_at(begin), _at(over)) for begin, over in inside])


def continuity(records: Sequence[Record]) -> tuple[float | None, list[tuple[int, int]]]:
    """Interval and stretches, in microseconds."""
    groups = _groups(records)
    if not groups:
        return None, []
    full = sorted(frames for _, frames, _ in groups)[(len(groups) - 1) * 3 // 4]
    interval = _interval(groups, full)
    late = [0.0]
    for (start, frames, _), (following, _, _) in pairwise(groups):
        late.append(late[-1] + following - start - frames * interval)
    stays = [min(late[at : at + IN_TIME]) for at in range(len(late))]
    stretches: list[tuple[int, int]] = []
    begin = groups[0][0]
    for at in range(len(groups) - 1):
        hole = stays[at + 1] - stays[at]
        if hole > max(MISSING * interval, WAVERING_S * _US if groups[at][1] >= full else 0):
            following = groups[at + 1][0]
            stretches.append((begin, max(begin + 1, round(following - hole))))
            begin = following
    start, frames, end = groups[-1]
    stretches.append((begin, max(begin + 1, min(end, round(start + frames * interval)))))
    return interval, stretches


def _groups(records: Sequence[Record]) -> list[tuple[int, int, int]]:
    """Start, number of pictures and end; the rest of a group that was cut off is with its beginning again."""
    groups: list[tuple[int, int, int]] = []
    for record in sorted(records, key=lambda one: one.start):
        if record.kind == REST and groups and record.end - groups[-1][0] <= LONGEST_GROUP_S * _US:
            start, frames, _ = groups[-1]
            groups[-1] = (start, frames + record.frames, record.end)
        else:
            groups.append((record.start, record.frames, record.end))
    return groups


def _interval(groups: Sequence[tuple[int, int, int]], full: int) -> float:
    """From picture to picture, by the groups that have the most: what loses pictures leaves groups with fewer."""
    if len(groups) == 1:
        start, frames, end = groups[0]
        return (end - start) / max(1, frames)
    rates = sorted(
        (following - start) / max(1, frames)
        for (start, frames, _), (following, _, _) in pairwise(groups)
        if frames >= full
    ) or [(groups[1][0] - groups[0][0]) / max(1, groups[0][1])]
    return rates[(len(rates) - 1) // 2]


def _at(us: int) -> datetime:
    return datetime.fromtimestamp(us / _US, UTC)
