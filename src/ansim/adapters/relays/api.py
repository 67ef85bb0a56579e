"""The HTTP APIs of media servers: Basic sign-in, JSON, and what may go wrong with either."""

from __future__ import annotations

import ipaddress
from typing import TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

from ansim.core.world import World
from ansim.nodes.media.deadline import within
from ansim.nodes.media.ports import Unanswered

ANSWER_WITHIN_S = 8.0

LARGEST = 16 << 20
"""Bytes of one answer: go2rtc lists all its streams in one, with a session description each."""

Told = TypeVar("Told")


class Api:
    """`url` is http[s]://host[:port]; the account stands beside it, so that no address holds one."""

    def __init__(self, world: World, url: str, account: tuple[str, str]) -> None:
        """Raises ValueError, without repeating the address."""
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            host = None
        if not host or parts.scheme not in ("http", "https") or "@" in parts.netloc or parts.path.strip("/"):
            raise ValueError("a media server's address is http[s]://host[:port], without an account")
        self.host = f"[{host}]" if ":" in host else host
        self._clock = world.clock
        self._account = account
        # nothing of the environment: a stranger with our own netrc would be none
        self._client = httpx.AsyncClient(
            base_url=f"{parts.scheme}://{parts.netloc}", timeout=60, follow_redirects=False, trust_env=False
        )

    def __repr__(self) -> str:
        return "Api()"

    async def get(self, path: str, kind: type[Told], **query: int) -> Told:
        """Raises Unanswered."""
        status, content = await self._get(path, query, httpx.BasicAuth(*self._account))
        if status in (401, 403):
            raise Unanswered("sign-in")
        if status != 200:
            raise Unanswered("refused")
        try:
            return msgspec.json.decode(content, type=kind)
        except (msgspec.DecodeError, msgspec.ValidationError):  # its words may hold what was sent
            raise Unanswered("malformed") from None

    async def answers_strangers(self, path: str) -> bool:
        """Raises Unanswered."""
        status, _ = await self._get(path, {}, None)
        return status == 200

    async def _get(self, path: str, query: dict[str, int], auth: httpx.Auth | None) -> tuple[int, bytes]:
        try:
            return await within(self._clock, ANSWER_WITHIN_S, self._read(path, query, auth))
        except TimeoutError:
            raise Unanswered("no-answer") from None
        except httpx.NetworkError:
            raise Unanswered("no-connection") from None
        except httpx.HTTPError:  # it closes in the middle, or speaks something else
            raise Unanswered("malformed") from None

    async def _read(self, path: str, query: dict[str, int], auth: httpx.Auth | None) -> tuple[int, bytes]:
        content = bytearray()
        async with self._client.stream("GET", path, params=query, auth=auth) as answer:
            async for piece in answer.aiter_bytes():
                content += piece
                if len(content) > LARGEST:
                    raise Unanswered("malformed")
        return answer.status_code, bytes(content)

    async def close(self) -> None:
        await self._client.aclose()


def only_here(host: str) -> bool:
    """Whether this name of a host reaches no further than its own machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
