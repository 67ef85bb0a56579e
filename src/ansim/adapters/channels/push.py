"""Web Push to a guardian's browser (RFC 8030): her address is the PushSubscription that her browser made, as JSON.

That address comes from a phone, and we are told to send something to it: so nothing inside our own network can be
reached this way. The name is looked up once, every address it has must be public, and the connection goes to the one
that was looked at.
"""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Literal

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from ansim.adapters.channels.webpush import authorization, encrypt
from ansim.city.people.contacts import Push
from ansim.core.world import World
from ansim.response.notify.ports import ChannelName, Notice, NotSent

KEPT_S = 24 * 3600
"""How long the push service keeps a message for a phone that is switched off: as long as a guardian's right lasts."""

FINAL = {400, 401, 403, 404, 405, 410, 413}
"""Answers that another try does not change; 404 and 410 say that the browser has unsubscribed."""

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
_TRANSLATED = IPv6Network("64:ff9b::/96")
"""IPv4 addresses as IPv6-only networks write them (RFC 6052)."""


async def by_name(host: str, port: int) -> Sequence[str]:
    """Every address of this host, as the system finds it. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def is_public(address: str) -> bool:
    """Whether this is an address of the open network and not of this machine, this house or this link."""
    parsed = ip_address(address.partition("%")[0])
    if isinstance(parsed, IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour
        if inner is None and parsed in _TRANSLATED:
            inner = IPv4Address(int(parsed) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return parsed.is_global and not parsed.is_multicast


def words(notice: Notice) -> dict[str, str | bool]:
    """What the browser shows. In quiet mode it is neutral: whoever looks at her screen reads nothing of it."""
    if notice.silent:
        title, body = "새 소식", f"{notice.person}님의 소식이 있어요. 전화하지 말고 열어 보세요."
    elif notice.occasion != "sos":
        title, body = f"[안심] {notice.title}", notice.sentence()
    else:
        where = ", ".join(filter(None, (notice.at, notice.place)))
        title, body = "[안심] 도움 요청", f"{notice.person}님이 도움을 요청했어요({where}). 눌러서 위치를 보세요."
    return {"title": title, "body": body, "silent": notice.silent, "url": notice.link}


def http_client() -> httpx.AsyncClient:
    """A client that takes no proxy from the environment: a proxy would look names up again, by itself."""
    return httpx.AsyncClient(trust_env=False, limits=httpx.Limits(max_connections=50))


class WebPush:
    """`key` signs for this centre (RFC 8292), `contact` is where a push service's operator finds us.

    `inside` also allows push services at private addresses and without TLS, for one of one's own.
    """

    name: ChannelName = "push"

    def __init__(
        self, world: World, key: ec.EllipticCurvePrivateKey, contact: str, client: httpx.AsyncClient, *,
        inside: bool = False, resolve: Resolve = by_name, timeout_s: float = 10.0,
    ) -> None:  # fmt: skip
        self._world = world
        self._key = key
        self._contact = contact
        self._client = client
        self._inside = inside
        self._resolve = resolve
        self._timeout_s = timeout_s

    async def send(self, address: str, notice: Notice) -> Literal["sent", "delivered"]:
        try:
            subscription = msgspec.json.decode(address, type=Push)
            url = httpx.URL(subscription.endpoint)
            body = encrypt(
                msgspec.json.encode(words(notice)),
                *(_bytes(subscription.keys[name]) for name in ("p256dh", "auth")),
                salt=self._world.token_bytes(16),
            )
        except (msgspec.MsgspecError, httpx.InvalidURL, ValueError, KeyError, RecursionError):
            raise NotSent("not a subscription", final=True) from None
        if url.userinfo or not url.host or (url.scheme != "https" and not self._inside):
            raise NotSent("not a push service", final=True)
        try:
            async with asyncio.timeout(self._timeout_s):
                status = await self._post(url, body, notice)
        except (httpx.HTTPError, OSError, UnicodeError) as error:
            raise NotSent(type(error).__name__) from None
        if not 200 <= status < 300:
            raise NotSent(f"push service answered {status}", final=status in FINAL)
        return "sent"

    async def _post(self, url: httpx.URL, body: bytes, notice: Notice) -> int:
        host = url.raw_host.decode("ascii")
        port = url.port or (443 if url.scheme == "https" else 80)
        found = await self._resolve(host, port)
        if not found or not (self._inside or all(map(is_public, found))):
            raise NotSent("not a public address", final=True)
        request = self._client.build_request(
            "POST",
            url.copy_with(host=found[0]),
            content=body,
            headers={
                "host": url.netloc.decode("ascii"),
                "authorization": authorization(
                    self._key, f"{url.scheme}://{url.netloc.decode('ascii')}", self._contact, self._world.clock.now()
                ),
                "content-encoding": "aes128gcm",
                "content-type": "application/octet-stream",
                "ttl": str(KEPT_S),
                "urgency": "high",
                # A second try replaces the first one that still waits for the phone (RFC 8030 section 5.4).
                "topic": notice.id[:32],
            },
            # The certificate must be that of the name, though we connect to the address.
            extensions={"sni_hostname": host},
        )
        answer = await self._client.send(request, stream=True, follow_redirects=False)
        # What it says beside the status is nobody's business here, however long it is.
        await answer.aclose()
        return answer.status_code

    async def close(self) -> None:
        await self._client.aclose()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
