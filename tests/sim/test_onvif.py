"""The simulated cameras' ONVIF side, asked by a client that is not ours; and every fault on demand."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime

import httpx
import numpy as np
import pytest
from onveef import parsers
from onveef.aclient import AsyncOnvifClient
from onveef.exceptions import OnvifAuthError, OnvifFaultError, OnvifTransportError
from onveef.wsdiscovery import probe_device

from ansim.core.clock import ManualClock
from ansim.core.world import World
from ansim.sim.cameras import HEIGHT, WIDTH, CameraServer
from ansim.sim.coding import Planes
from ansim.sim.faults import ELSEWHERE, LATE_S
from ansim.sim.onvif import OnvifServer


def grey(at: datetime) -> Planes:
    return np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)


class Street:
    """Two cameras: bd-0001 turns, bd-0002 does not."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock, world = clock, World(clock=clock)
        self.cameras = CameraServer(world)
        for id in ("bd-0001", "bd-0002"):
            self.cameras.add(id, grey)
        self.onvif = OnvifServer(world, self.cameras, turning=frozenset({"bd-0001"}))

    def client(self, camera: str = "bd-0001", password: str | None = None) -> AsyncOnvifClient:
        user, right = self.cameras.account
        return AsyncOnvifClient(
            self.onvif.address(camera), username=user, password=right if password is None else password, retries=0,
            timeout_s=5,
        )  # fmt: skip


@pytest.fixture
async def street() -> AsyncIterator[Street]:
    # a foreign client signs with the machine's clock
    street = Street(ManualClock(World().clock.now()))
    await street.cameras.start()
    await street.onvif.start()
    yield street
    await street.onvif.stop()
    await street.cameras.stop()


async def test_a_foreign_client_reads_information_profiles_and_the_stream(street: Street) -> None:
    async with street.client() as client:
        assert (await client.get_device_information())["Manufacturer"] == "ansim"
        profiles = await client.get_profiles()
        assert [(one["token"], one["video_encoder"]["encoding"]) for one in profiles] == [
            ("main", "H264"), ("second", "H264"),
        ]  # fmt: skip
        port = street.cameras.port
        assert await client.get_stream_uri(profile_token="main") == f"rtsp://127.0.0.1:{port}/bd-0001"
        assert await client.get_stream_uri(profile_token="second") == f"rtsp://127.0.0.1:{port}/bd-0001/second"
        with pytest.raises(OnvifFaultError, match="NoProfile"):
            await client.get_stream_uri(profile_token="third")


async def test_a_movement_takes_its_time(street: Street) -> None:
    async with street.client() as client:
        assert [preset["token"] for preset in await client.ptz_get_presets(profile_token="main")] == ["1"]
        await client.ptz_absolute_move(profile_token="main", pan=0.5, tilt=-0.25, zoom=0.0)
        await street.clock.advance(0.5)
        status = await client.ptz_get_status(profile_token="main")
        assert (status["pan"], status["tilt"], status["move_status"]["pan_tilt"]) == (0.25, -0.125, "MOVING")
        await street.clock.advance(0.6)
        status = await client.ptz_get_status(profile_token="main")
        assert (status["pan"], status["tilt"], status["move_status"]["pan_tilt"]) == (0.5, -0.25, "IDLE")
        token = await client.ptz_set_preset(profile_token="main", preset_name="골목 입구")
        await client.ptz_goto_preset(profile_token="main", preset_token="1")
        await street.clock.advance(2)
        assert (await client.ptz_get_status(profile_token="main"))["pan"] == 0
        await client.ptz_goto_preset(profile_token="main", preset_token=token)
        await street.clock.advance(2)
        assert (await client.ptz_get_status(profile_token="main"))["pan"] == 0.5
        with pytest.raises(OnvifFaultError, match="NoToken"):
            await client.ptz_goto_preset(profile_token="main", preset_token="99")


async def test_a_fixed_camera_has_no_head(street: Street) -> None:
    async with street.client("bd-0002") as client:
        assert "ptz" not in await client.discover_services()
        assert all("ptz" not in profile for profile in await client.get_profiles())


async def test_who_has_not_the_password_gets_nothing(street: Street) -> None:
    async with street.client(password="wrong") as client:
        with pytest.raises(OnvifAuthError):
            await client.get_device_information()
    street.cameras.fault("bd-0001", "refuse")
    async with street.client() as client:
        with pytest.raises(OnvifAuthError):
            await client.get_device_information()


async def test_a_token_is_taken_once(street: Street) -> None:
    sent: list[httpx.Request] = []

    async def keep(request: httpx.Request) -> None:
        sent.append(request)

    async with street.client() as client, httpx.AsyncClient(event_hooks={"request": [keep]}) as http:
        client._client = http
        await client.get_device_information()
        again = await http.post(str(sent[-1].url), content=sent[-1].content)
        assert "NotAuthorized" in again.text


async def test_a_wrong_clock_refuses_who_does_not_ask_for_it(street: Street) -> None:
    street.cameras.fault("bd-0001", "clock")
    async with street.client() as client:
        assert (await client.get_device_information())["Manufacturer"] == "ansim", "after asking for the time"
        assert -client._clock_offset_s == pytest.approx(LATE_S, abs=3)


async def test_its_own_address_may_be_wrong(street: Street) -> None:
    street.cameras.fault("bd-0001", "address")
    async with street.client() as client:
        client._rewrite_host = False
        assert ELSEWHERE in (await client.get_services())["media"]


async def test_its_xml_may_be_malformed(street: Street) -> None:
    street.cameras.fault("bd-0001", "malformed")
    async with street.client() as client:
        assert parsers.parse_xml(await client.call(service="device", operation="GetServices", body_inner=(
            '<tds:GetServices xmlns:tds="http://www.onvif.org/ver10/device/wsdl"/>'))) is None  # fmt: skip


async def test_offline_and_stalled_give_no_answer(street: Street) -> None:
    street.cameras.fault("bd-0001", "offline")
    async with street.client() as client:
        with pytest.raises(OnvifTransportError):
            await client.get_device_information()
    street.cameras.fault("bd-0001", "stall")
    async with street.client() as client:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.get_device_information(), 0.3)
    async with street.client("bd-0002") as client:
        assert await client.get_device_information(), "the others live"


async def test_an_h265_camera_says_so_and_has_a_second_stream(street: Street) -> None:
    street.cameras.fault("bd-0001", "h265")
    async with street.client() as client:
        assert [one["video_encoder"]["encoding"] for one in await client.get_profiles()] == ["H265", "H264"]


async def test_all_of_them_answer_a_probe(street: Street) -> None:
    street.cameras.fault("bd-0002", "offline")
    [found] = await asyncio.to_thread(probe_device, "127.0.0.1", port=street.onvif.discovery_port, timeout_s=0.3)
    assert (found.name, found.device_service) == ("bd-0001", street.onvif.address("bd-0001"))
    street.cameras.fault("bd-0002", None)
    assert {
        one.name
        for one in await asyncio.to_thread(probe_device, "127.0.0.1", port=street.onvif.discovery_port, timeout_s=0.3)
    } == {"bd-0001", "bd-0002"}


@pytest.mark.parametrize("body", [b"", b"<", b"<a/>", b"<a><b/></a>", b"\xff" * 40])
async def test_nonsense_is_answered(street: Street, body: bytes) -> None:
    async with httpx.AsyncClient() as http:
        assert (await http.post(street.onvif.address("bd-0001"), content=body)).status_code == 400
        assert (await http.post(street.onvif.address("nobody"), content=body)).status_code == 404
        assert (await http.get(street.onvif.address("bd-0001"))).status_code == 405
        assert not street.onvif.matches(body)
