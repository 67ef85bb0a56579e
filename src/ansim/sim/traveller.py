"""A phone that finds its centre by itself: it asks the hub who answers here, and goes from one to the next until somebody has her call."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec

from ansim.core.world import World
from ansim.sim.phone import CONTACTS, Phone, Profile, Receipt, Receiver, Where, read
from ansim.sim.sealing import base64url, seal

SILENCE_S = 3.0
"""A server that has not answered by then is silent, and the next one is asked."""
GIVE_UP_S = 60.0


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """Who took the call, how long after the press, and who was asked before."""

    server: str
    receipt: Receipt
    after_s: float
    silent: list[str]


class Traveller:
    """Somebody on the road. `hub` is the address of whoever says who answers where; what it said last counts while it is away."""

    def __init__(self, world: World, hub: str, where: Where, profile: Profile | None = None) -> None:
        self._world = world
        self._hub = hub.rstrip("/")
        self.profile = profile
        self.phone = Phone(world, self._hub, Receiver(world, world.random, where))
        self.mapping: dict[str, Any] = {"centres": []}
        self._client = httpx.AsyncClient(timeout=SILENCE_S)

    async def close(self) -> None:
        await self._client.aclose()
        await self.phone.close()

    async def ask(self) -> list[str]:
        """Whom to call here, the first one first: as a phone asks long before it needs it."""
        fix = self.phone.receiver.fix()
        place = {name: fix[name] for name in ("latitude", "longitude", "accuracy_m")}
        self.mapping = read(await self._client.post(f"{self._hub}/api/mapping", json=place))
        return [str(one["uri"]) for one in self.mapping["centres"]]

    async def enrol(self, home: str) -> None:
        """With the centre where she lives, whichever answers where she goes."""
        at_home = Phone(self._world, home, self.phone.receiver)
        at_home._key = self.phone._key
        try:
            await at_home.enrol()
        finally:
            await at_home.close()
        self.phone.credential, self.phone.person = at_home.credential, at_home.person

    async def sos(self) -> Answered:
        """Press. Raises TimeoutError when nobody in the country takes it within a minute."""
        clock, body = self._world.clock, self.phone.message()
        began, silent = clock.monotonic(), list[str]()
        while clock.monotonic() - began < GIVE_UP_S:
            for centre in self.mapping["centres"]:
                server = str(centre["uri"])
                try:
                    receipt = await self._send(server, {**body, **self._sealed(centre)})
                except httpx.HTTPError:
                    silent.append(server)
                    continue
                self.phone.receipt = receipt
                return Answered(server=server, receipt=receipt, after_s=clock.monotonic() - began, silent=silent)
            await clock.sleep(0.2)
        raise TimeoutError("nobody took the call")

    def _sealed(self, centre: dict[str, Any]) -> dict[str, str]:
        if self.profile is None or self.phone.signal is None or centre["key"] is None:
            return {}
        text = msgspec.json.encode(self.profile)
        return {"sealed": base64url(seal(centre["key"], text, CONTACTS, self.phone.signal.encode()))}

    async def _send(self, server: str, body: dict[str, Any]) -> Receipt:
        answer = await self._client.post(f"{server}/api/signals", json=body)
        if answer.status_code >= 500:
            raise httpx.HTTPStatusError("not received", request=answer.request, response=answer)
        return msgspec.convert(read(answer), Receipt)
