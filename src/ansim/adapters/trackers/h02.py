"""H02: the pendants and small trackers that say *HQ,…# or a frame of BCD digits that begins with $."""

from __future__ import annotations

import re
from datetime import datetime

from ansim.adapters.trackers.protocol import Cursor, Draft, Protocol, date, degrees, to_next
from ansim.adapters.trackers.report import KNOT_MPS

_BEGIN = re.compile(rb"\*[A-Za-z]{2},")
_BINARY = (32, 42, 45, 48)
"""Lengths of binary frames that makers use; nothing in the frame says which."""
_STATUS = re.compile(r"[0-9A-Fa-f]{8}")
_ALARMS = ((1, "sos"), (18, "sos"), (0, "vibration"), (2, "overspeed"), (19, "powerCut"))


class H02(Protocol):
    name = "h02"
    port = 5013
    text = True

    def _next(self, rest: bytearray) -> bytes | None:
        while rest:
            to_next(rest, b"*$X")
            if rest[:1] == b"*":
                end = rest.find(b"#")
                if end < 0 or end >= self.longest:
                    if len(rest) < self.longest:
                        return None
                    del rest[0]
                    continue
                frame = bytes(rest[: end + 1])
                del rest[: end + 1]
                # the half of one before it was lost with its connection
                begins = [found.start() for found in _BEGIN.finditer(frame)]
                if begins:
                    return frame[begins[-1] :]
            elif rest[:1] == b"X":
                if len(rest) < 32:
                    return None
                del rest[:32]
            elif rest:
                length = _binary_length(rest)
                if length == 0:
                    return None
                frame = bytes(rest[:length])
                if _is_binary(frame):
                    del rest[:length]
                    return frame
                del rest[0]
        return None

    def _read(self, frame: bytes, drafts: list[Draft]) -> None:
        if frame[:1] == b"$":
            self._read_binary(frame, drafts)
            return
        fields = frame.decode("ascii", "replace").strip().lstrip("*").rstrip("#").split(",")
        if len(fields) < 3:
            return
        self.device = fields[1] or self.device
        draft = Draft(self.device)
        drafts.append(draft)
        match fields[2]:
            case "V0" | "HTBT":
                draft.kind = "heartbeat"
                if len(fields) > 3:
                    draft.level(int(fields[3]))
            case "LINK":
                draft.kind = "heartbeat"
                for name, value in zip(("rssi", "sat", "", "steps", "turnovers"), fields[4:9], strict=False):
                    if name:
                        draft.values[name] = int(value)
                draft.level(int(fields[6]))
                _status(draft, fields[10])
                draft.at = _time(fields[3], fields[9])
            case "NBR" | "V3":
                # cells only: where a mast stands is not where she stands
                dated = max(n for n in range(3, len(fields)) if _STATUS.fullmatch(fields[n])) - 1
                _status(draft, fields[dated + 1])
                if fields[2] == "V3":
                    draft.values["battery"] = int(fields[dated - 3], 16)
                draft.at = _time(fields[3], fields[dated])
            case "VP1":
                self._read_vp1(draft, fields)
            case "SMS":
                draft.values["result"] = ",".join(fields[3:])
            case _:
                self._read_position(draft, fields)

    def _read_vp1(self, draft: Draft, fields: list[str]) -> None:
        if fields[3] == "V":
            draft.values["network"] = ",".join(fields[4:])
            return
        draft.latitude = degrees(fields[4]) * (-1 if fields[5] == "S" else 1)
        draft.longitude = degrees(fields[6]) * (-1 if fields[7] == "W" else 1)
        draft.speed_mps = float(fields[8]) * KNOT_MPS
        draft.heading_deg = float(fields[9])
        draft.at = _time("000000", fields[10][:6])

    def _read_position(self, draft: Draft, fields: list[str]) -> None:
        """… time, validity, latitude, N, longitude, E, speed, course, [battery,] date, status, …"""
        found = (n for n in range(5, len(fields) - 2) if fields[n] in ("N", "S") and fields[n + 2] in ("E", "W"))
        at = next(found, None)
        if at is None:
            draft.kind = "nothing"
            return
        # the status first: a call for help must not hang on a digit that is missing before it
        rest = fields[at + 5 :]
        status = next((n for n, value in enumerate(rest[:7]) if n and _STATUS.fullmatch(value)), None)
        if status is not None:
            _status(draft, rest[status])
        if fields[2] == "V4":
            draft.values["result"] = ",".join(fields[3 : at - 3])
        dated = next((value for value in rest[:3] if re.fullmatch(r"\d{6}", value)), "")
        if dated:
            draft.at = _time(fields[at - 3] or "000000", dated)
        draft.fixed = fields[at - 2] == "A" or fields[at - 2].isdecimal()
        if fields[at - 1] and fields[at + 1]:
            draft.latitude = _coordinate(fields[at - 1], fields[at] == "S")
            draft.longitude = _coordinate(fields[at + 1], fields[at + 2] == "W")
        draft.speed_mps = float(fields[at + 3] or 0) * KNOT_MPS
        draft.heading_deg = float(fields[at + 4] or 0)
        if status is not None and len(rest) - status == 7 and rest[status + 1].isdigit() and "." in rest[status + 3]:
            for name, value in zip(("odometer", "temp1", "fuel", "altitude"), rest[status + 1 :], strict=False):
                draft.values[name] = float(value) if name == "fuel" else int(value)

    def _read_binary(self, frame: bytes, drafts: list[Draft]) -> None:
        cursor = Cursor(frame, 1)
        self.device = cursor.hex(8)[:15] if len(frame) == 42 else cursor.hex(5)
        draft = Draft(self.device)
        drafts.append(draft)
        long = len(frame) == 42
        # at its place from the left in every length: the status comes first for the same reason as in text
        _status(draft, frame[28:32].hex() if long else frame[25:29].hex())
        time, dated = cursor.hex(3), cursor.hex(3)
        latitude = cursor.hex(4)
        draft.level(_battery(cursor.u8()))
        longitude = cursor.hex(5)
        flags = int(longitude[9], 16)
        draft.fixed = bool(flags & 2)
        draft.latitude = (int(latitude[:2]) + int(latitude[2:]) / 600_000) * (1 if flags & 4 else -1)
        draft.longitude = (int(longitude[:3]) + int(longitude[3:9]) / 600_000) * (1 if flags & 8 else -1)
        motion = cursor.hex(3)
        draft.speed_mps = int(motion[:3]) * KNOT_MPS
        draft.heading_deg = float(int(motion[3:]))
        draft.at = _time(time, dated)

    def _reply(self, frame: bytes, now: datetime) -> bytes:
        if frame[:1] != b"*":
            return b""
        fields = frame.decode("ascii", "replace").strip().lstrip("*").rstrip("#").split(",")
        if len(fields) < 3 or not fields[1]:
            return b""
        maker, device, kind = fields[:3]
        if kind in ("V0", "HTBT"):
            return f"*{maker},{device},{kind}#".encode("ascii", "replace")
        if kind in ("V1", "NBR"):
            return f"*{maker},{device},V4,{kind},{now:%Y%m%d%H%M%S}#".encode("ascii", "replace")
        return b""


def _binary_length(rest: bytearray) -> int:
    """How many bytes the binary frame at the front has; 0 when that cannot be known yet."""
    if len(rest) in _BINARY:
        return len(rest)
    for length in _BINARY:
        if len(rest) > length and rest[length] in b"$*":
            return length
    return 32 if len(rest) > 48 else 0


def _is_binary(frame: bytes) -> bool:
    """Digits where digits must be: a dollar sign in noise is no frame."""
    at = 9 if len(frame) == 42 else 6
    return frame[at : at + 10].hex().isdecimal() and frame[at + 11 : at + 15].hex().isdecimal()


def _status(draft: Draft, text: str) -> None:
    """Thirty-two bits of which an alarm is one that is 0."""
    status = int(text, 16)
    for bit, alarm in _ALARMS:
        if not status >> bit & 1:
            draft.alarm(alarm)
    draft.values["ignition"] = bool(status >> 10 & 1)
    draft.values["status"] = status


def _time(time: str, dated: str) -> datetime:
    """hhmmss and ddmmyy."""
    return date(int(dated[4:6]), int(dated[2:4]), int(dated[:2]), int(time[:2]), int(time[2:4]), int(time[4:6]))


def _coordinate(value: str, negative: bool) -> float:
    """-dd-mm.mmmm, ddmm.mmmm, mm.mmmm or ddmmmmmm without a point."""
    if value.startswith("-"):
        whole, _, minutes = value[1:].partition("-")
        found = int(whole) + float(minutes) / 60
    elif "." in value:
        found = degrees(value)
    else:
        found = int(value[:-6] or 0) + int(value[-6:]) / 600_000
    return -found if negative else found


def _battery(value: int) -> int | None:
    """A step of the display, a share, or a step of its own kind."""
    if 1 <= value <= 3:
        return (value - 1) * 10
    if 4 <= value <= 6:
        return (value - 1) * 20
    if 7 <= value <= 100:
        return value
    return value - 0xF0 if 0xF1 <= value <= 0xF6 else None
