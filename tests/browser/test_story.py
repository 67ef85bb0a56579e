"""The whole story in real browsers on a real centre: her phone, the operator's console, the desk of 112, the officer's
phone. Real HTTP, sockets, PostgreSQL and RTSP; nothing is staged.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest
import pytest_asyncio

from ansim.app.centre import Centre
from ansim.app.server import listen, serving
from ansim.app.settings import Settings
from ansim.city.cameras.model import Camera
from ansim.city.cameras.register import register
from ansim.core.launch import free_port
from ansim.core.world import World
from ansim.nodes.media.ports import Source
from ansim.sim.cameras import HEIGHT, WIDTH, CameraServer
from ansim.trust.access.actions import create_account, one_time_code
from ansim.trust.access.model import Role

from .conftest import OFFICE, PHONE
from .phone import enrol, hold

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.whole_browser, pytest.mark.flow]

CENTRE = "gyeonggi-seongnam"
HERE = {"latitude": 37.38, "longitude": 127.12, "accuracy": 9}
CONSOLE: dict[str, Any] = OFFICE | {"viewport": {"width": 1920, "height": 1080}}
PLAYING = "video => video.readyState >= 2 && video.currentTime > 0 && !video.paused && video.videoWidth > 0"


def picture(shade: int) -> Any:
    def draw(at: datetime) -> Any:
        planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
        planes[:HEIGHT] = shade + (int(at.timestamp() * 10) % 20)
        return planes

    return draw


class Town:
    """A running centre with two cameras around her, the second of H.265, and browsers for everybody."""

    def __init__(self, centre: Centre, browser: Browser, stack: AsyncExitStack) -> None:
        self.centre, self._browser, self._stack = centre, browser, stack
        self.trouble: list[str] = []
        self.node: Apart | None = None

    async def page(self, path: str, device: dict[str, Any], **more: Any) -> Page:
        context = await self._browser.new_context(**(device | more), base_url=self.centre.origin)
        self._stack.push_async_callback(context.close)
        page = await context.new_page()
        page.on("pageerror", lambda error: self.trouble.append(f"{path}: {error}"))
        await page.goto(path)
        return page

    async def signed_in(self, account: str, role: Role, page: str, agency: str | None = None) -> Page:
        async with self.centre.database.transaction() as tx:
            made = await create_account(
                tx, account=account, name=account, role=role, centre=CENTRE, agency=agency, actor="test"
            )
            code = await one_time_code(tx, account=made.id, actor="test")
        opened = await self.page(f"/signin?next={page}#{code}", CONSOLE)
        await opened.wait_for_url(f"**{page}", timeout=60_000)
        return opened


class Apart:
    """A media node as a process of its own."""

    def __init__(self, config: Path, origin: str) -> None:
        self._config, self._origin = config, origin

    async def start(self) -> None:
        """Returns once it shows pictures."""
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "ansim", "run", "--role", "media", "--config", self._config
        )
        async with asyncio.timeout(60), httpx.AsyncClient() as client:
            while True:
                with suppress(httpx.TransportError):
                    if (await client.get(f"{self._origin}/readyz")).status_code == 200:
                        return
                assert self.process.returncode is None
                await asyncio.sleep(0.05)


@asynccontextmanager
async def node_apart(settings: Settings, folder: Path, cameras: dict[str, str]) -> AsyncIterator[Apart]:
    (folder / "cameras.json").write_text(json.dumps(cameras))
    own = {
        "centre": f"http://127.0.0.1:{settings.port}", "secret": settings.media_secret,
        "cameras": str(folder / "cameras.json"), "data": str(folder / "media"),
        "port": urlsplit(settings.media_origin or "").port,
    }  # fmt: skip
    (folder / "media.toml").write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in own.items()))
    node = Apart(folder / "media.toml", settings.media_origin or "")
    await node.start()
    try:
        yield node
    finally:
        node.process.terminate()
        await node.process.wait()


@pytest_asyncio.fixture(loop_scope="session")
async def town(request: pytest.FixtureRequest, dsn: str, browser: Browser, tmp_path: Path) -> AsyncIterator[Town]:
    async with AsyncExitStack() as stack:
        cameras = CameraServer(World())
        ids = [f"story-{number}" for number in (1, 2)]
        for number, id in enumerate(ids):
            cameras.add(id, picture(60 + 90 * number))
        cameras.fault(ids[1], "h265")
        await cameras.start()
        stack.push_async_callback(cameras.stop)
        apart = getattr(request, "param", "one process") == "media apart"
        where = {"media_secret": str(tmp_path / "secret"), "media_origin": f"http://localhost:{free_port()}"}
        settings = Settings(
            data=str(tmp_path), database=dsn, port=0, centre=CENTRE, simulated_channels=True, **(where if apart else {})
        )
        listener, settings = listen(settings)
        centre = await stack.enter_async_context(Centre(settings))
        async with centre.database.transaction() as tx:
            await register(
                tx,
                [
                    Camera(
                        id=id, centre=CENTRE, name=f"별빛로 {number}", latitude=37.38 + 0.0004 * (1 - 2 * number),
                        longitude=127.12, azimuth_deg=180.0 * (1 - number), view_deg=70, range_m=90,
                    )
                    for number, id in enumerate(ids)
                ],
                actor="test",
            )  # fmt: skip
        await stack.enter_async_context(serving(centre, listener))
        town = Town(centre, browser, stack)
        if apart:
            addresses = {id: cameras.url(id) for id in ids}
            town.node = await stack.enter_async_context(node_apart(settings, tmp_path, addresses))
        else:
            for id in ids:
                centre.node.cameras.add(Source(id=id, url=cameras.url(id), record="incident"))
        yield town
        assert town.trouble == []


async def claimed(console: Page, phone: Page) -> None:
    """She enrols, and presses; everybody in the room sees that, not who; one claims, and two cameras play."""
    await console.keyboard.press("KeyJ")  # a hand on the keys wakes the sound
    await enrol(phone)
    await hold(phone)
    await phone.get_by_text("관제센터가 받").first.wait_for(timeout=30_000)
    card = console.locator("[data-part=alarm-line]")
    await card.wait_for(timeout=30_000)
    assert "김민지" not in await console.content()
    await console.wait_for_timeout(500)  # keys keep their old meaning for 400 ms after an alarm
    await console.keyboard.press("Enter")
    await console.locator(".case").wait_for(timeout=30_000)
    await card.wait_for(state="detached")
    await plays(console)


async def plays(console: Page) -> None:
    for number in (1, 2):
        video = console.locator(f'[data-tile="{number}"] video')
        await console.wait_for_function(
            f"() => [document.querySelector('[data-tile=\"{number}\"] video')].some({PLAYING})", timeout=60_000
        )
        assert await video.count() == 1


@pytest.mark.parametrize("town", ["media apart"], indirect=True)
async def test_a_media_node_that_dies_is_said_and_comes_back(town: Town) -> None:
    console = await town.signed_in("operator", Role.OPERATOR, "/console")
    await claimed(console, await town.page("/citizen", PHONE, geolocation=HERE, permissions=["geolocation"]))
    assert town.node is not None
    town.node.process.kill()
    shown = f"() => [document.querySelector('[data-tile=\"1\"] video')].some({PLAYING})"
    await console.wait_for_function(f"() => !({shown})()", timeout=2_000)
    await console.locator('[data-tile="1"][data-state="stale"]').wait_for(timeout=20_000)
    await console.get_by_text("영상 0/2").first.wait_for(timeout=20_000)
    await town.node.process.wait()
    await town.node.start()
    await plays(console)


@pytest.mark.parametrize("town", ["one process", "media apart"], indirect=True)
async def test_from_her_press_to_the_empty_pages(town: Town) -> None:
    console = await town.signed_in("operator", Role.OPERATOR, "/console")
    desk = await town.signed_in("desk112", Role.AGENCY, "/desk", agency="112")
    phone = await town.page("/citizen", PHONE, geolocation=HERE, permissions=["geolocation"])

    # signal, incident, watched
    await claimed(console, phone)

    # the second in single pictures where the browser plays no H.265, and it says so
    moves = await console.evaluate("MediaSource.isTypeSupported('video/mp4; codecs=\"hvc1.1.6.L153.B0\"')")
    said = ".age .live" if moves else "[data-part=single]"
    await console.locator(f'[data-camera="story-2"] {said}').wait_for(timeout=30_000)
    assert await console.locator('[data-camera="story-1"] [data-part=single]').count() == 0

    # her guardian was told, without a camera
    async with asyncio.timeout(20):
        while not town.centre.inboxes["sms"].inbox:
            await asyncio.sleep(0.05)
    notice = town.centre.inboxes["sms"].inbox[0][1]
    guardian = await town.page(notice.link.removeprefix(town.centre.origin), PHONE)
    await guardian.get_by_text("민지 님 위치").first.wait_for(timeout=30_000)
    assert await guardian.locator("video").count() == 0

    # dispatched: two keys ask 112; the desk accepts and sends a unit
    await console.keyboard.press("KeyD")
    await console.keyboard.press("Enter")
    await desk.get_by_role("heading", name="SOS").first.wait_for(timeout=30_000)
    await desk.keyboard.press("KeyA")
    await console.get_by_text("112 수신확인").first.wait_for(timeout=30_000)
    link = desk.get_by_role("link", name="현장 링크 열기")
    await link.wait_for(timeout=30_000)
    officer = await town.page(str(await link.get_attribute("href")).removeprefix(town.centre.origin), PHONE)
    await officer.wait_for_function(f"() => [...document.querySelectorAll('video')].some({PLAYING})", timeout=60_000)
    second = await town.page(str(await link.get_attribute("href")).removeprefix(town.centre.origin), PHONE)
    await second.get_by_text("다른 기기에서 열렸어요").first.wait_for(timeout=30_000)

    # closed: pictures go, links are empty, her phone says so
    await console.keyboard.press("KeyX")
    await console.keyboard.press("Digit1")
    await console.get_by_label("메모 (필요)").wait_for()
    await console.keyboard.type("안전하게 인계")
    await console.keyboard.press("Enter")
    await officer.get_by_role("heading", name="상황이 끝나 닫혔습니다").wait_for(timeout=30_000)
    await guardian.get_by_role("heading", name="상황이 끝나 닫혔습니다").wait_for(timeout=30_000)
    assert await officer.locator("video").count() == 0
    assert "김민지" not in await officer.content() + await guardian.content()
    await console.wait_for_function(
        "() => ![...document.querySelectorAll('[data-tile] video')].some(v => v.readyState > 0 && v.currentTime > 0)"
    )
    async with asyncio.timeout(20), town.centre.database.transaction(readonly=True) as tx:
        while await tx.fetch("SELECT id FROM camera_view WHERE ended_at IS NULL"):
            await asyncio.sleep(0.05)
        [views] = await tx.fetch("SELECT count(*) AS all, count(*) FILTER (WHERE bytes > 0) AS seen FROM camera_view")
    assert views["all"] >= 3 and views["seen"] >= 3


async def test_a_way_home_that_somebody_forces_her_to_end(town: Town) -> None:
    console = await town.signed_in("operator", Role.OPERATOR, "/console")
    await console.keyboard.press("KeyJ")  # a hand on the keys wakes the sound
    phone = await town.page("/citizen", PHONE, geolocation=HERE, permissions=["geolocation"])
    await enrol(phone)

    # she sets out; the centre keeps the clock, her guardian is told, the room sees that there is one trip and not whose
    await phone.get_by_role("button", name="귀가 시작").click()
    await phone.get_by_role("button", name="링크나 좌표 붙여넣기").click()
    await phone.get_by_label("지도 앱의 링크 또는 좌표").fill("37.3890, 127.1300")
    await phone.get_by_role("button", name="이곳으로").click()
    await phone.get_by_role("button", name="택시").click()
    await phone.get_by_label("차량번호").fill("경기 31 바 1234")
    await phone.get_by_role("button", name="귀가 시작 ·").click()
    await phone.get_by_text("엄마 알림 받음").or_(phone.get_by_text("엄마 알리는 중")).wait_for(timeout=30_000)
    async with asyncio.timeout(20):
        while not town.centre.inboxes["sms"].inbox:
            await asyncio.sleep(0.05)
    link = town.centre.inboxes["sms"].inbox[0][1].link
    guardian = await town.page(link.removeprefix(town.centre.origin), PHONE)
    await guardian.get_by_role("heading", name="김민지 님이 집으로 가고 있어요").wait_for(timeout=30_000)
    await guardian.get_by_text("경기 31 바 1234").wait_for()
    await phone.get_by_text("엄마가 봤어요").wait_for(timeout=30_000)
    await console.get_by_text("귀가 1", exact=True).wait_for(timeout=30_000)
    await console.keyboard.press("KeyI")
    row = console.locator("[data-part=trips] tbody tr")
    await row.get_by_text("택시").wait_for(timeout=30_000)
    assert "김민지" not in await console.content() and "경기 31" not in await console.content()
    await console.keyboard.press("KeyI")

    # five minutes more reach the guardian, too
    before = await guardian.get_by_role("heading", name="도착 예정").inner_text()
    await phone.get_by_role("button", name="5분 더").click()
    await guardian.wait_for_function(
        "(before) => ![...document.querySelectorAll('h2')].some((one) => one.innerText === before)", arg=before
    )

    # made to end it, she gives the other number: her phone shows an ordinary end, and help is called
    await phone.get_by_role("button", name="가는 방법 바꾸기").click()
    await phone.get_by_role("button", name="귀가 그만하기").click()
    await phone.get_by_role("button", name="한 번 더 누르면 그만해요").click()
    await phone.get_by_label("취소 번호").fill("4321")
    await phone.get_by_role("button", name="끝내기").click()
    await phone.get_by_role("heading", name="귀가를 마쳤어요").wait_for(timeout=30_000)
    await console.locator("[data-part=alarm-line]").wait_for(timeout=30_000)
    await console.get_by_role("heading", name="귀가 · 협박 의심").first.wait_for()
    await guardian.get_by_role("heading", name="관제센터에 알렸어요").wait_for(timeout=30_000)
    await console.wait_for_timeout(500)  # keys keep their old meaning for 400 ms after an alarm
    await console.keyboard.press("Enter")
    await console.locator(".case").get_by_role("heading", name="귀가 · 협박 의심").wait_for(timeout=30_000)
    await plays(console)
    shown = await phone.locator("body").inner_text()
    assert "귀가를 마쳤어요" in shown and "관제" not in shown
