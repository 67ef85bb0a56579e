"""Recorded walks, and files of walks that are broken: the watch hears them all, and what it hears makes sense."""

import xml.etree.ElementTree as ET
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ansim.core.position import Position
from ansim.response.trips import watching
from ansim.response.trips.bounds import Mode
from ansim.response.trips.memory import Plan

WALK, RIDE = "korita-zbevnica.gpx", "cerknicko-jezero.gpx"
BROKEN = (
    "Mojstrovka.gpx", "around-visnjan-with-car.gpx", "route.gpx", "track-with-empty-segment.gpx", "track-with-extremes.gpx",
    "unicode_with_bom.gpx",
)  # fmt: skip
"""A clock of 1901 that stands still, one point, no track, no time, jumps of kilometres, nothing."""


def fixes(file: Path) -> list[Position]:
    """Every point of every track that says where and when; what does not is what broken files have."""
    found = []
    for point in ET.fromstring(file.read_bytes()).iter():
        if point.tag.rpartition("}")[2] != "trkpt":
            continue
        time = next((part.text for part in point if part.tag.rpartition("}")[2] == "time"), None)
        if time:
            found.append(
                Position(
                    latitude=float(point.attrib["lat"]), longitude=float(point.attrib["lon"]), accuracy_m=10,
                    source="android", at=datetime.fromisoformat(time),
                )
            )  # fmt: skip
    return found


def walked(track: list[Position], mode: Mode = "walk") -> list[watching.Alarm]:
    """Watched to its last point, promised for when it came there."""
    last = track[-1]
    started = min(track[0].at, last.at)
    plan = Plan(
        latitude=last.latitude, longitude=last.longitude, mode=mode, started_at=started,
        promised_at=max(last.at, started) + timedelta(minutes=10), background=True,
    )  # fmt: skip
    watch = watching.begin(plan, track[0], track[0].at)
    alarms = []
    for fix in track[1:]:
        alarms += watching.moved(watch, plan, fix, fix.at)
    left = watching.remaining_m(watch)
    assert left is not None and left < 90
    return alarms


def taken(alarms: list[watching.Alarm]) -> list[watching.Alarm]:
    return [alarm for alarm in alarms if alarm.reason == "fast" and alarm.level == "ask"]


def test_nobody_on_a_recorded_walk_is_taken_for_one_who_is_driven_away(shared: Path) -> None:
    track = fixes(shared / "vectors/gpx" / WALK)
    assert len(track) > 500
    assert not taken(walked(track))


def test_a_recorded_ride_is_no_walk(shared: Path) -> None:
    track = fixes(shared / "vectors/gpx" / RIDE)
    assert taken(walked(track))
    assert not taken(walked(track, "car"))


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_heard_as_far_as_it_says_anything(shared: Path, name: str) -> None:
    track = fixes(shared / "vectors/gpx" / name)
    if track:
        walked(track)
