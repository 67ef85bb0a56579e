"""The port through which facts leave the transaction that stated them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

Delivery = Callable[[str, bytes], Awaitable[None]]
"""Called with the fact's id and body. It may be called more than once with the same id."""


class Bus(Protocol):
    """At least once, to every subscriber, in no promised order. What `publish` accepted survives what the adapter's
    page says it survives; until `publish` returns, the outbox keeps the fact."""

    async def publish(self, name: str, id: str, body: bytes) -> None: ...

    def subscribe(self, name: str, subscriber: str, deliver: Delivery) -> None:
        """`subscriber` is a durable name: the same name in two processes shares the deliveries."""

    async def start(self) -> None: ...
    async def close(self) -> None: ...
