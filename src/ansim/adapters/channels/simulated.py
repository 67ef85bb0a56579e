"""A channel that keeps what it was given where a person can read it: the demo's telephone of a guardian."""

from __future__ import annotations

from collections import deque
from typing import Literal

from ansim.response.notify.ports import ChannelName, Notice, NotSent


class SimulatedChannel:
    """Delivers at once into `inbox` (newest last); `fail` is what it refuses with instead."""

    def __init__(self, name: ChannelName) -> None:
        self.name: ChannelName = name
        self.inbox: deque[tuple[str, Notice]] = deque(maxlen=50)
        self.fail: NotSent | None = None

    async def send(self, address: str, notice: Notice) -> Literal["sent", "delivered"]:
        if self.fail is not None:
            raise self.fail
        self.inbox.append((address, notice))
        return "delivered"
