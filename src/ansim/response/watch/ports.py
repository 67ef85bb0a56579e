"""What watching needs of whoever holds the cameras."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol


class Media(Protocol):
    """The media node, as the centre sees it."""

    def prepare(self, cameras: Sequence[str]) -> None:
        """Connect to these cameras so that the first picture comes quickly. Nobody sees anything yet."""

    def revoke(self, grant: str, why: str) -> int:
        """Cut every view under this grant within a frame; how many there were."""

    def lease(self, until: datetime) -> None:
        """The centre is alive: views may go on until then."""

    def live(self) -> Collection[str]:
        """Ids of the cameras that are known to deliver."""

    def total(self) -> int: ...
