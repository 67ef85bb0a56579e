"""The page of the country: 219 centres at a glance, and first those that need a hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any

import msgspec
import pytest

from ansim.app.places import country
from ansim.city.places.sketch import sketch

from .conftest import OFFICE, Open
from .fixtures import ago
from .stage import Asked, Refusal, Stage
from .test_signin import ME

pytestmark = pytest.mark.browser

ANYANG, GUNPO, SEONGNAM, ULLEUNG = "gyeonggi-anyang", "gyeonggi-gunpo", "gyeonggi-seongnam", "gyeongbuk-ulleung"
PACE = {"median_s": 7.5, "p90_s": 16.0}
CALM = {"open": 0, "unclaimed": 0, "waiting_s": 0.0, "operators": 2, "hour": None, "day": PACE}


@cache
def drawn() -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(sketch(country("seoul")))
    return found


def centre(id: str, state: str = "normal", **more: Any) -> dict[str, Any]:
    load = CALM | {"open": len(id) % 4} | more.pop("load", {})
    return {
        "id": id, "name": id, "origin": f"https://{id}.example", "up": state not in ("silent", "unknown"), "state": state,
        "heard_ago_s": None if state == "unknown" else 0.4, "state_at": None if state == "unknown" else ago(5000), "until": None,
        "covered_by": None, "covered_at": None, "takes_from": [], "load": load,
    } | more  # fmt: skip


SPECIAL = {
    ANYANG: centre(ANYANG, "unstaffed", covered_by=GUNPO, covered_at=ago(4000), until=ago(-9000)),
    GUNPO: centre(GUNPO, takes_from=[ANYANG], load={"open": 6, "unclaimed": 1, "waiting_s": 12.0, "hour": PACE}),
    SEONGNAM: centre(SEONGNAM, "silent", covered_by="gyeonggi-yongin", covered_at=ago(190), state_at=ago(190), heard_ago_s=193.0),
    ULLEUNG: centre(ULLEUNG, "silent", state_at=ago(47), heard_ago_s=50.0),
    "seoul-gangnam": centre(
        "seoul-gangnam", "overloaded", covered_by="seoul-seocho", covered_at=ago(80), state_at=ago(80),
        load={"open": 14, "unclaimed": 8, "waiting_s": 71.0, "operators": 4, "hour": {"median_s": 21.0, "p90_s": 64.0}},
    ),
    "busan-jung": centre("busan-jung", load={"open": 2, "unclaimed": 1, "waiting_s": 44.0}),
    "gangwon-inje": centre("gangwon-inje", "unknown"),
}  # fmt: skip


def whole(every: int = 1) -> dict[str, Any]:
    ids = [one["id"] for one in drawn()["centres"]]
    return {"at": ago(0), "centres": [SPECIAL.get(id) or centre(id) for id in {*ids[::every], *SPECIAL}]}


def history(asked: Asked) -> dict[str, Any]:
    hours = int(asked.query.removeprefix("hours="))
    until = datetime.fromisoformat(ago(0))
    start = until - timedelta(hours=hours)

    def was(*states: tuple[float, str]) -> list[dict[str, Any]]:
        return [
            {"from_at": (start + timedelta(hours=hours * share)).isoformat(), "state": state, "covered_by": None}
            for share, state in states
        ]

    said = {
        ANYANG: was((0, "normal"), (0.1, "unstaffed"), (0.42, "normal"), (0.93, "unstaffed")),
        SEONGNAM: was((0, "normal"), (0.3, "overloaded"), (0.36, "normal"), (0.98, "silent")),
        ULLEUNG: was(
            (0, "normal"), (0.2, "silent"), (0.25, "normal"), (0.5, "unknown"), (0.53, "normal"), (0.99, "silent")
        ),
        "seoul-gangnam": was((0, "normal"), (0.8, "overloaded"), (0.86, "normal"), (0.96, "overloaded")),
    }
    return {
        "from_at": start.isoformat(), "until_at": until.isoformat(), "slot_s": 600,
        "centres": [
            {"id": one["id"], "states": said.get(one["id"], was((0, "normal"))), "busy": [{"at": ago(900), "open": 14, "waited_s": 60}] if one["id"] == "seoul-gangnam" else []}
            for one in drawn()["centres"] if one["id"] != "gangwon-inje"
        ],
    }  # fmt: skip


@pytest.fixture(autouse=True)
def hub(stage: Stage) -> None:
    stage.on(
        "GET",
        "/api/me",
        ME | {"role": "auditor", "name": "전국 상황 담당", "centre": {"id": "hub", "name": "위치분배"}},
    )
    stage.on("GET", "/api/nation", lambda _asked: whole())
    stage.on("GET", "/api/nation/map", drawn())
    stage.on("GET", "/api/nation/history", history)


async def test_who_needs_a_hand_comes_first_and_what_is_old_looks_old(
    open_page: Open, stage: Stage, picture: Any, accessible: Any
) -> None:
    page = await open_page("/nation", device=OFFICE | {"viewport": {"width": 1280, "height": 800}})
    rows = page.locator(".centre")
    await rows.first.wait_for()
    await page.locator(".land path").first.wait_for()
    texts = [" ".join((await row.inner_text()).split()) for row in await rows.all()]
    assert "울릉군" in texts[0] and "대신 받는 곳 없음" in texts[0], "nobody answers for it: before all others"
    assert "부산" in texts[1] or "중구" in texts[1], "one has waited so long that its neighbours were asked"
    assert "안양시" in texts[-1] and "군포시가 대신 받음" in texts[-1], (
        "closed as planned: no alarm, and it says who covers"
    )
    assert await page.locator(".tile-c").count() == 219
    await picture(page, "nation-ko")
    await page.keyboard.press("KeyH")
    await page.get_by_role("heading", name="울릉군 통합관제센터").wait_for()
    await page.keyboard.press("KeyR")
    await stage.until(lambda: any(one.query == "hours=168" for one in stage.asked_for("/api/nation/history", "GET")))
    await page.get_by_text("지난 7일").first.wait_for()
    await picture(page, "nation-chosen")
    stage.on("GET", "/api/nation", lambda _asked: whole(every=20))
    await page.locator('.tile-c[data-id="seoul-dongjak"]').wait_for(state="detached")
    await page.get_by_role("button", name="English").click()
    await page.get_by_role("button", name="Light").click()
    await page.get_by_text("nobody covers").first.wait_for()
    await accessible(page, letters_px=14, targets_px=34)
    await picture(page, "nation-en-light")
    await page.set_viewport_size({"width": 360, "height": 760})
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    await picture(page, "nation-en-360")

    def away(_asked: Asked) -> Any:
        raise Refusal(503)

    stage.on("GET", "/api/nation", away)
    await page.get_by_role("alert").get_by_text("Cut off from the hub").wait_for(timeout=15_000)
    await page.locator(".nation.old").wait_for()
    await picture(page, "nation-cut-360")
