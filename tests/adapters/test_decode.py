"""`ansim decode`: frames in, what they mean out."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ansim.adapters.trackers.decode import NAMES, decode

NOW = datetime(2026, 11, 21, 14, 47, tzinfo=UTC)
SIGN_IN = "787811010864717003664467100f190a0002c6d20d0a"


def decoded(protocol: str, *lines: str) -> list[tuple[dict[str, Any], bool]]:
    return list(decode(protocol, [line.encode() for line in lines], "", NOW))


def line(frame: str, form: str = "binary") -> str:
    return json.dumps({"form": form, "frame": frame})


def test_a_conversation_knows_who_signed_in() -> None:
    [(first, _), (second, _)] = decoded("gt06", line(SIGN_IN), line("78780a13460b120400160642c20d0a"))
    assert (first["kind"], first["device"], first["checksum_ok"]) == ("sign-in", "864717003664467", True)
    assert first["reply"].startswith("78780501")
    assert second["device"] == "864717003664467"


def test_a_call_is_told_with_its_place_and_its_answer() -> None:
    [(said, readable)] = decoded(
        "h02", line("*HQ,4210209006,V1,144700,A,3722.8000,N,12707.2000,E,000.50,047,211126,FFFFFBFD#", "text")
    )
    assert readable and said["sos"] and said["kind"] == "sos" and said["alarm"] == "sos"
    assert said["position"]["latitude"] == pytest.approx(37.38) and said["position"]["fixed"]
    assert said["at"] == "2026-11-21T14:47:00+00:00"
    assert said["reply"] == "*HQ,4210209006,V4,V1,20261121144700#"


def test_bad_lines_are_named_and_the_others_are_read() -> None:
    said = decoded("gt06", "nonsense", line("zz"), line("한", "text"), '{"form": "smoke", "frame": ""}', line(SIGN_IN))
    assert [readable for _, readable in said] == [False, False, False, False, True]
    assert [answer["line"] for answer, _ in said] == [1, 2, 3, 4, 5]
    assert "hexadecimal" in said[1][0]["problem"]


def test_forms_of_apps_are_read_too() -> None:
    [(said, _)] = decoded("osmand", line("/?id=123456&lat=37.38&lon=127.12&alarm=sos", "request"))
    assert said["sos"] and said["device"] == "123456"
    [(said, readable)] = decoded("osmand", line("/?id=123456&lat=91&lon=127.12", "request"))
    assert not readable and said["field"] == "lat"
    [(said, _)] = decoded("aml", line('A"ML=1;lt=37.38;lg=127.12;rd=52;top=20261121144700;ei=353472104343540', "text"))
    assert said["sos"] and said["device"] == "353472104343540"
    [(said, _)] = decoded("owntracks", line('{"_type": "waypoint"}', "request"))
    assert said["kind"] == "nothing"


def test_every_captured_frame_is_answered(shared: Path) -> None:
    lines = (shared / "vectors/trackers/frames.jsonl").read_text(encoding="utf-8").splitlines()
    for name in NAMES:
        frames = [frame for frame in lines if json.loads(frame)["protocol"].lower() == name]
        said = decoded(name, *frames)
        assert len(said) == len(frames) and all(readable for _, readable in said), name
        json.dumps([answer for answer, _ in said])


def test_the_command_says_by_its_exit_whether_all_could_be_read() -> None:
    def run(protocol: str, given: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "ansim", "decode", "--protocol", protocol]
        return subprocess.run(command, input=given, capture_output=True, text=True, check=False)

    good = run("gt06", line(SIGN_IN) + "\n")
    assert good.returncode == 0 and json.loads(good.stdout)["device"] == "864717003664467"
    assert run("gt06", "nonsense\n").returncode == 1
    unknown = run("morse", "")
    assert unknown.returncode == 2 and "gt06" in unknown.stderr
