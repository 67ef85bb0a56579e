"""The story with a camera of H.265: watched as it is or in single pictures under one kind of right, kept, and cut into a clip that proves itself."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import av
import pytest

from ansim.response.evidence.verify import verify_clip
from ansim.sim.phone import read
from tests.flow.conftest import House, Socket, opened
from tests.nodes.media.conftest import TestCamera, encode, eventually

pytestmark = pytest.mark.flow


class Page(Socket):
    """A page with one picture."""

    def __init__(self, app: Any, camera: str, token: str, plays: list[str]) -> None:
        self.video = bytearray()
        super().__init__(app, f"/media/{camera}", {})
        self.say(token=token, plays=plays)

    async def _hear(self, message: Any) -> None:
        if content := message.get("bytes"):
            self.video += content
            self.say(type="ack", bytes=len(self.video))
        else:
            await super()._hear(message)

    def say(self, **word: Any) -> None:
        self._says.put_nowait({"type": "websocket.receive", "text": json.dumps(word)})


@pytest.fixture
async def camera() -> AsyncIterator[TestCamera]:
    camera = TestCamera(encode(codec="H265"))
    await camera.start()
    yield camera
    await camera.stop()


@pytest.fixture
async def house(dsn: str, tmp_path: Path, camera: TestCamera) -> AsyncIterator[House]:
    (tmp_path / "cameras.json").write_text(json.dumps({"cam-1": {"url": camera.url(), "recording_days": 7}}))
    async with opened(dsn, cameras=str(tmp_path / "cameras.json")) as house:
        yield house


async def test_it_is_watched_recorded_and_cut_as_any_other(house: House, camera: TestCamera, tmp_path: Path) -> None:
    phone, operator = await house.phone(), await house.client("operator")
    incident = (await phone.sos()).incident
    await house.settle()
    await eventually(lambda: camera.playing)
    read(await operator.post(f"/api/incidents/{incident}/claim"))
    await house.settle()
    grants = read(await operator.get(f"/api/incidents/{incident}"))["grants"]
    grant = next(one for one in grants if one["holder"]["kind"] == "operator")["id"]

    async def page(plays: list[str]) -> Page:
        token = read(await operator.post(f"/api/grants/{grant}/tokens", json={"camera": "cam-1"}))["token"]
        return Page(house._transport.app, "cam-1", token, plays)

    puller = house.centre.node.cameras.get("cam-1")
    assert puller is not None
    pages = {"hevc": await page(["hvc1.1.6.L153.B0"]), "h264": await page([])}
    for second in range(1, 5):
        camera.send(25)
        await eventually(lambda: puller._sequence == second * 25)  # noqa: B023
        await eventually(lambda: pages["h264"].video.count(b"moof") == second)  # noqa: B023
        await eventually(lambda: pages["hevc"].video.count(b"moof") == second * 25)  # noqa: B023
        await house.clock.advance(1)
    for codec, one in pages.items():
        with av.open(io.BytesIO(bytes(one.video))) as container:
            assert container.streams.video[0].codec_context.name == codec
    assert [one["every_s"] is None for one in pages["hevc"].heard if one["type"] == "health"][-1]
    assert [one["every_s"] for one in pages["h264"].heard if one["type"] == "health"][-1] == pytest.approx(1, abs=0.2)

    now = house.clock.now()
    span = {"from": (now - timedelta(seconds=4)).isoformat(), "until": now.isoformat()}
    saved = read(
        await operator.post(
            f"/api/incidents/{incident}/clips", json={"camera": "cam-1", "reason": "뒤따르는 사람"} | span
        )
    )
    file = tmp_path / "clip.mp4"
    file.write_bytes((await operator.get(f"/api/clips/{saved['id']}")).content)
    report = verify_clip(file, [house.centre.sequencer.verifier.text()])
    assert not report.wrong and any("100 pictures" in line for line in report.good)
    with av.open(str(file)) as container:
        assert container.streams.video[0].codec_context.name == "hevc"
        assert sum(1 for _ in container.decode(video=0)) == 100

    read(await operator.post(f"/api/incidents/{incident}/close", json={"code": 1, "note": "안전 확인"}))
    await house.settle()
    for one in pages.values():
        await eventually(lambda: one.code == 4403)  # noqa: B023
    shown = {codec: len(one.video) for codec, one in pages.items()}
    camera.send(50)
    await asyncio.sleep(0.1)
    assert {codec: len(one.video) for codec, one in pages.items()} == shown

    async def told() -> list[dict[str, Any]] | None:
        rows = await house.rows("SELECT bytes, frames FROM camera_view WHERE ended_at IS NOT NULL ORDER BY frames")
        return rows if len(rows) == 2 else None

    views = await house.until(told)
    assert [(view["bytes"], view["frames"]) for view in views] == [(shown["h264"], 4), (shown["hevc"], 100)]
