"""Facts that watching states."""

from ansim.core.events import Fact


class CameraReturns(Fact, frozen=True, kw_only=True, tag="camera.returns"):
    """A camera that this case turned (none: a calibration) is to look again where it was put up to look."""

    incident: str
    camera: str


class CameraAimed(Fact, frozen=True, kw_only=True, tag="camera.aimed"):
    """A camera is to look at her; where, is kept in memory only."""

    incident: str
    camera: str


class CameraLooks(Fact, frozen=True, kw_only=True, tag="camera.looks"):
    """A camera that this case turned has moved, arrived or refused."""

    incident: str
    camera: str
