"""A register that another process imports is known to the centre that runs, without a restart."""

from __future__ import annotations

import pytest

from ansim.app.running import database_of
from ansim.city.cameras.model import Camera
from ansim.city.cameras.register import bring
from ansim.sim.phone import read
from tests.flow.conftest import CENTRE, House

pytestmark = pytest.mark.flow

POLE = [
    Camera(
        id=f"p-1-{lens}", centre=CENTRE, name=f"별빛로 1 · {lens}", latitude=37.3801, longitude=127.12,
        azimuth_deg=None, view_deg=70, range_m=50,
    )
    for lens in (1, 2)
]  # fmt: skip


async def test_operators_see_what_was_imported(house: House, dsn: str) -> None:
    operator = await house.client("operator")

    async def known() -> set[str]:
        cameras = read(await operator.get("/api/cameras"))["cameras"]
        return {camera["id"] for camera in cameras} & {camera.id for camera in POLE}

    assert not await known()
    other = await database_of(dsn)
    try:
        async with other.transaction() as tx:
            await bring(tx, POLE, actor="command-line")
    finally:
        await other.close()
    await house.clock.advance(6)
    await house.until(known)
    assert await known() == {"p-1-1", "p-1-2"}
