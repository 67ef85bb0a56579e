"""GT06 and the many devices that grew from it (Concox, Jimi, Wetrack …): 0x7878 or 0x7979, length, type, content, serial
number, CRC, 0x0D0A. The device says its number once, when it signs in."""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from ansim.adapters.trackers.protocol import Cursor, Draft, Protocol, date
from ansim.adapters.trackers.report import KMH_MPS

Read = Callable[[Draft, Cursor, int, str], None]
"""Reads one type of frame: what it is to fill, the content, the type, and the variant of the device."""

SHORT, LONG, TAIL = b"\x78\x78", b"\x79\x79", b"\r\n"

SIGN_IN, HEARTBEAT, STATUS = 0x01, 0x23, 0x13
TIME, ADDRESS, ADDRESS_ANSWER = 0x8A, 0x2A, 0x97

# what stands in a frame: a fix, a mast, a status; `wide` masts have longer numbers
_FIX = frozenset({
    0x10, 0x11, 0x12, 0x16, 0x17, 0x1A, 0x1E, 0x22, 0x25, 0x26, 0x27, 0x2D, 0x31, 0x32, 0x37, 0x39, 0xA0, 0xA2, 0xA3, 0xA4,
})  # fmt: skip
_MAST = frozenset({
    0x11, 0x12, 0x16, 0x17, 0x19, 0x22, 0x25, 0x26, 0x27, 0x2D, 0x31, 0x32, 0x37, 0x39, 0xA0, 0xA2, 0xA3, 0xA4, 0xA5, 0xA7,
})  # fmt: skip
_STATE = frozenset({0x13, 0x16, 0x19, 0x26, 0x27, 0x32, 0x36, 0x39, 0xA2, 0xA3, 0xA4, 0xA5})
_USUAL = _FIX | _MAST | _STATE
_MASTS_ONLY = frozenset({0x18, 0x24, 0x28, 0x2C, 0x2E, 0x33, 0x34, 0xA1, 0xA2, 0xA9})
_WIDE = frozenset({0xA0, 0xA2, 0xA5})

_VARIANTS: dict[tuple[int, int], str] = {
    (0x12, 0x24): "VXT01", (0x16, 0x24): "VXT01", (0x24, 0x31): "S20", (0x24, 0x2E): "SR411", (0x12, 0x21): "BENWAY",
    (0x12, 0x2B): "S5", (0x13, 0x13): "OBD6", (0x12, 0x29): "WETRUST", (0x34, 0x37): "SL4X", (0x31, 0x2A): "SL4X",
    (0x32, 0x27): "SL4X", (0x32, 0x29): "SL4X", (0x22, 0x2F): "SEEWORLD", (0x16, 0x26): "SEEWORLD", (0xA3, 0x0C): "SEEWORLD",
    (0xA3, 0x18): "SEEWORLD", (0x17, 0x28): "RFID", (0xA2, 0x40): "LW4G", (0x36, 0x35): "TRX16I", (0x16, 0x2D): "TRX16I",
}  # fmt: skip
"""Devices that fill a type in a way of their own, told by its length."""

_ALARMS: dict[int, str] = {
    0x01: "sos", 0x02: "powerCut", 0x03: "vibration", 0x04: "geofenceEnter", 0x05: "geofenceExit", 0x06: "overspeed",
    0x09: "vibration", 0x0C: "tampering", 0x0E: "lowBattery", 0x0F: "lowBattery", 0x11: "powerOff", 0x13: "tampering",
    0x14: "door", 0x18: "removing", 0x19: "lowBattery", 0x1A: "hardBraking", 0x1B: "hardCornering", 0x23: "fallDown",
    0x25: "tampering", 0x26: "hardAcceleration", 0x27: "hardBraking", 0x28: "hardBraking", 0x29: "hardAcceleration",
    0x2A: "hardCornering", 0x2B: "hardCornering", 0x2C: "accident", 0x2E: "hardCornering", 0x30: "jamming",
    0x32: "tampering", 0x33: "lock", 0x34: "unlock", 0x53: "fuelLeak", 0x5B: "temperature", 0x5C: "temperature",
    0xC9: "idle", 0xF0: "hardAcceleration", 0xF1: "hardBraking", 0xF2: "accident", 0x0107: "jamming", 0x010B: "jamming",
}  # fmt: skip
_OWN_ALARMS: dict[str, dict[int, str]] = {
    "LW": {0x18: "accident", 0x19: "hardAcceleration"},
    "SEEWORLD": {0x28: "hardCornering", 0x29: "accident"},
    "VL": {0x09: "tow", 0x28: "powerOff", 0x30: "hardBraking"},
    "TRX16I": {0x09: "geofence", 0x0E: "lowPower"},
}
_STATUS_ALARMS = {1: "vibration", 2: "powerCut", 3: "lowBattery", 4: "sos", 6: "geofence", 7: "removing"}
_CAMERA_ALARMS = {
    0x01: "sos", 0x0E: "lowPower", 0x76: "temperature", 0x80: "vibration", 0x87: "overspeed", 0x88: "powerCut",
    0x90: "hardAcceleration", 0x91: "hardBraking", 0x92: "hardCornering", 0x93: "accident",
}  # fmt: skip
_MODULE_ALARMS = {
    0x10: "door", 0x12: "removing", 0x14: "geofenceEnter", 0x15: "geofenceExit", 0x16: "temperature", 0x1A: "lowBattery",
    0x1B: "overspeed", 0x1C: "powerOn", 0x1D: "powerOff", 0x20: "vibration", 0x21: "powerCut", 0x23: "tampering",
}  # fmt: skip
_VOLTS_OF_CAR = {
    40: "odometer", 43: "fuel", 45: "coolantTemp", 53: "obdSpeed", 54: "rpm", 71: "fuelUsed", 73: "hours",
}  # fmt: skip
_PLACE = re.compile(
    r"Current position!Lat:([NS])([\d.]+),Lon:([EW])([\d.]+),Course:([\d.]+),Speed:([\d.]+),"
    r"DateTime:(\d{4})-(\d\d)-(\d\d) +(\d\d):(\d\d):(\d\d)"
)
_FUEL = re.compile(r"!AIOIL,\d+,[\d.]+,([\d.]+),[^,]+,\d{4},([\d.]+),[01],\d+,[0-9A-Fa-f]{2}")
_VL = frozenset({"VL103", "LL303", "VL512", "G18"})

_MIRROR = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def crc(content: bytes) -> int:
    """CRC-16/X-25 (ITU-T X.25): the library's CRC of the mirrored bytes, mirrored."""
    found = binascii.crc_hqx(content.translate(_MIRROR), 0xFFFF) ^ 0xFFFF
    return _MIRROR[found & 0xFF] << 8 | _MIRROR[found >> 8]


class Gt06(Protocol):
    name = "gt06"
    port = 5023
    text = False
    longest = 4096

    def __init__(self, model: str = "") -> None:
        super().__init__(model)
        self._zone = timedelta(0)
        """What the device's clock is ahead of UTC, where it said so when it signed in."""
        self._short: dict[int, Read] = {
            HEARTBEAT: self._heartbeat, 0x15: self._words, 0x21: self._said, 0x40: self._pack, 0x61: self._driver,
            0x70: self._modules, 0x95: self._camera, 0xB2: self._tag, 0xF3: self._wifi, 0x69: self._wifi,
            0x94: self._power, 0x38: self._fix_first,
        }  # fmt: skip
        self._long: dict[int, Read] = {
            0x15: self._words, 0x21: self._said, 0x32: self._az735, 0x33: self._az735, 0x70: self._modules,
            0x8C: self._car, 0x94: self._instrument, 0x9B: self._serial, 0xF1: self._device, 0xF2: self._device,
            0x38: self._fix_first,
        }  # fmt: skip

    # frames

    def _next(self, rest: bytearray) -> bytes | None:
        while True:
            at = _begin(rest)
            del rest[: len(rest) if at < 0 else at]
            if len(rest) < 5:
                return None
            total = _total(rest)
            if len(rest) >= total and rest[total - 2 : total] == TAIL and total > 5 + (rest[0] == 0x79):
                return _off(rest, total)
            # half a frame, or one whose length is not to be believed: the next end decides, and a whole frame before that
            end, inner = rest.find(TAIL, 5), _whole_within(rest)
            if inner and (end < 0 or inner <= end):
                del rest[:inner]
            elif len(rest) < total <= self.longest and not inner:
                return None
            elif 0 <= end < self.longest:
                return _off(rest, end + 2)
            elif len(rest) < self.longest:
                return None
            else:
                del rest[:2]

    def _checksum(self, frame: bytes) -> bool | None:
        return frame[:2] in (SHORT, LONG) and len(frame) >= 10 and crc(frame[2:-4]) == int.from_bytes(frame[-4:-2])

    def _reply(self, frame: bytes, now: datetime) -> bytes:
        wide = frame[:2] == LONG
        if frame[:2] not in (SHORT, LONG) or len(frame) < (11 if wide else 10):
            return b""
        kind, serial = frame[4 if wide else 3], frame[-6:-4]
        if not wide and kind in (0x17, 0x69) and frame[2] < 0x10 and self._variant(frame) != "RFID":
            return SHORT + b"\0" + bytes([kind]) + frame[4:10] + TAIL
        if kind == ADDRESS:
            # where it is we do not tell: no address, no telephone
            answer = b"NA&&NA&&0##"
            return _framed(LONG, ADDRESS_ANSWER, bytes([len(answer)]) + bytes(4) + answer, b"\0\0")
        if kind == TIME:
            clock = bytes([now.year % 100, now.month, now.day, now.hour, now.minute, now.second])
            return _framed(SHORT, TIME, clock, b"\0\0")
        if kind in (0x80, 0x81, 0x82) or (wide and kind in (0x21, 0x66, 0x8C, 0x94, 0x9B)):
            return b""
        return _framed(LONG if wide and kind in (0x32, 0x33, 0x41) else SHORT, kind, b"", serial)

    # meaning

    def _variant(self, frame: bytes) -> str:
        if frame[:2] != SHORT:
            return ""
        length, kind = frame[2], frame[3]
        if kind == 0x95 and frame[4:6] == b"\xff\xff":
            return "JC400"
        if kind == 0x12 and length >= 0x71:
            return "CARD"
        if kind == 0x19 and length >= 0x17:
            return "SPACE10X"
        return _VARIANTS.get((kind, length), "")

    def _read(self, frame: bytes, drafts: list[Draft]) -> None:
        wide = frame[:2] == LONG
        if frame[:2] not in (SHORT, LONG):
            return
        cursor = Cursor(frame, 4 if wide else 3, len(frame) - 6)
        kind = cursor.u8()
        draft = Draft(self.device)
        if kind == SIGN_IN:
            draft.kind = "sign-in"
            drafts.append(draft)
            self.device = draft.device = cursor.hex(8)[1:]
            cursor.skip(2)
            self._zone = _offset(cursor.u16()) if cursor.left >= 2 else timedelta(0)
            return
        if kind in (ADDRESS, TIME):
            draft.kind = "question"
            drafts.append(draft)
            return
        variant = self._variant(frame)
        read = self._reader(kind, wide, variant, cursor.left)
        if read is None:
            return
        drafts.append(draft)
        read(draft, cursor, kind, variant)

    def _reader(self, kind: int, wide: bool, variant: str, length: int) -> Read | None:
        if not wide:
            if kind == 0x17 and variant != "RFID":
                return self._wifi
            if kind == 0x34 and variant != "SL4X":
                return self._x1
            if kind == 0x24 and variant == "SR411":
                return self._sr411
            if kind == 0x36 and variant == "TRX16I":
                return self._trx16
            if kind == STATUS and length == 16:
                return self._long_status
            if kind in _MASTS_ONLY and not (kind == 0xA2 and variant == "LW4G"):
                return self._masts
        known = (self._long if wide else self._short).get(kind)
        if known is not None:
            return known
        if kind == 0x19 and variant == "SPACE10X":
            return None
        return self._usual if kind in _USUAL else None

    def _usual(self, draft: Draft, cursor: Cursor, kind: int, variant: str) -> None:
        """A fix, a mast, a status, as far as the type has them; then what its maker added."""
        newer = kind in (0x22, 0x25) and cursor.peek(1) < b"\4" and _number_first(cursor.peek(15)[1:])
        fix, state = kind in _FIX, kind in _STATE or newer
        if variant == "SEEWORLD" and kind == 0xA3:
            fix = False
        if kind == 0x36:
            fix = False
        if newer:
            cursor.skip(1)
        if newer or (kind == 0x12 and _number_first(cursor.peek(14))):
            self.device = draft.device = cursor.hex(8)[1:]
        if newer:
            cursor.skip(6)
        if fix:
            self._fix(draft, cursor)
        masted = kind in _MAST and not (variant == "SEEWORLD" and kind == 0xA3)
        if masted and cursor.left > 0:
            counted = state and kind not in (0x19, 0xA5, 0x39, 0xA2) and not (kind == 0x16 and variant == "VXT01")
            self._mast(draft, cursor, kind, variant, counted)
        if state:
            self._state(draft, cursor, kind, variant, newer)
        if kind in (0x36, 0xA2, 0x27, 0xA4, 0x39) or newer:
            cursor.skip(min(1, cursor.left))  # the language of its words
        self._extra(draft, cursor, kind, variant, newer)

    def _fix(
        self, draft: Draft, cursor: Cursor, *, satellites: bool = True, speed: int = 1, flags_first: bool = False
    ) -> None:
        draft.at = self._date(cursor)
        if satellites:
            draft.values["sat"] = cursor.u8() & 0x0F
        latitude, longitude = cursor.u32() / 1_800_000, cursor.u32() / 1_800_000
        flags = cursor.u16() if flags_first else None
        if speed:
            draft.speed_mps = (cursor.u16() if speed == 2 else cursor.u8()) * KMH_MPS
        if flags is None:
            flags = cursor.u16()
        self._flags(draft, latitude, longitude, flags)

    @staticmethod
    def _flags(draft: Draft, latitude: float, longitude: float, flags: int) -> None:
        draft.heading_deg = float(flags & 0x3FF)
        draft.fixed = bool(flags >> 12 & 1)
        draft.latitude = latitude if flags >> 10 & 1 else -latitude
        draft.longitude = -longitude if flags >> 11 & 1 else longitude
        if flags >> 14 & 1:
            draft.values["ignition"] = bool(flags >> 15 & 1)

    def _mast(self, draft: Draft, cursor: Cursor, kind: int, variant: str, counted: bool) -> None:
        length = 0
        if counted:
            length = cursor.u8()
            if length == 0:
                if not any(cursor.peek(45)[9:]):
                    cursor.skip(min(cursor.left, 45))
                return
        sort = cursor.u8() if kind in (0x38, 0x39) else 0
        country = cursor.u16()
        network = cursor.u16() if country >> 15 or kind == 0x11 or variant == "SL4X" else cursor.u8()
        wide = sort >= 3 or kind in _WIDE
        area = cursor.u32() if wide else cursor.u16()
        if wide or variant == "SL4X":
            cell = int.from_bytes(cursor.take(8))
        elif kind in (0x11, 0x61, 0x25) or variant == "SEEWORLD" or (variant == "TRX16I" and kind == 0x36):
            cell = cursor.u32()
        else:
            cell = cursor.u24()
        if sort >= 3:
            cursor.u16()
        elif kind in (0x38, 0x39):
            cursor.u8()
        draft.values["network"] = f"{country & 0x7FFF},{network},{area},{cell}"
        if length > 9:
            cursor.skip(length - 9)

    def _status(self, draft: Draft, cursor: Cursor, variant: str) -> None:
        status = cursor.u8()
        draft.values |= {
            "status": status, "ignition": bool(status & 2), "charge": bool(status & 4), "blocked": bool(status & 0x80),
        }  # fmt: skip
        alarm = _STATUS_ALARMS.get(status >> 3 & 7)
        draft.alarm("overspeed" if alarm == "removing" and variant == "VXT01" else alarm)

    def _alarm(self, code: int, variant: str) -> str | None:
        sort = "LW" if self.model.startswith("LW") else "VL" if self.model in _VL else self.model
        own = _OWN_ALARMS.get("TRX16I" if variant == "TRX16I" else sort, {})
        return own.get(code) or _ALARMS.get(code)

    def _state(self, draft: Draft, cursor: Cursor, kind: int, variant: str, newer: bool) -> None:
        if kind == 0xA2:
            cursor.u8()
        self._status(draft, cursor, variant)
        values = draft.values
        if variant == "OBD6":
            signal = cursor.u16()
            values["sat"], values["rssi"] = (signal >> 10 & 31) + (signal >> 5 & 31), signal & 31
            draft.alarm(self._alarm(cursor.u8(), variant))
            cursor.u8()
            draft.level(cursor.u8())
            mode = cursor.u8()
            values["power"] = cursor.u16() / 100
            cursor.skip(3)
            if mode == 4:
                values["temp1"] = cursor.i16() / 10
            return
        if variant == "SEEWORLD" and kind == 0xA3 and cursor.left >= 16:
            cursor.skip(3)
            values["rssi"], values["power"] = cursor.u8(), float(cursor.u8())
            cursor.skip(3)
            values["steps"] = cursor.u32()
            draft.level(cursor.u8())
            values["charge"], values["motion"] = cursor.u8() == 1, cursor.u8() == 1
            return
        if kind == 0xA2 or newer:
            values["power"] = cursor.u16() / 100
        if kind == STATUS and self.model == "R11":
            values["power"] = cursor.u16() / 100
        else:
            battery = cursor.u8()
            if newer:
                values["battery"] = battery / 10
            else:
                draft.level(battery * 100 // 6 if battery <= 6 else battery)
        values["rssi"] = cursor.u8()
        if kind == STATUS and self.model.startswith("LW"):
            values["power"] = (cursor.u16() & 0xFFF) / 10
            return
        code = cursor.u8()
        if kind in (0x27, 0xA4, 0x39):
            code += (int.from_bytes(cursor.peek(1)) >> 4) << 8
        if kind == STATUS and self.model == "SEEWORLD":
            values["power"] = float(code)
        elif variant != "VXT01":
            draft.alarm(self._alarm(code, variant))
            if variant == "TRX16I":
                values["event"] = code

    def _extra(self, draft: Draft, cursor: Cursor, kind: int, variant: str, newer: bool) -> None:
        values = draft.values
        if kind == 0x16 and variant == "TRX16I":
            cursor.u8()
            _driver(values, cursor.hex(8))
        if kind in (0x36, 0x39):
            self._add_ons(draft, cursor)
        if kind == 0xA2:
            values["odometer"], values["hours"] = cursor.u32(), cursor.u32() * 1000
            cursor.skip(8)
            values["input"] = cursor.u16()
        if kind == 0x12:
            self._extra_of_12(draft, cursor, variant)
        if kind == 0x22 and variant == "SEEWORLD":
            values["ignition"] = cursor.u8() > 0
            cursor.skip(2)
            values["odometer"] = cursor.u32()
            cursor.skip(4)
            values["temp1"], values["humidity"] = _signed(cursor.u16(), 15) / 100, cursor.u16() / 100
        if kind == 0x32 and variant == "SL4X":
            values["altitude"] = float(cursor.i16())
        if kind in (0x22, 0x37, 0x2D, 0x31) and cursor.left >= 3 and not newer and variant != "SEEWORLD":
            values["ignition"], values["event"], values["archive"] = cursor.u8() > 0, cursor.u8(), cursor.u8() > 0
            if variant == "SL4X":
                if cursor.left > 2:
                    values["odometer"] = cursor.u32()
                values["altitude"] = float(cursor.i16())
        if kind == 0x37:
            module, length = cursor.u16(), cursor.u8()
            if module == 0x27:
                values["power"] = cursor.u16() / 100
            elif module == 0x2E:
                values["odometer"] = cursor.u32()
            elif module == 0x3B:
                draft.accuracy_m = cursor.u16() / 100
            else:
                cursor.skip(length)
        if kind == 0x17:
            values["driverUniqueId"] = cursor.hex(8)
            cursor.u8()
        if newer:
            values["odometer"], values["hours"] = cursor.u24(), cursor.u24() * 60_000
            if kind == 0x25 and (length := cursor.u8()):
                cursor.u8()
                values["driverUniqueId"] = cursor.hex(length - 1)
        if cursor.left in (3, 7):
            values["ignition"] = cursor.u8() > 0
            cursor.u8()
            if cursor.u8():
                values["archive"] = True
        if cursor.left == 4:
            values["odometer"] = cursor.u32()
        if kind in (0x27, 0xA4) and cursor.left:
            values["geofence"] = cursor.u8()

    def _extra_of_12(self, draft: Draft, cursor: Cursor, variant: str) -> None:
        values = draft.values
        if variant == "CARD":
            values["odometer"] = cursor.u32()
            card = cursor.text(cursor.u8())
            cursor.skip(2)
            values["card"] = card.strip()
        elif variant == "BENWAY":
            mask = cursor.u16()
            values["ignition"], values["in2"] = bool(mask >> 15 & 1), bool(mask >> 14 & 1)
            if mask >> 12 & 1:
                values["temp1"] = -(mask & 0x1FF) if mask >> 9 & 1 else mask & 0x1FF
            else:
                values["adc1"] = mask & 0x3FF if mask >> 13 & 1 else (mask & 0x3FF) / 10
        elif variant in ("VXT01", "S5"):
            self._status(draft, cursor, variant)
            values["power"], values["rssi"], code = cursor.u16() / 100, cursor.u8(), cursor.u8()
            if variant == "S5":
                draft.alarm(self._alarm(code, variant))
                values["oil"], values["temp1"] = cursor.u16(), _signed(cursor.u8(), 7)
                values["odometer"] = cursor.u32() * 10
        elif variant == "WETRUST":
            values["odometer"] = cursor.u32()
            values["card"] = cursor.text(cursor.u8())
            draft.alarm("general" if cursor.u8() else None)
            values["cardStatus"], values["drivingTime"] = cursor.u8(), cursor.u16()

    def _add_ons(self, draft: Draft, cursor: Cursor) -> None:
        while cursor.left >= 3:
            sort, length = cursor.u16(), cursor.u8()
            if sort == 0x18:
                draft.values["battery"] = cursor.u16() / 100
            elif sort == 0x32:
                draft.values["startupStatus"] = cursor.u8()
            elif sort == 0x6A:
                draft.level(cursor.u8())
            else:
                cursor.skip(length)

    # types of their own

    def _heartbeat(self, draft: Draft, cursor: Cursor, *unused: object) -> None:
        draft.kind = "heartbeat"
        status = cursor.u8()
        draft.values |= {"armed": bool(status & 1), "ignition": bool(status & 2), "charge": bool(status & 4)}
        if cursor.left >= 2:
            draft.values["battery"] = cursor.u16() / 100
        if cursor.left >= 1:
            draft.values["rssi"] = cursor.u8()

    def _long_status(self, draft: Draft, cursor: Cursor, *unused: object) -> None:
        cursor.skip(5)
        draft.level(cursor.u8())
        cursor.skip(8)
        draft.values["temp1"] = -_signed(cursor.u16(), 15) / 10

    def _x1(self, draft: Draft, cursor: Cursor, *unused: object) -> None:
        cursor.u32()
        self._fix(draft, cursor)
        cursor.u16()
        draft.values["odometer"] = cursor.u32()
        cursor.skip(9)
        if driver := cursor.u32():
            draft.values["driverUniqueId"] = str(driver)
        draft.values["battery"], draft.values["power"] = cursor.u16() / 100, cursor.u16() / 100
        ports = cursor.u32()
        draft.values["input"], draft.values["output"] = cursor.u8(), cursor.u8()
        for number in range(1, (ports >> 20 & 15) + 1):
            draft.values[f"adc{number}"] = cursor.u16() / 100

    def _wifi(self, draft: Draft, cursor: Cursor, kind: int, variant: str) -> None:
        """Masts and access points: no place without asking somebody else where they are."""
        time = cursor.hex(6)
        draft.values["network"] = cursor.peek(cursor.left).hex()
        if time.isdecimal():
            draft.at = date(*(int(time[n : n + 2]) for n in range(0, 12, 2))) - self._zone

    def _masts(self, draft: Draft, cursor: Cursor, kind: int, variant: str) -> None:
        draft.at = self._date(cursor)
        draft.values["network"] = cursor.peek(cursor.left).hex()
        if kind == 0xA9:
            cursor.skip(2)
            cursor.skip(2 if cursor.peek(1)[:1] > b"\x7f" else 0)
            code, language = cursor.peek(cursor.left)[-2:]
            draft.alarm(self._alarm((language >> 4) << 8 | code, variant))

    def _power(self, draft: Draft, cursor: Cursor, *unused: object) -> None:
        draft.values["power"] = cursor.i16() / 100

    def _sr411(self, draft: Draft, cursor: Cursor, kind: int, variant: str) -> None:
        self._fix(draft, cursor)
        self._mast(draft, cursor, kind, variant, False)
        draft.values["ignition"] = cursor.u8() > 0
        draft.values["power"], draft.values["battery"] = cursor.u16() / 100, cursor.u16() / 100

    def _trx16(self, draft: Draft, cursor: Cursor, kind: int, variant: str) -> None:
        self._fix(draft, cursor)
        self._mast(draft, cursor, kind, variant, False)
        values = draft.values
        values["ignition"], values["uploadMode"], values["archive"] = cursor.u8() > 0, cursor.u8(), cursor.u8() > 0
        values["odometer"], values["power"] = cursor.u32(), cursor.u16() / 100
        values["battery"], values["hours"] = cursor.u8() / 10, cursor.u24() * 60_000
        _driver(values, cursor.hex(8))

    def _driver(self, draft: Draft, cursor: Cursor, kind: int, variant: str) -> None:
        cursor.skip(8)
        self._fix(draft, cursor)
        self._mast(draft, cursor, kind, variant, False)
        draft.values["driverUniqueId"] = str(cursor.u32() << 16 | cursor.u16())

    def _fix_first(self, draft: Draft, cursor: Cursor, kind: int, variant: str) -> None:
        self._fix(draft, cursor)
        cursor.skip(2)
        self._mast(draft, cursor, kind, variant, False)

    def _camera(self, draft: Draft, cursor: Cursor, kind: int, variant: str) -> None:
        """An alarm of a device with a camera. The event of a call stands at its end: looked at first, in its place."""
        placed, own = cursor.left > 9, variant == "JC400"
        if placed:
            if own:
                cursor.skip(3)
            self._fix(draft, cursor, satellites=own, speed=2 if own else 0, flags_first=own)
        else:
            draft.at = self._date(cursor)
        if own:
            draft.values["power"] = cursor.u16() / 10
        event = cursor.u8()
        draft.values["event"] = event
        draft.alarm("general" if event == 1 and not placed else _CAMERA_ALARMS.get(event))
        draft.values["eventData"] = cursor.u16()
        if cursor.left:
            draft.values["eventFiles"] = cursor.text(cursor.left)

    def _tag(self, draft: Draft, cursor: Cursor, *unused: object) -> None:
        draft.at = self._date(cursor)
        values = draft.values
        values["rssi"], values["tagMac"], values["tagUuid"] = cursor.i8(), cursor.hex(6), cursor.hex(16)
        values["tagMajor"], values["tagMinor"] = cursor.u16(), cursor.u16()
        values["tagBattery"], values["clock"] = cursor.u16() / 100, cursor.u8() >> 2 & 15

    def _words(self, draft: Draft, cursor: Cursor, *unused: object) -> None:
        length = cursor.u8()
        if length:
            cursor.u32()
            said = cursor.text(length - 4)
            if said.startswith("<ICCID:"):
                draft.values["iccid"] = said[7:27]
            else:
                draft.values["result"] = said

    def _pack(self, draft: Draft, cursor: Cursor, *unused: object) -> None:
        """The battery of a scooter."""
        cursor.skip(8)
        draft.at = datetime.fromtimestamp(cursor.u32(), UTC)
        values = draft.values
        values["relativeCapacity"], values["remainingCapacity"] = cursor.u8(), cursor.u16()
        values["absoluteCapacity"], values["fullCapacity"] = cursor.u8(), cursor.u16()
        values["batteryHealth"], values["batteryTemp"] = cursor.u8(), cursor.u16() / 10 - 273.1
        values["current"], values["battery"] = cursor.u16(), cursor.u16() / 1000
        values["cycleIndex"] = cursor.u16()

    def _said(self, draft: Draft, cursor: Cursor, *unused: object) -> None:
        cursor.u32()
        said = cursor.text(cursor.left, "ascii") if cursor.u8() == 1 else cursor.text(cursor.left, "utf-16-be")
        found = _PLACE.fullmatch(said)
        if not found:
            draft.values["result"] = said
            return
        draft.latitude = float(found[2]) * (-1 if found[1] == "S" else 1)
        draft.longitude = float(found[4]) * (-1 if found[3] == "W" else 1)
        draft.heading_deg, draft.speed_mps = float(found[5]), float(found[6]) * KMH_MPS
        draft.at = date(*(int(part) for part in found.groups()[6:]))

    def _instrument(self, draft: Draft, cursor: Cursor, *unused: object) -> None:
        values, sort = draft.values, cursor.u8()
        match sort:
            case 0x00:
                values["adc1"] = cursor.u16() / 100
            case 0x04:
                names = {f"ALM{n}": f"alarm{n}Status" for n in range(1, 5)} | {
                    "STA1": "otherStatus",
                    "DYD": "engineStatus",
                }
                for pair in cursor.text(cursor.left).split(";"):
                    name, _, value = pair.partition("=")
                    if name in names:
                        values[names[name]] = int(value, 16)
            case 0x05:
                if cursor.left >= 7:
                    draft.at = self._date(cursor)
                flags = cursor.u8()
                values["door"], values["io1"] = bool(flags & 1), bool(flags & 4)
            case 0x0A:
                cursor.skip(16)
                values["iccid"] = cursor.hex(10).rstrip("f")
            case 0x0B if cursor.left == 1:
                values["networkTechnology"] = "4G" if cursor.u8() else "2G"
            case 0x0B:
                values["power"] = cursor.u16() / 100
            case 0x0D:
                if cursor.peek(1) != b"!":
                    cursor.skip(6)
                if found := _FUEL.match(cursor.text(cursor.left)):
                    values["temp1"], values["fuel"] = float(found[1]), float(found[2])
            case 0x1B if cursor.peek(1).isalpha():
                values["serial"] = cursor.text(cursor.left)
            case 0x1B:
                cursor.skip(2)
                values["driverUniqueId"] = cursor.hex(4)
            case 0x1E:
                values["temp1"], values["humidity"] = cursor.i32() / 10, cursor.i32() / 10

    def _az735(self, draft: Draft, cursor: Cursor, kind: int, variant: str) -> None:
        draft.at = self._date(cursor)
        if cursor.u8():
            draft.values["sat"] = cursor.u8() & 0x0F
            latitude, longitude = cursor.u32() / 1_800_000, cursor.u32() / 1_800_000
            draft.speed_mps = cursor.u8() * KMH_MPS
            self._flags(draft, latitude, longitude, cursor.u16())
        length = cursor.u8()
        if length:
            draft.values["network"] = cursor.hex(length)
            draft.values["rssi"] = int(str(draft.values["network"])[-2:], 16)
        cursor.skip(cursor.u8())
        cursor.skip(cursor.u8())
        status = cursor.u8()
        draft.values["status"] = status
        if kind == 0x33:
            if status in (0xA0, 0xA1):
                draft.values["armed"] = status == 0xA0
            draft.alarm({0xA2: "lowBattery", 0xA3: "lowBattery", 0xA4: "general", 0xA5: "door"}.get(status))

    def _car(self, draft: Draft, cursor: Cursor, *unused: object) -> None:
        draft.at = self._date(cursor)
        draft.values["ignition"] = cursor.u8() > 0
        for pair in cursor.text(cursor.left - 12).split(","):
            name, _, value = pair.partition("=")
            code = int(name[:2], 16)
            if code == 74:
                draft.values["vin"] = value
            elif code in _VOLTS_OF_CAR:
                draft.values[_VOLTS_OF_CAR[code]] = int(value, 16) / 100

    def _modules(self, draft: Draft, cursor: Cursor, *unused: object) -> None:
        """Parts, each with its number and length: the alarm may stand anywhere among them."""
        values = draft.values
        while cursor.left >= 4:
            sort, length = cursor.u16(), cursor.u16()
            part = cursor.part(length)
            match sort:
                case 0x03:
                    values["iccid"] = part.hex(10)
                case 0x08:
                    self.device = draft.device = part.hex(8)[1:]
                case 0x09:
                    values["sat"] = part.u8()
                case 0x0A:
                    values["satVisible"] = part.u8()
                case 0x11:
                    values["network"] = part.hex(part.left)
                case 0x18:
                    values["battery"] = part.u16() / 100
                case 0x28:
                    values["hdop"] = part.u8() / 10
                case 0x29:
                    values["index"] = part.u32()
                case 0x2A:
                    inputs = part.u8()
                    values["door"], values["tamper"] = inputs & 15 > 0, inputs >> 4 > 0
                case 0x2B:
                    values["bootReason"] = part.u8()
                case 0x2E:
                    values["odometer"] = int.from_bytes(part.take(4), "little")
                case 0x33:
                    draft.at = datetime.fromtimestamp(part.u32(), UTC)
                    values["sat"], values["altitude"] = part.u8(), float(part.i16())
                    latitude, longitude = part.u32() / 1_800_000, part.u32() / 1_800_000
                    draft.speed_mps = part.u8() * KMH_MPS
                    self._flags(draft, latitude, longitude, part.u16())
                case 0x34:
                    event = part.u8()
                    values["event"] = event
                    draft.alarm(_MODULE_ALARMS.get(event))
                case 0x7F:
                    values |= {"tag1Id": part.hex(6), "tag1Battery": part.u16() / 1000, "tag1BatteryLevel": part.u8()}
                    values |= {"tag1Temp": part.i16() / 10, "tag1Humidity": part.i16(), "tag1Status": part.u8()}

    def _serial(self, draft: Draft, cursor: Cursor, *unused: object) -> None:
        cursor.u8()
        said = cursor.take(cursor.left)
        readable = all(32 <= byte < 127 or byte in b"\r\n\t" for byte in said)
        draft.values["result"] = said.decode().strip() if readable else said.hex()

    def _device(self, draft: Draft, cursor: Cursor, kind: int, variant: str) -> None:
        draft.at, values = datetime.fromtimestamp(cursor.u32(), UTC), draft.values
        while cursor.left >= 3:
            sort = cursor.u16()
            if kind == 0xF1:
                part = cursor.part(cursor.u8())
                match sort:
                    case 0x01:
                        values["motion"] = part.u8() in (2, 4)
                    case 0x02:
                        values["armed"] = part.u8() > 0
                    case 0x04:
                        values["ignition"] = part.u8() > 0
                    case 0x05:
                        values["power"] = part.u16() / 100
                    case 0x07:
                        values["charge"] = part.u8() > 0
                    case 0x0A:
                        values["chargeVoltage"] = part.u16()
                    case 0x0B:
                        values["batteryTemp"] = part.u16() / 10
            elif sort == 0x0A:
                part = cursor.part(cursor.u16())
                part.u8()
                values["mac"], values["event"], value = part.hex(6), part.u8(), part.u8()
                if values["event"]:
                    values["eventData"] = value
                values["dataType"], values["dataDetails"] = part.u8(), part.hex(part.left)
            elif sort == 0x0C:
                cursor.u8()
                values["externalBatteryLevel"] = cursor.u8()
                if cursor.u8():
                    values["externalBatteryCharge"] = True
                values["externalBatteryCycles"] = cursor.u16()
                cursor.skip(6)
            else:
                cursor.skip(cursor.u8() or cursor.u8())

    def _date(self, cursor: Cursor) -> datetime | None:
        """Six bytes; None for a clock that has never been set, which is no reason to read no further."""
        parts = cursor.take(6)
        try:
            return date(*parts) - self._zone
        except ValueError:
            return None


def _begin(rest: bytearray) -> int:
    """Where the next frame may begin; -1 nowhere. A last byte that may be half of a beginning counts."""
    found = [at for at in (rest.find(SHORT), rest.find(LONG)) if at >= 0]
    if found:
        return min(found)
    return len(rest) - 1 if rest and rest[-1] in (0x78, 0x79) else -1


def _total(rest: bytes | bytearray, at: int = 0) -> int:
    return rest[at + 2] + 5 if rest[at] == 0x78 else int.from_bytes(rest[at + 2 : at + 4]) + 6


def _whole_within(rest: bytearray) -> int:
    """Where behind the first byte a frame stands that is whole and has a right checksum; 0 nowhere."""
    for mark in (SHORT, LONG):
        at = rest.find(mark, 2)
        while 0 <= at <= len(rest) - 10:
            end = at + _total(rest, at)
            if (
                end <= len(rest)
                and end - at >= 10
                and rest[end - 2 : end] == TAIL
                and crc(bytes(rest[at + 2 : end - 4])) == int.from_bytes(rest[end - 4 : end - 2])
            ):
                return at
            at = rest.find(mark, at + 1)
    return 0


def _off(rest: bytearray, count: int) -> bytes:
    frame = bytes(rest[:count])
    del rest[:count]
    return frame


def _framed(begin: bytes, kind: int, content: bytes, serial: bytes) -> bytes:
    length = len(content) + 5
    said = length.to_bytes(2 if begin == LONG else 1) + bytes([kind]) + content + serial
    return begin + said + crc(said).to_bytes(2) + TAIL


def _offset(bits: int) -> timedelta:
    """hhmm in the upper twelve bits, west of Greenwich by a bit of its own."""
    hours, minutes = divmod(bits >> 4, 100)
    ahead = timedelta(hours=hours, minutes=minutes) if hours <= 14 and minutes < 60 else timedelta(0)
    return -ahead if bits & 8 else ahead


def _number_first(content: bytes) -> bool:
    """Whether the device's number stands before the date, as with some makers."""
    return (
        len(content) == 14
        and content[0] < 0x10
        and content[:8].hex().isdecimal()
        and not _is_date(content[:6])
        and _is_date(content[8:])
    )


def _is_date(content: bytes) -> bool:
    return 1 <= content[1] <= 12 and 1 <= content[2] <= 31 and content[3] < 24 and content[4] < 60 and content[5] < 60


def _signed(value: int, bits: int) -> int:
    """Sign and magnitude."""
    return -(value & (1 << bits) - 1) if value >> bits & 1 else value


def _driver(values: dict[str, object], tag: str) -> None:
    if tag.strip("0"):
        values["driverUniqueId"] = tag
