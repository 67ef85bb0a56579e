"""Gives a WebSocket application the transport under it, which ASGI hides: only so can a viewer be cut off at
once.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Mapping
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

EXTENSION = "ansim.transport"
WRITE_BUFFER = 16 * 1024  # bytes waiting in this process
SEND_BUFFER = 64 * 1024  # bytes waiting in the kernel; it doubles what it is asked for
_ABORT_ON_CLOSE = struct.pack("ii", 1, 0)


class TransportProtocol(WebSocketsSansIOProtocol):
    """For `uvicorn.Config(ws=TransportProtocol)`: puts {"transport": …} into
    scope["extensions"]["ansim.transport"].
    """

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        # the application starts in the next turn of the loop, so it sees what is added here; a refused
        # handshake never made a scope
        scope: Any = getattr(self, "scope", None)
        if scope is not None:
            scope["extensions"][EXTENSION] = {"transport": self.transport}


def transport_of(scope: Mapping[str, Any]) -> asyncio.Transport | None:
    found = (scope.get("extensions") or {}).get(EXTENSION)
    transport: asyncio.Transport | None = found["transport"] if found else None
    return transport


def bound_buffers(transport: asyncio.Transport) -> None:
    """Let little wait below us: what stands in a buffer can no longer be taken back, only thrown away."""
    transport.set_write_buffer_limits(high=WRITE_BUFFER)
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)


def cut_off(transport: asyncio.Transport) -> None:
    """Reset the connection: what waits in this process and in the kernel is thrown away, not sent."""
    connection = transport.get_extra_info("socket")
    if connection is not None and not transport.is_closing():
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT_ON_CLOSE)
    transport.abort()
