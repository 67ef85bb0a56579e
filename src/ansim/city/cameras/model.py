from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from ansim.core.position import Latitude, Longitude

AzimuthSource = Literal["register", "device", "calibrated"]
"""Who says where it looks. Registers are seldom right: only a calibrated direction is taken as it is."""


class Camera(msgspec.Struct, frozen=True, kw_only=True):
    """One camera of the register. `azimuth_deg` is the middle of its view, clockwise from north; None = not known.
    `range_m` is where a person has 25 pixels a metre; of a camera that turns, with a view of 60 degrees."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
    centre: str
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    latitude: Latitude
    longitude: Longitude
    azimuth_deg: Annotated[float, msgspec.Meta(ge=0, lt=360)] | None
    view_deg: Annotated[float, msgspec.Meta(gt=0, le=360)]
    range_m: Annotated[float, msgspec.Meta(gt=0, le=2000)]
    turns: bool = False
    """It can be turned and zoomed; its view is then that of the whole mount."""
    azimuth_source: AzimuthSource = "register"


class Aim(msgspec.Struct, frozen=True, kw_only=True):
    """Where a camera that turns should look, and how wide."""

    bearing_deg: float
    view_deg: float


class Turned(msgspec.Struct, frozen=True, kw_only=True):
    """A camera that a case has turned. `state`: moving, there, untold (it does not tell where it looks), refused (`why`), hand (the operator turned it herself); `looks` is
    where it was when it was last asked, `probability` the honest chance that she can be seen there."""

    state: Literal["moving", "there", "untold", "refused", "hand"]
    follows: bool
    why: str = ""
    looks: Aim | None = None
    mode: Literal["find", "identify"] = "find"
    probability: float | None = None


class RankedCamera(msgspec.Struct, frozen=True, kw_only=True):
    """A camera with what it is worth for one person. `score` is the expected share of where she may be that it sees, were
    it working; `probability` the honest chance that she can be seen in its picture now, once it looks at `aim`."""

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
    probability: float
    aim: Aim | None = None
    calibrated: bool = False
    """Its aim can be driven."""
    turned: Turned | None = None


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """What the cameras can do for one person. `probability` is the chance that one of the first four shows her; `map` is
    what is known of the ground around her."""

    cameras: list[RankedCamera]
    probability: float
    map: Literal["none", "roads", "entrances", "footprints"]
