from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from ansim.core.position import Latitude, Longitude


class Camera(msgspec.Struct, frozen=True, kw_only=True):
    """One camera of the register. `azimuth_deg` is the middle of its view, clockwise from north; None = not known."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
    centre: str
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    latitude: Latitude
    longitude: Longitude
    azimuth_deg: Annotated[float, msgspec.Meta(ge=0, lt=360)] | None
    view_deg: Annotated[float, msgspec.Meta(gt=0, le=360)]
    range_m: Annotated[float, msgspec.Meta(gt=0, le=2000)]


class RankedCamera(msgspec.Struct, frozen=True, kw_only=True):
    """A camera with what it is worth for one person. `score` is the expected share of where she may be that it sees."""

    id: str
    name: str
    order: int
    latitude: float
    longitude: float
    azimuth_deg: float | None
    view_deg: float
    range_m: float
    distance_m: float
    bearing_deg: float
    score: float
    sees: Literal["likely", "possible", "unlikely"]
    live: bool
