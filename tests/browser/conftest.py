"""Pages in a real Chromium, on a stage instead of a server."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from inspect import iscoroutinefunction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from tests.conftest import Chromium, connected

from .stage import Stage, staged

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page, Playwright

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
    "locale": "ko-KR",
    "timezone_id": "Asia/Seoul",
}
OFFICE: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}, "locale": "ko-KR", "timezone_id": "Asia/Seoul"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One loop for them all, since a driver of the browser belongs to a loop, and starting one costs more than most of them do."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent) and iscoroutinefunction(getattr(item, "function", None)):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def driver() -> AsyncIterator[Playwright]:
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        yield playwright


@pytest_asyncio.fixture(loop_scope="session")
async def browser(request: pytest.FixtureRequest, driver: Playwright) -> AsyncIterator[Browser]:
    """A Chromium without windows, or with them as users have it; what a test opens in it is closed after it."""
    whole = request.node.get_closest_marker("whole_browser")
    chromium: Chromium = request.getfixturevalue("chromium" if whole else "chromium_without_windows")
    async with connected(chromium, driver) as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def stage() -> AsyncIterator[Stage]:
    async with staged() as one:
        yield one


Open = Callable[..., Awaitable["Page"]]


@pytest_asyncio.fixture(loop_scope="session")
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


AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
SMALL = """(floor) => {
    const small = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const element = walk.currentNode.parentElement;
        if (!walk.currentNode.data.trim() || element.closest("script, .sr, svg")) continue;
        if (parseFloat(getComputedStyle(element).fontSize) < floor) small.push(element.outerHTML.slice(0, 120));
    }
    return small;
}"""
UNDERSIZED = """(floor) => [...document.querySelectorAll("a[href], button, input, select, summary")]
    .filter((one) => one.checkVisibility() && !one.closest("label"))
    .map((one) => [one.outerHTML.slice(0, 100), one.getBoundingClientRect().height])
    .filter(([, height]) => height < floor)"""


@pytest.fixture
def axe() -> Callable[[Page], Awaitable[None]]:
    """WCAG 2.2 AA."""

    async def look(page: Page) -> None:
        if not AXE.is_file():
            pytest.skip("axe-core is not installed (npm ci in web/)")
        # The page's own policy keeps strange scripts out; a test reads its file through the debugger instead.
        await page.evaluate(AXE.read_text())
        # Of media it would wait for the end before it begins, and a live picture has none.
        found = await page.evaluate(
            "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],"
            " preload: {assets: ['cssom']}, resultTypes: ['violations']})"
        )
        broken = [(one["id"], [node["html"][:160] for node in one["nodes"]]) for one in found["violations"]]
        assert broken == []

    return look


@pytest.fixture
def accessible(axe: Callable[[Page], Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """By axe; no letter under the floor of the page's distance, no target under the finger's."""

    async def look(page: Page, *, letters_px: int, targets_px: int) -> None:
        await axe(page)
        assert await page.evaluate(SMALL, letters_px) == []
        assert await page.evaluate(UNDERSIZED, targets_px) == []

    return look
