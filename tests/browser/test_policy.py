"""What a browser lets our pages say, and to whom: the policy that ships, kept by Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ansim.app.static import security

from . import stage as stages
from .conftest import OFFICE
from .stage import Stage
from .test_signin import ME

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = pytest.mark.browser

TRY = """address => new Promise(done => {
  addEventListener("securitypolicyviolation", event => done(`blocked by ${event.effectiveDirective}`), { once: true });
  const socket = new WebSocket(address);
  socket.onopen = () => done("open");
  setTimeout(() => done("neither"), 10000);
})"""


async def test_a_page_speaks_to_its_own_centre_and_to_nobody_else(
    browser: Browser, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages, "POLICY", security(stage.origin)["content-security-policy"])
    stage.on("GET", "/api/me", ME | {"role": "agency", "agency": "112", "name": "112 상황실"})
    page = await (await browser.new_context(**OFFICE, base_url=stage.origin)).new_page()
    await page.goto("/desk")
    await stage.until(lambda: stage.open_sockets("/live/desk"))
    await stage.say("/live/desk", {"requests": []})
    await page.get_by_text("기다리는 요청 없음").wait_for()
    own = "ws" + stage.origin.removeprefix("http")
    assert await page.evaluate(TRY, f"{own}/live/desk") == "open"
    # The same machine under another name is another origin, and there a listener would even answer.
    assert await page.evaluate(TRY, own.replace("localhost", "127.0.0.1") + "/live/desk") == "blocked by connect-src"
    assert await page.evaluate(TRY, "wss://elsewhere.example/live/desk") == "blocked by connect-src"
