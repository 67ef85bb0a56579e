"""GPS103 (Coban TK102, TK103 and what is sold under many names): lines of text that begin with imei: and end with a semicolon."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from ansim.adapters.trackers.protocol import Draft, Protocol, date, degrees
from ansim.adapters.trackers.report import KMH_MPS, KNOT_MPS

_ALARMS = {
    "help me": "sos", "sos": "sos", "low battery": "lowBattery", "stockade": "geofence", "move": "movement", "speed": "overspeed",
    "door alarm": "door", "ac alarm": "powerCut", "accident alarm": "accident", "sensor alarm": "vibration",
    "bonnet alarm": "bonnet", "footbrake alarm": "footBrake", "dtc": "fault",
}  # fmt: skip
_END = re.compile(rb"[;\n*]")
_NUMBER = re.compile(r"imei:(\d{1,20})")
_LOCAL = re.compile(r"(\d\d)/?(\d\d)/?(\d\d) ?(\d\d):?(\d\d)(?:\d\d)?")
_SHORT = 30
"""Bytes of a sign-in; whatever says more is a report."""


class Gps103(Protocol):
    name = "gps103"
    port = 5001
    text = True
    longest = 4096

    def _next(self, rest: bytearray) -> bytes | None:
        while True:
            end = _END.search(rest)
            if end is None:
                return None
            frame = bytes(rest[: end.end()]).strip()
            del rest[: end.end()]
            # the half of one before it was lost with its connection
            begin = frame.rfind(b"imei:")
            if begin > 3 and frame[begin - 3 : begin] == b"##,":
                begin -= 3
            if begin > 0 and not frame[:begin].strip(b",").isdigit():
                frame = frame[begin:]
            elif begin < 0:
                # a heartbeat is the number alone; behind noise, what is left of it
                digits = re.search(rb"\d{10,15}[;\n*]?$", frame)
                frame = digits[0] if digits else b""
            if frame:
                return frame

    def _read(self, frame: bytes, drafts: list[Draft]) -> None:
        text = frame.decode("ascii", "replace").strip()
        found = _NUMBER.search(text)
        if found is None:
            if text[:1].isdecimal():
                self.device = re.sub(r"\D.*", "", text) or self.device
                drafts.append(Draft(self.device, "heartbeat"))
            return
        self.device = found[1]
        draft = Draft(self.device)
        drafts.append(draft)
        if len(text) <= _SHORT and "help me" not in text:
            draft.kind = "sign-in"
            return
        fields = text[found.start() :].rstrip("; \r\n").split(",")
        alarm = fields[1].strip()
        draft.alarm(_alarm(alarm))
        if alarm == "OBD":
            _read_car(draft, fields)
        elif text.endswith("*"):
            _read_other(draft, fields)
        elif not alarm.startswith("vr"):
            _read_usual(draft, fields, alarm)

    def _reply(self, frame: bytes, now: datetime) -> bytes:
        text = frame.decode("ascii", "replace").strip()
        found = _NUMBER.search(text)
        if found and "help me" in text:
            return f"**,imei:{found[1]},E;".encode()
        if found and len(text) <= _SHORT:
            return b"LOAD"
        return b"ON" if text[:1].isdecimal() else b""


def _alarm(word: str) -> str | None:
    if word.startswith("T:"):
        return "temperature"
    if word.startswith("oil"):
        return "fuelLeak"
    return _ALARMS.get(word.lower())


def _read_usual(draft: Draft, fields: list[str], alarm: str) -> None:
    """… local time, telephone or card, F, UTC, validity, latitude, N, longitude, E, speed, course, height, doors, fuel."""
    values = draft.values
    if alarm in ("acc on", "acc off"):
        values["ignition"] = alarm == "acc on"
    elif alarm.startswith("T:"):
        values["temp1"] = float(alarm[2:])
    elif alarm.startswith("oil "):
        values["fuel"] = float(alarm[4:])
    elif alarm not in ("tracker", "") and not draft.alarms:
        values["event"] = alarm
    if alarm == "rfid":
        values["driverUniqueId"] = fields[3]
    if fields[4] != "F":
        masts = [field for field in fields[5:] if field]
        if masts:
            values["network"] = ",".join(masts)
        return
    draft.at = _time(fields[2], fields[5])
    draft.fixed = fields[6] == "A"
    if fields[7] in ("N", "S"):
        hemispheres, (latitude, longitude), after = (fields[7], fields[9]), (fields[8], fields[10]), fields[11:]
    else:
        hemispheres, (latitude, longitude), after = (fields[8], fields[10]), (fields[7], fields[9]), fields[11:]
    draft.latitude = degrees(latitude) * (-1 if hemispheres[0] == "S" else 1)
    draft.longitude = degrees(longitude) * (-1 if hemispheres[1] == "W" else 1)
    after += [""] * 8
    draft.speed_mps = float(after[0] or 0) * KNOT_MPS
    draft.heading_deg = float(after[1] or 0)
    if after[2]:
        values["altitude"] = float(after[2])
    for name, value in (("ignition", after[3]), ("door", after[4])):
        if value in ("0", "1"):
            values[name] = value == "1"
    for name, value in (("fuel1", after[5]), ("fuel2", after[6])):
        if value.endswith("%"):
            values[name] = float(value[:-1])
    if after[7]:
        values["temp1"] = int(after[7])


def _read_car(draft: Draft, fields: list[str]) -> None:
    values = draft.values
    if any(fields[3:]):
        draft.at = _time(fields[2], "")
    for name, value in zip(
        ("odometer", "", "fuelConsumption", "hours", "obdSpeed", "engineLoad", "coolantTemp", "throttle", "rpm", "battery"),
        fields[3:], strict=False,
    ):  # fmt: skip
        if name in ("engineLoad", "throttle"):
            values[name] = value
        elif name in ("fuelConsumption", "battery"):
            values[name] = float(value or 0)
        elif name and value.strip("+-"):
            values[name] = int(value) * (3_600_000 if name == "hours" else 1)
    values["dtcs"] = " ".join(fields[13:]).strip()


def _read_other(draft: Draft, fields: list[str]) -> None:
    """… name, event, sensor, its voltage, time, date, signal, fix, latitude, longitude, speed, course, height, dilution, satellites,
    ignition, charge, error."""
    values = draft.values
    draft.alarm(_alarm(fields[2]))
    for name, value in (("event", fields[2]), ("sensorId", fields[3]), ("sensorVoltage", fields[4])):
        if value.strip("-"):
            values[name] = value
    time, day = fields[5], fields[6]
    draft.at = date(int(day[4:6]), int(day[2:4]), int(day[:2]), int(time[:2]), int(time[2:4]), int(time[4:6]))
    values["rssi"] = int(fields[7])
    draft.fixed = int(fields[8]) > 0
    draft.latitude, draft.longitude = float(fields[9]), float(fields[10])
    draft.speed_mps, draft.heading_deg = int(fields[11]) * KMH_MPS, float(fields[12])
    values["altitude"], values["hdop"], values["sat"] = int(fields[13]), float(fields[14]), int(fields[15])
    values["ignition"], values["charge"] = fields[16] == "1", fields[17] == "1"


def _time(local: str, utc: str) -> datetime | None:
    """Its own date and time as far as it says them, put right by the hour and minute of UTC beside it."""
    found = _LOCAL.match(local)
    if found is None:
        return None
    year, month, day, hour, minute = (int(part) for part in found.groups())
    seconds = int(local[-2:]) if re.fullmatch(r"\d{12}", local) else 0
    try:
        if not re.match(r"\d{6}", utc):
            return date(year, month, day, hour, minute, seconds)
        ahead = (hour - int(utc[:2])) * 60 + minute - int(utc[2:4])
        ahead += 24 * 60 if ahead <= -12 * 60 else -24 * 60 if ahead > 12 * 60 else 0
        return date(year, month, day, hour, minute, int(utc[4:6])) - timedelta(minutes=ahead)
    except ValueError:
        return None
