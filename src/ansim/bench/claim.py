"""From the operator's key to the picture, and from the revoke to the last one, on the real centre and the real console.

Everything is on: sign-in, claim in the database, ledger, grant, token, RTSP, Chromium. Cameras were prepared when the SOS
came, as they always are. The floor is a key that only changes the page: key down to the next frame painted.
"""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import uvloop

from ansim.app.centre import Centre
from ansim.app.server import listen, serving
from ansim.app.settings import Settings
from ansim.bench.media import CHROMIUM, outside_cameras
from ansim.city.cameras.model import Camera
from ansim.city.cameras.register import register
from ansim.nodes.media.ports import Source
from ansim.trust.access.actions import create_account, one_time_code
from ansim.trust.access.model import Role

CASES = 11
CENTRE = "gyeonggi-seongnam"

WATCH = """() => {
    window.marks = {};
    addEventListener("keydown", event => {
        const at = performance.now();
        if (event.code === "Enter") window.marks = { key: at };
        requestAnimationFrame(() => requestAnimationFrame(() => { window.marks.painted ??= performance.now() - at; }));
    }, true);
    const seen = new WeakSet();
    const look = () => {
        for (const video of document.querySelectorAll("[data-tile] video")) {
            if (seen.has(video)) continue;
            seen.add(video);
            video.addEventListener("loadeddata", () => { window.marks.decoded ??= performance.now() - (window.marks.key ?? performance.now()); });
            const shown = () => {
                const now = performance.now();
                window.marks.first ??= now - (window.marks.key ?? now);
                window.marks.last = now;
                video.requestVideoFrameCallback(shown);
            };
            video.requestVideoFrameCallback(shown);
        }
        requestAnimationFrame(look);
    };
    look();
}"""


def bench() -> dict[str, Any]:
    return uvloop.run(_bench())


async def _bench() -> dict[str, Any]:
    async with chromium_here() as chromium:
        if chromium is None:
            print("claim: no Chromium or no playwright on this machine")
            return {}
        async with _centre() as centre:
            figures = await _cases(centre, chromium)
    for name, (value, goal) in figures.items():
        print(f"claim: {name}: {value:.0f} ms" + (f" (goal <= {goal} ms)" if goal else ""))
    return {name: value for name, (value, _) in figures.items()}


async def _cases(centre: Centre, chromium: Any) -> dict[str, tuple[float, int | None]]:
    context = await chromium.new_context(
        viewport={"width": 1920, "height": 1080}, locale="ko-KR", base_url=centre.origin
    )
    await context.add_init_script(f"({WATCH})()")
    page = await context.new_page()
    async with centre.database.transaction() as tx:
        made = await create_account(tx, account="bench", name="bench", role=Role.OPERATOR, centre=CENTRE, actor="bench")
        code = await one_time_code(tx, account=made.id, actor="bench")
    await page.goto(f"/signin?next=/console#{code}")
    await page.wait_for_url("**/console")
    await page.locator(".queue").wait_for()
    await page.keyboard.press("KeyJ")
    decoded, first, painted, cut = [], [], [], []
    async with httpx.AsyncClient(base_url=centre.origin) as client:
        for number in range(CASES + 1):
            answer = await client.post("/api/signals", json=_press(f"bench-claim-{number}", centre))
            await page.locator("[data-part=alarm-line]").wait_for()
            await page.wait_for_timeout(1200)
            await page.keyboard.press("Enter")
            await page.wait_for_function("() => window.marks.first > 0 && window.marks.painted > 0", timeout=30_000)
            marks = await page.evaluate("() => ({...window.marks})")
            await page.wait_for_timeout(700)
            after = await _revoke(centre, answer.json()["incident"], page)
            for key in ("KeyX", "Digit2", "Enter"):
                await page.keyboard.press(key)
            await page.wait_for_timeout(600)
            if number:  # the first case warms the page
                decoded.append(marks["decoded"])
                first.append(marks["first"])
                painted.append(marks["painted"])
                cut.append(after)
    await context.close()
    return {
        f"key -> first picture decoded, median of {CASES}": (statistics.median(decoded), 300),
        "key -> first picture on the screen, median": (statistics.median(first), None),
        "key -> first picture on the screen, worst": (max(first), None),
        "key -> next frame painted, median (floor)": (statistics.median(painted), None),
        "revoke -> last picture presented, median": (statistics.median(cut), 50),
        "revoke -> last picture presented, worst": (max(cut), None),
    }


async def _revoke(centre: Centre, incident: str, page: Any) -> float:
    """Milliseconds from the revoke at the node to the last picture on the screen; below 0: it was there before."""
    async with centre.database.transaction(readonly=True) as tx:
        grants = await tx.fetch("SELECT id FROM access_grant WHERE incident = $1 AND video", incident)
    offset: float = await page.evaluate("() => performance.timeOrigin")
    at = datetime.now().timestamp() * 1000 - offset
    for grant in grants:
        centre.node.revoke(grant["id"], "revoked")
    await page.wait_for_timeout(400)
    last = float(await page.evaluate("() => window.marks.last"))
    return last - at


def _press(id: str, centre: Centre) -> dict[str, Any]:
    now = centre.world.clock.now().isoformat()
    position = {"latitude": 37.38, "longitude": 127.12, "accuracy_m": 9, "source": "web", "at": now}
    return {"id": id, "kind": "sos", "at": now, "position": position, "silent": True}


@asynccontextmanager
async def chromium_here() -> AsyncIterator[Any]:
    """A headless Chromium, or None where there is none."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    try:
        from playwright.async_api import async_playwright
    except ImportError:
        found = None
    if found is None:
        yield None
        return
    arguments = ["--autoplay-policy=no-user-gesture-required", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
    arguments += ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=found, args=arguments)
        yield chromium
        await chromium.close()


@asynccontextmanager
async def _centre() -> AsyncIterator[Centre]:
    """A centre with four cameras around one place."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ansim-bench.")))
        folder.chmod(0o711)
        # In a process of their own, as real ones are: whoever encodes is not who serves.
        address = await stack.enter_async_context(outside_cameras(4))
        ids = [f"cam-{number}" for number in range(4)]
        listener, settings = listen(Settings(data=str(folder), port=0, centre=CENTRE, simulated_channels=True))
        centre = await stack.enter_async_context(Centre(settings))
        sides = [(0.0004, 0.0, 180.0), (-0.0004, 0.0, 0.0), (0.0, 0.0005, 270.0), (0.0, -0.0005, 90.0)]
        async with centre.database.transaction() as tx:
            await register(
                tx,
                [
                    Camera(
                        id=id, centre=CENTRE, name=id, latitude=37.38 + north, longitude=127.12 + east, azimuth_deg=azimuth,
                        view_deg=70, range_m=90,
                    )
                    for id, (north, east, azimuth) in zip(ids, sides, strict=True)
                ],
                actor="bench",
            )  # fmt: skip
        for id in ids:
            centre.node.cameras.add(Source(id=id, url=f"{address}/{id}"))
        await stack.enter_async_context(serving(centre, listener))
        yield centre
