"""The OsmAnd form, as the Traccar client apps send it: a query (or form), or JSON with {"location", "device_id"}."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from ansim.adapters.trackers.report import KNOT_MPS, Report, instant, number, position, unfit


class OsmAnd:
    source = "osmand"

    def read_query(self, query: Mapping[str, str], now: datetime) -> Report:
        """Speed is in knots, as the app counts it; accuracy in metres, else from hdop."""
        device = query.get("id") or query.get("deviceid") or ""
        if not 1 <= len(device) <= 128:
            raise unfit("id", "the device's name, 1 to 128 characters")
        at = instant(query.get("timestamp"), "timestamp", now)
        hdop = number(query.get("hdop"), "hdop", 0, 100)
        accuracy = number(query.get("accuracy"), "accuracy", -1, 1_000_000)
        speed = number(query.get("speed"), "speed", -1, 800)
        place = position(
            number(query.get("lat"), "lat", -90, 90),
            number(query.get("lon"), "lon", -180, 180),
            accuracy_m=accuracy if accuracy is not None else None if hdop is None else hdop * 5,
            source="android",
            at=at,
            heading_deg=number(query.get("bearing") or query.get("heading"), "bearing", -1, 360),
            speed_mps=None if speed is None else speed * KNOT_MPS,
        )
        battery = number(query.get("batt"), "batt", -1, 100)
        sos = query.get("alarm", "").lower() == "sos"
        return Report(device, sos, place, at, None if battery is None or battery < 0 else round(battery))

    def read_json(self, body: bytes, now: datetime) -> Report:
        try:
            sent = msgspec.json.decode(body, type=dict[str, Any])
        except (msgspec.MsgspecError, RecursionError):
            raise unfit("body", "a JSON object with location and device_id") from None
        location, device = sent.get("location"), sent.get("device_id")
        if not isinstance(device, str | int) or isinstance(device, bool) or not 1 <= len(str(device)) <= 128:
            raise unfit("device_id", "the device's name, 1 to 128 characters")
        if not isinstance(location, dict):
            raise unfit("location", "an object")
        coords = location.get("coords") or {}
        extras = location.get("extras") or {}
        battery = location.get("battery") or {}
        for name, value in (("coords", coords), ("extras", extras), ("battery", battery)):
            if not isinstance(value, dict):
                raise unfit(f"location.{name}", "an object")
        at = instant(location.get("timestamp"), "location.timestamp", now)
        place = position(
            number(coords.get("latitude"), "location.coords.latitude", -90, 90),
            number(coords.get("longitude"), "location.coords.longitude", -180, 180),
            accuracy_m=number(coords.get("accuracy"), "location.coords.accuracy", -1, 1_000_000),
            source="android",
            at=at,
            heading_deg=number(coords.get("heading"), "location.coords.heading", -1, 360),
            speed_mps=number(coords.get("speed"), "location.coords.speed", -1, 400),
        )
        level = number(battery.get("level"), "location.battery.level", -1, 1)
        sos = "sos" in (str(extras.get("alarm", "")).lower(), str(location.get("alarm", "")).lower())
        return Report(str(device), sos, place, at, None if level is None or level < 0 else round(level * 100))
