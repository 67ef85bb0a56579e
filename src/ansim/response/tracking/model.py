"""What a device says of whoever carries it."""

from __future__ import annotations

from dataclasses import dataclass

from ansim.core.position import Position


@dataclass(frozen=True)
class Moved:
    """A device's fix. `caller` is what its calls are folded by when nobody has enrolled it."""

    device: str
    caller: str
    position: Position
