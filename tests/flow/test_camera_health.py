"""How cameras are, for whoever may see the register: of her own centre, without what is the media node's alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

import numpy as np
import pytest

from ansim.core.world import World
from ansim.nodes.media.ports import Source
from ansim.sim.cameras import HEIGHT, WIDTH, CameraServer
from ansim.sim.coding import Planes
from ansim.sim.phone import read
from tests.flow.conftest import House

pytestmark = pytest.mark.flow


def moving(at: datetime) -> Planes:
    planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
    planes[:HEIGHT] = 30 + (np.arange(WIDTH) // 4 + int(at.timestamp() * 10)) % 180
    return planes


@pytest.fixture
async def cameras() -> AsyncIterator[CameraServer]:
    server = CameraServer(World())
    for id in ("cam-1", "cam-2", "cam-3"):
        server.add(id, moving)
    await server.start()
    yield server
    await server.stop()


async def test_cameras_that_are_pulled_say_how_they_are(house: House, cameras: CameraServer) -> None:
    node, operator = house.centre.node, await house.client("operator")
    cameras.fault("cam-2", "h265")
    for id in ("cam-1", "cam-2", "cam-3"):
        node.cameras.add(Source(id=id, url=cameras.url(id)))
    node.prepare(["cam-1", "cam-2"], 600)

    async def told() -> dict[str, dict[str, object]] | None:
        asked = read(await operator.get("/api/cameras/health"))["cameras"]
        found = {one["id"]: one for one in asked}
        return found if found["cam-1"]["last_frame_at"] and found["cam-2"]["last_frame_at"] else None

    found = await house.until(told, settled=False)
    assert set(found) == {"cam-1", "cam-2"}, "nobody needs the third: nothing is known of it"
    assert (found["cam-1"]["state"], found["cam-1"]["codec"], found["cam-1"]["trouble"]) == ("live", "H264", "")
    assert (found["cam-2"]["state"], found["cam-2"]["codec"], found["cam-2"]["trouble"]) == ("live", "H265", "")
    password = cameras.account[1]
    assert password not in str(found) and "rtsp" not in str(found) and "127.0.0.1" not in str(found)
    elsewhere = await house.client("operator", centre="gyeonggi-gwangju")
    assert read(await elsewhere.get("/api/cameras/health")) == {"cameras": []}
    assert (await (await house.client("agency", agency="112")).get("/api/cameras/health")).status_code == 403
