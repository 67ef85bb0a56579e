"""Devices as they are found: which stream is taken, whether it delivers, and what is said of those that do not."""

from collections.abc import AsyncIterator
from datetime import datetime

import numpy as np
import pytest

from ansim.adapters.cameras.discovery import discover
from ansim.adapters.cameras.onvif import OnvifDevice
from ansim.core.world import World
from ansim.nodes.media.ports import Profile
from ansim.nodes.media.survey import Surveyed, choose, survey, with_account
from ansim.sim.cameras import HEIGHT, WIDTH, CameraServer
from ansim.sim.coding import Planes
from ansim.sim.faults import Fault
from ansim.sim.onvif import OnvifServer


def grey(at: datetime) -> Planes:
    planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
    planes[:HEIGHT] = 30 + (np.arange(WIDTH) // 4 + int(at.timestamp() * 10)) % 180
    return planes


class Street:
    def __init__(self) -> None:
        self.world = World()
        self.cameras = CameraServer(self.world)
        for id in ("bd-0001", "bd-0002"):
            self.cameras.add(id, grey)
        self.onvif = OnvifServer(self.world, self.cameras, turning=frozenset({"bd-0001"}))

    async def look(self) -> Surveyed:
        user, password = self.cameras.account
        device = OnvifDevice(self.world, with_account(self.onvif.address("bd-0001"), user, password))
        try:
            return await survey(self.world, device, user, password)
        finally:
            await device.close()


@pytest.fixture
async def street() -> AsyncIterator[Street]:
    street = Street()
    await street.cameras.start()
    await street.onvif.start()
    yield street
    await street.onvif.stop()
    await street.cameras.stop()


async def test_a_stream_that_delivers_is_taken(street: Street) -> None:
    found = await street.look()
    assert found.trouble == "" and found.information and found.information.maker == "ansim"
    assert found.profile and (found.profile.id, found.profile.turns) == ("main", True)
    assert found.stream == f"rtsp://127.0.0.1:{street.cameras.port}/bd-0001"


async def test_where_the_main_stream_is_h265_the_second_is_taken(street: Street) -> None:
    street.cameras.fault("bd-0001", "h265")
    found = await street.look()
    assert found.trouble == "" and found.stream.endswith("/bd-0001/second")


async def test_where_there_is_nothing_but_h265_that_is_taken(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    street.cameras.fault("bd-0001", "h265")
    monkeypatch.setattr(
        "ansim.nodes.media.survey.choose", lambda profiles: choose([one for one in profiles if one.codec == "H265"])
    )
    found = await street.look()
    assert found.trouble == "" and found.profile and (found.profile.id, found.profile.codec) == ("main", "H265")


@pytest.mark.parametrize(
    ("fault", "trouble"),
    [("refuse", "sign-in"), ("malformed", "malformed"), ("offline", "no-connection")],
)
async def test_what_keeps_a_device_from_delivering_is_said(street: Street, fault: Fault, trouble: str) -> None:
    street.cameras.fault("bd-0001", fault)
    assert (await street.look()).trouble == trouble


async def test_a_device_without_key_frames_does_not_deliver(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ansim.nodes.media.survey.DELIVERS_WITHIN_S", 1.0)
    street.cameras.fault("bd-0001", "keyless")
    assert (await street.look()).trouble == "no key frame in time"


async def test_devices_are_found_where_they_answer_from(street: Street) -> None:
    street.cameras.fault("bd-0001", "address")
    asked = [("127.0.0.1", street.onvif.discovery_port), ("127.0.0.1", 9)]
    found = await discover(street.world, 0.3, asked)
    assert found == {id: street.onvif.address(id) for id in ("bd-0001", "bd-0002")}
    assert (await street.look()).trouble == "", "and its stream is reached there"


def profile(id: str, codec: str, width: int, height: int) -> Profile:
    return Profile(id=id, codec=codec, width=width, height=height, fps=25, turns=False)


def test_the_largest_that_a_wall_can_show_is_chosen() -> None:
    main, second, third = (
        profile("main", "H264", 1920, 1080), profile("second", "H264", 1280, 720), profile("third", "H264", 640, 360)
    )  # fmt: skip
    assert choose([main, third, second]) == second
    assert choose([main]) == main
    new, pictures = profile("main", "H265", 640, 360), profile("pictures", "JPEG", 640, 360)
    assert choose([new, main]) == main, "every browser plays it"
    assert choose([pictures, new]) == new
    assert choose([pictures]) is None


def test_a_password_of_any_letters_stays_whole() -> None:
    assert with_account("rtsp://h/x", "a b", "p@ss:/w") == "rtsp://a%20b:p%40ss%3A%2Fw@h/x"


async def test_hundreds_in_one_process_are_all_found() -> None:
    street = Street()
    for number in range(300):
        street.cameras.add(f"many-{number:03}", grey)
    await street.cameras.start()
    await street.onvif.start()
    try:
        found = await discover(street.world, 1.0, [("127.0.0.1", street.onvif.discovery_port)])
        assert len(found) == 302
    finally:
        await street.onvif.stop()
        await street.cameras.stop()
