"""WS-Discovery: which devices answer on this network, and where they were really heard."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit, urlunsplit

from onveef.wsdiscovery import build_probe, parse_probe_matches

from ansim.core.world import World

GROUP, PORT = "239.255.255.250", 3702
HEARING_BYTES = 4 << 20
"""Hundreds of devices answer within half a second; the system gives as much of it as it allows."""
PROBES = 3
"""Datagrams are lost, and slow devices answer late."""


async def discover(world: World, seconds: float, addresses: Sequence[tuple[str, int]] = ()) -> dict[str, str]:
    """Device services by the name a device gives itself (or else its address): of this network, or of `addresses` (host, port) only.
    A device that names an address of another network is taken at the one its answer came from.
    """
    found: dict[str, str] = {}
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: _Hearing(found), family=socket.AF_INET, local_addr=("0.0.0.0", 0)
    )
    try:
        hearing = transport.get_extra_info("socket")
        hearing.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 2)
        hearing.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, HEARING_BYTES)
        for _ in range(PROBES):
            probe = build_probe(message_id=f"urn:uuid:{world.token_bytes(16).hex()}").encode()
            for address in addresses or [(GROUP, PORT)]:
                transport.sendto(probe, address)
            await world.clock.sleep(seconds / PROBES)
    finally:
        transport.close()
    return dict(sorted(found.items()))


class _Hearing(asyncio.DatagramProtocol):
    def __init__(self, found: dict[str, str]) -> None:
        self._found = found

    def datagram_received(self, data: bytes, sender: tuple[str, int]) -> None:
        for device in parse_probe_matches(data.decode("utf-8", "replace")):
            if url := _heard(device.device_service, sender[0]):
                self._found[device.name or urlsplit(url).netloc] = url

    def error_received(self, error: Exception) -> None:
        pass  # one address is not there: the others are still heard


def _heard(service: str, host: str) -> str | None:
    """Its device service at the host that answered."""
    try:
        parts = urlsplit(service)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https"):
        return None
    return urlunsplit((parts.scheme, f"{host}:{port}" if port else host, parts.path, parts.query, ""))
