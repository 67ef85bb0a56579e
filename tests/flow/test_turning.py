"""Turning a camera for a case: under a right, beyond its presets only for a reason, and always back."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from ansim.adapters.cameras.simulated import HOME as AT_HOME
from ansim.adapters.cameras.simulated import SimulatedDevice
from ansim.app.media import HeadsOf
from ansim.core.world import World
from ansim.nodes.media.heads import Heads
from ansim.nodes.media.ports import Aim, HeadStatus, Source
from ansim.response.watch.ports import Heads as TurningHeads
from ansim.sim.cameras import HEIGHT, WIDTH, CameraServer
from ansim.sim.onvif import OnvifServer
from ansim.sim.phone import Phone, read
from tests.flow.conftest import House, opened

pytestmark = pytest.mark.flow

ALLEY = Aim(pan=0.5, tilt=-0.25, zoom=0.5)
PRESETS = {"1": ("정위치", AT_HOME), "2": ("골목 입구", ALLEY)}
BEYOND = {"direction": {"pan": -0.5, "tilt": 0.0, "zoom": 0.0}, "reason": "전봇대 뒤로 들어가 보이지 않음"}


class Case:
    """An operator's case; its first camera turns, its second is fixed."""

    def __init__(self, house: House, phone: Phone, operator: httpx.AsyncClient, incident: str, grant: dict[str, Any]):
        self.house, self.phone, self.operator, self.incident, self.grant = house, phone, operator, incident, grant
        self.turning, self.fixed = grant["cameras"][:2]
        self.device = SimulatedDevice(house.centre.world, "rtsp://127.0.0.1/x", PRESETS)
        heads = Heads(lambda url: self.device)
        heads.add(Source(id=self.turning, url="rtsp://127.0.0.1/x", device="http://127.0.0.1/x", profile="main"))
        house.centre.database.provide(TurningHeads, HeadsOf(heads))

    def path(self, camera: str, verb: str) -> str:
        return f"/api/grants/{self.grant['id']}/cameras/{camera}/{verb}"

    async def turn(self, body: dict[str, Any], camera: str = "") -> httpx.Response:
        return await self.operator.post(self.path(camera or self.turning, "turn"), json=body)

    async def there(self) -> HeadStatus:
        await self.house.clock.advance(4)
        return await self.device.status("main")

    async def written(self) -> list[dict[str, Any]]:
        return await self.house.rows(
            "SELECT actor, act, object, details, sealed_hash FROM ledger_entry WHERE incident = $1 AND act LIKE 'camera.%'"
            " ORDER BY at, id", self.incident,
        )  # fmt: skip

    async def wrote(self, *acts: str) -> bool:
        return [entry["act"] for entry in await self.written()] == list(acts)

    async def back(self) -> bool:
        await self.house.clock.advance(1)
        return (await self.device.status("main")) == HeadStatus(aim=AT_HOME, moving=False)


@pytest.fixture
async def case(house: House) -> Case:
    phone, operator = await house.phone(), await house.client("operator")
    receipt = await phone.sos()
    await house.settle()
    read(await operator.post(f"/api/incidents/{receipt.incident}/claim"))
    await house.settle()
    return Case(house, phone, operator, receipt.incident, await right(operator, receipt.incident))


async def right(operator: httpx.AsyncClient, incident: str) -> dict[str, Any]:
    """The operator's own right in her case."""
    grants: list[dict[str, Any]] = read(await operator.get(f"/api/grants?incident={incident}"))["grants"]
    return next(grant for grant in grants if grant["holder"]["kind"] == "operator")


async def test_its_presets_are_listed_and_it_goes_to_one(case: Case) -> None:
    told = read(await case.operator.get(case.path(case.turning, "turning")))
    assert [(one["id"], one["name"]) for one in told["presets"]] == [("1", "정위치"), ("2", "골목 입구")]
    assert told["direction"] == {"pan": 0, "tilt": 0, "zoom": 0} and told["moving"] is False
    assert read(await case.turn({"preset": "2"})) == {"returns_s": None}
    told = read(await case.operator.get(case.path(case.turning, "turning")))
    assert told["moving"] is True
    assert await case.there() == HeadStatus(aim=ALLEY, moving=False)
    [entry] = await case.written()
    assert (entry["act"], entry["object"]) == ("camera.turned", case.turning)
    assert json.loads(entry["details"]) == {"grant": case.grant["id"], "kind": "preset"}
    await case.house.clock.advance(90)
    assert (await case.there()).aim == ALLEY, "a preset stays as long as the case"


async def test_beyond_the_presets_it_needs_a_reason_and_comes_back_by_itself(case: Case) -> None:
    refused = await case.turn({"direction": BEYOND["direction"], "reason": "  "})
    assert (refused.status_code, refused.json()["field"]) == (422, "reason")
    assert await case.written() == [] and (await case.there()).aim == AT_HOME
    assert read(await case.turn(BEYOND)) == {"returns_s": 60}
    assert (await case.there()).aim == Aim(pan=-0.5, tilt=0, zoom=0)
    # the reason is in the case for whoever has it, and in the ledger as the hash of what was sealed
    shown = read(await case.operator.get(f"/api/incidents/{case.incident}"))
    assert BEYOND["reason"] in [line["text"] for line in shown["timeline"]]
    [entry] = await case.written()
    [line] = await case.house.rows("SELECT * FROM timeline WHERE act = 'camera.turned'")
    sealed = next(value for value in line.values() if isinstance(value, bytes))
    assert entry["sealed_hash"] == hashlib.sha256(sealed).hexdigest() and "전봇대" not in str(entry)
    await case.house.clock.advance(60)
    await case.house.until(case.back)
    await case.house.until(lambda: case.wrote("camera.turned", "camera.returned"))


async def test_every_camera_goes_back_with_the_case(case: Case) -> None:
    read(await case.turn({"preset": "2"}))
    assert (await case.there()).aim == ALLEY
    read(await case.operator.post(f"/api/incidents/{case.incident}/confirm"))
    read(await case.operator.post(f"/api/incidents/{case.incident}/close", json={"code": 1, "note": "안전 확인"}))
    await case.house.until(case.back)
    await case.house.until(lambda: case.wrote("camera.turned", "camera.returned"))


async def test_a_camera_that_another_case_has_turned_since_stays(case: Case) -> None:
    read(await case.turn({"preset": "2"}))
    other, colleague = await case.house.phone(), await case.house.client("operator")
    receipt = await other.sos()
    await case.house.settle()
    read(await colleague.post(f"/api/incidents/{receipt.incident}/claim"))
    await case.house.settle()
    grant = await right(colleague, receipt.incident)
    read(await colleague.post(f"/api/grants/{grant['id']}/cameras/{case.turning}/turn", json={"preset": "2"}))
    read(await case.operator.post(f"/api/incidents/{case.incident}/close", json={"code": 2}))
    await case.house.settle()
    assert (await case.there()).aim == ALLEY
    read(await colleague.post(f"/api/incidents/{receipt.incident}/close", json={"code": 2}))
    await case.house.until(case.back)


async def test_without_the_right_nothing_turns(case: Case) -> None:
    colleague, auditor = await case.house.client("operator"), await case.house.client("auditor")
    assert (await colleague.post(case.path(case.turning, "turn"), json={"preset": "2"})).status_code == 404
    assert (await colleague.get(case.path(case.turning, "turning"))).status_code == 404
    assert (await auditor.post(case.path(case.turning, "turn"), json={"preset": "2"})).status_code == 403
    assert (await case.turn({"preset": "2"}, camera="cam-5")).status_code == 403, "not a camera of this right"
    read(await case.operator.post(f"/api/grants/{case.grant['id']}/revoke", json={"reason": "끝"}))
    assert (await case.turn({"preset": "2"})).status_code == 403
    assert (await case.there()).aim == AT_HOME and await case.written() == []


@pytest.mark.parametrize(
    "body",
    [{}, {"preset": ""}, {"preset": "2", "direction": {"pan": 0, "tilt": 0, "zoom": 0}}, {"preset": 2},
     {"direction": {"pan": 2, "tilt": 0, "zoom": 0}, "reason": "x"}, {"direction": {"pan": 0}, "reason": "x"}, {"up": 1}],
)  # fmt: skip
async def test_what_does_not_say_where_to_is_refused(case: Case, body: dict[str, Any]) -> None:
    refused = await case.turn(body)
    assert refused.status_code == 400 and refused.json()["type"] in ("turn.to", "request.form")
    assert await case.written() == []


async def test_a_fixed_or_a_sick_camera_says_so(case: Case) -> None:
    fixed = await case.operator.get(case.path(case.fixed, "turning"))
    assert (fixed.status_code, fixed.json()["type"]) == (409, "camera.fixed")
    case.device.trouble = "no-answer"
    sick = await case.turn({"preset": "2"})
    assert (sick.status_code, sick.json()["type"], sick.json()["why"]) == (409, "camera.unanswered", "no-answer")
    assert [entry["act"] for entry in await case.written()] == ["camera.turned", "camera.turn-failed"]


async def test_it_turns_a_head_by_onvif(dsn: str, tmp_path: Path) -> None:
    """From the settings' file to the head, by the network."""
    cameras = CameraServer(World())
    cameras.add("cam-1", lambda at: np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8))
    onvif = OnvifServer(World(), cameras, turning=frozenset({"cam-1"}))
    await cameras.start()
    await onvif.start()
    device = onvif.address("cam-1").replace("//", "//{}:{}@".format(*cameras.account))
    file = tmp_path / "cameras.json"
    file.write_text(json.dumps({"cam-1": {"url": cameras.url("cam-1"), "device": device, "profile": "main"}}))
    try:
        async with opened(dsn, cameras=str(file)) as house:
            phone, operator = await house.phone(), await house.client("operator")
            receipt = await phone.sos()
            await house.settle()
            read(await operator.post(f"/api/incidents/{receipt.incident}/claim"))
            await house.settle()
            grant = await right(operator, receipt.incident)
            path = f"/api/grants/{grant['id']}/cameras/cam-1"
            assert read(await operator.get(f"{path}/turning"))["presets"] == [{"id": "1", "name": "정위치"}]
            assert read(await operator.post(f"{path}/turn", json=BEYOND)) == {"returns_s": 60}
            assert onvif.heads["cam-1"].moving
    finally:
        await onvif.stop()
        await cameras.stop()
