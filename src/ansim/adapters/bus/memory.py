"""The bus of one process. `publish` returns when every subscriber has finished, so that the outbox row stands for
everything that is not done; nothing needs to survive here."""

from __future__ import annotations

import asyncio
from collections import defaultdict

from ansim.core.bus import Delivery


class MemoryBus:
    def __init__(self) -> None:
        self._subscribers: dict[str, dict[str, Delivery]] = defaultdict(dict)

    async def publish(self, name: str, id: str, body: bytes) -> None:
        deliveries = [deliver(id, body) for deliver in self._subscribers[name].values()]
        failures = [
            end for end in await asyncio.gather(*deliveries, return_exceptions=True) if isinstance(end, BaseException)
        ]
        if failures:
            raise failures[0]

    def subscribe(self, name: str, subscriber: str, deliver: Delivery) -> None:
        self._subscribers[name][subscriber] = deliver

    async def start(self) -> None:
        pass

    async def close(self) -> None:
        self._subscribers.clear()
