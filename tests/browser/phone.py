"""A phone with the citizen's page, and what a person does with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ansim.trust import sealing

from .conftest import Open
from .fixtures import SEOUL

if TYPE_CHECKING:
    from playwright.async_api import Page

CODES = {"cancel": "1234", "duress": "4321"}
KEY = sealing.generate()
PLACED = {"geolocation": SEOUL | {"accuracy": 9}, "permissions": ["geolocation"]}


async def enrol(page: Page, *, guardian: bool = True) -> None:
    await page.get_by_role("switch", name=re.compile("보호자")).click()
    await page.get_by_role("button", name="동의하고 시작하기").click()
    await page.get_by_label("이름", exact=True).fill("김민지")
    if guardian:
        await page.get_by_label("관계").fill("엄마")
        await page.get_by_label("전화번호", exact=True).fill("010-0000-0000")
        await page.get_by_role("button", name="보호자 더하기").click()
    await page.get_by_role("button", name="다음").click()
    await page.get_by_label("진짜로 취소하는 번호").fill(CODES["cancel"])
    await page.get_by_label("협박당할 때 누르는 번호").fill(CODES["duress"])
    await page.get_by_role("button", name="저장").click()
    await page.get_by_role("button", name="SOS 1초 동안 누르기").wait_for()


async def hold(page: Page, name: str = "SOS 1초 동안 누르기", seconds: float = 1.15) -> None:
    box = await page.get_by_role("button", name=name).bounding_box()
    assert box
    await page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await page.mouse.down()
    await page.wait_for_timeout(seconds * 1000)
    await page.mouse.up()


async def heading(page: Page, words: str) -> None:
    await page.get_by_role("heading", name=words, level=1).wait_for()


async def enrolled(open_page: Open, **more: Any) -> Page:
    page = await open_page("/citizen", **(PLACED | more))
    await enrol(page)
    return page
