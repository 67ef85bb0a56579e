"""Whether a second of recording is missing is told from the index, to the picture."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from ansim.core.disk import RealDisk
from ansim.nodes.media.continuity import continuity, kept
from ansim.nodes.media.dayfile import GROUP, REST, DayFile, Record

S = 1_000_000
BEGAN = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)


def groups(starts, frames=50, kind=GROUP):
    """Records of 25 pictures a second that begin at these seconds."""
    us = [round(start * S) for start in starts]
    counts = frames if isinstance(frames, list) else [frames] * len(us)
    ends = [*us[1:], us[-1] + counts[-1] * 40_000]
    return [
        Record(0, kind, count, 1, start, min(end, start + count * 40_000 + S), 0)
        for start, end, count in zip(us, ends, counts, strict=True)
    ]


def missing(records):
    _, stretches = continuity(records)
    return [(round(a[1] / S, 2), round((b[0] - a[1]) / S, 2)) for a, b in pairwise(stretches)]


def test_a_whole_recording_is_one_stretch_to_its_last_picture():
    interval, stretches = continuity(groups([0, 2, 4, 6]))
    assert interval == 40_000 and stretches == [(0, 8 * S)]


def test_nothing_kept_is_no_stretch():
    assert continuity([]) == (None, [])


def test_one_picture_missing_is_no_gap_and_two_are():
    assert missing(groups([0, 2, 4, 6, 8, 10], [50, 50, 49, 50, 50, 50])) == []
    assert missing(groups([0, 2, 4, 6, 8, 10], [50, 50, 48, 50, 50, 50])) == [(5.92, 0.08)]


def test_a_camera_away_for_half_a_second_or_an_hour_is_a_gap_of_just_so_long():
    """Both, though the index alone lets a group go on until the next begins, for up to a second."""
    assert missing(groups([0, 2, 4, 6.5, 8.5, 10.5])) == [(6.0, 0.5)]
    assert missing(groups([0, 2, 4, 3606, 3608])) == [(6.0, 3600.0)]


def test_what_is_only_late_on_its_way_is_no_gap():
    """A key frame is large, and a network stops and starts: up to 100 ms here."""
    wavering = random.Random(7)
    assert missing(groups([2 * n + wavering.uniform(0, 0.1) for n in range(200)])) == []


def test_a_gap_is_found_between_late_ones():
    wavering = random.Random(7)
    starts = [2 * n + (0.4 if n > 100 else 0) + wavering.uniform(0, 0.06) for n in range(200)]
    [(at, length)] = missing(groups(starts))
    assert 201 < at < 203 and 0.3 < length < 0.5


def test_a_camera_that_often_loses_pictures_is_measured_by_its_whole_groups():
    frames = [31 if n % 6 in (2, 3, 4, 5) else 50 for n in range(60)]
    assert [length for _, length in missing(groups([2 * n for n in range(60)], frames))] == [0.76] * 39


def test_a_group_that_was_cut_off_for_a_clip_is_one_group():
    records = groups([0, 2, 4, 6])
    first = records[1]
    begun = first._replace(frames=20, end=first.start + 760_001)
    rest = Record(1, REST, 30, 1, first.start + 760_001, first.end, 0)
    assert missing([records[0], begun, rest, *records[2:]]) == []


def test_it_is_read_while_it_is_written_and_over_midnight(tmp_path):
    midnight = datetime(2026, 11, 22, tzinfo=UTC)
    for day, starts in (("2026-11-21", (-4, -2)), ("2026-11-22", (0, 2))):
        file = DayFile(RealDisk(), tmp_path / "cam-1" / day, f"cam-1/{day}")
        for start in starts:
            us = int((midnight.timestamp() + start) * S)
            file.append(lambda content, context: content, GROUP, b"x", 50, us, us + 2 * S, b"init")
        if day == "2026-11-21":
            file.close()
    found = kept(RealDisk(), tmp_path, "cam-1", midnight - timedelta(seconds=3), midnight + timedelta(hours=1))
    assert found.interval_s == 0.04
    assert found.stretches == [(midnight - timedelta(seconds=3), midnight + timedelta(seconds=4))]
    file.close()
    assert kept(RealDisk(), tmp_path, "cam-2", midnight, midnight + timedelta(hours=1)).stretches == []
