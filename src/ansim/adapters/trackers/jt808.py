"""JT/T 808, the Chinese standard of terminals, and the pendants and locks that speak it: frames between two 0x7E with everything
escaped that looks like one; a header with type, length, number and serial; a check byte."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import reduce
from operator import xor

from ansim.adapters.trackers.jt808_items import read_car, read_item, read_live
from ansim.adapters.trackers.protocol import UNREADABLE, Cursor, Draft, Protocol, date
from ansim.adapters.trackers.report import KMH_MPS, KNOT_MPS

BEIJING = timedelta(hours=8)
"""The standard counts time so; devices sold elsewhere do, too."""

_MODEL = re.compile(rb"AOVX_([A-Z0-9]+)")
_FORKS = (b"\x7e", b"\xe7", b"(")
_SHORTEST = 12

_ALARMS = (
    (0, "sos"), (1, "overspeed"), (2, "fatigueDriving"), (5, "gpsAntennaCut"), (6, "gpsAntennaCut"), (4, "fault"), (9, "fault"),
    (10, "fault"), (11, "fault"), (7, "lowBattery"), (18, "lowBattery"), (8, "powerOff"), (15, "vibration"), (16, "tampering"),
    (17, "tampering"), (19, "parking"), (20, "geofence"), (26, "general"), (28, "movement"), (29, "accident"), (30, "accident"),
)  # fmt: skip
_OWN_ALARMS = {
    "G-360P": ((0, "removing"), (4, "removing"), (1, "tampering")), "G-508P": ((0, "removing"), (4, "removing"), (1, "tampering")),
    "AL300": ((0, "sos"), (16, "movement")), "GL100": ((0, "sos"), (16, "movement")),
    "VL300": tuple(one for one in _ALARMS if one[1] != "accident"),
}  # fmt: skip
_LOCK_ALARMS = (
    (0, "overspeed"),
    (1, "lowPower"),
    (2, "vibration"),
    (3, "lowBattery"),
    (5, "geofenceEnter"),
    (6, "geofenceExit"),
)

# types that say something, and those that only wait for an answer
_BATCH, _BATCH_2, _LOCATION, _SHORT_LOCATION, _BLIND = 0x0704, 0x0210, 0x0200, 0x5501, 0x5502
_REGISTER, _CLOCK, _HEARTBEATS = 0x0100, 0x0109, (0x0002, 0x0506)
_ANSWERED = {
    0x0002, 0x0506, 0x0003, 0x0102, 0x0107, 0x0200, 0x0210, 0x0704, 0x0900, 0x1007, 0x6006, 0x8888,
}  # fmt: skip


class Jt808(Protocol):
    name = "jt808"
    port = 5015
    text = False
    longest = 4096

    # frames

    def _next(self, rest: bytearray) -> bytes | None:
        while rest:
            at = min((found for mark in _FORKS if (found := rest.find(mark)) >= 0), default=-1)
            if at < 0:
                rest.clear()
                return None
            del rest[:at]
            end = rest.find(b")" if rest[0] == 0x28 else rest[:1], 1)
            if rest[0] == 0x28:
                if 0 < end < 512 and bytes(rest[:end]).isascii():
                    return _off(rest, end + 1)
            elif end == 1:
                # the end of one that was lost, and the beginning of the next
                del rest[:1]
                continue
            elif end > 0:
                frame = bytes(rest[: end + 1])
                if end >= _SHORTEST and _is_right(_plain(frame)):
                    return _off(rest, end + 1)
            # not a frame, or one with a wrong check byte, or half of one: a right one further on decides
            later = _right_within(rest)
            if later and not (0 < end < later and rest[0] != 0x28):
                del rest[:later]
            elif end > 0 and rest[0] != 0x28:
                if (
                    later == 0
                    and len(rest) > end + 1
                    and rest[end + 1] not in (0x7E, 0xE7, 0x28)
                    and len(rest) < self.longest
                ):
                    # what ends it may begin the next
                    return None
                if end >= _SHORTEST:
                    return _off(rest, end + 1)
                del rest[:end]
            elif end > 0 or len(rest) >= self.longest:
                del rest[:1]
            else:
                return None
        return None

    def _checksum(self, frame: bytes) -> bool | None:
        return None if frame[:1] == b"(" else _is_right(_plain(frame))

    # meaning

    def _read(self, frame: bytes, drafts: list[Draft]) -> None:
        if frame[:1] == b"(":
            text = frame.decode("ascii", "replace")
            draft = Draft(self.device, "question" if "BASE,2" in text else None)
            if draft.kind is None:
                draft.values["result"] = text
            drafts.append(draft)
            return
        frame = _plain(frame)
        if len(frame) < _SHORTEST:
            return
        if found := _MODEL.search(frame):
            self.model = found[1].decode()
        kind, attributes, number, _ = _header(frame)
        self.device = _number(number)
        cursor = Cursor(frame, _content_at(frame), len(frame) - 2)
        draft = Draft(self.device)
        drafts.append(draft)
        match kind:
            case 0x0200:
                self._read_location(draft, cursor)
            case 0x0704 | 0x0210 if not (kind == _BATCH_2 and attributes & 0x3FF == 7):
                drafts.pop()
                self._read_batch(drafts, cursor, kind)
            case 0x0210:
                draft.kind = "heartbeat"
                draft.level(cursor.u8())
                draft.at = _time(cursor)
            case 0x5501 | 0x5502:
                self._read_short(draft, cursor, kind)
            case 0x0002 | 0x0506:
                draft.kind = "heartbeat"
                if kind == 0x0002 and cursor.left >= 2:
                    draft.level(cursor.u8())
                    draft.values["rssi"] = cursor.u8()
                    draft.values["status"] = cursor.u8()
            case 0x0100 | 0x0102:
                draft.kind = "sign-in"
            case 0x0109:
                draft.kind = "question"
            case 0x0107:
                cursor.skip(2 + 5 + 20 + 7)
                draft.values["iccid"] = cursor.hex(10)
            case 0x0900:
                self._read_transparent(draft, cursor)
            case 0x2070:
                parts = []
                while cursor.left >= 12:
                    cursor.skip(6)
                    parts.append("[" + ",".join(str(_word(cursor.u16())) for _ in range(3)) + "]")
                draft.values["gSensor"] = f"[{','.join(parts)}]"
            case 0x6006:
                cursor.u8()
                draft.values["result"] = cursor.text(cursor.left, "gbk")
            case 0x1300:
                cursor.u16()
                draft.values["result"] = cursor.text((attributes & 0x3FF) - 2, "utf-16-be")
            case 0x0701:
                draft.values["result"] = cursor.text(int.from_bytes(cursor.take(4)))
            case 0x0702:
                draft.values["cardStatus"] = cursor.u8()
                draft.at = _time(cursor)
                draft.values["cardResult"] = cursor.u8()
                draft.values["driver"] = cursor.text(cursor.u8())
                draft.values["cardCode"] = cursor.text(20)
            case _:
                draft.kind = "nothing"

    def _read_location(self, draft: Draft, cursor: Cursor) -> None:
        self._alarms(draft, int.from_bytes(cursor.take(4)))
        _place(draft, cursor)
        draft.values["altitude"] = float(cursor.i16())
        draft.speed_mps, draft.heading_deg = cursor.u16() / 10 * KMH_MPS, float(cursor.u16())
        draft.at = _time(cursor)
        if cursor.left == 18:
            cursor.skip(4)
            draft.values["odometer"], draft.values["battery"] = cursor.u32() * 1000, cursor.u16() / 10
            cursor.skip(4)
            draft.values["rssi"] = cursor.u8()
            return
        while cursor.left >= 2:
            item, length = cursor.u8(), cursor.u8()
            if item == 0x80:
                cursor.u8()
                read_live(draft, cursor)
                return
            part = cursor.part(length)
            try:
                read_item(draft, item, length, part, self.model)
            except UNREADABLE:
                # its length is said: what comes after it can be read all the same
                draft.whole = False

    def _alarms(self, draft: Draft, bits: int) -> None:
        for bit, alarm in _OWN_ALARMS.get(self.model, _ALARMS):
            if bits >> bit & 1:
                draft.alarm(alarm)

    def _read_batch(self, drafts: list[Draft], cursor: Cursor, kind: int) -> None:
        archived = False
        if kind == _BATCH:
            cursor.u16()
            archived = cursor.u8() > 0
        while cursor.left > 2:
            part = cursor.part(cursor.u8() if kind == _BATCH_2 else cursor.u16())
            draft = Draft(self.device)
            drafts.append(draft)
            # one that is damaged costs none of the others
            try:
                self._read_location(draft, part)
            except UNREADABLE:
                draft.whole = False
            if archived:
                draft.values["archive"] = True

    def _read_short(self, draft: Draft, cursor: Cursor, kind: int) -> None:
        day, month, year, hour, minute, second = (_decimal(byte) for byte in cursor.take(6))
        latitude, longitude = cursor.hex(4), cursor.hex(5)
        flags = int(longitude[9], 16)
        draft.fixed = bool(flags & 1) and kind != _BLIND
        draft.latitude = (int(latitude[:2]) + int(latitude[2:]) / 600_000) * (1 if flags & 2 else -1)
        draft.longitude = (int(longitude[:3]) + int(longitude[3:9]) / 600_000) * (1 if flags & 4 else -1)
        draft.at = date(year, month, day, hour, minute, second)
        draft.speed_mps, draft.heading_deg = cursor.bcd(1) * KNOT_MPS, cursor.u8() * 2.0
        values = draft.values
        values["rssi"], values["sat"], values["odometer"] = cursor.u8(), cursor.u8(), cursor.u32() * 1000
        battery = cursor.u8()
        if battery in (0xAA, 0xAB):
            values["charge"] = True
        else:
            draft.level(battery)
        cursor.skip(6)
        product, status, alarm = cursor.u8(), cursor.u16(), cursor.u16()
        values["status"] = status
        if product in (1, 2) and alarm & 1:
            draft.alarm("lowPower")
        if product == 3:
            values["blocked"] = bool(status >> 5 & 1)
            for bit, name in _LOCK_ALARMS:
                if alarm >> bit & 1:
                    draft.alarm(name)
        while cursor.left >= 2:
            item, length = cursor.u8(), cursor.u8()
            part = cursor.part(length)
            match item:
                case 0x02:
                    values["altitude"] = float(part.i16())
                case 0x10:
                    values["wakeSource"] = part.u8()
                case 0x0C:
                    values["tilt"] = f"[{part.i16()},{part.i16()},{part.i16()}]"
                case 0x0B | 0xFC:
                    read_item(draft, item, length, part, self.model)

    def _read_transparent(self, draft: Draft, cursor: Cursor) -> None:
        """What a terminal passes on for something that hangs on it."""
        values = draft.values
        match cursor.u8():
            case 0x40:
                said = cursor.text(cursor.left)
                fields = said.split("|")
                if said.startswith("GTSL") and len(fields) > 4:
                    values["driverUniqueId"] = fields[4]
                else:
                    values["data"] = said
            case 0x41:
                read_car(draft, cursor.text(cursor.left))
            case 0xF0:
                self._read_passed_on(draft, cursor)
            case 0xFF:
                draft.at = _time(cursor)
                draft.latitude, draft.longitude = cursor.i32() / 1e6, cursor.i32() / 1e6
                values["altitude"] = float(cursor.i16())
                draft.speed_mps, draft.heading_deg = cursor.u16() / 10 * KMH_MPS, float(cursor.u16())
            case 0xF3:
                while cursor.left > 2:
                    sort = cursor.u16()
                    part = cursor.part(cursor.u16())
                    if sort == 0x02:
                        values["collision"] = part.u16() / 25_600
                    elif sort == 0x06:
                        draft.at = _time(part)
            case (0x53 | 0x54) as sort:
                _place(draft, cursor)
                values["altitude"] = float(cursor.i16())
                draft.speed_mps, draft.heading_deg = cursor.u16() / 10 * KMH_MPS, float(cursor.u16())
                draft.at = _time(cursor)
                while cursor.left and sort == 0x54:
                    mask = cursor.u16()
                    cursor.skip(6)
                    if mask & 1:
                        values["lightSensor"] = cursor.u16()
                    if mask & 2:
                        values["deviceTemp"], values["humidity"] = cursor.i16() / 10, cursor.i16() / 10
                    if mask & 4:
                        values["temp3"] = cursor.i16() / 10
                    if mask & 8:
                        cursor.skip(6)
                    if mask & 16:
                        values["airPressure"] = cursor.u16()

    def _read_passed_on(self, draft: Draft, cursor: Cursor) -> None:
        at, values = _time(cursor), draft.values
        if cursor.u8():
            values["archive"] = True
        cursor.u8()
        match cursor.u8():
            case 0x01:
                for _ in range(cursor.u8()):
                    name = cursor.u16()
                    length = cursor.u8()
                    raw = int.from_bytes(cursor.take(length))
                    known = _PASSED_ON.get(name)
                    if known:
                        values[known[0]] = raw * known[1] if known[1] >= 1 else raw / round(1 / known[1])
                    elif length in (1, 2, 4):
                        values[f"io{name}"] = raw
                _place(draft, cursor)
            case 0x02:
                codes = []
                for _ in range(cursor.u16()):
                    cursor.skip(4)
                    for _ in range(cursor.u16()):
                        cursor.skip(8)
                        codes.append(cursor.text(cursor.u16()))
                values["dtcs"] = " ".join(codes)
                _place(draft, cursor)
            case 0x03:
                for _ in range(cursor.u8()):
                    sort = cursor.u8()
                    draft.alarm(_PASSED_ALARMS.get(sort))
                    cursor.skip(cursor.u8())
                _place(draft, cursor)
            case 0x0B if cursor.u8():
                values["vin"] = cursor.text(17)
            case 0x15:
                values["event"] = cursor.i32()
        draft.at = at

    # replies

    def _reply(self, frame: bytes, now: datetime) -> bytes:
        if frame[:1] == b"(":
            text = frame.decode("ascii", "replace")
            return text.replace("TIME", f"{now:%Y%m%d%H%M%S}").encode("ascii", "replace") if "BASE,2" in text else b""
        frame = _plain(frame)
        if len(frame) < _SHORTEST or frame[:1] not in (b"\x7e", b"\xe7"):
            return b""
        kind, attributes, number, serial = _header(frame)
        if kind == _REGISTER:
            return _answer(frame, 0x8100, serial + b"\0" + _number(number).encode())
        if kind in _ANSWERED:
            return _answer(frame, 0x8001, serial + kind.to_bytes(2) + b"\0")
        if kind in (_SHORT_LOCATION, _BLIND) and attributes >> 15 & 1:
            return _answer(frame, 0x4401, kind.to_bytes(2) + b"\0", serial=b"\1")
        if kind == _CLOCK:
            clock = now.year.to_bytes(2) + bytes([now.month, now.day, now.hour, now.minute, now.second])
            return _answer(frame, 0x8109, clock + b"\0")
        return b""


_PASSED_ON: dict[int, tuple[str, float]] = {
    0x0102: ("odometer", 100), 0x0528: ("odometer", 100), 0x0546: ("odometer", 100), 0x0103: ("fuel", 0.01),
    0x052A: ("fuel", 0.01), 0x052B: ("fuel", 1), 0x012E: ("oilLevel", 0.1), 0x0105: ("fuelUsed", 0.01), 0x052C: ("fuelUsed", 0.01),
    0x014A: ("fuelConsumption", 0.01), 0x0537: ("fuelConsumption", 0.01), 0x0538: ("fuelConsumption", 0.01),
    0x0539: ("fuelConsumption", 0.01), 0x0530: ("power", 0.001), 0x0535: ("obdSpeed", 0.1), 0x0536: ("rpm", 1),
    0x053D: ("intakePressure", 0.1), 0x0544: ("liquidLevel", 1), 0x0547: ("throttle", 1), 0x0548: ("throttle", 1),
}  # fmt: skip
_PASSED_ALARMS = {
    0x01: "powerRestored", 0x02: "powerCut", 0x0E: "idle", 0x1A: "hardAcceleration", 0x1B: "hardBraking", 0x1C: "hardCornering",
    0x1D: "laneChange", 0x1E: "laneChange", 0x1F: "laneChange", 0x23: "fatigueDriving", 0x25: "overspeed", 0x26: "accident",
    0x27: "accident", 0x28: "accident", 0x31: "door", 0x32: "door",
}  # fmt: skip


def _off(rest: bytearray, count: int) -> bytes:
    frame = bytes(rest[:count])
    del rest[:count]
    return frame


def _plain(frame: bytes) -> bytes:
    """Without what was escaped. A frame whose check byte is right as it stands has nothing escaped: some firmware forgets to."""
    inside, end = frame[1:-1], frame[-1:]
    if frame[:1] == b"\xe7":
        plain = re.sub(rb"[\xe6\x3e][\x01\x02]", lambda found: _ESCAPED[found[0]], inside)
    else:
        plain = inside.replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")
    if plain != inside and reduce(xor, plain, 0) and not reduce(xor, inside, 0):
        return frame
    return frame[:1] + plain + end


_ESCAPED = {b"\xe6\x01": b"\xe6", b"\xe6\x02": b"\xe7", b"\x3e\x01": b"\x3e", b"\x3e\x02": b"\x3d"}


def _escaped(content: bytes, mark: int) -> bytes:
    if mark == 0xE7:
        codes = {plain[0]: code for code, plain in _ESCAPED.items()}
        return b"".join(codes.get(byte, bytes([byte])) for byte in content)
    return content.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02")


def _is_right(plain: bytes) -> bool:
    return len(plain) >= _SHORTEST and reduce(xor, plain[1:-1], 0) == 0


def _right_within(rest: bytearray) -> int:
    """Where behind the first byte a frame with a right check byte stands; 0 nowhere."""
    at = rest.find(b"\x7e", 1)
    while at >= 0:
        end = rest.find(b"\x7e", at + 1)
        if end < 0:
            return 0
        if end - at >= _SHORTEST and _is_right(_plain(bytes(rest[at : end + 1]))):
            return at
        at = end
    return 0


def _id_at(frame: bytes) -> tuple[int, int]:
    """Where the number stands, and how many bytes it has: a bit says that a version stands before a longer one."""
    if frame[3] >> 6 & 1:
        return 6, 10
    return 5, 7 if frame[0] == 0xE7 else 6


def _header(frame: bytes) -> tuple[int, int, bytes, bytes]:
    """Type, attributes (length in the lower ten bits), number, serial. Raises Cut."""
    cursor = Cursor(frame, 1)
    kind, attributes = cursor.u16(), cursor.u16()
    at, length = _id_at(frame)
    cursor.skip(at - 5)
    number = cursor.take(length)
    return kind, attributes, number, cursor.peek(2) if kind not in (_SHORT_LOCATION, _BLIND) else cursor.peek(1)


def _content_at(frame: bytes) -> int:
    at, length = _id_at(frame)
    return at + length + (1 if int.from_bytes(frame[1:3]) in (_SHORT_LOCATION, _BLIND) else 2)


def _number(number: bytes) -> str:
    """Decimal digits without leading zeros; otherwise the first fourteen digits of an IMEI as a number, to which its check digit is
    added."""
    text = number.hex()
    if text.isdecimal():
        return text.lstrip("0") or text
    imei = int.from_bytes(number[:6])
    return f"{imei}{_luhn(imei)}"


def _luhn(number: int) -> int:
    total = 0
    for place, digit in enumerate(reversed(str(number))):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return -total % 10


def _answer(frame: bytes, kind: int, content: bytes, serial: bytes = b"\0\0") -> bytes:
    at, length = _id_at(frame)
    attributes = len(content) | (0x4000 if at == 6 else 0)
    said = kind.to_bytes(2) + attributes.to_bytes(2) + frame[5 : at + length] + serial + content
    said += bytes([reduce(xor, said, 0)])
    return frame[:1] + _escaped(said, frame[0]) + frame[:1]


def _place(draft: Draft, cursor: Cursor) -> None:
    status = cursor.u32()
    draft.values |= {"ignition": bool(status & 1), "blocked": bool(status >> 10 & 1), "charge": bool(status >> 26 & 1)}
    if status >> 13 & 0x1F:
        draft.values["door"] = True
    draft.fixed = bool(status & 2)
    latitude, longitude = cursor.u32() / 1e6, cursor.u32() / 1e6
    draft.latitude = -latitude if status & 4 else latitude
    draft.longitude = -longitude if status & 8 else longitude


def _time(cursor: Cursor) -> datetime | None:
    """Six bytes of decimal digits; None for a clock that has never been set."""
    parts = cursor.take(6)
    try:
        return date(*(_decimal(byte) for byte in parts)) - BEIJING
    except ValueError:
        return None


def _decimal(byte: int) -> int:
    return int(f"{byte:02x}")


def _word(value: int) -> int:
    return -(value & 0x7FFF) if value >> 15 else value
