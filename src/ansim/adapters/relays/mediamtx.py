"""MediaMTX, by its Control API (`/v3/paths/list`) and its RTSP server.

One account for both: a user of `authInternalUsers` with the actions `api` and `read`, beside whom there is no user `any`.
"""

from __future__ import annotations

from urllib.parse import quote

import msgspec

from ansim.adapters.relays.api import ANSWER_WITHIN_S, Api
from ansim.core.world import World
from ansim.nodes.media.deadline import within
from ansim.nodes.media.ports import Relayed, Unanswered
from ansim.nodes.media.survey import asks_for_account

PATHS = "/v3/paths/list"
AT_ONCE = 500
MOST_PAGES = 100


class _Path(msgspec.Struct):
    name: str
    ready: bool = False
    """Its name before `available`."""
    available: bool = False
    readers: list[msgspec.Raw] | None = None


class _Paths(msgspec.Struct, rename="camel"):
    page_count: int
    items: list[_Path]


class MediaMtx:
    """`nodes.media.ports.Relay`. `url` is that of its API."""

    def __init__(self, world: World, url: str, account: tuple[str, str], rtsp_port: int = 8554) -> None:
        """Raises ValueError for an address that is none."""
        self._world = world
        self._api = Api(world, url, account)
        self._port = rtsp_port

    async def streams(self) -> list[Relayed]:
        try:
            return await within(self._world.clock, ANSWER_WITHIN_S, self._streams())
        except TimeoutError:
            raise Unanswered("no-answer") from None

    async def _streams(self) -> list[Relayed]:
        found: list[Relayed] = []
        for page in range(MOST_PAGES):
            told = await self._api.get(PATHS, _Paths, page=page, itemsPerPage=AT_ONCE)
            found += [self._relayed(path) for path in told.items]
            if page + 1 >= told.page_count:
                return found
        raise Unanswered("malformed")

    def _relayed(self, path: _Path) -> Relayed:
        return Relayed(
            name=path.name,
            url=f"rtsp://{self._api.host}:{self._port}/{quote(path.name)}",
            ready=path.ready or path.available,
            readers=len(path.readers or ()),
        )

    async def lets_strangers(self, to: Relayed | None = None) -> bool:
        if to is not None:
            return not await asks_for_account(self._world, to.url)
        return await self._api.answers_strangers(PATHS)

    async def close(self) -> None:
        await self._api.close()
