"""Recordings of a case: kept sealed, cut for evidence, checked without us, and gone with their keys. With a camera that really sends."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import pytest
from PIL import Image

from ansim.app.check import wrong
from ansim.city.migration import actions as migration
from ansim.city.recordings.actions import plan_again
from ansim.city.recordings.ports import RecordedDays
from ansim.core.database import Database
from ansim.core.database.pool import PoolDriver
from ansim.core.errors import Problem
from ansim.nodes.media.ports import DayKeys
from ansim.nodes.media.recordings import days_in
from ansim.response.evidence.manifest import split
from ansim.response.evidence.ports import Recorded
from ansim.response.evidence.verify import verify_clip
from ansim.sim.phone import Phone, read
from ansim.trust.verify import verify
from tests.flow.conftest import House, folder_of, opened
from tests.nodes.media.conftest import TestCamera, encode, eventually

pytestmark = pytest.mark.flow


class Filmed:
    """A case in course, with one camera of it that sends."""

    def __init__(self, house: House, camera: TestCamera) -> None:
        self.house, self.camera = house, camera
        self.incident = ""
        self.phone: Phone
        self.operator: httpx.AsyncClient

    async def begin(self) -> None:
        self.phone, self.operator = await self.house.phone(), await self.house.client("operator")
        self.incident = (await self.phone.sos()).incident
        await self.house.settle()
        await eventually(lambda: self.camera.playing)

    async def claim(self) -> None:
        read(await self.operator.post(f"/api/incidents/{self.incident}/claim"))
        await self.house.settle()

    async def film(self, seconds: int) -> None:
        recorder = self.house.centre.recordings.recorder("cam-1")
        for _ in range(seconds):
            before = recorder._last
            self.camera.send(25)
            await eventually(lambda: recorder._last != before)  # noqa: B023
            await asyncio.sleep(0.02)
            await self.house.clock.advance(1)

    async def save(self, client: httpx.AsyncClient | None = None, back: float = 10, **more: Any) -> httpx.Response:
        now = self.house.clock.now()
        body = {
            "camera": "cam-1", "from": (now - timedelta(seconds=back)).isoformat(), "until": now.isoformat(),
            "reason": "뒤따르는 사람",
        }  # fmt: skip
        return await (client or self.operator).post(f"/api/incidents/{self.incident}/clips", json=body | more)

    async def wrong(self) -> list[str]:
        centre = self.house.centre
        database = Database(await PoolDriver.connect(centre.dsn), centre.world)
        try:
            return await wrong(database, folder_of(self.house), centre.settings.centre)
        finally:
            await database.close()


@pytest.fixture
async def filmed(dsn: str, tmp_path: Path) -> AsyncIterator[Filmed]:
    camera = TestCamera(encode())
    await camera.start()
    (tmp_path / "cameras.json").write_text(json.dumps({"cam-1": {"url": camera.url(), "recording_days": 7}}))
    async with opened(dsn, cameras=str(tmp_path / "cameras.json")) as house:
        filmed = Filmed(house, camera)
        await filmed.begin()
        yield filmed
    await camera.stop()


async def test_what_the_cameras_saw_from_her_signal_on_is_kept_for_the_case(filmed: Filmed, tmp_path: Path) -> None:
    """Also what came before somebody claimed."""
    await filmed.film(4)
    await filmed.claim()
    await filmed.film(3)
    saved = read(await filmed.save(back=60))
    assert saved["camera_name"] == "별빛로 1" and saved["reason"] == "뒤따르는 사람"
    file = tmp_path / "clip.mp4"
    answer = await filmed.operator.get(f"/api/clips/{saved['id']}")
    file.write_bytes(answer.content)
    assert answer.headers["content-length"] == str(len(answer.content))
    assert answer.headers["content-disposition"].endswith('.mp4"')
    report = verify_clip(file, [filmed.house.centre.sequencer.verifier.text()])
    assert not report.wrong
    assert any(f"{7 * 25} pictures" in line for line in report.good)
    assert any("downloaded by" in line for line in report.good)
    listed = read(await filmed.operator.get(f"/api/incidents/{filmed.incident}/clips"))["clips"]
    assert listed == [saved]


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="no ffmpeg on this machine (apt-get install ffmpeg)")
async def test_ffmpeg_plays_the_file_with_its_manifest(filmed: Filmed, tmp_path: Path) -> None:
    await filmed.claim()
    await filmed.film(3)
    saved = read(await filmed.save())
    file = tmp_path / "clip.mp4"
    file.write_bytes((await filmed.operator.get(f"/api/clips/{saved['id']}")).content)
    played = await asyncio.create_subprocess_exec(
        "ffprobe", "-v", "warning", "-count_frames", "-show_entries", "stream=nb_read_frames", str(file),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, complaint = await played.communicate()
    assert b"nb_read_frames=75" in out and complaint == b""


async def test_one_changed_byte_is_refused_and_named(filmed: Filmed, tmp_path: Path) -> None:
    await filmed.claim()
    await filmed.film(3)
    saved = read(await filmed.save())
    content = (await filmed.operator.get(f"/api/clips/{saved['id']}")).content
    file = tmp_path / "clip.mp4"
    init = content.index(b"moof") - 4
    pictures = content.rindex(b"uuid") - 4
    second = init + split(content)[0].statement.parts[1].bytes
    for at, named in (
        (init - 20, "beginning"), (init + 200, "part 1 of 3"), (second + 500, "part 2 of 3"),
        (pictures - 9, "part 3 of 3"), (pictures + 40, "manifest"), (len(content) - 5, "manifest"),
    ):  # fmt: skip
        changed = bytearray(content)
        changed[at] ^= 1
        file.write_bytes(changed)
        report = verify_clip(file)
        assert report.exit_code == 1 and named in report.wrong[0], (at, report.wrong)
    step = max(1, len(content) // 400)
    for at in [*range(0, 60), *range(0, len(content), step), *range(pictures, len(content), 61)]:
        changed = bytearray(content)
        changed[at] ^= 0x41
        file.write_bytes(changed)
        assert verify_clip(file).exit_code == 1, at
    for cut in (1, 40, len(content) - pictures, len(content) // 2):
        file.write_bytes(content[:-cut])
        assert verify_clip(file).exit_code == 1
    file.write_bytes(content + b"\0")
    assert verify_clip(file).exit_code == 1


async def test_a_clip_of_another_centre_is_not_ours(filmed: Filmed, tmp_path: Path) -> None:
    await filmed.claim()
    await filmed.film(2)
    saved = read(await filmed.save())
    file = tmp_path / "clip.mp4"
    file.write_bytes((await filmed.operator.get(f"/api/clips/{saved['id']}")).content)
    other = "gyeonggi-seongnam+00000000+AAAA"
    assert verify_clip(file, [other]).wrong
    assert verify(file.read_bytes()).wrong  # a ledger export it is not


async def test_every_step_is_in_the_ledger_and_on_her_record(filmed: Filmed) -> None:
    await filmed.claim()
    await filmed.film(3)
    saved = read(await filmed.save())
    await filmed.operator.get(f"/api/clips/{saved['id']}")
    leader = await filmed.house.client("supervisor")
    await leader.get(f"/api/clips/{saved['id']}")
    entries = await filmed.house.rows(
        "SELECT act, actor, sealed_hash FROM ledger_entry WHERE object = $1 ORDER BY at, id", saved["id"]
    )
    assert [entry["act"] for entry in entries] == ["clip.saved", "clip.downloaded", "clip.downloaded"]
    assert len(entries[0]["sealed_hash"]) == 64 and entries[1]["actor"] != entries[2]["actor"]
    read(await filmed.operator.post(f"/api/incidents/{filmed.incident}/close", json={"code": 2}))
    await filmed.house.settle()
    acts = [entry["act"] for entry in await filmed.phone.record()]
    assert acts.count("clip.downloaded") == 2 and acts.count("clip.saved") == 1


async def test_only_who_has_the_case_and_its_leader_cut_and_take(filmed: Filmed) -> None:
    colleague, officer = await filmed.house.client("operator"), await filmed.house.client("officer")
    other = await filmed.house.client("supervisor", centre="gyeonggi-gwangju")
    leader = await filmed.house.client("supervisor")
    await filmed.film(2)
    assert (await filmed.save()).status_code == 404, "before the claim it is nobody's"
    await filmed.claim()
    saved = read(await filmed.save())
    for who, status in ((colleague, 404), (other, 404), (officer, 403), (await filmed.house.client(), 401)):
        assert (await filmed.save(who)).status_code == status
        assert (await who.get(f"/api/clips/{saved['id']}")).status_code == status
        assert (await who.get(f"/api/incidents/{filmed.incident}/clips")).status_code == status
    assert (await filmed.save(leader)).status_code == 201
    read(await filmed.operator.post(f"/api/incidents/{filmed.incident}/close", json={"code": 2}))
    assert (await filmed.operator.get(f"/api/clips/{saved['id']}")).status_code == 404, "rights end with the case"
    assert (await leader.get(f"/api/clips/{saved['id']}")).status_code == 200


async def test_what_does_not_fit_is_named(filmed: Filmed) -> None:
    await filmed.claim()
    await filmed.film(2)
    now = filmed.house.clock.now()

    def at(seconds: float) -> str:
        return (now + timedelta(seconds=seconds)).isoformat()

    for wrong_, status, field in (
        ({"from": at(5)}, 422, "until"), ({"from": at(-1200)}, 422, "until"), ({"until": at(60)}, 422, "until"),
        ({"from": at(-4200), "until": at(-4100)}, 422, "from"), ({"camera": "cam-5"}, 403, "camera"),
        ({"reason": ""}, 400, "reason"), ({"from": "yesterday"}, 400, "from"), ({"from": "2026-11-22T01:00:00"}, 400, "from"),
    ):  # fmt: skip
        refused = await filmed.save(**wrong_)
        assert (refused.status_code, refused.json()["field"]) == (status, field), wrong_
    nothing = await filmed.save(**{"from": at(-600), "until": at(-500)})
    assert (nothing.status_code, nothing.json()["type"]) == (409, "clip.nothing")
    assert not list((folder_of(filmed.house) / "clips").rglob("*/*"))


async def test_what_the_system_before_this_one_recorded_is_asked_for_there(filmed: Filmed) -> None:
    await filmed.claim()
    async with filmed.house.centre.database.transaction() as tx:
        await migration.plan(tx, "cam-1", "ch1", single=False, actor="test")
    await filmed.house.clock.leap(30)
    now = filmed.house.clock.now()
    nothing = await filmed.save(**{"until": (now - timedelta(seconds=1)).isoformat()})
    assert nothing.json()["type"] == "clip.nothing" and "ask there" in nothing.json()["detail"]


async def test_clips_die_with_the_case_and_its_hold_keeps_them(filmed: Filmed) -> None:
    house = filmed.house
    await filmed.claim()
    await filmed.film(2)
    saved = read(await filmed.save())
    read(await filmed.operator.post(f"/api/incidents/{filmed.incident}/close", json={"code": 2}))
    await house.settle()
    leader = await house.client("supervisor")
    hold = {"days": 300, "ground": "trial", "reason": "재판"}
    read(await leader.post(f"/api/incidents/{filmed.incident}/hold", json=hold))
    await house.clock.leap(timedelta(days=200).total_seconds())
    await house.settle()
    leader = await house.client("supervisor")
    assert (await leader.get(f"/api/clips/{saved['id']}")).status_code == 200
    await house.clock.leap(timedelta(days=101).total_seconds())

    async def gone() -> bool:
        return not list((folder_of(house) / "clips").rglob("*/*"))

    await house.until(gone)
    assert await house.rows("SELECT 1 FROM clip") == []
    leader = await house.client("supervisor")
    assert (await leader.get(f"/api/clips/{saved['id']}")).status_code == 404
    assert not [line for line in await filmed.wrong() if "clip" in line or "recording" in line]


async def test_a_cameras_day_dies_when_its_setting_says_with_a_certificate_and_its_files(filmed: Filmed) -> None:
    house = filmed.house
    await filmed.claim()
    await filmed.film(3)
    saved = read(await filmed.save())
    [(camera, day)] = days_in(folder_of(house) / "recordings")
    assert await filmed.wrong() == []
    over = datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(days=8)
    await house.clock.leap((over - house.clock.now()).total_seconds() - 60)
    await house.settle()
    assert days_in(folder_of(house) / "recordings")
    await house.clock.leap(120)

    async def gone() -> bool:
        return (camera, day) not in days_in(folder_of(house) / "recordings")

    await house.until(gone)
    [row] = await house.rows(
        "SELECT certificate, why FROM destruction WHERE scope = 'camera-day' AND subject = $1", f"{camera}/{day}"
    )
    assert not verify(row["certificate"].encode()).wrong and row["why"] == "retention"
    assert await house.rows("SELECT 1 FROM camera_day WHERE id = $1", f"{camera}/{day}") == []
    leader = await house.client("supervisor")
    answer = await leader.get(f"/api/clips/{saved['id']}")
    assert answer.status_code == 200, answer.text
    with pytest.raises(Exception, match="destroyed"):
        await house.centre.recordings._keys.of(camera, day)
    assert not [line for line in await filmed.wrong() if "recording" in line]


async def test_what_lies_about_without_a_key_is_found(filmed: Filmed) -> None:
    await filmed.claim()
    await filmed.film(2)
    saved = read(await filmed.save())
    folder = folder_of(filmed.house)
    (folder / "recordings" / "cam-9" / "2026-01-01").mkdir(parents=True)
    (folder / "clips" / filmed.incident / "stray").write_bytes(b"x")
    (folder / "clips" / filmed.incident / saved["id"]).unlink()
    assert await filmed.wrong() == [
        "a recording lies there without its key: cam-9/2026-01-01",
        f"a clip has lost its file: {saved['id']}",
        f"a file is no clip of any case: {filmed.incident}/stray",
    ]


async def test_the_ports_between_node_and_centre_keep_their_word(dsn: str, tmp_path: Path) -> None:
    async with opened(dsn) as house:
        database, keys = house.centre.database, house.centre.recordings._keys
        answered: DayKeys = keys
        days: RecordedDays = database.use(RecordedDays)
        recorded: Recorded = database.use(Recorded)
        key = await answered.of("cam-1", "2026-11-22")
        sealed = key.seal(b"picture", b"here")
        assert (await answered.of("cam-1", "2026-11-22")).open(sealed, b"here") == b"picture"
        other = await answered.of("cam-1", "2026-11-23")
        with pytest.raises(Exception, match="slot"):
            other.open(sealed, b"here")
        slots = await house.rows("SELECT slot FROM camera_day ORDER BY day")
        assert len({row["slot"] for row in slots}) == 2
        await days.forget("cam-1", "2026-11-21")
        now = house.clock.now()
        assert [stretch async for stretch in recorded.cut("cam-1", now - timedelta(hours=1), now)] == []


def test_a_camera_with_rules_that_do_not_fit_is_named(tmp_path: Path) -> None:
    from ansim.app.settings import Settings
    from ansim.app.sources import read_sources

    file = tmp_path / "cameras.json"
    file.write_text(json.dumps({"a": "rtsp://x/1", "b": {"url": "rtsp://x/2", "record": "always"}}))
    settings = Settings(cameras=str(file), record="no", recording_days=5)
    assert [(source.record, days) for source, days in read_sources(settings)] == [("no", 5), ("always", 5)]
    file.write_text(json.dumps({"b": {"url": "rtsp://x/2", "record": "sometimes"}}))
    with pytest.raises(Problem) as refused:
        read_sources(settings)
    assert refused.value.field == "b"


async def test_a_setting_that_changed_moves_the_end_of_what_lies_there(filmed: Filmed) -> None:
    await filmed.claim()
    await filmed.film(2)
    await filmed.save()
    database = filmed.house.centre.database

    async def due() -> datetime:
        [row] = await filmed.house.rows("SELECT due_at FROM destruction WHERE scope = 'camera-day'")
        at: datetime = row["due_at"]
        return at

    before = await due()
    for days, moved in ((7, 0), (30, 1), (3, 1)):
        async with database.transaction() as tx:
            assert await plan_again(tx, lambda _: days) == moved  # noqa: B023
        assert await due() == before + timedelta(days=days - 7)


async def test_what_is_not_kept_is_in_the_metrics(filmed: Filmed) -> None:
    await filmed.claim()
    await filmed.film(2)
    said = (await (await filmed.house.client()).get("/metrics")).text
    assert 'ansim_recording_cameras{state="on"} 1.0' in said and "ansim_recording_missing_seconds_total 0.0" in said


async def test_what_is_handed_out_is_masked_and_says_in_every_picture_who_took_it(
    filmed: Filmed, tmp_path: Path
) -> None:
    await filmed.claim()
    await filmed.film(3)
    saved = read(await filmed.save())
    left = {"x": 0, "y": 0, "width": 0.25, "height": 0.5}
    late = {"x": 0.5, "y": 0, "width": 0.25, "height": 0.5, "from_s": 1.0, "until_s": 2.0}
    asked = {"masks": [left, late], "reason": "보험사에 낼 것"}
    made = read(await filmed.operator.post(f"/api/clips/{saved['id']}/masked", json=asked))
    assert made["masked_from"] == saved["id"] and saved["masked_from"] is None
    file = tmp_path / "clip.mp4"
    file.write_bytes((await filmed.operator.get(f"/api/clips/{made['id']}")).content)
    report = verify_clip(file)
    assert not report.wrong
    assert any("2 places masked" in line and made["id"][-8:] in line for line in report.good)
    with av.open(str(file)) as container:
        pictures = [frame.to_ndarray(format="yuv420p") for frame in container.decode(video=0)]
    assert len(pictures) == 75
    width, height = 320, 180
    covered = [picture[: height // 2 - 4, : width // 4 - 4] for picture in pictures]
    assert max(int(part.max()) - int(part.min()) for part in covered) < 24, "nothing shows through"
    times = [picture[: height // 2 - 4, width // 2 + 4 : width * 3 // 4 - 4].std() for picture in pictures]
    assert max(times[27:48]) < 8 < min(times[:24] + times[52:])
    band = [picture[height - 10 : height] for picture in pictures]
    assert all(part.max() > 150 and part.min() < 40 for part in band), "words on a dark band"
    changed = bytearray(file.read_bytes())
    changed[len(changed) // 3] ^= 1
    file.write_bytes(changed)
    assert verify_clip(file).exit_code == 1
    again = await filmed.operator.post(f"/api/clips/{made['id']}/masked", json=asked)
    assert (again.status_code, again.json()["type"]) == (409, "clip.derived")
    outside = {"masks": [left | {"x": 1.5}], "reason": "x"}
    refused = await filmed.operator.post(f"/api/clips/{saved['id']}/masked", json=outside)
    assert refused.status_code == 400 and "masks" in refused.json()["field"]
    for nothing in ({"width": 0}, {"x": 1}, {"from_s": 2, "until_s": 2}, {"from_s": 3.5}):
        refused = await filmed.operator.post(
            f"/api/clips/{saved['id']}/masked", json={"masks": [left, left | nothing], "reason": "x"}
        )
        assert (refused.status_code, refused.json()["type"], refused.json()["field"]) == (
            422,
            "mask.nothing",
            "masks[1]",
        )
    colleague = await filmed.house.client("operator")
    assert (await colleague.post(f"/api/clips/{saved['id']}/masked", json=asked)).status_code == 404


def _shown(jpeg: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(jpeg)).convert("L"))


async def test_before_masking_she_sees_its_pictures_one_by_one_each_in_the_ledger(
    filmed: Filmed, tmp_path: Path
) -> None:
    await filmed.claim()
    await filmed.film(3)
    saved = read(await filmed.save())
    path = f"/api/clips/{saved['id']}/stills"
    told = read(await filmed.operator.get(path))
    assert (told["at_s"], told["masks"]) == ([0.0, 1.0, 2.0], [])
    answers = [await filmed.operator.get(f"{path}/{n}") for n in range(3)]
    assert {answer.headers["content-type"] for answer in answers} == {"image/jpeg"}
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}
    assert {_shown(answer.content).shape for answer in answers} == {(180, 320)}
    assert (await filmed.operator.get(f"{path}/3")).status_code == 404
    seen = await filmed.house.rows(
        "SELECT actor, purpose, incident, details FROM ledger_entry WHERE act = 'clip.seen' ORDER BY at, id"
    )
    assert [json.loads(row["details"]) for row in seen] == [
        {"camera": "cam-1", "frames": 1, "seconds": second} for second in (0, 1, 2)
    ]
    assert {(row["purpose"], row["incident"]) for row in seen} == {("evidence", filmed.incident)}
    file = tmp_path / "clip.mp4"
    file.write_bytes((await filmed.operator.get(f"/api/clips/{saved['id']}")).content)
    report = verify_clip(file)
    assert not report.wrong and any("3 times one of its pictures was looked at by" in line for line in report.good)
    # what is handed out is seen the same way, as it is
    mask = {"x": 0, "y": 0, "width": 0.5, "height": 0.5}
    made = read(
        await filmed.operator.post(f"/api/clips/{saved['id']}/masked", json={"masks": [mask], "reason": "보험사"})
    )
    masked = f"/api/clips/{made['id']}/stills"
    assert read(await filmed.operator.get(masked))["masks"] == [mask | {"from_s": 0.0, "until_s": None}]
    burnt, before = _shown((await filmed.operator.get(f"{masked}/0")).content), _shown(answers[0].content)
    assert burnt[:86, :156].std() < 4 < before[:86, :156].std()
    assert abs(float(burnt[:86, :156].mean()) - 0x33) < 4, "the page paints masks in this colour (--masked)"
    # each is hers only as long as the case is, and on her record
    for who, status in (("operator", 404), ("officer", 403), ("administrator", 403), ("auditor", 403)):
        stranger = await filmed.house.client(who)
        assert (await stranger.get(path)).status_code == (await stranger.get(f"{path}/0")).status_code == status
    read(await filmed.operator.post(f"/api/incidents/{filmed.incident}/close", json={"code": 2}))
    await filmed.house.settle()
    assert (await filmed.operator.get(f"{path}/0")).status_code == 404
    assert [entry["act"] for entry in await filmed.phone.record()].count("clip.seen") == 4
