"""A centre and its media node as two processes, each killed under an operator who is watching."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import websockets

from ansim.core.world import World
from ansim.drill.house import House, new_city
from ansim.drill.viewer import Viewed, Viewer
from ansim.sim.city import City
from ansim.sim.phone import Phone, Receiver, read

pytestmark = [pytest.mark.flow, pytest.mark.slow]

LEASE_S = 15.0


class Story:
    """Both processes, a case that an operator has claimed, and her way to its pictures."""

    def __init__(self, city: City, house: House) -> None:
        self.city, self.house = city, house
        self.stack: list[Any] = []

    async def begin(self) -> None:
        self.operator = await self._client("operator")
        self.auditor = await self._client("auditor")
        phone = Phone(World(), self.house.server, Receiver(World(), self.city.world.random, self.city.place_of_her))
        self.stack.append(phone.close)
        await phone.enrol()
        receipt = await phone.sos()
        self.incident = receipt.incident
        detail = read(await self.operator.post(f"/api/incidents/{self.incident}/claim"))
        async with asyncio.timeout(20):
            while not (right := await self._right()):
                await asyncio.sleep(0.05)
        self.grant, self.camera = right["id"], detail["cameras"][0]["id"]

    async def _client(self, role: str) -> httpx.AsyncClient:
        headers = {"authorization": f"Bearer {await self.house.token(role)}"}
        client = httpx.AsyncClient(base_url=self.house.server, headers=headers, timeout=30)
        self.stack.append(client.aclose)
        return client

    async def _right(self) -> Any:
        rights = read(await self.operator.get(f"/api/grants?incident={self.incident}"))["grants"]
        return next((one for one in rights if one["holder"]["kind"] == "operator"), None)

    async def watch(self) -> tuple[Viewed, asyncio.Task[Viewed]]:
        """Once her first picture has come."""
        token = read(await self.operator.post(f"/api/grants/{self.grant}/tokens", json={"camera": self.camera}))
        assert token["url"] == f"{self.house.media}/media/{self.camera}", "the page is told where"
        viewed = Viewed(self.camera, time.monotonic())
        task = asyncio.create_task(Viewer(self.house.media).watch(self.camera, token["token"], viewed))
        async with asyncio.timeout(60):
            await viewed.seen.wait()
        assert viewed.its_own_picture
        return viewed, task

    async def ends(self) -> list[dict[str, Any]]:
        """Details of every end of a view in the ledger."""
        export = await self.auditor.get("/api/ledger", params={"incident": self.incident})
        export.raise_for_status()
        return [one["details"] for one in export.json()["entries"] if one["act"] == "view.ended"]

    async def ended(self, count: int) -> list[dict[str, Any]]:
        async with asyncio.timeout(60):
            while len(found := await self.ends()) < count:
                await asyncio.sleep(0.1)
        return found

    async def close(self) -> None:
        for close in reversed(self.stack):
            await close()


@pytest.fixture
async def story() -> AsyncIterator[Story]:
    city = new_city(7)
    await city.start()
    house = House(city, smtp=9, sms=9, apart=True)
    story = Story(city, house)
    try:
        await house.start()
        await story.begin()
        yield story
    finally:
        await story.close()
        await house.stop()
        await city.stop()
        house.remove()


async def test_a_revoke_crosses_the_link_within_a_frame(story: Story) -> None:
    viewed, task = await story.watch()
    began = time.monotonic()
    (await story.operator.post(f"/api/grants/{story.grant}/revoke", json={"reason": "끝"})).raise_for_status()
    await asyncio.wait_for(task, 10)
    assert viewed.closed in (4403, 1006)
    assert (viewed.closed_s or 0) - began < 1.0, "of which the commit is most"
    [end] = await story.ended(1)
    assert end["why"] == "revoked" and end["frames"] > 0


async def test_a_killed_centre_takes_the_picture_with_its_lease(story: Story) -> None:
    viewed, task = await story.watch()
    assert story.house.centre is not None
    story.house.centre.kill()
    killed = time.monotonic()
    await story.house.centre.wait()
    await asyncio.wait_for(task, LEASE_S + 10)
    assert viewed.closed == 4408
    assert (viewed.closed_s or 0) - killed <= LEASE_S + 0.5
    async with websockets.connect(f"{story.house.media.replace('http', 'ws')}/media/{story.camera}") as socket:
        await socket.send(json.dumps({"token": "any"}))
        with pytest.raises(websockets.ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 4408, "nobody is let in meanwhile"
    await story.house.start_centre()
    [end] = await story.ended(1)
    assert end["why"] == "lease lost" and end["seconds"] >= LEASE_S - 4 and end["bytes"] > 0, "told as it was"
    await story.watch()


async def test_a_killed_node_leaves_an_honest_record_and_recordings_that_need_no_repair(story: Story) -> None:
    viewed, task = await story.watch()
    began = datetime.now(UTC)
    await asyncio.sleep(8.0)  # real pictures come at real time
    assert story.house.node is not None
    story.house.node.kill()
    killed = datetime.now(UTC)
    await asyncio.wait_for(task, 10)
    assert viewed.closed == 1006
    async with asyncio.timeout(20):
        while not (away := read(await story.operator.get("/api/cameras/health"))["cameras"]):
            await asyncio.sleep(0.1)
    assert {one["trouble"] for one in away} == {"the media node is away"} and {one["state"] for one in away} == {"lost"}
    asked = {
        "camera": story.camera, "from": began.isoformat(), "until": killed.isoformat(), "reason": "기록",
    }  # fmt: skip
    refused = await story.operator.post(f"/api/incidents/{story.incident}/clips", json=asked)
    assert refused.status_code == 503 and refused.json()["type"] == "media.away"
    await story.house.start_node()
    [end] = await story.ended(1)
    assert end["why"] == "node-restarted"
    clip = read(await story.operator.post(f"/api/incidents/{story.incident}/clips", json=asked))
    missing = killed - datetime.fromisoformat(clip["until_at"])
    assert missing <= timedelta(seconds=2.5), "the group that was coming, of two seconds"
    content = (await story.operator.get(f"/api/clips/{clip['id']}")).content
    file = story.house.folder / "clip.mp4"
    file.write_bytes(content)
    assert (await story.house.ansim("verify", str(file))).strip().endswith("valid")
    await story.watch()
    assert "all is as it must be" in await story.house.ansim("check", "--data", str(story.house.data))
