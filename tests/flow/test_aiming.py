"""Planned aims are driven: to her by a key, with her as she walks, and never against the operator, another case or the head itself."""

from __future__ import annotations

import json
import math
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import httpx
import numpy as np
import pytest

from ansim.adapters.cameras.onvif import OnvifDevice
from ansim.adapters.cameras.simulated import HOME as AT_HOME
from ansim.adapters.cameras.simulated import SimulatedDevice
from ansim.app.media import HeadsOf, MediaOf
from ansim.city.cameras.calibration import Calibration, turn
from ansim.core.geo import bearing_deg, destination
from ansim.core.world import World
from ansim.nodes.media.heads import Heads
from ansim.nodes.media.ports import Device, HeadStatus, Source
from ansim.response.watch.ports import Heads as TurningHeads
from ansim.response.watch.ports import Media
from ansim.sim.cameras import HEIGHT, WIDTH, CameraServer
from ansim.sim.onvif import OnvifServer
from ansim.sim.phone import Phone, instant, read
from tests.flow.conftest import CAMERAS, HOME, House, opened
from tests.flow.test_turning import right

pytestmark = pytest.mark.flow

CAMERA = CAMERAS[0]
AZIMUTH, HIGH_M = 200.0, 5.0


def places() -> list[dict[str, float]]:
    """What the head says, and what an engineer sees in the middle of its picture then."""
    tilt = (-math.degrees(math.atan2(HIGH_M, 40)) + 45) / 45
    found = []
    for pan in (-0.5, 0.0, 0.4):
        latitude, longitude = destination(CAMERA.latitude, CAMERA.longitude, AZIMUTH + pan * 180, 40)
        found.append({"pan": pan, "tilt": tilt, "latitude": latitude, "longitude": longitude})
    return found


class Delivers(MediaOf):
    def delivers(self, camera: str) -> bool:
        return True


class Story:
    """One case, and the head of the camera north of her."""

    def __init__(self, house: House, device: Device) -> None:
        self.house, self.device = house, device
        self.at = HOME
        heads = Heads(lambda url: device)
        heads.add(Source(id=CAMERA.id, url="rtsp://127.0.0.1/x", device="http://127.0.0.1/x", profile="main"))
        house.centre.database.provide(TurningHeads, HeadsOf(heads))
        house.centre.database.provide(Media, Delivers(house.centre.node))

    async def calibrate(self) -> Calibration:
        leader = await self.house.client("supervisor")
        read(await leader.put(f"/api/cameras/{CAMERA.id}/calibration", json={"points": places()}))
        return self.house.centre.register.calibrations[CAMERA.id]

    async def begin(self) -> None:
        self.phone: Phone = await self.house.phone()
        self.operator: httpx.AsyncClient = await self.house.client("operator")
        self.incident = (await self.phone.sos()).incident
        await self.house.settle()
        read(await self.operator.post(f"/api/incidents/{self.incident}/claim"))
        await self.house.settle()
        self.grant = await right(self.operator, self.incident)

    def path(self, verb: str) -> str:
        return f"/api/grants/{self.grant['id']}/cameras/{CAMERA.id}/{verb}"

    async def aim(self, **body: Any) -> httpx.Response:
        answer = await self.operator.post(self.path("aim"), json=body)
        await self.house.settle()
        return answer

    async def tile(self) -> dict[str, Any]:
        """The camera, as the case shows it."""
        shown = read(await self.operator.get(f"/api/incidents/{self.incident}"))
        return dict(next(one for one in shown["cameras"] if one["id"] == CAMERA.id))

    async def turned(self, state: str, seconds: float = 0.5) -> dict[str, Any]:
        async def so() -> dict[str, Any] | None:
            await self.house.clock.advance(seconds)
            told = (await self.tile())["turned"]
            return told if told is not None and told["state"] == state else None

        return dict(await self.house.until(so))

    async def walks(self, bearing: float, metres: float, step_s: float = 5.0) -> None:
        self.at = destination(*self.at, bearing, metres)
        await self.house.clock.advance(step_s)
        await self.phone.report(
            [
                {
                    "latitude": self.at[0],
                    "longitude": self.at[1],
                    "accuracy_m": 9,
                    "source": "web",
                    "at": instant(self.house.clock.now()),
                }
            ]
        )
        await self.house.settle()

    async def acts(self) -> list[str]:
        rows = await self.house.rows(
            "SELECT act FROM ledger_entry WHERE object = $1 AND incident = $2 AND act LIKE 'camera.%' ORDER BY at, id",
            CAMERA.id, self.incident,
        )  # fmt: skip
        return [row["act"] for row in rows]

    def her(self) -> float:
        return bearing_deg(CAMERA.latitude, CAMERA.longitude, *self.at)

    async def back(self) -> bool:
        await self.house.clock.advance(1)
        return await self.device.status("main") == HeadStatus(aim=AT_HOME, moving=False)


@pytest.fixture
async def story(house: House) -> Story:
    story = Story(house, SimulatedDevice(house.centre.world, "rtsp://127.0.0.1/x"))
    await story.calibrate()
    await story.begin()
    return story


async def test_one_key_turns_it_to_her_and_says_when_it_is_there(story: Story) -> None:
    before = await story.tile()
    assert before["calibrated"] is True and before["turned"] is None and (await story.acts()) == []
    planned = read(await story.aim())["aim"]
    assert planned == before["aim"] and abs(turn(planned["bearing_deg"] - story.her())) < planned["view_deg"] / 2
    assert await story.acts() == ["camera.turned"]
    told = (await story.tile())["turned"]
    assert told["state"] == "moving" and told["follows"] is True
    told = await story.turned("there")
    assert abs(turn(told["looks"]["bearing_deg"] - story.her())) < 15 and told["probability"] > 0.3
    calibration = story.house.centre.register.calibrations[CAMERA.id]
    aim = (await story.device.status("main")).aim
    assert aim is not None and abs(turn(calibration.looks(aim.pan, aim.zoom).bearing_deg - story.her())) < 15
    [entry] = await story.house.rows("SELECT * FROM ledger_entry WHERE act = 'camera.turned'")
    assert json.loads(entry["details"]) == {"grant": story.grant["id"], "kind": "aim", "state": "find"}
    assert entry["purpose"] == "emergency" and entry["subject_tag"]
    read(await story.operator.post(f"/api/incidents/{story.incident}/close", json={"code": 2}))
    await story.house.until(story.back)


async def test_to_identify_it_looks_closer(story: Story) -> None:
    wide = read(await story.aim())["aim"]["view_deg"]
    await story.turned("there")
    assert read(await story.aim(mode="identify"))["aim"]["view_deg"] <= wide
    assert (await story.turned("there"))["mode"] == "identify"


async def test_it_goes_with_her_but_only_when_she_would_leave_the_picture(story: Story) -> None:
    read(await story.aim())
    await story.turned("there")
    for _ in range(3):
        await story.walks(0, 0.2)
    assert await story.acts() == ["camera.turned"], "she stands still: it stands still"
    for _ in range(6):
        await story.walks(90, 7)
        await story.house.clock.advance(3)
    moves = (await story.acts()).count("camera.turned")
    assert 2 <= moves <= 7
    told = await story.turned("there")
    assert abs(turn(told["looks"]["bearing_deg"] - story.her())) < told["looks"]["view_deg"] / 2 + 5
    times = [
        row["at"]
        for row in await story.house.rows("SELECT at FROM ledger_entry WHERE act = 'camera.turned' ORDER BY at")
    ]
    assert all((b - a).total_seconds() >= 4 for a, b in pairwise(times))


async def test_what_the_operator_turned_or_holds_is_hers(story: Story) -> None:
    read(await story.aim())
    await story.turned("there")
    read(await story.operator.post(story.path("turn"), json={"preset": "1"}))
    assert (await story.tile())["turned"]["state"] == "hand"
    for _ in range(4):
        await story.walks(90, 8)
    assert await story.house.until(story.back) and await story.acts() == ["camera.turned"] * 2
    read(await story.aim())
    looks = (await story.turned("there"))["looks"]
    read(await story.aim(follow=False))
    assert (await story.tile())["turned"] is None
    for _ in range(4):
        await story.walks(270, 8)
    assert await story.acts() == ["camera.turned"] * 3
    aim = (await story.device.status("main")).aim
    calibration = story.house.centre.register.calibrations[CAMERA.id]
    assert aim is not None and calibration.looks(aim.pan, aim.zoom).bearing_deg == looks["bearing_deg"]


async def test_a_camera_of_another_open_case_is_left_to_it(story: Story) -> None:
    other = Story(story.house, story.device)
    await other.begin()
    read(await other.aim())
    await other.turned("there")
    refused = await story.aim()
    assert (refused.status_code, refused.json()["type"]) == (409, "camera.in-use")
    read(await other.operator.post(f"/api/incidents/{other.incident}/close", json={"code": 2}))
    await story.house.until(story.back)
    assert (await story.aim()).status_code == 200


async def test_it_goes_back_five_minutes_after_her_last_sign(story: Story) -> None:
    read(await story.aim())
    await story.turned("there")
    await story.house.clock.advance(200)
    await story.walks(0, 0.2)
    await story.house.clock.advance(200)
    await story.house.settle()
    assert (await story.device.status("main")).aim != AT_HOME, "she was there 200 s ago"
    await story.house.clock.advance(101)
    await story.house.until(story.back)
    assert (await story.tile())["turned"] is None
    assert await story.acts() == ["camera.turned", "camera.returned"]


@pytest.mark.parametrize("why", ["no-answer", "refused", "sign-in"])
async def test_a_head_that_refuses_is_said_to(story: Story, why: Any) -> None:
    assert isinstance(story.device, SimulatedDevice)
    story.device.trouble = why
    assert (await story.aim()).status_code == 200
    told = (await story.tile())["turned"]
    assert (told["state"], told["why"], told["looks"]) == ("refused", why, None)
    assert await story.acts() == ["camera.turned", "camera.turn-failed"]
    story.device.trouble = None
    await story.walks(90, 6)
    assert (await story.acts()).count("camera.turned") == 1, "not at once again"
    await story.walks(90, 6, step_s=31)
    await story.turned("there")


async def test_a_head_that_others_move_and_one_that_is_slow_are_said_to(story: Story) -> None:
    assert isinstance(story.device, SimulatedDevice)
    await story.device.go("main", AT_HOME.__class__(pan=0.9, tilt=0.0, zoom=0.0))
    assert (await story.aim()).status_code == 200
    assert (await story.tile())["turned"]["why"] == "moving"
    await story.house.clock.advance(10)
    assert (await story.aim()).status_code == 200
    story.device._ends += 60
    told = await story.turned("refused", seconds=2)
    assert told["why"] == "slow"


async def test_without_a_calibration_or_a_right_nothing_is_aimed(house: House) -> None:
    story = Story(house, SimulatedDevice(house.centre.world, "rtsp://127.0.0.1/x"))
    await story.begin()
    refused = await story.aim()
    assert (refused.status_code, refused.json()["type"]) == (409, "aim.uncalibrated")
    colleague = await house.client("operator")
    assert (await colleague.post(story.path("aim"), json={})).status_code == 404
    assert (await story.aim(mode="spy")).status_code == 400
    read(await story.operator.post(f"/api/grants/{story.grant['id']}/revoke", json={"reason": "끝"}))
    assert (await story.aim()).status_code == 403
    assert (await story.device.status("main")).aim == AT_HOME and await story.acts() == []


async def test_what_she_holds_is_not_turned_by_itself_either(dsn: str) -> None:
    async with opened(dsn, turn_by_itself=True) as house:
        story = Story(house, SimulatedDevice(house.centre.world, "rtsp://127.0.0.1/x"))
        await story.begin()
        read(await story.aim(follow=False))
        await story.calibrate()
        for _ in range(3):
            await story.walks(90, 5)
        assert await story.acts() == [] and (await story.device.status("main")).aim == AT_HOME


async def test_where_the_centre_wants_it_cameras_turn_by_themselves(dsn: str) -> None:
    async with opened(dsn, turn_by_itself=True) as house:
        story = Story(house, SimulatedDevice(house.centre.world, "rtsp://127.0.0.1/x"))
        await story.calibrate()
        await story.begin()

        async def begun() -> bool:
            return "camera.turned" in await story.acts()

        await house.until(begun)
        told = await story.turned("there")
        assert told["follows"] and told["mode"] == "find"
        [entry] = await house.rows("SELECT actor FROM ledger_entry WHERE act = 'camera.turned'")
        assert entry["actor"] == "system"
        # what she holds stays, and nothing begins again behind her back
        read(await story.aim(follow=False))
        for _ in range(3):
            await story.walks(90, 9)
        assert await story.acts() == ["camera.turned"]


@pytest.fixture
async def by_onvif(house: House) -> AsyncIterator[tuple[Story, CameraServer]]:
    world = World(clock=house.clock)
    cameras = CameraServer(world)
    cameras.add(CAMERA.id, lambda at: np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8))
    server = OnvifServer(world, cameras, turning=frozenset({CAMERA.id}))
    await cameras.start()
    await server.start()
    device = OnvifDevice(world, server.address(CAMERA.id).replace("//", "//{}:{}@".format(*cameras.account)))
    try:
        story = Story(house, device)
        await story.calibrate()
        await story.begin()
        yield story, cameras
    finally:
        await device.close()
        await server.stop()
        await cameras.stop()


async def test_the_whole_way_over_onvif(by_onvif: tuple[Story, CameraServer]) -> None:
    story, cameras = by_onvif
    read(await story.aim())
    assert (await story.tile())["turned"]["state"] == "moving", "a head takes its time"
    looks = (await story.turned("there"))["looks"]
    assert abs(turn(looks["bearing_deg"] - story.her())) < 15
    cameras.fault(CAMERA.id, "refuse")
    assert (await story.aim(mode="identify")).status_code == 200
    told = (await story.tile())["turned"]
    assert (told["state"], told["why"]) == ("refused", "sign-in")
    cameras.fault(CAMERA.id, None)
    read(await story.operator.post(f"/api/incidents/{story.incident}/close", json={"code": 2}))
    await story.house.until(story.back)
