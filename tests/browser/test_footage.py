"""Her own phone's camera in real browsers on a real centre: from the citizen page, and behind a link that came by SMS."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from ansim.trust.access.model import Role

from .conftest import PHONE
from .test_story import HERE, PLAYING, Town, claimed, town

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.whole_browser, pytest.mark.flow]
__all__ = ["town"]

WITH_CAMERA: dict[str, Any] = PHONE | {"geolocation": HERE, "permissions": ["geolocation", "camera", "microphone"]}
TILE = "[data-part=phone]"


async def shown(console: Page) -> None:
    await console.wait_for_function(
        f"() => [...document.querySelectorAll('{TILE} video')].some({PLAYING})", timeout=60_000
    )
    await console.locator(f'{TILE}[data-state="live"]').wait_for(timeout=30_000)


async def advances(console: Page) -> None:
    """The picture on the console moves."""
    video = f"document.querySelector('{TILE} video')"
    frames = await console.evaluate(f"{video}.getVideoPlaybackQuality().totalVideoFrames")
    await console.wait_for_function(
        f"() => {video}.getVideoPlaybackQuality().totalVideoFrames > {frames} + 5", timeout=20_000
    )


async def link_of(town: Town, console: Page, number: str = "010-5555-6666") -> str:
    """The operator sends her a link, by keys; what came by SMS."""
    await console.keyboard.press("KeyO")
    field = console.get_by_label("보낼 번호")
    await field.fill("엄마")
    await field.press("Enter")
    await console.get_by_role("alert").get_by_text("번호가 아닙니다").wait_for()
    assert await field.input_value() == "엄마"
    await field.fill(number)
    await field.press("Enter")
    inbox = town.centre.inboxes["sms"].inbox
    async with asyncio.timeout(20):
        while not (found := [notice for address, notice in inbox if address == number]):
            await asyncio.sleep(0.05)
    return found[-1].link.removeprefix(town.centre.origin)


async def test_a_link_by_sms_brings_camera_position_and_words(town: Town, picture: Any, accessible: Any) -> None:
    console = await town.signed_in("operator", Role.OPERATOR, "/console")
    await claimed(console, await town.page("/citizen", PHONE, geolocation=HERE, permissions=["geolocation"]))
    path = await link_of(town, console)
    await console.locator("[data-part=channel]").get_by_text("문자 도착").wait_for(timeout=20_000)
    hers = await town.page(path, WITH_CAMERA)
    await hers.get_by_role("button", name="영상과 위치 보내기").wait_for(timeout=30_000)
    assert await hers.title() == "메모" and await hers.get_by_role("button").count() == 1
    await picture(hers, "footage-link-asks")
    await accessible(hers, letters_px=15, targets_px=48)
    await console.locator("[data-part=channel]").get_by_text("열었음").wait_for(timeout=20_000)
    await hers.get_by_role("button", name="영상과 위치 보내기").click()
    await hers.get_by_text("영상 보내는 중").wait_for(timeout=30_000)
    await shown(console)
    await advances(console)
    await console.locator("[data-part=channel]").get_by_text("영상 받는 중").wait_for(timeout=20_000)
    await hers.get_by_text("보내는 중 · 오차").wait_for(timeout=20_000)
    await picture(hers, "footage-link-sends")
    await accessible(hers, letters_px=15, targets_px=48)
    await picture(console, "footage-console")

    # words, also while it looks like a memo
    await console.keyboard.press("KeyC")
    await console.get_by_label("보낼 말").fill("경찰이 가고 있어요")
    await console.keyboard.press("Enter")
    await hers.get_by_text("경찰이 가고 있어요").wait_for(timeout=20_000)
    await hers.get_by_role("button", name="메모로 가리기").click()
    await hers.get_by_text("장보기").wait_for()
    assert await hers.locator("video").count() == 0
    await hers.get_by_role("button", name="말 못 해요").click()
    await console.locator("[data-part=chat]").get_by_text("말 못 해요").wait_for(timeout=20_000)
    await picture(hers, "footage-link-memo")
    await advances(console)  # it films on behind the memo
    await hers.get_by_role("button", name="메모").first.click()

    # the other camera: a new take, and it is shown on
    await hers.get_by_role("button", name="앞뒤 바꾸기").click()
    await shown(console)
    await advances(console)

    # closed: the picture goes, the link is dead, what was filmed is listed for the leader
    await console.keyboard.press("Escape")
    await console.keyboard.press("KeyX")
    await console.keyboard.press("Digit2")
    await console.keyboard.press("Enter")
    await hers.get_by_role("heading", name="상황이 끝나 닫혔습니다").wait_for(timeout=30_000)
    await console.locator(TILE).wait_for(state="detached", timeout=20_000)
    await hers.reload()
    await hers.get_by_role("heading", name="상황이 끝나 닫혔습니다").wait_for(timeout=30_000)


@pytest.mark.full
async def test_the_citizen_page_offers_the_same_camera(town: Town, picture: Any) -> None:
    console = await town.signed_in("operator", Role.OPERATOR, "/console")
    phone = await town.page("/citizen", WITH_CAMERA)
    await claimed(console, phone)
    assert await phone.locator("video").count() == 0, "nothing films before she presses"
    start = phone.get_by_role("button", name="카메라로 보여 주기")
    await start.scroll_into_view_if_needed()
    await picture(phone, "footage-citizen-offers")
    await start.click()
    await phone.get_by_text("영상 보내는 중").wait_for(timeout=30_000)
    await shown(console)
    await advances(console)
    await picture(phone, "footage-citizen-films")
    await phone.get_by_role("button", name="멈추기").click()
    await console.locator(TILE).wait_for(state="detached", timeout=20_000)
    take = console.locator("[data-take]").first
    await take.wait_for(timeout=20_000)
    async with console.expect_download() as taken:
        await take.get_by_role("link").click()
    file = await (await taken.value).path()
    assert file.read_bytes()[:4] == b"\x1a\x45\xdf\xa3"
    await picture(console, "footage-console-takes")


@pytest.mark.full
async def test_a_camera_that_is_not_allowed_is_said_and_the_position_goes_all_the_same(
    town: Town, picture: Any
) -> None:
    console = await town.signed_in("operator", Role.OPERATOR, "/console")
    await claimed(console, await town.page("/citizen", PHONE, geolocation=HERE, permissions=["geolocation"]))
    hers = await town.page(await link_of(town, console), PHONE, geolocation=HERE, permissions=["geolocation"])
    await hers.get_by_role("button", name="영상과 위치 보내기").click()
    await hers.get_by_text("카메라를 허용하지 않았어요").wait_for(timeout=30_000)
    await hers.get_by_text("보내는 중 · 오차").wait_for(timeout=20_000)
    await console.locator("[data-part=channel]").get_by_text("위치 받는 중").wait_for(timeout=20_000)
    await picture(hers, "footage-link-denied")
