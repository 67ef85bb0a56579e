"""A night on which fifty cameras move here from an old system: rehearsed with cameras that really send, and what is wrong with real ones."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from ansim.adapters.recorders.simulated import SimulatedRecorder
from ansim.app import migration
from ansim.app.centre import Centre
from ansim.app.check import wrong
from ansim.app.media import PullerOf
from ansim.app.migration import Report
from ansim.app.running import leave_note
from ansim.app.settings import Settings
from ansim.city.migration import actions
from ansim.city.migration.ports import OldSystem, Puller
from ansim.cli import parser_of_all
from ansim.core.clock import ManualClock
from ansim.core.database import Database
from ansim.core.errors import Problem
from ansim.core.world import World
from ansim.sim import rtsp
from ansim.sim.coding import Codec
from ansim.sim.faults import Fault
from tests.flow.conftest import CENTRE
from tests.nodes.media.conftest import Clip, encode

pytestmark = pytest.mark.flow

CAMERAS = 50
FPS, GROUP, WHOLE = 4, 4, 72
DECLARED, DETECTED, FROZEN, LOSSY, REFUSING, AWAY = (f"cam-{number:02}" for number in range(6))
"""One session, as the list says; one session, as it turns out; and four that are sick, the last for a while."""
HEALTHY = [f"cam-{number:02}" for number in range(6, CAMERAS)]


class Lens:
    """Sends the pictures of a clip, one at each step, to whoever plays. Under `drop` it is the way to us that loses packets."""

    def __init__(self, clip: Clip, trouble: Fault | None = None) -> None:
        self.trouble = trouble
        self.fault = trouble
        self.viewers: list[rtsp.Viewer] = []
        self._clip = clip
        self._at = 0

    def parameter_sets(self, codec: Codec) -> tuple[bytes, ...]:
        return self._clip.sps, self._clip.pps

    def join(self, viewer: rtsp.Viewer) -> None:
        self.viewers.append(viewer)

    def leave(self, viewer: rtsp.Viewer) -> None:
        self.viewers.remove(viewer)

    def step(self) -> None:
        """A frozen one codes one group over and over, with new times."""
        number = self._at % GROUP if self.trouble == "freeze" else self._at % WHOLE
        time = self._at * 90_000 // FPS & 0xFFFFFFFF
        unit = rtsp.AccessUnit(tuple(self._clip.pictures[number]), time, number % GROUP == 0)
        self._at += 1
        if self.trouble == "stall":
            return
        for at, viewer in enumerate(tuple(self.viewers)):
            self.fault = None if self.trouble == "drop" and at == 0 else self.trouble  # the old system came first
            viewer.send(unit)


class Night:
    """The cameras, the old system, and ours, which can be killed and started again."""

    def __init__(self, dsn: str, folder: Path, cameras: int = CAMERAS) -> None:
        self.clock = ManualClock()
        self.world = World(clock=self.clock)
        clip = encode(64, 48, seconds=3, group=GROUP)
        faults: dict[str, Fault] = {DECLARED: "single", DETECTED: "single", FROZEN: "freeze", LOSSY: "drop"}
        ids = [f"cam-{number:02}" for number in range(cameras)]
        self.lenses = {id: Lens(clip, faults.get(id)) for id in ids}
        self.server = rtsp.Server(self.world, dict(self.lenses), "viewer", "old-and-new")
        self.folder = folder
        self.settings = Settings(
            data=str(folder / "centre"),
            database=dsn,
            centre=CENTRE,
            cameras=str(folder / "cameras.json"),
            record="always",
        )
        self.centre: Centre | None = None

    async def open(self) -> None:
        await self.server.start()
        urls = {id: self.server.url(id) for id in self.lenses}
        self.old = SimulatedRecorder(self.world, {f"ch{id[4:]}": url for id, url in urls.items()})
        await self.old.start()
        await self.until(lambda: all(lens.viewers for lens in self.lenses.values()))
        wrong_account = urls[REFUSING].replace("old-and-new", "typing-mistake")
        (self.folder / "cameras.json").write_text(json.dumps(urls | {REFUSING: wrong_account}))

    async def close(self) -> None:
        await self.kill()
        await self.old.close()
        await self.server.stop()

    async def start(self) -> None:
        old = {id: int(f"ch{id[4:]}" in self.old._pulling) for id in HEALTHY if id in self.lenses}
        await self.until(lambda: all(len(self.lenses[id].viewers) == count for id, count in old.items()))
        self.centre = await Centre(self.settings, self.world).__aenter__()
        leave_note(self.centre, pid=0)
        await self.until(lambda: all(len(self.lenses[id].viewers) == count + 1 for id, count in old.items()))

    async def kill(self) -> None:
        """What was still coming is lost, as it is with the process."""
        if self.centre is not None:
            for recorder in self.centre.recordings._recorders.values():
                recorder._group = None
            await self.centre.__aexit__(None, None, None)
            self.centre = None

    async def until(self, holds: Any) -> None:
        """For what is on its way through real sockets, while time stands still."""
        async with asyncio.timeout(20):
            while not holds():
                await asyncio.sleep(0.001)

    async def run(self, seconds: float) -> None:
        """Every picture arrives at the instant it was taken, at both."""
        healthy = [id for id in HEALTHY if id in self.lenses]
        for _ in range(round(seconds * FPS)):
            due = {id: len(self.old.times[f"ch{id[4:]}"]) + 1 for id in healthy if f"ch{id[4:]}" in self.old._pulling}
            pulled = [self.centre.node.cameras._cameras[id] for id in healthy] if self.centre else []
            came = [camera._sequence + 1 for camera in pulled]
            for lens in self.lenses.values():
                lens.step()
            await self.until(
                lambda: (
                    all(len(self.old.times[f"ch{id[4:]}"]) >= count for id, count in due.items())  # noqa: B023
                    and all(camera._sequence >= count for camera, count in zip(pulled, came, strict=True))  # noqa: B023
                )
            )
            await self.clock.leap(1 / FPS)
            if self.centre is not None:  # its thread has real time only, and in this time there is hardly any
                await self.centre.recordings._writer.written()

    async def plan(self) -> int:
        file = self.folder / "plan.csv"
        rows = [f"{id},ch{id[4:]},{1 if id == DECLARED else ''}" for id in self.lenses]
        file.write_text("camera,old,sessions\n" + "\n".join(rows))
        return await migration.plan(self.settings, file, world=self.world)

    async def compare(self, seconds: float, *cameras: str) -> int:
        return await migration.compare_all(self.settings, cameras, self.old, seconds=seconds, world=self.world)

    async def switch(self, *cameras: str, accept_gap: bool = False) -> int:
        return await migration.switch(
            self.settings, cameras, self.old, all_ready=not cameras, accept_gap=accept_gap, world=self.world
        )

    async def release(self, *cameras: str) -> int:
        return await migration.release(self.settings, cameras, self.old, world=self.world)

    async def back(self, *cameras: str) -> int:
        return await migration.back(self.settings, cameras, self.old, world=self.world)

    async def report(self) -> Report:
        return await migration.made(self.settings, self.old, world=self.world)

    @property
    def database(self) -> Database:
        assert self.centre is not None
        return self.centre.database

    async def rows(self, sql: str) -> list[dict[str, Any]]:
        async with self.database.transaction(readonly=True) as tx:
            return [dict(row) for row in await tx.fetch(sql)]

    async def wrong(self) -> list[str]:
        found = await wrong(self.database, self.settings.folder, CENTRE)
        return [line for line in found if "ledger" not in line]  # its clock stands still while this one leaps


@pytest.fixture
async def night(dsn: str, tmp_path: Path) -> AsyncIterator[Night]:
    night = Night(dsn, tmp_path)
    await night.open()
    yield night
    await night.close()


async def test_fifty_cameras_move_in_one_night(night: Night, capsys: pytest.CaptureFixture[str]) -> None:
    await night.start()
    assert await night.plan() == 0
    await night.run(6)

    # ours is killed: the old system goes on, and what is missing is said to be of our doing
    await night.kill()
    await night.run(2)
    await night.start()
    await night.run(4)
    capsys.readouterr()
    assert await night.compare(10) == 1
    said = capsys.readouterr().out
    assert "0 of 50 cameras are proven" in said, said
    assert f"{HEALTHY[0]}: pictures of ours are missing, up to 3000 ms (ansim was away)" in said
    assert await night.switch() == 0 and "0 cameras switched" in capsys.readouterr().out

    # then both are whole for long enough; one camera was away, for both
    await night.run(55)
    night.lenses[AWAY].trouble = "stall"
    await night.run(4)
    night.lenses[AWAY].trouble = None
    await night.run(16)
    assert await night.compare(30) == 1
    said = capsys.readouterr().out
    assert "46 of 50 cameras are proven" in said, [one for one in said.splitlines() if ": ready" not in one]
    assert f"{HEALTHY[0]}: ready: both recorded 30 s and no picture of ours is missing" in said
    assert f"{AWAY}: ready: both recorded 30 s and no picture of ours is missing (the camera was away)" in said
    assert f"{FROZEN}: ready: both recorded 30 s and no picture of ours is missing; its picture stands still" in said
    assert f"{LOSSY}: pictures of ours are missing, up to " in said
    assert f"{REFUSING}: ansim has recorded nothing of it: the camera refuses the a" in said
    for one_session in (DECLARED, DETECTED):
        assert f"{one_session}: the camera gives one session only: it can be switched with a gap" in said

    # what is proven is switched, and nothing else
    assert await night.switch() == 0, capsys.readouterr().out
    assert "46 cameras switched" in capsys.readouterr().out
    assert await night.switch(LOSSY) == 1 and "not proven" in capsys.readouterr().out
    assert await night.switch(DECLARED, DETECTED, accept_gap=True) == 0, capsys.readouterr().out
    await night.run(8)
    told = {one.camera: one for one in (await night.report()).cameras}
    for id in (*HEALTHY, AWAY, FROZEN):
        assert (told[id].owner, told[id].epoch, told[id].gap_at_switch_ms) == ("ansim", 2, 0), told[id]
        assert told[id].verdict.startswith("ansim records it, no gap; the old system can be stopped")
    for id in (LOSSY, REFUSING):
        assert (told[id].state, told[id].owner, told[id].epoch) == ("beside", "old", 1)

    # the old one lets go; one camera goes back; ours is killed once more, and who answers stays as it was
    going_back = HEALTHY[-1]
    assert await night.back(going_back) == 0
    assert await night.release() == 0, capsys.readouterr().out
    await night.run(3)
    await night.kill()
    await night.run(1)
    await night.start()
    await night.run(3)
    told = {one.camera: one for one in (await night.report()).cameras}
    for id in (*HEALTHY[:-1], AWAY, FROZEN):
        assert (told[id].state, told[id].owner, told[id].epoch, told[id].gap_at_switch_ms) == (
            "released",
            "ansim",
            2,
            0,
        )
        assert told[id].verdict.startswith("moved without a gap")
        # ours alone was away, for as long as it was, and not a moment was made up
        assert told[id].largest_gap_since_ms is not None and 1000 <= told[id].largest_gap_since_ms <= 2000
        assert told[id].gaps[-1].cause == "ansim"
    for id in (DECLARED, DETECTED):
        gap = told[id].gap_at_switch_ms
        assert told[id].state == "released" and gap is not None and 0 < gap <= 6000
        assert told[id].verdict == f"moved with a gap of {gap} ms"
    assert (told[going_back].state, told[going_back].owner, told[going_back].epoch) == ("back", "old", 3)
    assert f"ch{going_back[4:]}" in night.old._pulling and f"ch{HEALTHY[0][4:]}" not in night.old._pulling

    # and an auditor finds all of it, in the ledger and in the check
    acts = await night.rows(
        "SELECT act, object, details FROM ledger_entry WHERE act LIKE 'recording.%' ORDER BY at, id"
    )
    assert [one["act"] for one in acts if one["object"] == HEALTHY[0]] == [
        "recording.beside", "recording.compared", "recording.taken", "recording.released"
    ]  # fmt: skip
    [released] = [
        json.loads(one["details"]) for one in acts if one["object"] == DECLARED and one["act"].endswith("released")
    ]
    assert released == {"camera": DECLARED, "epoch": 2, "gap_ms": told[DECLARED].gap_at_switch_ms}
    assert await night.wrong() == []


@pytest.fixture
async def few(dsn: str, tmp_path: Path) -> AsyncIterator[Night]:
    """Only the cameras with one session and the frozen one are sick; the centre runs, and nothing has been moved yet."""
    night = Night(dsn, tmp_path, cameras=8)
    await night.open()
    await night.start()
    yield night
    await night.close()


async def state(night: Night, camera: str) -> tuple[str, str, int]:
    [row] = await night.rows(
        "SELECT m.state, e.owner, e.epoch FROM camera_migration m JOIN recording_epoch e USING (camera)"
        f" WHERE e.until_at IS NULL AND camera = '{camera}'"
    )
    return row["state"], row["owner"], row["epoch"]


async def test_of_two_who_change_an_owner_at_once_one_is_told(few: Night) -> None:
    await few.plan()
    camera = HEALTHY[0]
    async with few.database.transaction() as tx:
        await actions.switch(tx, camera, 1, accept_gap=True, actor="first")
    for stale in (actions.give_back, actions.switch):
        with pytest.raises(Problem) as refused:
            async with few.database.transaction() as tx:
                if stale is actions.switch:
                    await actions.switch(tx, camera, 1, accept_gap=True, actor="second")
                else:
                    await actions.give_back(tx, camera, 1, actor="second")
        assert refused.value.status == 409
    assert await state(few, camera) == ("switched", "ansim", 2)


async def test_nothing_is_believed_of_a_plan_that_does_not_fit(few: Night, capsys: pytest.CaptureFixture[str]) -> None:
    file = few.folder / "plan.csv"
    file.write_text("camera,old,sessions\ncam-06,ch06,\ncam-99,x,\ncam-07,ch07,two\ncam-06,ch06,\n")
    with pytest.raises(Problem, match="3 lines"):
        await migration.plan(few.settings, file, world=few.world)
    said = capsys.readouterr().out
    assert "line 3, camera: the media node's file does not have it" in said
    assert "line 4, sessions: a number from 1" in said and "line 5, camera: it stands here twice" in said
    assert await few.rows("SELECT 1 FROM camera_migration") == []
    only = few.folder / "cameras.json"
    only.write_text(json.dumps({"cam-06": {"url": few.server.url("cam-06"), "record": "incident"}}))
    file.write_text("camera\ncam-06\n")
    with pytest.raises(Problem):
        await migration.plan(few.settings, file, dry_run=True, world=few.world)
    assert "recorded all the time" in capsys.readouterr().out
    file.write_text("name\ncam-06\n")
    with pytest.raises(Problem, match="other columns"):
        await migration.plan(few.settings, file, world=few.world)


async def test_the_old_system_is_not_let_go_of_while_ours_records_nothing(
    few: Night, capsys: pytest.CaptureFixture[str]
) -> None:
    await few.plan()
    await few.run(2)
    assert await few.switch(REFUSING, accept_gap=True) == 0
    await few.run(2)
    assert await few.release() == 1
    assert f"ansim does not record {REFUSING}" in capsys.readouterr().out
    assert await state(few, REFUSING) == ("switched", "ansim", 2)
    assert f"ch{REFUSING[4:]}" in few.old._pulling
    assert await migration.status(few.settings, world=few.world) == 0
    assert f"{REFUSING}  switched  ansim answers for it and records nothing" in capsys.readouterr().out
    await few.run(32)
    found = await few.wrong()
    assert found == [f"nothing has been kept for 30 s of a camera that ansim answers for: {REFUSING}"]


async def test_a_camera_with_one_session_is_left_to_whoever_answers_for_it(few: Night) -> None:
    """Else it would be whose attempt comes first after a hitch, and that is not a way to lose a recording."""
    await few.plan()
    await few.run(4)
    lens, old = few.lenses[DECLARED], few.old._pulling
    ours = few.centre.node.cameras._cameras[DECLARED] if few.centre else None
    assert ours is not None
    await few.until(lambda: not ours._wanted())
    await few.old.stop(f"ch{DECLARED[4:]}")
    await few.run(20)
    assert not lens.viewers, "free, and still not ours"
    assert await few.switch(DECLARED, accept_gap=True) == 0
    await few.run(6)
    assert len(lens.viewers) == 1 and f"ch{DECLARED[4:]}" not in old
    assert await few.back(DECLARED) == 0
    await few.run(7)
    assert len(lens.viewers) == 1 and f"ch{DECLARED[4:]}" in old
    await few.until(lambda: not ours._wanted())


async def test_a_proof_is_void_once_a_picture_is_missing(few: Night, capsys: pytest.CaptureFixture[str]) -> None:
    await few.plan()
    await few.run(14)
    await few.compare(10, *HEALTHY[:2])
    await few.kill()
    await few.run(3)
    await few.start()
    await few.run(5)  # until a whole group of pictures is written: what may still be in memory is not missing
    capsys.readouterr()
    assert await few.switch() == 1
    assert f"{HEALTHY[0]} has a gap since it was compared" in capsys.readouterr().out
    assert await state(few, HEALTHY[0]) == ("compared", "old", 1)


async def test_a_camera_that_two_epochs_claim_or_none_is_named(few: Night) -> None:
    await few.plan()
    camera, other, third = HEALTHY[0], HEALTHY[1], FROZEN
    async with few.database.transaction() as tx:
        await tx.execute("UPDATE recording_epoch SET until_at = from_at WHERE camera = $1", camera)
        await tx.execute("DELETE FROM recording_epoch WHERE camera = $1", other)
        await actions.switch(tx, third, 1, accept_gap=True, actor="test")
        await tx.execute(
            "UPDATE recording_epoch SET until_at = until_at + interval '5 s' WHERE camera = $1 AND epoch = 1", third
        )
    assert sorted(await few.wrong()) == [
        f"no epoch claims the recording of a camera: {camera}",
        f"no epoch claims the recording of a camera: {other}",
        f"two epochs claim the recording of a camera after epoch 1: {third}",
    ]


async def test_the_report_is_whole_for_a_machine(few: Night, capsys: pytest.CaptureFixture[str]) -> None:
    await few.plan()
    await few.run(8)
    capsys.readouterr()
    assert await migration.report(few.settings, few.old, as_json=True, world=few.world) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["states"] == {"beside": 8} and len(told["cameras"]) == 8
    one = next(camera for camera in told["cameras"] if camera["camera"] == HEALTHY[0])
    assert (one["owner"], one["epoch"], one["gaps"], one["gap_at_switch_ms"]) == ("old", 1, [], None)
    assert "old-and-new" not in json.dumps(told)
    assert await migration.report(few.settings, world=few.world) == 1
    assert "8 cameras, 0 moved" in capsys.readouterr().out


async def test_what_is_not_named_is_not_done(few: Night) -> None:
    await few.plan()
    for asked in (
        migration.switch(few.settings, [], world=few.world), migration.back(few.settings, [], world=few.world),
        migration.switch(few.settings, ["cam-06"], all_ready=True, world=few.world),
        migration.release(few.settings, ["cam-99"], world=few.world),
        migration.compare_all(few.settings, [], None, seconds=60, world=few.world),
    ):  # fmt: skip
        with pytest.raises(Problem):
            await asked


async def test_the_ports_keep_their_word(few: Night) -> None:
    assert few.centre is not None
    puller: Puller = PullerOf(few.centre.node)
    puller.leave("cam-99")
    puller.connect("cam-99")
    camera = few.centre.node.cameras._cameras[HEALTHY[0]]
    puller.leave(camera.id)
    await few.clock.advance(2)
    await few.until(lambda: len(few.lenses[camera.id].viewers) == 1)
    puller.connect(camera.id)
    await few.until(lambda: len(few.lenses[camera.id].viewers) == 2)
    old: OldSystem = few.old
    assert len(await old.cameras()) == 8


async def test_the_command_line_reaches_the_centre_that_runs(few: Night, capsys: pytest.CaptureFixture[str]) -> None:
    await few.plan()
    file = few.folder / "old.csv"
    file.write_text("camera,start,end\nch06,2026-11-21T14:47:00Z,2026-11-21T14:48:00Z\n")
    for words, status, said in (
        (["status"], 0, "8 cameras: 8 beside"),
        (["compare", "cam-06", "cam-07", "--old", str(file), "--stretch", "20s"], 1, "0 of 2 cameras are proven"),
        (["switch", "cam-06", "--accept-gap"], 0, "cam-06: ansim answers for it"),
        (["release", "cam-06"], 1, "ansim does not record cam-06"),
        (["back", "cam-06"], 0, "cam-06: the old system answers for it; see that it pulls it"),
        (["report", "--old", str(file)], 1, "cam-06  back, epoch 3 (old)"),
    ):
        arguments = parser_of_all().parse_args(["migration", *words, "--data", few.settings.data])
        assert await arguments.command(arguments) == status, words
        assert said in capsys.readouterr().out
    assert await state(few, "cam-06") == ("back", "old", 3)
