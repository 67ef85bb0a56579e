"""What raw ASGI handlers share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from ansim.core.errors import Problem


async def body_of(receive: Callable[[], Awaitable[Any]], largest: int) -> bytes:
    """Raises Problem 413."""
    body: bytes = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return body
        body += message["body"]
        if len(body) > largest:
            raise Problem(413, "request.large", "This is too large", f"At most {largest} bytes.", field="body")
        if not message["more_body"]:
            return body
