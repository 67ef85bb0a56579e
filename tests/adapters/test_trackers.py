"""Frames captured from real apps, and what each means."""

import json
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansim.adapters.trackers.osmand import OsmAnd
from ansim.adapters.trackers.owntracks import OwnTracks
from ansim.adapters.trackers.report import Report
from ansim.core.errors import Problem

NOW = datetime(2026, 11, 21, 14, 47, tzinfo=UTC)


def read(frame: dict[str, str]) -> Report | None:
    if frame["protocol"] == "OwnTracks":
        return OwnTracks().read(frame["frame"].encode(), "", NOW)
    if frame["method"] == "POST":
        return OsmAnd().read_json(frame["frame"].encode(), NOW)
    return OsmAnd().read_query(dict(parse_qsl(urlsplit(frame["frame"]).query)), NOW)


def test_captured_frames_mean_what_their_makers_say(shared: Path) -> None:
    frames = [json.loads(line) for line in (shared / "vectors/trackers/frames.jsonl").read_text().splitlines()]
    ours = [frame for frame in frames if frame["protocol"] in ("OsmAnd", "OwnTracks")]
    assert len(ours) >= 11
    for frame in ours:
        report = read(frame)
        assert report is not None and report.device, frame
        assert (report.position is not None) == (frame["assert"] == "verifyPosition"), frame
        assert not report.sos


def test_the_traccar_app_calls_for_help() -> None:
    report = OsmAnd().read_query(
        {"id": "48241179", "lat": "37.38", "lon": "127.12", "alarm": "sos", "speed": "10", "batt": "7"}, NOW
    )
    assert report.sos and report.battery == 7 and report.position is not None
    assert report.position.speed_mps == pytest.approx(5.14444)  # the app counts knots


def test_a_call_without_a_place_is_a_call() -> None:
    report = OsmAnd().read_query({"id": "48241179", "alarm": "SOS"}, NOW)
    assert report.sos and report.position is None


def test_owntracks_calls_by_its_tag() -> None:
    report = OwnTracks().read(
        b'{"_type":"location","lat":37.38,"lon":127.12,"tst":1763736420,"tag":"SOS"}', "her/phone", NOW
    )
    assert report is not None and report.sos and report.device == "her/phone"


def test_other_messages_of_owntracks_are_taken_and_mean_nothing() -> None:
    assert OwnTracks().read(b'{"_type":"waypoint","desc":"home"}', "her/phone", NOW) is None


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"lat": "37.38", "lon": "127.12"}, "id"),
        ({"id": "1", "lat": "91", "lon": "127.12"}, "lat"),
        ({"id": "1", "lat": "nan", "lon": "127.12"}, "lat"),
        ({"id": "1", "lat": "37.38"}, "lon"),
        ({"id": "1", "lat": "37.38", "lon": "127.12", "timestamp": "yesterday"}, "timestamp"),
        ({"id": "1", "lat": "37.38", "lon": "127.12", "batt": "101"}, "batt"),
    ],
)
def test_what_does_not_fit_is_named(query: dict[str, str], field: str) -> None:
    with pytest.raises(Problem) as refused:
        OsmAnd().read_query(query, NOW)
    assert refused.value.status == 400 and refused.value.field == field


def test_a_clock_in_the_future_is_not_believed() -> None:
    report = OsmAnd().read_query({"id": "1", "lat": "37.38", "lon": "127.12", "timestamp": "4102444800"}, NOW)
    assert report.at == NOW


@given(st.binary(max_size=400))
def test_noise_is_refused_and_nothing_else(noise: bytes) -> None:
    for attempt in (lambda: OsmAnd().read_json(noise, NOW), lambda: OwnTracks().read(noise, "device", NOW)):
        try:
            attempt()
        except Problem as refused:
            assert refused.status == 400
