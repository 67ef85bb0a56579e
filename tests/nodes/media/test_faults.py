"""The node against a camera with every fault that the simulator has: what it says, and that the others go on."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime

import numpy as np
import pytest

from ansim.core.clock import ManualClock
from ansim.core.world import World
from ansim.nodes.media.node import MediaNode
from ansim.nodes.media.ports import Health, Source
from ansim.nodes.media.ring import Frame
from ansim.sim.cameras import HEIGHT, WIDTH, CameraServer
from ansim.sim.coding import Planes
from ansim.sim.faults import LATE_S, Fault


def moving(at: datetime) -> Planes:
    planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
    planes[:HEIGHT] = 30 + (np.arange(WIDTH) // 4 + int(at.timestamp() * 10)) % 180
    return planes


class Street:
    """Cameras that live in real time, and a node whose clock the test moves."""

    def __init__(self) -> None:
        self.clock = ManualClock(World().clock.now())
        self.cameras = CameraServer(World())
        self.node = MediaNode(World(clock=self.clock))
        self.frames: dict[str, list[Frame]] = {"sick": [], "well": []}
        for id in self.frames:
            self.cameras.add(id, moving)

    def pull(self) -> None:
        for id, frames in self.frames.items():
            self.node.cameras.add(Source(id=id, url=self.cameras.url(id)))
            camera = self.node.cameras.get(id)
            assert camera
            camera.subscribe(frames.append)

    def health(self, id: str = "sick") -> Health:
        health = self.node.health(id)
        assert health
        return health

    async def until(self, holds: Callable[[], object], *, passing_s: float = 0.0) -> None:
        """`passing_s`: so much of the node's time passes with each look."""
        async with asyncio.timeout(30):
            while not holds():
                await asyncio.sleep(0.02)
                await self.clock.advance(passing_s)


@pytest.fixture
async def street() -> AsyncIterator[Street]:
    street = Street()
    await street.cameras.start()
    yield street
    await street.node.close()
    await street.cameras.stop()


TROUBLES: dict[Fault, str] = {
    "refuse": "the camera refuses the account",
    "stall": "the camera sends no new pictures",
    "keyless": "the camera sends no key frames",
    "offline": "the camera answers DESCRIBE with 503",
}


@pytest.mark.parametrize("fault", TROUBLES)
async def test_what_is_wrong_is_said_and_the_others_go_on(street: Street, fault: Fault) -> None:
    street.cameras.fault("sick", fault)
    street.pull()
    await street.until(lambda: street.health().trouble == TROUBLES[fault], passing_s=0.3)
    assert street.frames["sick"] == []
    count = len(street.frames["well"])
    await street.until(lambda: len(street.frames["well"]) > count + 5)
    street.cameras.fault("sick", None)
    await street.until(lambda: street.frames["sick"], passing_s=0.5)
    assert street.frames["sick"][0].key and street.health().trouble == "", "and it is back by itself"


async def test_pictures_with_a_lost_packet_are_left_out_and_counted(street: Street) -> None:
    street.cameras.fault("sick", "drop")
    street.pull()
    await street.until(lambda: street.health().lost_packets > 3)
    assert street.health("well").lost_packets == 0


async def test_a_wrong_clock_is_measured_and_changes_nothing(street: Street) -> None:
    street.cameras.fault("sick", "clock")
    street.pull()
    await street.until(
        lambda: street.health().clock_offset_s is not None and street.health("well").clock_offset_s, passing_s=0.1
    )
    assert street.health().clock_offset_s == pytest.approx(-LATE_S, abs=30)
    assert street.health("well").clock_offset_s == pytest.approx(0, abs=30)
    count = len(street.frames["sick"])
    await street.until(lambda: len(street.frames["sick"]) > count + 5)


async def test_another_size_in_the_middle_is_another_stream(street: Street) -> None:
    street.pull()
    await street.until(lambda: street.frames["sick"])
    street.cameras.fault("sick", "resize")
    await street.until(lambda: street.frames["sick"][-1].stream.width == WIDTH // 2)
    widths = [frame.stream.width for frame in street.frames["sick"]]
    change = widths.index(WIDTH // 2)
    assert set(widths[:change]) == {WIDTH} and street.frames["sick"][change].key


async def test_another_address_than_the_one_that_answered_is_not_believed(street: Street) -> None:
    street.cameras.fault("sick", "address")
    street.pull()
    await street.until(lambda: street.frames["sick"])


async def test_a_camera_that_changes_to_h265_is_signed_in_anew(street: Street) -> None:
    street.pull()
    await street.until(lambda: street.frames["sick"])
    street.cameras.fault("sick", "h265")
    await street.until(lambda: street.frames["sick"][-1].stream.parameters.codec.startswith("hvc1."), passing_s=0.1)
    codecs = [frame.stream.parameters.codec[:5] for frame in street.frames["sick"]]
    change = codecs.index("hvc1.")
    assert set(codecs[:change]) == {"avc1."} and street.frames["sick"][change].key
    assert (street.frames["sick"][change].stream.width, street.health().trouble) == (WIDTH, "")
