"""Advanced Mobile Location as telephones send it, in each of its forms."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansim.adapters.trackers.aml import Aml
from ansim.core.errors import Problem

NOW = datetime(2026, 11, 21, 14, 47, tzinfo=UTC)
FORM = b"v=1&device_number=%2B33611223344&location_latitude=0.85732&location_longitude=-4.26325&location_time=1604912121000"


def test_the_published_messages_mean_what_they_say(shared: Path) -> None:
    messages = json.loads((shared / "vectors/aml/messages.json").read_text(encoding="utf-8"))
    assert len(messages) >= 6
    for message in messages:
        wire = (message.get("text") or message.get("body") or message["hex"]).encode()
        forms = [wire, bytes.fromhex(message["hex"])] if "hex" in message else [wire, wire + b"\r\n"]
        for body in forms:
            report = Aml(message.get("key")).read(body, NOW)
            assert report.sos and report.position is not None and report.device
            if message["expect"] == "authentic (verified here)":
                assert report.checksum is True
                continue
            found = {
                "lat": report.position.latitude, "lon": report.position.longitude,
                "radius_m": report.position.accuracy_m, **report.values,
            }  # fmt: skip
            assert {name: found[name] for name in message["expect"]} == message["expect"], message


def test_a_message_that_was_changed_is_not_authentic() -> None:
    signed = FORM + b"&hmac=f64c70eb238bb239e00e8ac8c023bf2b5d3c41dd"
    assert Aml("AML").read(signed, NOW).checksum is False
    assert Aml("AML").read(FORM, NOW).checksum is None and Aml().read(signed, NOW).checksum is None


def test_a_telephone_that_found_no_place_calls_all_the_same() -> None:
    report = Aml().read(b'A"ML=1;lt=+00.00000;lg=+000.00000;rd=N;top=20261121144700;lc=0;pm=N;ei=353472104343540', NOW)
    assert report.sos and report.position is None and report.device == "353472104343540"


def test_her_number_goes_before_that_of_her_telephone() -> None:
    report = Aml().read(FORM + b"&device_imei=354773072099116", NOW)
    assert report.device == "+33611223344" and report.values["imei"] == "354773072099116"


def test_a_clock_is_no_reason_to_refuse() -> None:
    for time in (b"yesterday", b"9e99", b"nan", b""):
        assert Aml().read(FORM[:-13] + time, NOW).at == NOW


@pytest.mark.parametrize(
    "body", [b"", b"hello", b"v=1", b"\xff" * 40, b'{"v": 1}', b"v=1&device_number=1" + b"9" * 5000]
)
def test_what_is_none_is_refused_by_name(body: bytes) -> None:
    with pytest.raises(Problem) as refused:
        Aml().read(body, NOW)
    assert refused.value.status == 400 and refused.value.field == "body"


@given(st.one_of(st.binary(max_size=300), st.binary(max_size=120).map(lambda noise: b'A"ML=2;' + noise), st.text().map(
    lambda noise: FORM + b"&location_time=" + noise.encode("utf-8", "replace"))))  # fmt: skip
def test_noise_is_refused_and_nothing_else(noise: bytes) -> None:
    try:
        Aml("AML").read(noise, NOW)
    except Problem as refused:
        assert refused.status == 400
