"""The bus of one process. `publish` returns when every subscriber has finished, so that the outbox row stands for
everything that is not done; nothing needs to survive here."""

from __future__ import annotations

import asyncio
from collections import defaultdict

import structlog

from ansim.core.bus import Delivery, Hearing

log = structlog.get_logger()


class MemoryBus:
    def __init__(self) -> None:
        self._subscribers: dict[str, dict[str, Delivery]] = defaultdict(dict)
        self._listeners: dict[str, list[Hearing]] = defaultdict(list)

    async def publish(self, name: str, id: str, body: bytes) -> None:
        deliveries = [deliver(id, body) for deliver in self._subscribers[name].values()]
        failures = [
            end for end in await asyncio.gather(*deliveries, return_exceptions=True) if isinstance(end, BaseException)
        ]
        if failures:
            raise failures[0]

    def subscribe(self, name: str, subscriber: str, deliver: Delivery) -> None:
        self._subscribers[name][subscriber] = deliver

    def say(self, name: str, body: bytes) -> None:
        for hear in self._listeners[name]:
            try:
                hear(body)
            except Exception:
                log.exception("said and not understood", name=name)

    def listen(self, name: str, hear: Hearing) -> None:
        self._listeners[name].append(hear)

    async def start(self) -> None:
        pass

    async def close(self) -> None:
        self._subscribers.clear()
        self._listeners.clear()
