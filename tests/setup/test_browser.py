"""The browser that the screens are tested in can draw what they draw."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.async_api import Browser


@pytest.mark.browser
async def test_draws_maps_and_plays_video_as_a_users_browser_does(browser: "Browser") -> None:
    page = await browser.new_page()
    assert await page.evaluate("!!document.createElement('canvas').getContext('webgl2')")
    assert await page.evaluate("MediaSource.isTypeSupported('video/mp4; codecs=\"avc1.4d401f\"')")
    await page.close()
