"""A place with its uncertainty: never a bare latitude and longitude."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

Latitude = Annotated[float, msgspec.Meta(ge=-90, le=90)]
Longitude = Annotated[float, msgspec.Meta(ge=-180, le=180)]
AccuracyM = Annotated[float, msgspec.Meta(ge=0, le=1_000_000)]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
Source = Literal["web", "android", "ios", "device"]


class Position(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A fix, WGS 84. `accuracy_m` is the radius as its source states it; `source` says whose kind of radius it is:
    web 95 %, android 68 %, ios about 65 % (measured meanings differ by 1.7x, so the kind travels with the number)."""

    latitude: Latitude
    longitude: Longitude
    accuracy_m: AccuracyM
    source: Source = "web"
    at: Instant
    heading_deg: Annotated[float, msgspec.Meta(ge=0, le=360)] | None = None
    speed_mps: Annotated[float, msgspec.Meta(ge=0, le=400)] | None = None

    def sigma_m(self) -> float:
        """Standard deviation along one axis, metres."""
        return max(2.0, self.accuracy_m / {"web": 2.45, "android": 1.51, "ios": 1.41, "device": 2.0}[self.source])
