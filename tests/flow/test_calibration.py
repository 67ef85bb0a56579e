"""Finding out how a head hangs: without a picture, never in the way of a case, and back by itself."""

from __future__ import annotations

import json
import math
from collections.abc import AsyncIterator
from typing import Any

import httpx
import numpy as np
import pytest

from ansim.adapters.cameras.onvif import OnvifDevice
from ansim.adapters.cameras.simulated import HOME as AT_HOME
from ansim.adapters.cameras.simulated import SimulatedDevice
from ansim.app.media import HeadsOf
from ansim.city.cameras.model import Camera
from ansim.city.cameras.register import bring
from ansim.core.geo import destination
from ansim.core.world import World
from ansim.nodes.media.heads import Heads
from ansim.nodes.media.ports import Device, HeadStatus, Source
from ansim.response.watch.ports import Heads as TurningHeads
from ansim.sim.cameras import HEIGHT, WIDTH, CameraServer
from ansim.sim.onvif import OnvifServer
from ansim.sim.phone import read
from tests.flow.conftest import House
from tests.flow.test_turning import right

pytestmark = pytest.mark.flow

AZIMUTH, HIGH_M = 200.0, 5.0
"""How the head of these tests hangs: nobody has told the centre."""


class Commissioning:
    """The leader before the head of one camera."""

    def __init__(self, house: House, leader: httpx.AsyncClient, camera: dict[str, Any], device: Device) -> None:
        self.house, self.leader, self.camera, self.device = house, leader, camera, device
        heads = Heads(lambda url: device)
        heads.add(Source(id=camera["id"], url="rtsp://127.0.0.1/x", device="http://127.0.0.1/x", profile="main"))
        house.centre.database.provide(TurningHeads, HeadsOf(heads))
        self.path = f"/api/cameras/{camera['id']}"

    async def seen(self, pan: float, away_m: float = 40.0) -> dict[str, float]:
        """Steer there; what the camera says, and the place that an engineer at the pole sees in the middle."""
        tilt = (-math.degrees(math.atan2(HIGH_M, away_m)) + 45) / 45
        moved = await self.leader.post(f"{self.path}/head", json={"pan": pan, "tilt": tilt, "zoom": 0})
        assert moved.status_code == 204, moved.text
        await self.house.clock.advance(4)
        stands = read(await self.leader.get(f"{self.path}/head"))
        assert stands["moving"] is False
        place = destination(self.camera["latitude"], self.camera["longitude"], AZIMUTH + pan * 180, away_m)
        head = stands["direction"]
        return {"pan": head["pan"], "tilt": head["tilt"], "latitude": place[0], "longitude": place[1]}

    async def state(self) -> str:
        heads = read(await self.leader.get("/api/cameras/heads"))["heads"]
        return str(next(one["state"] for one in heads if one["id"] == self.camera["id"]))

    async def written(self) -> list[dict[str, Any]]:
        return await self.house.rows(
            "SELECT actor, act, purpose, incident, details FROM ledger_entry WHERE object = $1 AND act LIKE 'camera.%'"
            " ORDER BY at, id", self.camera["id"],
        )  # fmt: skip


@pytest.fixture
async def commissioning(house: House) -> Commissioning:
    leader = await house.client("supervisor")
    camera = read(await leader.get("/api/cameras"))["cameras"][0]
    return Commissioning(house, leader, camera, SimulatedDevice(house.centre.world, "rtsp://127.0.0.1/x"))


async def test_three_places_tell_how_it_hangs_and_it_goes_back_by_itself(commissioning: Commissioning) -> None:
    assert await commissioning.state() == "none"
    points = [await commissioning.seen(pan) for pan in (-0.5, 0.0, 0.4)]
    path, body = f"{commissioning.path}/calibration", {"points": points}
    tried = read(await commissioning.leader.post(path, json=body))
    assert abs(tried["calibration"]["azimuth_deg"] - AZIMUTH) < 0.5 and tried["calibration"]["clockwise"] is True
    assert tried["calibration"]["residual_deg"] < 0.5 and len(tried["misses_deg"]) == 3
    assert await commissioning.state() == "none", "a trial keeps nothing"
    assert read(await commissioning.leader.put(path, json=body)) == tried
    assert await commissioning.state() == "good"
    heads = read(await commissioning.leader.get("/api/cameras/heads"))["heads"]
    [kept] = [one for one in heads if one["calibrated_at"]]
    assert kept["calibrated_by"] and kept["calibration"] == tried["calibration"]
    entries = await commissioning.written()
    assert [entry["act"] for entry in entries] == ["camera.turned"] * 3 + ["camera.calibrated"]
    assert {entry["purpose"] for entry in entries} == {"calibration"} and {entry["incident"] for entry in entries} == {
        None
    }
    assert json.loads(entries[-1]["details"])["count"] == 3

    async def back() -> bool:
        await commissioning.house.clock.advance(1)
        return await commissioning.device.status("main") == HeadStatus(aim=AT_HOME, moving=False)

    await commissioning.house.clock.advance(600)
    await commissioning.house.until(back)


async def test_places_that_do_not_fit_are_refused_by_name(commissioning: Commissioning) -> None:
    points = [await commissioning.seen(pan) for pan in (-0.5, 0.0, 0.4)]
    points[1]["latitude"] += 0.0003
    points[1]["longitude"] += 0.0003
    for answer in (
        await commissioning.leader.post(f"{commissioning.path}/calibration", json={"points": points}),
        await commissioning.leader.put(f"{commissioning.path}/calibration", json={"points": points}),
    ):
        assert (answer.status_code, answer.json()["type"]) == (422, "calibration.points.misfit")
        assert answer.json()["field"].startswith("points[")
    few = await commissioning.leader.put(f"{commissioning.path}/calibration", json={"points": points[:1]})
    assert (few.status_code, few.json()["field"]) == (422, "points")
    wrong = await commissioning.leader.put(
        f"{commissioning.path}/calibration", json={"points": points, "mount": {"wide_deg": 0}}
    )
    assert wrong.status_code == 400
    assert await commissioning.state() == "none"


async def test_a_pole_that_a_new_register_moves_loses_its_calibration(commissioning: Commissioning) -> None:
    points = [await commissioning.seen(pan) for pan in (-0.5, 0.0, 0.4)]
    read(await commissioning.leader.put(f"{commissioning.path}/calibration", json={"points": points}))
    latitude, longitude = destination(commissioning.camera["latitude"], commissioning.camera["longitude"], 90, 12)
    fields = {name: commissioning.camera.get(name) for name in ("id", "name", "view_deg", "range_m", "azimuth_deg")}
    moved = Camera(centre=commissioning.house.centre.settings.centre, latitude=latitude, longitude=longitude, **fields)
    async with commissioning.house.centre.database.transaction() as tx:
        await bring(tx, [moved], actor="command-line")

    async def noticed() -> bool:
        return await commissioning.state() == "moved"

    await commissioning.house.until(noticed)


async def test_a_camera_that_a_case_may_need_is_left_to_it(commissioning: Commissioning) -> None:
    house = commissioning.house
    phone, operator = await house.phone(), await house.client("operator")
    receipt = await phone.sos()
    await house.settle()
    read(await operator.post(f"/api/incidents/{receipt.incident}/claim"))
    await house.settle()
    own = await right(operator, receipt.incident)
    taken = Commissioning(
        house, commissioning.leader, {**commissioning.camera, "id": own["cameras"][0]}, commissioning.device
    )
    refused = await taken.leader.post(f"{taken.path}/head", json={"pan": 0.5, "tilt": 0, "zoom": 0})
    assert (refused.status_code, refused.json()["type"]) == (409, "camera.in-use")
    assert (await commissioning.device.status("main")).aim == AT_HOME
    # who works cases does not commission, and nobody gets a picture for it
    assert (await operator.post(f"{taken.path}/head", json={"pan": 0.5, "tilt": 0, "zoom": 0})).status_code == 403
    assert (await operator.get("/api/cameras/heads")).status_code == 403


async def test_a_fixed_or_foreign_camera_is_not_calibrated(commissioning: Commissioning) -> None:
    other = next(
        one
        for one in read(await commissioning.leader.get("/api/cameras"))["cameras"]
        if one["id"] != commissioning.camera["id"]
    )
    fixed = await commissioning.leader.post(f"/api/cameras/{other['id']}/head", json={"pan": 0, "tilt": 0, "zoom": 0})
    assert (fixed.status_code, fixed.json()["type"]) == (409, "camera.fixed")
    assert (await commissioning.leader.get("/api/cameras/none/head")).status_code == 404
    body = {"points": [{"pan": 0, "tilt": 0, "latitude": 37.5, "longitude": 127.0}] * 2}
    assert (await commissioning.leader.put(f"/api/cameras/{other['id']}/calibration", json=body)).status_code == 409


@pytest.fixture
async def by_onvif(house: House) -> AsyncIterator[Commissioning]:
    """The same over the network, from the head to the leader."""
    leader = await house.client("supervisor")
    camera = read(await leader.get("/api/cameras"))["cameras"][0]
    world = World(clock=house.clock)
    cameras = CameraServer(world)
    cameras.add(camera["id"], lambda at: np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8))
    server = OnvifServer(world, cameras, turning=frozenset({camera["id"]}))
    await cameras.start()
    await server.start()
    device = OnvifDevice(world, server.address(camera["id"]).replace("//", "//{}:{}@".format(*cameras.account)))
    try:
        yield Commissioning(house, leader, camera, device)
    finally:
        await device.close()
        await server.stop()
        await cameras.stop()


async def test_it_is_done_over_onvif(by_onvif: Commissioning) -> None:
    points = [await by_onvif.seen(pan) for pan in (-0.4, 0.3)]
    kept = read(await by_onvif.leader.put(f"{by_onvif.path}/calibration", json={"points": points}))
    assert abs(kept["calibration"]["azimuth_deg"] - AZIMUTH) < 0.5
    assert await by_onvif.state() == "good"
