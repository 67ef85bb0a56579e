"""What moving a camera needs of the system that has recorded it so far, and of the media node that will."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from ansim.city.migration.model import Stretch


class OldSystem(Protocol):
    """Whatever records the cameras until now. Cameras have its own names here; times are aware."""

    async def cameras(self) -> Sequence[str]:
        """All that it has recorded, or would."""

    async def recorded(self, camera: str, start: datetime, end: datetime) -> Sequence[Stretch]:
        """What it has of this camera between these instants, in order and not overlapping; within a stretch no picture is missing. Empty
        also for a camera that it does not know."""

    async def stop(self, camera: str) -> bool:
        """End its pulling of this camera. False where only people can do that, at its own screen. A second time is harmless."""

    async def go_on(self, camera: str) -> bool:
        """Pull it again. False as above."""


class Puller(Protocol):
    """The media node, as far as somebody else's camera becomes its own. Both pass over a camera that it does not have."""

    def connect(self, camera: str) -> None:
        """Try this camera now, however long it had decided to wait."""

    def leave(self, camera: str) -> None:
        """Take no session of this camera until told to connect: it gives one, and it is another's."""
