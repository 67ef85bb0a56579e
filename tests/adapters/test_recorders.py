"""What every system that has recorded the cameras until now must tell, and do. An adapter joins by a maker in `MAKERS`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ansim.adapters.recorders.segments import SegmentReport
from ansim.adapters.recorders.simulated import SimulatedRecorder
from ansim.city.migration.model import Stretch
from ansim.city.migration.ports import OldSystem
from ansim.core.clock import ManualClock
from ansim.core.errors import Problem
from ansim.core.world import World
from tests.nodes.media.conftest import TestCamera, encode, eventually

BEGAN = datetime(2026, 11, 21, 14, 47, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


@dataclass
class Told:
    """A system that has recorded `cam-1` from 0 to 6 s and from 16 to 20 s, and knows `cam-2` or not."""

    old: OldSystem
    stops: bool


async def simulated(folder: Path, stack: AsyncExitStack) -> Told:
    clock, camera = ManualClock(BEGAN), TestCamera(encode())
    await camera.start()
    stack.push_async_callback(camera.stop)
    recorder = SimulatedRecorder(World(clock=clock), {"cam-1": camera.url()})
    stack.push_async_callback(recorder.close)
    await recorder.start()
    for second in range(20):
        if second == 6:
            await recorder.stop("cam-1")
        if second == 16:
            await recorder.go_on("cam-1")
        if not 6 <= second < 16:
            await eventually(lambda: camera.playing)
        before = len(recorder.times["cam-1"])
        camera.send(25)
        if not 6 <= second < 16:
            await eventually(lambda: len(recorder.times["cam-1"]) == before + 25)  # noqa: B023
        await clock.leap(1)
    # the camera of this test sends 25 pictures at once, a second long
    recorder.times["cam-1"] = [when + timedelta(seconds=n % 25 / 25) for n, when in enumerate(recorder.times["cam-1"])]
    return Told(recorder, stops=True)


async def exported(folder: Path, stack: AsyncExitStack) -> Told:
    rows = [(0, 3), (3, 6), (16, 20)]
    local = "%Y-%m-%d %H:%M:%S"
    text = "카메라,시작,종료\n" + "".join(
        f"cam-1,{at(9 * 3600 + start):{local}},{at(9 * 3600 + end):{local}}\n" for start, end in rows
    )
    (folder / "report.csv").write_bytes(text.encode("cp949"))
    return Told(SegmentReport(folder), stops=False)


MAKERS: dict[str, Callable[[Path, AsyncExitStack], Coroutine[Any, Any, Told]]] = {
    "simulated": simulated,
    "segments": exported,
}


@pytest.fixture(params=MAKERS)
async def told(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Told]:
    async with AsyncExitStack() as stack:
        yield await MAKERS[request.param](tmp_path, stack)


async def test_it_names_its_cameras(told: Told) -> None:
    assert list(await told.old.cameras()) == ["cam-1"]


async def test_it_tells_what_it_recorded_and_what_not(told: Told) -> None:
    assert list(await told.old.recorded("cam-1", at(-60), at(60))) == [
        Stretch(at(0), at(6)), Stretch(at(16), at(20))
    ]  # fmt: skip


async def test_it_tells_only_of_the_time_that_is_asked_for(told: Told) -> None:
    assert list(await told.old.recorded("cam-1", at(2), at(18))) == [Stretch(at(2), at(6)), Stretch(at(16), at(18))]
    assert list(await told.old.recorded("cam-1", at(7), at(15))) == []


async def test_a_camera_that_it_does_not_know_was_never_recorded(told: Told) -> None:
    assert list(await told.old.recorded("cam-9", at(-60), at(60))) == []


async def test_it_stops_and_goes_on_or_says_that_it_cannot(told: Told) -> None:
    for _ in range(2):
        assert await told.old.stop("cam-1") is told.stops
    for _ in range(2):
        assert await told.old.go_on("cam-1") is told.stops


# -- a list of segments ------------------------------------------------------------------------------------------------


def report(folder: Path, text: str, ahead_s: float = 0.0) -> SegmentReport:
    (folder / "report.csv").write_text(text, "utf-8")
    return SegmentReport(folder / "report.csv", ahead_s)


async def test_files_that_meet_within_how_they_were_rounded_are_one_recording(tmp_path: Path) -> None:
    text = "camera,start,end\na,2026-11-21 23:47:00,2026-11-21 23:47:59\na,2026-11-21 23:48:00,2026-11-21 23:49:00\n"
    told = report(tmp_path, text)
    assert list(await told.recorded("a", at(-60), at(600))) == [Stretch(at(0), at(120))]
    finer = report(tmp_path, text.replace(":59\n", ":59.5\n"))
    assert len(await finer.recorded("a", at(-60), at(600))) == 2, (
        "where it tells parts of a second, half of one is missing"
    )


async def test_a_clock_that_is_ahead_is_set_back(tmp_path: Path) -> None:
    told = report(tmp_path, "camera,start,end\na,2026-11-21T14:47:05Z,2026-11-21T14:48:05Z\n", ahead_s=5)
    assert list(await told.recorded("a", at(-60), at(600))) == [Stretch(at(0), at(60))]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (",2026-11-21 23:47:00,2026-11-21 23:48:00", "line 3, camera: nothing there"),
        ("a,yesterday,2026-11-21 23:48:00", "line 3, start: not a time"),
        ("a,2026-11-21 23:47:00,", "line 3, end: nothing there"),
        ("a,2026-11-21 23:47:00", "line 3, end: nothing there"),
        ("a,2026-11-21 23:47:00,2026-11-21 23:46:00", "line 3, end: not after its start"),
        ("a,2026-11-21 23:47:00,2027-11-21 23:48:00", "line 3, end: more than 7 days"),
    ],
)
def test_a_row_that_does_not_fit_is_named_and_never_passed_over(tmp_path: Path, row: str, why: str) -> None:
    with pytest.raises(Problem) as refused:
        report(tmp_path, f"camera,start,end\na,2026-11-21 23:46:00,2026-11-21 23:47:00\n{row}\n")
    assert why in refused.value.detail and refused.value.status == 422


def test_a_table_without_its_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="start"):
        report(tmp_path, "camera,from,to\n")
    with pytest.raises(Problem, match="cannot be read"):
        SegmentReport(tmp_path / "absent.csv")


async def test_the_old_one_is_pulled_again_after_the_camera_was_away(tmp_path: Path) -> None:
    clock, camera = ManualClock(BEGAN), TestCamera(encode())
    await camera.start()
    recorder = SimulatedRecorder(World(clock=clock), {"a": camera.url()})
    await recorder.start()
    await eventually(lambda: camera.playing)
    camera.reset()
    await asyncio.sleep(0.01)
    await clock.advance(2)
    await eventually(lambda: camera.playing)
    await recorder.close()
    await camera.stop()
