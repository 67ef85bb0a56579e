"""OwnTracks over HTTP: one JSON object with "_type". A location whose tag or point of interest is "sos" calls for
help.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from ansim.adapters.trackers.report import KMH_MPS, Report, instant, number, position, unfit


class OwnTracks:
    source = "owntracks"

    def read(self, body: bytes, device: str, now: datetime) -> Report | None:
        """`device` is what the app says in the headers X-Limit-U and X-Limit-D; without them its topic or tracker id.

        None for messages that are no location (waypoints, transitions, status): the app expects them to be taken.
        """
        try:
            sent = msgspec.json.decode(body, type=dict[str, Any])
        except (msgspec.MsgspecError, RecursionError):
            raise unfit("body", "a JSON object with _type") from None
        if sent.get("_type") != "location":
            if isinstance(sent.get("_type"), str):
                return None
            raise unfit("_type", "location, or another type of OwnTracks")
        named = device or str(sent.get("topic") or sent.get("tid") or "")
        if not 1 <= len(named) <= 128:
            raise unfit("tid", "the device's name, 1 to 128 characters")
        at = instant(sent.get("tst"), "tst", now)
        speed = number(sent.get("vel"), "vel", -1, 1440)
        place = position(
            number(sent.get("lat"), "lat", -90, 90),
            number(sent.get("lon"), "lon", -180, 180),
            accuracy_m=number(sent.get("acc"), "acc", -1, 1_000_000),
            source="android",
            at=at,
            heading_deg=number(sent.get("cog"), "cog", -1, 360),
            speed_mps=None if speed is None else speed * KMH_MPS,
        )
        battery = number(sent.get("batt"), "batt", -1, 100)
        words = {str(sent.get(name, "")).strip().lower() for name in ("tag", "poi", "alarm")}
        return Report(named, "sos" in words, place, at, None if battery is None or battery < 0 else round(battery))
