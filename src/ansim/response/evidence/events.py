"""Facts about evidence."""

from __future__ import annotations

from ansim.core.events import Fact


class ClipSaved(Fact, frozen=True, tag="clip.saved"):
    """A stretch of a recording is kept for a case."""

    incident: str
    clip: str
