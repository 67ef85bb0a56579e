"""A bell and a console in two real browsers on a real centre: pressed, seen, spoken through, closed; and without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ansim.city.bells import terminals
from ansim.city.bells.model import Bell
from ansim.city.bells.register import bring, set_cameras
from ansim.trust.access.model import Role

from .conftest import PHONE
from .test_story import CENTRE, Town, town

if TYPE_CHECKING:
    from playwright.async_api import Page, WebSocket

pytestmark = [pytest.mark.browser, pytest.mark.whole_browser, pytest.mark.flow]
__all__ = ["town"]

POLE = Bell(
    id="41131-SJ-7", centre=CENTRE, number="SJ-7", name="수정공원 정문", address="수정로 7", purpose="방범용",
    latitude=37.3796, longitude=127.12,
)  # fmt: skip
KIOSK: dict[str, Any] = {"viewport": {"width": 800, "height": 1280}, "locale": "ko-KR", "timezone_id": "Asia/Seoul"}
PEERS = """window.peers = [];
window.RTCPeerConnection = class extends RTCPeerConnection { constructor(...all) { super(...all); window.peers.push(this); } };"""
HEARS = """async () => {
    const peer = window.peers.at(-1);
    if (!peer || peer.connectionState !== "connected") return false;
    for (const one of (await peer.getStats()).values()) if (one.type === "inbound-rtp" && one.kind === "audio" && one.totalAudioEnergy > 0.0001) return true;
    return false;
}"""
SILENT = """() => window.peers.every((peer) => peer.connectionState === "closed" && peer.signalingState === "closed")"""


async def watched(page: Page, frames: list[Any]) -> Page:
    """Its connections to the other side can be looked at, and every frame it sends to the centre is seen."""

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: frames.append(frame))

    page.on("websocket", listen)
    await page.add_init_script(PEERS)
    return page


async def hung(town: Town) -> None:
    """The bell is in the register, with its camera."""
    async with town.centre.database.transaction() as tx:
        await bring(tx, [POLE], actor="test")
        await set_cameras(tx, POLE, ["story-2"], town.centre.register.sight, actor="test")


async def at_pole(town: Town, frames: list[Any]) -> Page:
    await hung(town)
    async with town.centre.database.transaction() as tx:
        code = await terminals.issue_code(tx, POLE, actor="test")
    page = await watched(await town.page("/healthz", KIOSK, permissions=["microphone"]), frames)
    await page.goto(f"/bell#{code}")
    return page


async def test_each_side_hears_the_other_and_closing_ends_it(town: Town, picture: Any, accessible: Any) -> None:
    frames: list[Any] = []
    console = await town.signed_in("operator", Role.OPERATOR, "/console")
    await console.locator("[data-part=links]").wait_for(timeout=30_000)
    await watched(console, frames)
    await console.reload()
    await console.keyboard.press("KeyJ")
    bell = await at_pole(town, frames)
    button = bell.get_by_role("button", name="도와주세요")
    await button.wait_for(timeout=30_000)
    await bell.get_by_text("관제센터와 연결됨").wait_for(timeout=20_000)
    assert "#" not in bell.url
    await picture(bell, "bell-ready")
    await accessible(bell, letters_px=15, targets_px=48)

    await button.click()
    await bell.locator('[data-state="received"]').wait_for(timeout=20_000)
    await picture(bell, "bell-received")
    await console.locator("[data-part=alarm-line]").wait_for(timeout=30_000)
    await console.wait_for_timeout(500)
    await console.keyboard.press("Enter")
    await console.locator("[data-part=bell]").get_by_text("수정공원 정문").wait_for(timeout=30_000)
    assert await console.locator('[data-tile="1"]').get_attribute("data-camera") == "story-2", "its own camera first"
    await bell.locator('[data-state="claimed"]').wait_for(timeout=20_000)

    # this desk's microphone is not allowed: nothing is begun, and it is said
    await console.keyboard.press("KeyT")
    await (
        console.locator('[data-part=talk][data-state="failed"]')
        .get_by_text("마이크를 쓸 수 없습니다")
        .wait_for(timeout=20_000)
    )
    await picture(console, "bell-console-no-microphone")

    await console.context.grant_permissions(["microphone"])
    await console.keyboard.press("KeyT")
    await console.locator('[data-part=talk][data-state="on"]').wait_for(timeout=30_000)
    await bell.locator('[data-state="on"]').wait_for(timeout=20_000)
    await console.wait_for_function(HEARS, timeout=30_000)
    await bell.wait_for_function(HEARS, timeout=30_000)
    await picture(bell, "bell-talk")
    await accessible(bell, letters_px=15, targets_px=48)
    await picture(console, "bell-console-talk")
    assert frames and all(isinstance(frame, str) for frame in frames), "nothing but words went to the centre"

    await console.keyboard.press("KeyX")
    await console.keyboard.press("Digit2")
    await console.keyboard.press("Enter")
    await bell.locator('[data-state="closed"]').wait_for(timeout=20_000)
    for page in (bell, console):
        await page.wait_for_function(SILENT, timeout=20_000)
    async with town.centre.database.transaction(readonly=True) as tx:
        [talk] = await tx.fetch("SELECT * FROM bell_talk")
        kept = await tx.fetch("SELECT 1 FROM take UNION ALL SELECT 1 FROM clip")
    assert (talk["ended_why"], kept) == ("closed", [])

    # without a network: it starts, says so, keeps the press, and sends it when it can
    await bell.evaluate("() => navigator.serviceWorker.ready.then(() => undefined)")
    await bell.context.set_offline(True)
    await bell.reload()
    await bell.get_by_text("관제센터와 끊겼습니다").wait_for(timeout=20_000)
    await bell.get_by_role("button", name="도와주세요").click()
    await bell.locator('[data-state="unreached"]').get_by_text("112에 전화하세요").wait_for(timeout=20_000)
    await picture(bell, "bell-unreached")
    await bell.reload()
    await bell.locator('[data-state="unreached"]').wait_for(timeout=20_000)
    await bell.context.set_offline(False)
    await bell.locator('[data-state="received"]').wait_for(timeout=30_000)


@pytest.mark.full
async def test_a_bell_without_a_microphone_lets_her_hear(town: Town, picture: Any) -> None:
    frames: list[Any] = []
    console = await town.signed_in("operator", Role.OPERATOR, "/console")
    await console.locator("[data-part=links]").wait_for(timeout=30_000)
    await watched(console, frames)
    await console.context.grant_permissions(["microphone"])
    await console.reload()
    await console.keyboard.press("KeyJ")
    bell = await at_pole(town, frames)
    await bell.context.clear_permissions()
    await bell.set_viewport_size(PHONE["viewport"])
    await bell.reload()
    await bell.get_by_role("button", name="도와주세요").click()
    await console.locator("[data-part=alarm-line]").wait_for(timeout=30_000)
    await console.wait_for_timeout(500)
    await console.keyboard.press("Enter")
    await bell.locator('[data-state="claimed"]').wait_for(timeout=20_000)
    await console.keyboard.press("KeyT")
    await bell.locator('[data-state="mute"]').wait_for(timeout=30_000)
    await bell.wait_for_function(HEARS, timeout=30_000)
    await console.locator("[data-part=talk]").get_by_text("벨의 마이크가 안 됨").wait_for(timeout=20_000)
    await picture(bell, "bell-mute-narrow")
    await console.keyboard.press("KeyT")
    await bell.locator('[data-state="claimed"]').wait_for(timeout=20_000)


@pytest.mark.full
async def test_an_administrator_commissions_a_bell_and_a_passer_by_reports_it(
    town: Town, picture: Any, accessible: Any, axe: Any
) -> None:
    await hung(town)
    office = await town.signed_in("administrator", Role.ADMINISTRATOR, "/console")
    await office.get_by_role("button", name="비상벨", exact=True).click()
    await office.get_by_role("button", name="수정공원 정문 열기").click()
    await office.get_by_role("button", name="이 벨에서 열 주소 만들기").click()
    link = office.locator("[data-part=code] a")
    await link.wait_for(timeout=20_000)
    await picture(office, "bell-commission")
    await axe(office)
    url = await link.get_attribute("href")
    assert url is not None
    bell = await town.page(url.removeprefix(town.centre.origin), KIOSK, permissions=["microphone"])
    await bell.get_by_role("button", name="도와주세요").wait_for(timeout=30_000)
    second = await town.page(url.removeprefix(town.centre.origin), KIOSK)
    await second.get_by_text("주소가 맞지 않습니다").wait_for(timeout=20_000)

    # somebody passes by, sees that its light is off, and needs no account to say so
    phone = await town.page(f"/fault/{POLE.id}", PHONE | {"viewport": {"width": 360, "height": 740}})
    await phone.get_by_text("수정공원 정문").wait_for(timeout=20_000)
    await accessible(phone, letters_px=15, targets_px=48)
    await picture(phone, "bell-fault")
    await phone.get_by_role("button", name="불이 꺼져 있어요").click()
    await phone.get_by_text("고맙습니다").wait_for(timeout=20_000)
    await office.get_by_role("button", name="목록").click()
    fault = office.locator("[data-fault]")
    await fault.get_by_text("불 꺼짐").wait_for(timeout=20_000)
    await picture(office, "bell-faults")
    await fault.get_by_role("button", name="보냄").click()
    await office.locator('[data-fault][data-state="sent"]').wait_for(timeout=20_000)

    # lost: taken out of use, and the page says so
    await office.get_by_role("button", name="수정공원 정문 열기").click()
    await office.get_by_role("button", name="등록 풀기").click()
    await office.get_by_role("button", name="한 번 더 누르면 됩니다").click()
    await bell.get_by_text("등록이 풀린 비상벨").wait_for(timeout=20_000)
    await picture(bell, "bell-revoked")
