"""Watches of children and of the old, and pendants that speak as they do (Setracker, 3G-Elec): [maker*number*length*content]."""

from __future__ import annotations

import re
from datetime import datetime

from ansim.adapters.trackers.protocol import Draft, Protocol, date, to_next
from ansim.adapters.trackers.report import KMH_MPS

_HEAD = re.compile(rb"\[([A-Za-z0-9]{2})\*([0-9A-Za-z]{1,20})\*(?:([0-9A-Za-z]{1,8})\*)?([0-9A-Fa-f]{4})\*")
_LONGEST_HEAD = 48
_ESCAPED = {1: b"}", 2: b"[", 3: b"]", 4: b",", 5: b"*"}
_ALARMS = (
    (16, "sos"), (21, "fallDown"), (22, "fallDown"), (0, "lowBattery"), (1, "geofenceExit"), (2, "geofenceEnter"),
    (14, "powerCut"), (17, "lowBattery"), (18, "geofenceExit"), (19, "geofenceEnter"), (20, "removing"),
)  # fmt: skip
_BODY = {"PULSE", "HEART", "BLOOD", "BPHRT", "TEMP", "BTEMP2", "OXYGEN"}


class Watch(Protocol):
    name = "watch"
    port = 5093
    text = True
    longest = 8192

    def _next(self, rest: bytearray) -> bytes | None:
        while rest:
            to_next(rest, b"[")
            head = _HEAD.match(rest)
            if head is None:
                if len(rest) < _LONGEST_HEAD and b"]" not in rest and rest.find(b"[", 1) < 0:
                    return None
                del rest[:1]
                continue
            end = head.end() + int(head[4], 16)
            if len(rest) <= end or rest[end] != 0x5D:
                # its length is not to be believed, or counts what was escaped: brackets decide, a new beginning before all
                lost = _HEAD.search(rest, 1)
                if lost and lost.start() < end:
                    balanced = _balanced(rest, lost.start())
                    if balanced < 0:
                        del rest[: lost.start()]
                        continue
                    end = balanced
                else:
                    end = _balanced(rest, len(rest))
            if 0 <= end < len(rest):
                frame = bytes(rest[: end + 1])
                del rest[: end + 1]
                return frame
            if len(rest) < self.longest:
                return None
            del rest[:1]
        return None

    def _read(self, frame: bytes, drafts: list[Draft]) -> None:
        parts = _parts(frame)
        if parts is None:
            return
        _, self.device, _, content = parts
        kind, _, said = content.partition(",")
        draft = Draft(self.device, "nothing")
        drafts.append(draft)
        if kind == "INIT":
            draft.kind = "sign-in"
        elif kind == "LK":
            draft.kind = "heartbeat"
            values = said.split(",")
            if len(values) >= 3:
                draft.level(int(values[2]))
                draft.values["steps"] = int(values[0])
        elif kind[:2] in ("UD", "AL", "WT"):
            draft.kind = None
            self._read_position(draft, said.split(","), alarm=kind.startswith("AL"))
        elif kind.upper() in _BODY and said:
            draft.kind = "status"
            _read_body(draft, kind.upper(), said.split(","))
        elif kind in ("TK", "TK2", "img", "JXTK") and len(said) > 1:
            # voice and pictures: nobody asked her for them, and they are not kept
            draft.kind = "nothing" if kind == "JXTK" else "status"

    def _read_position(self, draft: Draft, fields: list[str], *, alarm: bool) -> None:
        """Date, time, validity, latitude, N, longitude, E, speed, course, height, satellites, signal, battery, steps, tumbles,
        status, masts and access points."""
        # the status first: a call must not hang on a digit that is missing before it
        status = int(fields[15], 16) if len(fields) > 15 and re.fullmatch(r"[0-9A-Fa-f]+", fields[15]) else 0
        for bit, name in _ALARMS:
            if status >> bit & 1:
                draft.alarm(name)
        if alarm and not draft.alarms:
            draft.alarm("general")
        if status >> 4 & 1:
            draft.values["motion"] = True
        draft.fixed = fields[2] == "A"
        draft.at = _time(fields[0], fields[1])
        latitude, longitude = float(fields[3]), float(fields[5])
        draft.latitude = -abs(latitude) if fields[4] == "S" else latitude
        draft.longitude = -abs(longitude) if fields[6] == "W" else longitude
        draft.speed_mps, draft.heading_deg = float(fields[7]) * KMH_MPS, float(fields[8])
        draft.values["altitude"] = float(fields[9])
        draft.values["sat"], draft.values["rssi"] = int(fields[10]), int(fields[11])
        draft.level(int(fields[12]))
        draft.values["steps"] = int(fields[13])
        if len(fields) > 16:
            draft.values["network"] = ",".join(fields[16:])

    def _reply(self, frame: bytes, now: datetime) -> bytes:
        parts = _parts(frame)
        if parts is None:
            return b""
        maker, device, index, content = parts
        kind = content.partition(",")[0]
        if kind == "INIT":
            answer = "INIT,1"
        elif kind in ("LK", "TKQ", "TKQ2"):
            answer = kind
        elif kind.startswith("AL"):
            answer = "AL"
        elif kind == "JXTK":
            answer = "JXTKR,1"
        else:
            return b""
        numbered = f"{index}*" if index else ""
        return f"[{maker}*{device}*{numbered}{len(answer):04x}*{answer}]".encode()


def _parts(frame: bytes) -> tuple[str, str, str, str] | None:
    """Maker, number, index, content."""
    head = _HEAD.match(frame)
    if head is None:
        return None
    content = frame[head.end() :].removesuffix(b"]")
    if b"}" in content:
        content = re.sub(rb"\}([\x01-\x05])", lambda found: _ESCAPED[found[1][0]], content)
    maker, device, index = (part.decode() if part else "" for part in (head[1], head[2], head[3]))
    return maker, device, index, content.decode("ascii", "replace")


def _balanced(rest: bytearray, end: int) -> int:
    """Where the bracket closes that opens the frame, before `end`; names of access points have brackets of their own. -1: nowhere."""
    depth = 0
    for found in re.finditer(rb"[\[\]]", rest[:end]):
        depth += 1 if found[0] == b"[" else -1
        if depth == 0:
            return found.start()
    return -1


def _read_body(draft: Draft, kind: str, values: list[str]) -> None:
    match kind:
        case "TEMP":
            draft.values["temp1"] = float(values[0])
        case "BTEMP2":
            if int(values[0]) > 0:
                draft.values["temp1"] = float(values[1])
        case "OXYGEN":
            draft.values["bloodOxygen"] = int(values[1])
        case _:
            if kind in ("BPHRT", "BLOOD"):
                draft.values["pressureHigh"], draft.values["pressureLow"] = values[0], values[1]
                values = values[2:]
            if values:
                draft.values["heartRate"] = int(values[0])


def _time(day: str, time: str) -> datetime | None:
    """ddmmyy and hhmmss; None for a clock that has never been set."""
    try:
        return date(int(day[4:6]), int(day[2:4]), int(day[:2]), int(time[:2]), int(time[2:4]), int(time[4:6]))
    except ValueError:
        return None
