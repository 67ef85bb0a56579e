"""Her page, from the cache and without a network: how long until the button can be held, on a processor slowed to a quarter.

The floor is an empty page of the same browser, slowed alike: navigation and one painted frame.
"""

from __future__ import annotations

import os
import re
import statistics
import tempfile
from pathlib import Path
from typing import Any

import uvloop

from ansim.app.centre import Centre
from ansim.app.server import listen, serving
from ansim.app.settings import Settings
from ansim.bench.claim import chromium_here

ROUNDS = 11
SLOWED = 4
USABLE = """() => {
    const look = () => {
        if (!window.floor && !document.querySelector("button svg.ring")) return requestAnimationFrame(look);
        requestAnimationFrame(() => { window.usable = performance.now(); });
    };
    look();
}"""


def bench() -> dict[str, Any]:
    return uvloop.run(_bench())


async def _bench() -> dict[str, Any]:
    async with chromium_here() as chromium:
        if chromium is None:
            print("page: no Chromium or no playwright on this machine")
            return {}
        with tempfile.TemporaryDirectory(prefix="ansim-bench.") as name:
            Path(name).chmod(0o711)
            listener, settings = listen(Settings(data=name, port=0, simulated_channels=True))
            async with Centre(settings) as centre, serving(centre, listener):
                figures = await _reloads(centre.origin, chromium)
    print(
        f"page: from cache, offline, {SLOWED}x slower: the button can be held after {figures['page']:.0f} ms (median of {ROUNDS},"
        f" at most {figures['worst']:.0f}; goal <= 1000); an empty page {figures['empty']:.0f} ms; load {os.getloadavg()[0]:.1f}"
    )
    return figures


async def _reloads(origin: str, chromium: Any) -> dict[str, float]:
    context = await chromium.new_context(
        viewport={"width": 360, "height": 760}, locale="ko-KR", permissions=["geolocation"],
        geolocation={"latitude": 37.38, "longitude": 127.12, "accuracy": 9},
    )  # fmt: skip
    page = await context.new_page()
    await page.goto(f"{origin}/citizen")
    await _enrol(page)
    await page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    await page.reload()
    await page.locator("button svg.ring").wait_for()
    await page.wait_for_timeout(1500)  # what it fetches ahead
    await context.set_offline(True)
    await context.add_init_script(f"({USABLE})()")
    session = await context.new_cdp_session(page)
    await session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
    times = []
    for _ in range(ROUNDS):
        await page.reload()
        await page.wait_for_function("() => window.usable > 0")
        times.append(await page.evaluate("() => window.usable"))
    await context.close()
    context = await chromium.new_context()
    await context.add_init_script(f"window.floor = true; ({USABLE})()")
    page = await context.new_page()
    session = await context.new_cdp_session(page)
    await session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
    empty = []
    for _ in range(ROUNDS):
        await page.goto("data:text/html,<p>ansim")
        await page.wait_for_function("() => window.usable > 0")
        empty.append(await page.evaluate("() => window.usable"))
    await context.close()
    return {"page": statistics.median(times), "worst": max(times), "empty": statistics.median(empty)}


async def _enrol(page: Any) -> None:
    await page.get_by_role("switch", name=re.compile("보호자")).click()
    await page.get_by_role("button", name="동의하고 시작하기").click()
    await page.get_by_label("이름", exact=True).fill("김민지")
    await page.get_by_role("button", name="다음").click()
    await page.get_by_label("진짜로 취소하는 번호").fill("1234")
    await page.get_by_label("협박당할 때 누르는 번호").fill("4321")
    await page.get_by_role("button", name="저장").click()
    await page.get_by_role("button", name="SOS 1초 동안 누르기").wait_for()
