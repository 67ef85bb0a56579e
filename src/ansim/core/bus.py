"""The port through which facts leave the transaction that stated them, and what one process says to others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

Delivery = Callable[[str, bytes], Awaitable[None]]
"""Called with the fact's id and body. It may be called more than once with the same id."""

Hearing = Callable[[bytes], None]
"""Called with what was said. It does not wait, and what it raises is nobody's to answer."""


class Bus(Protocol):
    """At least once, to every subscriber, in no promised order. What `publish` accepted survives what the adapter's
    page says it survives; until `publish` returns, the outbox keeps the fact.

    A delivery that fails is made again: by the bus itself, or `publish` raises what it raised and the outbox publishes anew.
    """

    async def publish(self, name: str, id: str, body: bytes) -> None:
        """Raises Unavailable while the bus cannot take it."""

    def subscribe(self, name: str, subscriber: str, deliver: Delivery) -> None:
        """`subscriber` is a durable name: the same name in two processes shares the deliveries."""

    def say(self, name: str, body: bytes) -> None:
        """To whoever listens now; at most once. For what is worthless when the next one comes."""

    def listen(self, name: str, hear: Hearing) -> None: ...

    async def start(self) -> None:
        """Returns at once: a bus that is away is waited for in the background."""

    async def close(self) -> None: ...
