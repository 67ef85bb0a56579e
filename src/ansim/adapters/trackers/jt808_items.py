"""The items behind a location of JT/T 808: number, length, content. Makers use the upper half of the numbers as they like, so that
the length decides between them."""

from __future__ import annotations

from ansim.adapters.trackers.protocol import Cursor, Draft

_AOVX = frozenset({"AL300", "GL100"})

# item -> name, bytes, divisor; the length must be as said where makers differ
_NUMBERS: dict[int, tuple[str, int, int]] = {
    0x14: ("videoAlarm", 4, 1), 0x25: ("input", 4, 1), 0x30: ("rssi", 1, 1), 0x31: ("sat", 1, 1), 0x69: ("battery", 2, 100),
    0x82: ("power", 2, 10), 0xAC: ("odometer", 4, 1), 0xD3: ("power", 2, 10), 0xE2: ("fuel", 4, 10), 0xF1: ("power", 4, 1000),
    0xFC: ("geofence", 1, 1),
}  # fmt: skip
_TEXTS = {
    0x67: "password",
    0x94: "vin",
    0xBC: "driver",
    0xBD: "driverUniqueId",
    0xED: "card",
    0xF2: "versionFw",
    0xFB: "container",
}
_LIVE: dict[int, tuple[str, int, float, int]] = {
    0x01: ("odometer", 4, 100, 0), 0x02: ("fuel", 2, 0.1, 0), 0x03: ("obdSpeed", 2, 0.1, 0), 0x61: ("power", 2, 0.01, 0),
    0x69: ("battery", 2, 0.01, 0), 0x80: ("obdSpeed", 1, 1, 0), 0x81: ("rpm", 2, 1, 0), 0x82: ("power", 2, 0.1, 0),
    0x83: ("engineLoad", 1, 1, 0), 0x84: ("coolantTemp", 1, 1, -40), 0x85: ("fuelConsumption", 2, 1, 0),
    0x86: ("intakeTemp", 1, 1, -40), 0x87: ("intakeFlow", 2, 1, 0), 0x88: ("intakePressure", 1, 1, 0), 0x89: ("throttle", 1, 1, 0),
    0x8C: ("obdOdometer", 4, 100, 0), 0x8D: ("tripOdometer", 2, 1000, 0), 0x8E: ("fuel", 1, 1, 0),
}  # fmt: skip
_CAR_PARTS: dict[int, tuple[str, int, float, int]] = {
    0x0002: ("obdSpeed", 2, 0.1, 0), 0x0003: ("rpm", 2, 1, 0), 0x0004: ("power", 2, 0.001, 0), 0x0005: ("obdOdometer", 4, 100, 0),
    0x0007: ("fuelConsumption", 2, 0.1, 0), 0x0008: ("engineLoad", 2, 0.1, 0), 0x0009: ("coolantTemp", 2, 1, -40),
    0x000B: ("intakePressure", 2, 1, 0), 0x000C: ("intakeTemp", 2, 1, -40), 0x000D: ("intakeFlow", 2, 1, 0),
    0x0100: ("tripOdometer", 2, 0.1, 0), 0x0102: ("tripFuel", 2, 0.1, 0), 0x0112: ("hardAccelerationCount", 2, 1, 0),
    0x0113: ("hardDecelerationCount", 2, 1, 0), 0x0114: ("hardCorneringCount", 2, 1, 0),
}  # fmt: skip
_CAMERA_ALARMS = {
    0x0001: "fault", 0x0400: "hardAcceleration", 0x0412: "hardAcceleration", 0x0401: "hardBraking", 0x0413: "hardBraking",
    0x0402: "hardCornering", 0x0414: "hardCornering", 0x0403: "overspeed", 0x0405: "accident", 0x0416: "accident",
    0x0417: "accident", 0x0406: "vibration", 0x0407: "tow", 0x0408: "geofenceEnter", 0x0409: "geofenceExit", 0x040C: "door",
    0x0415: "laneChange", 0x0C01: "sos", 0x0C02: "lowPower", 0x0C05: "general", 0x0C0E: "powerCut", 0x0C0F: "lowBattery",
    0x0C10: "powerOff", 0x0C12: "tampering",
}  # fmt: skip
_CAR_TEXT = (
    "power", "rpm", "obdSpeed", "throttle", "engineLoad", "coolantTemp", "fuelConsumption", "fuelConsumption", "tripOdometer",
    "obdOdometer", "tripFuelUsed", "fuelUsed",
)  # fmt: skip


def read_item(draft: Draft, item: int, length: int, part: Cursor, model: str) -> None:
    """One item of a location. Raises Cut, ValueError or LookupError when it is not what its number says."""
    values = draft.values
    if item in _NUMBERS:
        name, size, divisor = _NUMBERS[item]
        raw = int.from_bytes(part.take(size))
        values[name] = raw if divisor == 1 else raw / divisor
        return
    if item in _TEXTS:
        if length:
            values[_TEXTS[item]] = part.text(length)
        return
    match item:
        case 0x01:
            values["odometer"] = part.u32() * 100
        case 0x02:
            fuel = part.u16()
            values["fuel"] = fuel & 0x7FFF if fuel >> 15 else fuel / 10
        case 0x06:
            draft.level(part.u8())
        case 0x0B:
            values["lockCommand"] = part.u8()
            if length in (5, 6):
                values["lockCard"] = part.u32()
            elif length >= 7:
                values["lockPassword"] = part.text(6)
            if length % 2 == 0:
                values["unlockResult"] = part.u8()
        case 0x2B | 0xA7:
            values["adc1"], values["adc2"] = part.u16() / 100, part.u16() / 100
        case 0x33 if length == 1:
            values["mode"] = part.u8()
        case 0x33:
            said = part.text(length)
            if said.startswith("*M00"):
                values["battery"] = int(said[10:13]) / 100
        case 0x51 if length in (2, 16):
            for number in range(1, length // 2 + 1):
                raw = part.u16()
                if raw != 0xFFFF:
                    values[f"temp{number}"] = (-(raw & 0x7FFF) if raw >> 15 else raw) / 10
        case 0x56:
            draft.level(part.u8() * 10)
        case 0x57:
            alarm = part.u16()
            for bit, name in ((8, "hardAcceleration"), (9, "hardBraking"), (10, "hardCornering")):
                if alarm >> bit & 1:
                    draft.alarm(name)
        case 0x60:
            event = values["event"] = part.u16()
            if 0x61 <= event <= 0x66:
                part.skip(6)
                values["driverUniqueId"] = part.text(8)
        case 0x63:
            for number in range(1, length // 11 + 1):
                values[f"lock{number}Id"], values[f"lock{number}Battery"] = part.hex(6), part.u16() / 1000
                values[f"lock{number}Seal"] = part.u8() == 0x31
                part.skip(2)
        case 0x64 | 0x65:
            part.skip(5)
            values["adasAlarm" if item == 0x64 else "dmsAlarm"] = part.u8()
            if length >= 47:
                part.skip(part.left - 16)
                values["alarmLabel"] = part.hex(16)
        case 0x68:
            draft.level(part.u16() / 100)
        case 0x70:
            part.skip(5)
            draft.alarm({1: "hardAcceleration", 2: "hardBraking", 3: "hardCornering", 0x16: "accident"}.get(part.u8()))
        case 0x77:
            while part.left:
                tyre = f"tire{part.u8()}"
                values[f"{tyre}SensorId"], values[f"{tyre}Pressure"] = part.hex(3), (part.u16() & 0x3FF) / 40
                values[f"{tyre}Temp"], values[f"{tyre}Status"] = part.u8() - 50, part.u8()
        case 0x91:
            values["battery"], values["rpm"], values["obdSpeed"] = part.u16() / 10, part.u16(), part.u8()
            values["throttle"], values["engineLoad"] = part.u8() * 100 // 255, part.u8() * 100 // 255
            values["coolantTemp"] = part.u8() - 40
            part.u16()
            values["fuelConsumption"] = part.u16() / 100
            part.skip(8)
            values["fuelUsed"] = part.u16() / 100
        case 0xD0:
            if part.u32() >> 3 & 1:
                draft.alarm("vibration")
        case 0xD4 | 0xE1 | 0xE9:
            _read_level(draft, item, length, part)
        case 0xD5 if length == 2:
            values["battery"] = part.u16() / 100
        case 0xD5:
            for number in range(1, part.u8() + 1):
                values[f"lock{number}Id"], values[f"lock{number}Card"] = part.hex(5), part.hex(5)
                values[f"lock{number}Battery"], values[f"lock{number}Locked"] = part.u8(), not part.u16() >> 5 & 1
        case 0xDA:
            part.u16()
            state = part.u8()
            values["string"], values["motion"], values["cover"] = bool(state & 1), bool(state & 4), bool(state & 8)
        case 0xE3:
            part.u8()
            draft.level(part.u8())
            values["battery"] = part.u16() / 100
        case 0xE4:
            if part.u8() == 0:
                values["charge"] = True
            draft.level(part.u8())
        case 0xE5 if length == 1:
            values["motion"] = part.u8() == 1
        case 0xE6 if part.peek(7) == b"$OBD-RT":
            read_car(draft, part.text(length))
        case 0xE6 if length and length % 11 == 0:
            while part.left:
                number = part.u8()
                part.skip(6)
                values[f"temp{number}"], values[f"humidity{number}"] = _fraction(part), _fraction(part)
        case 0xE7 if length == 8:
            alarm = part.u16()
            if alarm >> 1 & 7:
                draft.alarm("sos")
            if alarm & 1:
                draft.alarm("vibration")
        case 0xE8 if length == 3:
            values["lockStatus"] = part.u24()
        case 0xE8:
            _read_camera(draft, part)
        case 0xEA if length > 2:
            _read_surroundings(draft, part)
        case 0xEB:
            _read_parts(draft, length, part)
        case 0xEE if length == 6:
            values["rssi"], values["power"], values["battery"] = part.u8(), part.u16() / 1000, part.u16() / 1000
            values["sat"] = part.u8()
        case 0xF0 | 0xEC | 0xF4:
            values["network"] = part.hex(part.left)
        case 0xF3 if model in _AOVX:
            values["tags"] = part.hex(part.left)
        case 0xF3:
            _read_numbers(draft, part, _CAR_PARTS, wide=True)
        case 0xF5 if length == 2:
            values["illuminance"] = part.u16()
        case 0xF6 if length == 2 and model not in _AOVX:
            values["airPressure"] = part.u16()
        case 0xF6 if length == 8 and model not in _AOVX:
            values["imei"] = part.hex(8)[1:]
        case 0xF6:
            _read_sensors(draft, part)
        case 0xF7 if length == 2:
            values["humidity"] = part.u16() / 10
        case 0xF7:
            values["battery"] = part.u32() / 1000
            if length >= 5 and part.u8() in (2, 3):
                values["charge"] = True
            if length >= 6:
                draft.level(part.u8())
        case 0xF8 if model in _AOVX or length >= 19:
            part.skip(9)
            values["iccid"] = part.hex(10)
        case 0xF8:
            raw = part.u16()
            if model in ("C5", "C5L"):
                values["steps"] = raw
            else:
                values["temp2"] = raw / 10 - 50
        case 0xF9:
            mask = part.u16()
            part.skip(4 * (mask & 1) + 4 * (mask >> 1 & 1))
            if mask >> 2 & 1:
                values["hdop"] = part.u16() / 10
            part.skip(6 * (mask >> 3 & 1) + 8 * (mask >> 5 & 1))
            if mask >> 6 & 1:
                values["temp3"] = part.i16() / 10
        case 0xFE if length == 1:
            draft.level(part.u8())
        case 0xFE if length == 2:
            values["power"] = part.u16() / 10
        case 0xFE if length == 4:
            values["odometer"] = part.u32()
        case 0xFE:
            _read_marked(draft, part)


def read_live(draft: Draft, cursor: Cursor) -> None:
    """What a car says of itself now: items of their own up to the end of the frame."""
    while cursor.left >= 2:
        item, length = cursor.u8(), cursor.u8()
        part = cursor.part(length)
        if item == 0x56:
            part.u8()
            draft.level(part.u8())
        elif item == 0x8B:
            draft.values["vin"] = part.text(17)
        elif item == 0xA0:
            draft.values["dtcs"] = part.text(length).replace(",", " ")
        elif item == 0xCC:
            draft.values["iccid"] = part.text(20)
        else:
            _number(draft, part, _LIVE.get(item))


def read_car(draft: Draft, said: str) -> None:
    """$OBD-RT,volts,…"""
    for name, value in zip(_CAR_TEXT, said.strip().split(",")[1:], strict=False):
        if value:
            draft.values[name] = int(value) if name == "coolantTemp" else float(value)


def _number(draft: Draft, part: Cursor, known: tuple[str, int, float, int] | None) -> None:
    if known is not None:
        name, size, factor, offset = known
        raw = int.from_bytes(part.take(size)) + offset
        draft.values[name] = raw * round(factor) if factor >= 1 else raw / round(1 / factor)


def _read_numbers(draft: Draft, part: Cursor, known: dict[int, tuple[str, int, float, int]], *, wide: bool) -> None:
    while part.left >= 3:
        item = part.u16() if wide else part.u8()
        inner = part.part(part.u8())
        if item == 0x0050:
            draft.values["vin"] = inner.text(17)
        elif item == 0x000E:
            draft.values["throttle"] = inner.u16() * 100 // 255
        else:
            _number(draft, inner, known.get(item))


def _read_level(draft: Draft, item: int, length: int, part: Cursor) -> None:
    if length == 1:
        level = part.u8()
        if level == 0xFF:
            draft.values["charge"] = True
        else:
            draft.level(level)
    elif item == 0xE1 and length >= 12 and (length - 4) % 8 == 0:
        draft.values["network"] = part.hex(part.left)
    elif item == 0xE1 and length == 2:
        draft.values["power"] = part.u16() / 10
    else:
        draft.values["driverUniqueId"] = str(part.u32())


def _fraction(part: Cursor) -> float:
    whole, rest = part.i8(), part.u8()
    return (-1 if whole < 0 else 1) * (abs(whole) + rest / 255)


def _read_camera(draft: Draft, part: Cursor) -> None:
    """Events of cameras that are worn or driven; an SOS button is one of them."""
    values = draft.values
    sort = part.u16()
    draft.alarm(_CAMERA_ALARMS.get(sort))
    match sort:
        case 0x0C03 | 0x0C04:
            values["ignition"] = sort == 0x0C03
        case 0x2002:
            part.u8()
            values["uploadMode"], values["buffered"] = part.u8(), part.u8() == 1
        case 0x2003:
            part.u8()
            values["charge"] = part.u8() == 1
            level = part.u8()
            if 1 <= level <= 6:
                draft.level(level * 100 // 6)
            values["battery"], values["rssi"], values["power"] = part.u16() / 100, part.u8(), part.u16() / 100
        case 0x2005:
            part.u8()
            while part.left >= 3:
                item = part.u16()
                inner = part.part(part.u8())
                match item:
                    case 0x0001:
                        values["battery"] = inner.u16() / 100
                    case 0x0002:
                        values["dataUsage"] = inner.u32()
                    case 0x0003:
                        draft.level(inner.u8())
                    case 0x0004:
                        values["charge"] = inner.u8() == 0
                    case 0x0005:
                        values["iccid"] = inner.hex(10)[:19]
                    case 0x0007:
                        values["hdop"] = inner.u16() / 10
                    case 0x2001:
                        values["power"] = inner.u16() / 10


def _read_surroundings(draft: Draft, part: Cursor) -> None:
    values = draft.values
    part.u8()
    while part.left >= 2:
        item, length = part.u8(), part.u8()
        if length > part.left:
            return
        inner = part.part(length)
        match item:
            case 0x11:
                values["externalAlarms"], values["alarmThresholdType"] = inner.u16(), inner.u8()
            case 0x13:
                values["externalIlluminance"] = inner.u16()
            case 0x14:
                values["externalAirPressure"] = inner.u16()
            case 0x15:
                values["externalHumidity"] = inner.u16() / 10
            case 0x16:
                values["externalTemp"] = inner.u16() / 10 - 50


def _read_parts(draft: Draft, length: int, part: Cursor) -> None:
    """Masts, a time zone in letters, or parts with a length and a number of two bytes each."""
    values, said = draft.values, part.peek(length)
    if int.from_bytes(said[:2]) > 200 and (length - 3) % 5 == 0:
        values["network"] = said.hex()
        return
    if said.isascii() and said.decode().isprintable():
        values["timezone"] = said.decode()
        return
    while part.left >= 4:
        inner = part.part(part.u16())
        size = inner.left
        match inner.u16():
            case 0x0001:
                values["fuel1"] = inner.u16() / 10
            case 0x0023:
                values["fuel2"] = float(inner.text(6))
            case 0x002D if size == 6:
                values["power"] = inner.u32() / 1000
            case 0x002D:
                values["battery"] = inner.u16() / 1000
            case 0x0089:
                alarm = inner.u32()
                for bit, name in ((0, "powerOff"), (12, "removing")):
                    if not alarm >> bit & 1:
                        draft.alarm(name)
            case 0x00B2:
                values["iccid"] = inner.hex(10).rstrip("f")
            case 0x00C5:
                alarm = inner.u32()
                if not alarm >> 6 & 1:
                    draft.alarm("vibration")
                if alarm >> 23 & 3 in (0, 1):
                    values["motion"] = alarm >> 23 & 3 == 0
            case 0x00C6:
                level = values["batteryAlarm"] = inner.u8()
                if level in (3, 4):
                    draft.alarm("lowBattery")
            case 0x00CE:
                values["power"] = inner.u16() / 100
            case 0x00B9 | 0x00D8:
                values["network"] = inner.hex(inner.left)
            case 0x00A8 | 0x00E1:
                draft.level(inner.u8())


def _read_sensors(draft: Draft, part: Cursor) -> None:
    values = draft.values
    event = values["event"] = part.u8()
    if event == 2:
        values["motion"] = True
    mask = part.u8()
    if mask & 1:
        values["lightSensor"] = part.u16()
    if mask & 2:
        values["temp1"] = part.i16() / 10
    if mask & 4:
        values["humidity"] = part.i16() / 10
    if mask & 8:
        values["gSensor"] = f"[{part.i16()},{part.i16()},{part.i16()}]"
    if mask & 16:
        part.skip(10)
    if mask & 32:
        values["airPressure"] = part.u16()


def _read_marked(draft: Draft, part: Cursor) -> None:
    if part.u8() == 0x7C:
        while part.left >= 2:
            item = part.u8()
            inner = part.part(part.u8())
            if item == 0x01:
                alarms = inner.u32()
                for bit, name in enumerate(
                    ("hardAcceleration", "hardBraking", "hardCornering", "accident", "tampering")
                ):
                    if alarms >> bit & 1:
                        draft.alarm(name)
    elif part.left:
        draft.level(part.u8())
