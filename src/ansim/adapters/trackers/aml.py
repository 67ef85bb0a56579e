"""Advanced Mobile Location (ETSI TS 103 625): the place that a telephone adds by itself to a call to 112 or 119.

Three forms say the same: text of an SMS (ML=1 and ML=2), the same packed as a data SMS in GSM-7 (3GPP TS 23.038), and a form
over HTTPS. Which one it is stands in its first bytes, because what passes it on seldom says so.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

from ansim.adapters.trackers.protocol import Draft
from ansim.adapters.trackers.report import Report, unfit

_SMS = b'A"ML='
_HEX = re.compile(rb"(?:[0-9A-Fa-f]{2}){20,}")
_NUMBER = re.compile(r"\+?[0-9]{3,20}")
_NAMES = {
    "si": "imsi", "ei": "imei", "mcc": "mcc", "mnc": "mnc", "pm": "method", "ls": "method", "lc": "confidence", "en": "called",
    "nc": "network", "hc": "home",
}  # fmt: skip
_FORM_NAMES = {
    "device_number": "msisdn", "device_imei": "imei", "device_imsi": "imsi", "device_model": "model", "device_os": "os",
    "location_certainty": "confidence", "location_source": "method", "location_floor": "floor", "cell_id": "cell",
    "cell_home_mcc": "home_mcc", "cell_home_mnc": "home_mnc", "cell_network_mcc": "mcc", "cell_network_mnc": "mnc",
}  # fmt: skip
_LONGEST = 4096


class Aml:
    def __init__(self, key: str | None = None) -> None:
        """`key`: by which an HTTPS message's HMAC is checked, where it has one."""
        self._key = key

    def read(self, body: bytes, now: datetime) -> Report:
        """Who calls is the report's device: her number, else that of her telephone. Raises Problem 400 for what is not AML.

        A length that is not the message's own is nothing to us: real telephones count differently.
        """
        body = body.strip(b"\r\n")
        if len(body) > _LONGEST:
            raise unfit("body", f"at most {_LONGEST} bytes")
        if _HEX.fullmatch(body):
            body = bytes.fromhex(body.decode())
        if not body.startswith(_SMS) and (unpacked := _unpacked(body)).startswith(_SMS):
            body = unpacked
        if body.startswith(_SMS):
            return self._sms(body, now)
        form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=100))
        if "v" not in form or not any(name.startswith(("location_", "device_")) for name in form):
            raise unfit("body", 'A"ML=…, the same as a data SMS, or v=1&device_number=…&location_latitude=…')
        return self._form(body, form, now)

    def _sms(self, body: bytes, now: datetime) -> Report:
        fields = dict(part.partition("=")[::2] for part in body.decode("ascii", "replace")[2:].split(";"))
        draft = Draft("")
        draft.values = _named(_NAMES, fields)
        if fields.get("ML") == "2":
            latitude, longitude, radius = (*fields.get("lo", "").split(","), "", "", "")[:3]
            # when she called, and how much before that the place was found
            draft.at = _instant(_number(fields.get("et")), before_ms=_number(fields.get("lt")) or 0.0)
        else:
            latitude, longitude, radius = (fields.get(name, "") for name in ("lt", "lg", "rd"))
            draft.at = _stamp(fields.get("top", ""))
        _place(draft, latitude, longitude, radius)
        if fields.get("pm") == "N" or fields.get("ls") == "N":
            draft.latitude = None
        return _called(draft, fields, now, None)

    def _form(self, body: bytes, form: Mapping[str, str], now: datetime) -> Report:
        draft = Draft("")
        draft.values = _named(_FORM_NAMES, form)
        milliseconds = _number(form.get("location_time"))
        draft.at = _instant(None if milliseconds is None else milliseconds / 1000)
        _place(draft, *(form.get(f"location_{name}", "") for name in ("latitude", "longitude", "accuracy")))
        said, _, signature = body.partition(b"&hmac=")
        right = None
        if signature and self._key:
            wanted = hmac.new(self._key.encode(), said, hashlib.sha1).hexdigest()
            right = hmac.compare_digest(wanted.encode(), signature.split(b"&")[0].lower())
        return _called(draft, form, now, right)


def _called(draft: Draft, fields: Mapping[str, str], now: datetime, right: bool | None) -> Report:
    for name in ("device_number", "device_imei", "ei", "device_imsi", "si"):
        number = fields.get(name, "").replace(" ", "")
        if _NUMBER.fullmatch(number):
            draft.device = number
            break
    draft.alarm("sos")
    return draft.report(now, right)


def _place(draft: Draft, latitude: str, longitude: str, radius: str) -> None:
    draft.latitude, draft.longitude, draft.accuracy_m = _number(latitude), _number(longitude), _number(radius)


def _named(names: Mapping[str, str], fields: Mapping[str, str]) -> dict[str, object]:
    values: dict[str, object] = {names[name]: value for name, value in fields.items() if name in names and value}
    confidence = _number(str(values.get("confidence", "")))
    if confidence is not None:
        values["confidence"] = confidence
    if "method" in values and names is _FORM_NAMES:
        values["method"] = str(values["method"]).lower()
    return values


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _instant(seconds: float | None, *, before_ms: float = 0.0) -> datetime | None:
    """None for what is no time: a call is not refused for its clock."""
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC) + timedelta(milliseconds=min(0.0, before_ms))
    except (ValueError, OverflowError, OSError):
        return None


def _stamp(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _unpacked(packed: bytes) -> bytes:
    """Septets, the lowest bits first. Of the default alphabet only letters, digits and signs that it shares with ASCII occur."""
    bits = int.from_bytes(packed, "little")
    return bytes(bits >> 7 * at & 0x7F for at in range(len(packed) * 8 // 7)).rstrip(b"\r\0")
