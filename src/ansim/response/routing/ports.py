"""What routing needs: somebody who knows the boundaries."""

from __future__ import annotations

from typing import Protocol

from ansim.core.position import Position


class Boundaries(Protocol):
    def answer(self, position: Position | None) -> tuple[str, str | None, str]:
        """(centre id, municipality code, route) for a position; always answers."""

    def beyond(self, position: Position) -> list[str]:
        """Centres that answer beyond the borders that are within the position's accuracy and the border band, nearest first."""

    def neighbours(self, centre: str) -> list[str]:
        """Centres that take over when this one does not answer, nearest first."""
