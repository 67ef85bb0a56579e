"""What signals need: somebody who stores them in groups, and somebody who knows phones."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from ansim.response.signals.model import Arrival, Receipt


@runtime_checkable
class Intake(Protocol):
    async def submit(self, arrival: Arrival, rank: int = 0) -> Receipt:
        """Returns when it is durable; a lower rank goes first. Raises Unavailable when it is not."""
