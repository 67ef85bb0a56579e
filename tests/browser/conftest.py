"""Pages in a real Chromium, on a stage instead of a server."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .stage import Stage, staged

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
    "locale": "ko-KR",
    "timezone_id": "Asia/Seoul",
}
OFFICE: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}, "locale": "ko-KR", "timezone_id": "Asia/Seoul"}


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with staged() as one:
        yield one


Open = Callable[..., Awaitable["Page"]]


@pytest.fixture
async def open_page(browser: Browser, stage: Stage) -> AsyncIterator[Open]:
    """Opens a page of the stage in a context of its own. Whatever leaves the origin or breaks in the page fails
    the test.
    """
    contexts = []
    trouble: list[str] = []

    async def opened(path: str, *, device: dict[str, Any] = PHONE, **more: Any) -> Page:
        context = await browser.new_context(**(device | more), base_url=stage.origin)
        contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: trouble.append(f"error in the page: {error}"))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((stage.origin, "data:", "blob:"))
                else trouble.append(f"left the origin: {request.url}")
            ),
        )
        page.on(
            "console",
            lambda line: trouble.append(line.text) if "Content Security Policy" in line.text else None,
        )
        await page.goto(path)
        return page

    yield opened
    for context in contexts:
        await context.close()
    assert not trouble


@pytest.fixture
def picture() -> Callable[[Page, str], Awaitable[None]]:
    """Keeps a picture of the page when ANSIM_PICTURES names a folder."""

    async def take(page: Page, name: str) -> None:
        if folder := os.environ.get("ANSIM_PICTURES"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            await page.screenshot(path=str(Path(folder) / f"{name}.png"))

    return take
