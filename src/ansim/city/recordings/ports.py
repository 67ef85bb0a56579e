"""What keeping recordings needs of whoever holds the files."""

from __future__ import annotations

from typing import Protocol


class RecordedDays(Protocol):
    async def forget(self, camera: str, day: str) -> None:
        """Take the files of this day away; its key is dead. Harmless when there are none."""
