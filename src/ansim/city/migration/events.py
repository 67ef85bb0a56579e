"""Facts that a migration states."""

from ansim.core.events import Fact


class RecordingTaken(Fact, frozen=True, kw_only=True, tag="recording.taken"):
    """From this epoch on we answer for the recording of a camera, and not the system before us."""

    camera: str
    epoch: int


class RecordingGivenBack(Fact, frozen=True, kw_only=True, tag="recording.given-back"):
    """From this epoch on the system before us answers again."""

    camera: str
    epoch: int
