"""The heads as the centre sees them: what `response.watch.ports.Heads` promises, over every adapter of a camera."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ansim.app.media import HeadsOf
from ansim.app.remote import RemoteHeads
from ansim.city.cameras.calibration import Calibration
from ansim.city.cameras.model import Aim
from ansim.nodes.media.heads import Heads
from ansim.nodes.media.ports import Source
from ansim.response.watch.ports import CameraRefuses, Direction
from ansim.response.watch.ports import Heads as TurningHeads
from ansim.sim.faults import Fault
from tests.adapters.test_cameras import REASONS, Asked, asked
from tests.adapters.tethered import joined, remote_of
from tests.flow.conftest import opened

__all__ = ["asked"]

HANGS = Calibration(
    azimuth_deg=200.0, clockwise=True, pan_range_deg=360.0, tilt_zero_deg=-45.0, tilt_range_deg=90.0, wide_deg=60.0,
    narrow_deg=5.0, height_m=5.0, residual_deg=0.5, latitude=37.5, longitude=127.05,
)  # fmt: skip


SOURCES = [
    Source(id=id, url="rtsp://127.0.0.1/x", device=url, profile="main")
    for id, url in (("turns", "http://turns/"), ("fixed", "http://fixed/"), ("none", ""))
]


@pytest.fixture(params=["one process", "two"])
async def heads(request: pytest.FixtureRequest, asked: Asked, dsn: str, tmp_path: Path) -> AsyncIterator[TurningHeads]:
    devices = {"http://turns/": asked.device, "http://fixed/": asked.fixed}
    if request.param == "two":
        async with opened(dsn) as house:
            remote = remote_of(house)
            async with joined(remote, house.centre.world, tmp_path, SOURCES, devices.__getitem__):
                yield HeadsOf(RemoteHeads(remote, house.centre.database))
        return
    node = Heads(devices.__getitem__)
    for source in SOURCES:
        node.add(source)
    yield HeadsOf(node)


async def test_it_goes_where_it_is_told_and_says_so(heads: TurningHeads, asked: Asked) -> None:
    assert heads.turns("turns") and not heads.turns("none")
    told = HANGS.turned_to(Aim(bearing_deg=250.0, view_deg=20.0), 40)
    assert told is not None
    await heads.go("turns", Direction(pan=told[0], tilt=told[1], zoom=told[2]))
    assert (await heads.heading("turns")).moving, "it returns when the head has begun to move"
    await asked.clock.advance(5)
    heading = await heads.heading("turns")
    assert not heading.moving and heading.direction is not None
    looks = HANGS.looks(heading.direction.pan, heading.direction.zoom)
    assert abs(looks.bearing_deg - 250) < 0.5 and abs(looks.view_deg - 20) < 0.5
    [home] = await heads.presets("turns")
    await heads.go("turns", home.id)
    await asked.clock.advance(5)
    assert (await heads.heading("turns")).direction == Direction(pan=0, tilt=0, zoom=0)


async def test_a_new_aim_takes_over_from_one_under_way(heads: TurningHeads, asked: Asked) -> None:
    await heads.go("turns", Direction(pan=1, tilt=0, zoom=0))
    await asked.clock.advance(1)
    await heads.go("turns", Direction(pan=0, tilt=0, zoom=0))
    await asked.clock.advance(1.1)
    assert (await heads.heading("turns")).direction == Direction(pan=0, tilt=0, zoom=0)


@pytest.mark.parametrize("camera", ["fixed", "none", "unheard-of"])
async def test_what_does_not_turn_refuses(heads: TurningHeads, camera: str) -> None:
    for asking in (heads.presets(camera), heads.heading(camera), heads.go(camera, "1")):
        with pytest.raises(CameraRefuses, match="unsupported"):
            await asking


@pytest.mark.parametrize("fault", [fault for fault in REASONS if fault != "stall"])
async def test_a_sick_head_refuses_with_the_reason(heads: TurningHeads, asked: Asked, fault: Fault) -> None:
    await heads.presets("turns")
    asked.sicken(fault)
    for asking in (heads.heading("turns"), heads.go("turns", Direction(pan=0.5, tilt=0, zoom=0))):
        with pytest.raises(CameraRefuses, match=REASONS[fault]):
            await asking
