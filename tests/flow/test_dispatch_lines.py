"""The line to an agency breaks at the worst moments; what it should have carried arrives when it is back."""

from __future__ import annotations

import pytest

from ansim.sim.agency import Officer
from ansim.sim.phone import read
from tests.flow.conftest import House

pytestmark = pytest.mark.flow


async def test_a_link_that_did_not_get_through_is_made_again(house: House) -> None:
    phone, operator = await house.phone(), await house.client("operator")
    receipt = await phone.sos()
    await house.settle()
    read(await operator.post(f"/api/incidents/{receipt.incident}/claim"))
    desk = await house.client("agency", agency="112")
    read(await operator.post(f"/api/incidents/{receipt.incident}/dispatches", json={"agency": "112"}))
    await house.settle()
    [request] = read(await desk.get("/api/desk/requests"))["requests"]
    house.centre.desk.reachable = False
    read(await desk.post(f"/api/desk/requests/{request['id']}/accept"))

    async def failed() -> bool:
        return bool(
            await house.rows("SELECT 1 FROM access_grant WHERE holder_kind = 'officer' AND ended_at IS NOT NULL")
        )

    await house.until(failed, settled=False)
    assert house.centre.desk.requests[request["id"]].link is None
    house.centre.desk.reachable = True
    await house.clock.advance(1)
    await house.settle()
    link = house.centre.desk.requests[request["id"]].link
    assert link is not None
    browser = Officer(house.centre.world, link)
    browser._client = await house.client()
    assert (await browser.open())["position"]
