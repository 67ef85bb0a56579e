"""Facts that watching states."""

from ansim.core.events import Fact


class CameraReturns(Fact, frozen=True, kw_only=True, tag="camera.returns"):
    """A camera that this case turned (none: a calibration) is to look again where it was put up to look."""

    incident: str
    camera: str
