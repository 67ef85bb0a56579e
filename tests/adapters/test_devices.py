"""Frames captured from real devices, and what each means; and what every protocol promises of any bytes."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ansim.adapters.trackers.protocol import Protocol
from ansim.adapters.trackers.protocols import PROTOCOLS
from ansim.adapters.trackers.report import Report

NOW = datetime(2026, 11, 21, 14, 47, tzinfo=UTC)

MODELS = {("gt06", 579): "LW4G-4B", ("gt06", 591): "R11"}
"""Frames in which nothing tells that this maker uses a byte in a way of its own: the line of the list, and the maker's name."""

NAMES = {
    "PREFIX_TEMP + 1": "temp1", "PREFIX_ADC + 1": "adc1", "alarm": "alarm",
    "ALARM_LOW_BATTERY": "lowBattery", "ALARM_REMOVING": "removing",
}  # fmt: skip


def captured(shared: Path, protocol: str) -> Iterator[dict[str, Any]]:
    lines = (shared / "vectors/trackers/frames.jsonl").read_text(encoding="utf-8").splitlines()
    for frame in map(json.loads, lines):
        if frame["protocol"].lower() == protocol:
            form = bytes.fromhex if frame["form"] == "binary" else lambda text: text.encode("latin-1")
            yield frame | {"bytes": form(frame["frame"])}


def expected(written: str) -> object:
    """A value as the list writes it: null, true, 0x1F, 4L, 12.5, "text", or a name of an alarm."""
    if written in ("null", "true", "false"):
        return {"null": None, "true": True, "false": False}[written]
    if whole := re.fullmatch(r"(0x[0-9a-fA-F]+|-?\d+)L?", written):
        return int(whole[1], 0)
    if re.fullmatch(r"-?\d+\.\d+", written):
        return pytest.approx(float(written))
    parts = re.split(r" \+ ", written)
    return "".join(json.loads(part) if part.startswith('"') else NAMES.get(part, part) for part in parts)


def test_expected_values_are_read_as_written() -> None:
    assert [expected(text) for text in ("null", "0x1c", "4L", '"a"', "sos")] == [None, 28, 4, "a", "sos"]
    assert expected('ALARM_LOW_BATTERY + "," + ALARM_REMOVING') == "lowBattery,removing"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_captured_frames_mean_what_their_makers_say(shared: Path, protocol: str) -> None:
    frames = list(captured(shared, protocol))
    assert len(frames) > 20
    for frame in frames:
        device = PROTOCOLS[protocol](MODELS.get((protocol, frame["line"]), ""))
        reports = device.read(frame["bytes"], NOW)
        first = reports[0] if reports else None
        match frame["assert"]:
            case "verifyNull":
                assert not any(report.sos or report.alarms or report.position for report in reports), frame
            case "verifyNotNull":
                assert first is not None and first.kind != "nothing", frame
            case "verifyAttributes":
                assert first is not None and (first.values or first.alarms or first.battery is not None), frame
            case "verifyAttribute":
                assert first is not None, frame
                key = NAMES.get(frame["key"], frame["key"])
                found = ",".join(first.alarms) if key == "alarm" else first.values.get(key)
                assert found == expected(frame["expected"]), frame
                assert ("sos" in first.alarms) == first.sos, frame
            case "verifyPosition" | "verifyPositions":
                assert reports and all(report.position is not None for report in reports), frame
                if "expected" in frame:
                    assert first is not None
                    _is_there(first, frame["expected"])


def _is_there(report: Report, written: str) -> None:
    place = re.fullmatch(r'position\("([^"]+)", (true|false), (-?[\d.]+), (-?[\d.]+)\)', written)
    assert place is not None and report.position is not None
    assert f"{report.at:%Y-%m-%d %H:%M:%S}.000" == place[1]
    assert report.fixed == (place[2] == "true")
    assert (report.position.latitude, report.position.longitude) == pytest.approx(
        (float(place[3]), float(place[4])), abs=1e-5
    )


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_batch_in_any_pieces_is_the_same_frames(shared: Path, protocol: str) -> None:
    """What arrived together, byte by byte, or in pieces as a network cuts it."""
    sent = [frame["bytes"] for frame in captured(shared, protocol) if is_whole(protocol, frame["bytes"])]
    batch, chance = b"".join(sent), random.Random(7)
    meant = meanings(protocol, sent)
    assert len(meant) > 15
    cuts = sorted(chance.sample(range(len(batch)), 200))
    for pieces in (
        [batch],
        [batch[at : at + 1] for at in range(len(batch))],
        [batch[one:two] for one, two in zip([0, *cuts], [*cuts, len(batch)], strict=True)],
    ):
        assert meanings(protocol, fed(protocol, pieces)) == meant


def meanings(protocol: str, frames: list[bytes]) -> list[Any]:
    """Nothing in a binary frame of H02 says how long it is; what stands at its end is of no use to us."""
    device = PROTOCOLS[protocol]()
    return [(r.device, r.kind, r.position, r.alarms, r.battery) for frame in frames for r in device.read(frame, NOW)]


def fed(protocol: str, pieces: list[bytes]) -> list[bytes]:
    device = PROTOCOLS[protocol]()
    return [frame for piece in pieces for frame in device.feed(piece)]


def is_whole(protocol: str, frame: bytes) -> bool:
    """As its maker's own framing has it: the list holds some that were cut off, or that lost their frame."""
    return fed(protocol, [frame]) == [frame]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_line_of_noise_is_kept_short(protocol: str) -> None:
    chance, device = random.Random(11), PROTOCOLS[protocol]()
    for mark in (b"x", b"\x78\x78", b"\x79\x79\xff\xff", b"*", b"$", b"[", b"(", b"\x7e", b"\xe7", b"imei:", b"#"):
        for _ in range(60):
            list(device.feed(mark + chance.randbytes(1000)))
        assert len(device._rest) <= Protocol.longest + device.longest


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_noise_before_a_frame_does_not_swallow_it(shared: Path, protocol: str) -> None:
    chance = random.Random(3)
    frames = [
        f["bytes"] for f in captured(shared, protocol) if is_whole(protocol, f["bytes"]) and is_sound(protocol, f)
    ]
    assert len(frames) > 5
    for frame in frames:
        noise = chance.randbytes(20)
        # what was lost may need the next frame before it is known to be no beginning
        assert frame in fed(protocol, [noise + frame, frame]), (noise.hex(), frame)


def is_sound(protocol: str, frame: dict[str, Any]) -> bool:
    reports = PROTOCOLS[protocol]().read(frame["bytes"], NOW)
    return bool(reports) and reports[0].checksum is not False and reports[0].whole and reports[0].kind != "question"


def mutated(frame: bytes, chance: random.Random) -> bytes:
    """A frame as bad lines and bad firmware make it: bytes changed, lost, doubled, cut off, joined."""
    changed = bytearray(frame)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(changed) + 1)
        match chance.randrange(6):
            case 0 if at < len(changed):
                changed[at] = chance.randrange(256)
            case 1:
                del changed[at : at + chance.randint(1, 4)]
            case 2:
                changed[at:at] = chance.randbytes(chance.randint(1, 4))
            case 3:
                del changed[at:]
            case 4 if at < len(changed):
                changed[at] ^= 1 << chance.randrange(8)
            case _:
                changed[at:at] = changed[at : at + 8]
    return bytes(changed)


def hammer(shared: Path, protocol: str, count: int) -> int:
    """So many mutated frames through framing and reading; how many reports came of it. What raises fails the test."""
    frames = [frame["bytes"] for frame in captured(shared, protocol)]
    chance, device, reports = random.Random(f"hammer {protocol}"), PROTOCOLS[protocol](), 0
    for number in range(count):
        if number % 100 == 0:
            device = PROTOCOLS[protocol]()
        frame = mutated(chance.choice(frames), chance)
        for one in (frame, *device.feed(frame)):
            for report in device.read(one, NOW):
                reports += 1
                assert report.battery is None or 0 <= report.battery <= 100
                assert report.sos == (not {"sos", "fallDown"}.isdisjoint(report.alarms))
    return reports


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_damaged_frames_never_raise(shared: Path, protocol: str) -> None:
    assert hammer(shared, protocol, 2_000) > 1_000


@pytest.mark.full
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_million_damaged_frames_never_raise(shared: Path, protocol: str) -> None:
    """1 M over all of them."""
    assert hammer(shared, protocol, 1_000_000 // len(PROTOCOLS) + 1) > 100_000
