"""go2rtc, by its API (`/api/streams`) and its RTSP server.

One account for both: the same `username` and `password` under `api` (with `local_auth`) and under `rtsp`. Its API can start any program (`exec`), so
nothing but this reads it, and nothing is ever written there.
"""

from __future__ import annotations

from urllib.parse import quote

import msgspec

from ansim.adapters.relays.api import Api, only_here
from ansim.core.world import World
from ansim.nodes.media.ports import Relayed
from ansim.nodes.media.survey import asks_for_account

STREAMS, ABOUT = "/api/streams", "/api"


class _Producer(msgspec.Struct):
    id: int = 0
    """Of its connection, while it has one."""


class _Stream(msgspec.Struct):
    producers: list[_Producer] | None = None
    consumers: list[msgspec.Raw] | None = None


class _Rtsp(msgspec.Struct):
    listen: str = ""


class _About(msgspec.Struct):
    rtsp: _Rtsp


class Go2rtc:
    """`nodes.media.ports.Relay`. `url` is that of its API."""

    def __init__(self, world: World, url: str, account: tuple[str, str], rtsp_port: int = 8554) -> None:
        """Raises ValueError for an address that is none."""
        self._world = world
        self._api = Api(world, url, account)
        self._port = rtsp_port

    async def streams(self) -> list[Relayed]:
        told = await self._api.get(STREAMS, dict[str, _Stream])
        return [
            Relayed(
                name=name,
                # video alone: with a sound track before it, it would come on another channel than ours
                url=f"rtsp://{self._api.host}:{self._port}/{quote(name)}?video",
                ready=any(producer.id for producer in stream.producers or ()),
                readers=len(stream.consumers or ()),
            )
            for name, stream in told.items()
        ]

    async def lets_strangers(self, to: Relayed | None = None) -> bool:
        if to is None:
            return await self._api.answers_strangers(STREAMS)
        if only_here(self._api.host):
            # it asks nobody on its own machine for an account, so what counts is who else reaches it
            about = await self._api.get(ABOUT, _About)
            return not only_here(about.rtsp.listen.rpartition(":")[0])
        return not await asks_for_account(self._world, to.url)

    async def close(self) -> None:
        await self._api.close()
