"""What every camera that can be asked must do, sick ones included. An adapter joins by a maker in `MAKERS`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pytest

from ansim.adapters.cameras.onvif import OnvifDevice
from ansim.adapters.cameras.simulated import SimulatedDevice
from ansim.core.clock import ManualClock
from ansim.core.world import World
from ansim.nodes.media.ports import Aim, Device, Reason, Unanswered
from ansim.sim.cameras import HEIGHT, WIDTH, CameraServer
from ansim.sim.coding import Planes
from ansim.sim.faults import Fault
from ansim.sim.onvif import OnvifServer

Sicken = Callable[[Fault | None], None]
REASONS: dict[Fault, Reason] = {
    "refuse": "sign-in",
    "stall": "no-answer",
    "offline": "no-connection",
    "malformed": "malformed",
}
"""What is said of a camera that is sick so; the other faults keep nobody from asking."""
CALLS: dict[str, Callable[[Device], Coroutine[Any, Any, Any]]] = {
    "information": lambda device: device.information(),
    "profiles": lambda device: device.profiles(),
    "stream": lambda device: device.stream("main"),
    "presets": lambda device: device.presets("main"),
    "go": lambda device: device.go("main", "1"),
    "status": lambda device: device.status("main"),
}


@dataclass
class Asked:
    device: Device
    fixed: Device
    sicken: Sicken
    clock: ManualClock
    stream: str


def grey(at: datetime) -> Planes:
    return np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)


async def simulated(clock: ManualClock, stack: AsyncExitStack) -> Asked:
    world, stream = World(clock=clock), "rtsp://127.0.0.1:554/bd-0001"
    device = SimulatedDevice(world, stream)

    def sicken(fault: Fault | None) -> None:
        device.trouble = None if fault is None else REASONS.get(fault)

    return Asked(device, SimulatedDevice(world, stream, presets={}), sicken, clock, stream)


async def over_http(clock: ManualClock, stack: AsyncExitStack) -> Asked:
    world = World(clock=clock)
    cameras = CameraServer(world)
    for id in ("bd-0001", "bd-0002"):
        cameras.add(id, grey)
    await cameras.start()
    stack.push_async_callback(cameras.stop)
    server = OnvifServer(world, cameras, turning=frozenset({"bd-0001"}))
    await server.start()
    stack.push_async_callback(server.stop)
    user, password = cameras.account
    devices = [
        OnvifDevice(world, server.address(id).replace("//", f"//{user}:{password}@")) for id in ("bd-0001", "bd-0002")
    ]
    for device in devices:
        stack.push_async_callback(device.close)

    def sicken(fault: Fault | None) -> None:
        cameras.fault("bd-0001", fault)

    return Asked(devices[0], devices[1], sicken, clock, f"rtsp://127.0.0.1:{cameras.port}/bd-0001")


MAKERS = {"SimulatedDevice": simulated, "OnvifDevice": over_http}


@pytest.fixture(params=MAKERS)
async def asked(request: pytest.FixtureRequest) -> AsyncIterator[Asked]:
    async with AsyncExitStack() as stack:
        # who signs by the machine's clock needs a far end that lives now
        yield await MAKERS[request.param](ManualClock(World().clock.now()), stack)


async def test_it_says_what_it_is_and_what_it_sends(asked: Asked) -> None:
    assert (await asked.device.information()).maker == "ansim"
    first = (await asked.device.profiles())[0]
    assert (first.id, first.codec, first.width, first.height, first.turns) == ("main", "H264", 640, 360, True)
    assert await asked.device.stream("main") == asked.stream
    with pytest.raises(Unanswered, match="refused"):
        await asked.device.stream("none")


async def test_it_goes_to_a_preset_and_to_an_aim_in_its_time(asked: Asked) -> None:
    device = asked.device
    assert [(one.id, one.name) for one in await device.presets("main")] == [("1", "정위치")]
    await device.go("main", Aim(pan=0.5, tilt=-0.5, zoom=0.25))
    await asked.clock.advance(0.5)
    status = await device.status("main")
    assert status.moving and status.aim == Aim(pan=0.25, tilt=-0.25, zoom=0.125)
    await asked.clock.advance(1)
    assert await device.status("main") == await device.status("main")
    status = await device.status("main")
    assert not status.moving and status.aim == Aim(pan=0.5, tilt=-0.5, zoom=0.25)
    await device.go("main", "1")
    await asked.clock.advance(2)
    assert (await device.status("main")).aim == Aim(pan=0, tilt=0, zoom=0)
    with pytest.raises(Unanswered, match="refused"):
        await device.go("main", "99")


async def test_a_fixed_one_says_that_it_does_not_turn(asked: Asked) -> None:
    assert not any(profile.turns for profile in await asked.fixed.profiles())
    for turning in (asked.fixed.presets("main"), asked.fixed.go("main", "1"), asked.fixed.status("main")):
        with pytest.raises(Unanswered, match="unsupported"):
            await turning


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("fault", REASONS)
async def test_a_sick_one_is_told_by_name_and_in_time(asked: Asked, fault: Fault, call: str) -> None:
    asked.sicken(fault)
    asking = asyncio.ensure_future(CALLS[call](asked.device))
    if fault == "stall":
        await asyncio.sleep(0.05)
        await asked.clock.advance(10)
    with pytest.raises(Unanswered) as told:
        await asyncio.wait_for(asking, 20)
    assert told.value.reason == REASONS[fault]
    # the account, the address and the camera's own words stay behind
    assert str(told.value) == REASONS[fault] and told.value.__context__ is None
    asked.sicken(None)
    assert await asked.device.profiles(), "and it is asked again"


@pytest.mark.parametrize("fault", ["clock", "address"])
async def test_a_wrong_clock_or_address_keeps_nobody_from_it(asked: Asked, fault: Fault) -> None:
    asked.sicken(fault)
    assert await asked.device.stream("main") == asked.stream
    await asked.device.go("main", "1")


@pytest.mark.parametrize(
    "url", ["", "rtsp://u:secret@h/", "http://", "http://[u:secret@/x", "http://h:secret/x", "http://a b:secret@h/"]
)
def test_an_address_that_is_none_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match="device's address") as refused:
        OnvifDevice(World(), url)
    assert "secret" not in str(refused.value)


def test_nothing_that_is_printed_holds_the_password() -> None:
    device = OnvifDevice(World(), "http://viewer:secret@127.0.0.1:9/onvif/device_service")
    assert "secret" not in repr(device) and "viewer" not in repr(device)
