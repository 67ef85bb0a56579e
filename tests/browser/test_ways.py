"""Which way she goes: offered with its reasons, chosen by a press, drawn while she is under way, and told to nobody."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansim.trust import sealing

from .conftest import Open
from .fixtures import SEOUL, TERMS, ago, mapping, started, street_map, trip_state
from .phone import KEY, PLACED, enrolled, heading
from .stage import Asked, Refusal, Stage
from .test_trip import HOME, TRIP, choose_home

pytestmark = pytest.mark.browser

HERE = (SEOUL["longitude"], SEOUL["latitude"])
DOOR = (HOME["longitude"], HOME["latitude"])
BOX = {"kind": "police", "name": "별빛파출소", "latitude": HERE[1] + 0.0008, "longitude": HERE[0]}


def way(kind: str, east: float, metres: int, longer_m: int, **more: Any) -> dict[str, Any]:
    line = [HERE, (HERE[0] + east, HERE[1]), (HERE[0] + east, DOOR[1]), DOOR]
    told = {
        "lit": 0.12,
        "seen": 0.3,
        "near_help": 0.0,
        "police": 0,
        "bells": None,
        "shops": 0,
        "shelters": 1,
        "help": [],
    }
    return (
        {"kind": kind, "line": line, "metres": metres, "minutes": metres // 69 + 1, "longer_m": longer_m} | told | more
    )


FOUND = {
    "ways": [
        way("shortest", 0.0002, 390, 0),
        way(
            "safe", 0.0016, 520, 130, lit=0.94, seen=0.71, near_help=0.4, police=1, shops=2,
            help=[BOX | {"open": True}, BOX | {"kind": "shop", "latitude": DOOR[1] + 0.0005, "longitude": HERE[0] + 0.0017, "open": True}],
        ),
    ],
    "dark": True,
    "unknown": ["bell"],
}  # fmt: skip


@pytest.fixture(autouse=True)
def centre(stage: Stage) -> None:
    key = sealing.public_jwk(KEY.public_key())
    stage.on("GET", "/healthz", {})
    stage.on("GET", "/api/map", street_map())
    stage.on("GET", "/api/help", {"places": [BOX]})
    stage.on("GET", "/api/citizen/terms", TERMS)
    enrolment = {
        "credential": "head.body.sign",
        "person": "p" * 32,
        "valid_until": ago(-365 * 86400),
        "centre_key": key,
    }
    stage.on("POST", "/api/citizen/enrol", enrolment)
    stage.on("POST", "/api/mapping", lambda _: mapping(key, stage.origin))
    stage.on("POST", "/api/trips", lambda asked: started(promised_at=asked.body["promised_at"]))
    stage.on("POST", f"{TRIP}/positions", {"accepted": 1, "rejected": [], "state": trip_state()})
    stage.greet("/live/trip", lambda _: trip_state())


async def test_a_safe_way_is_chosen_by_its_reasons(
    open_page: Open, stage: Stage, picture: Any, accessible: Any
) -> None:
    answers: list[Any] = [Refusal(404, "way.unknown"), FOUND]

    def answer(_: Asked) -> Any:
        given = answers.pop(0)
        if isinstance(given, Refusal):
            raise given
        return given

    stage.on("POST", "/api/ways", answer)
    page = await enrolled(open_page)
    await choose_home(page)
    await page.get_by_role("button", name="안심길 찾기").click()
    await page.get_by_text("관제센터가 이 근처의 길을 몰라서").wait_for()
    await page.get_by_role("button", name="안심길 찾기").click()
    safe = page.get_by_role("button", name="안심길 520 m")
    await safe.wait_for()
    words = await safe.inner_text()
    for said in ("130 m 더 걸어요", "94%가 가로등", "71%를 CCTV", "파출소 1곳", "안심지킴이집 1곳", "문 연 가게 2곳"):
        assert said in words, said
    await page.get_by_text("이 근처 자료가 없어요: 비상벨").wait_for()
    short = await page.get_by_role("button", name="가장 짧은 길").inner_text()
    assert "12%가 가로등" in short and "비상벨" not in short
    await safe.focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="안심길 520 m", pressed=True).wait_for()
    await safe.scroll_into_view_if_needed()
    await picture(page, "c3-trip-safe-way")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    await page.evaluate("scrollTo(0, document.body.scrollHeight)")
    await accessible(page, letters_px=15, targets_px=48)
    await page.get_by_role("button", name="귀가 시작 ·").click()
    await heading(page, "6분 남음")
    assert (
        await page.locator(".ground .way.chosen").count() == 1 and await page.locator(".ground .between").count() == 0
    )
    await page.get_by_text("가까운 도움: 경찰 별빛파출소 · 북쪽 89 m").wait_for()
    await picture(page, "c3-trip-on-the-safe-way")
    [asked] = stage.asked_for("/api/trips")
    assert "way" not in json.dumps(asked.body) and asked.body["mode"] == "walk"
    assert [one.body["mode"] for one in stage.asked_for("/api/ways")] == ["walk", "walk"]


@pytest.mark.full
async def test_in_english_on_a_narrow_phone_in_the_dark(open_page: Open, stage: Stage, picture: Any) -> None:
    stage.on("POST", "/api/ways", FOUND)
    narrow = {"viewport": {"width": 320, "height": 640}, "locale": "en-GB", "color_scheme": "dark"}
    page = await open_page("/citizen", **(PLACED | narrow))
    await page.get_by_role("button", name="Use SOS without enrolling").click()
    await page.get_by_role("button", name="Start the way home").click()
    await page.get_by_role("button", name="Paste a link").click()
    await page.get_by_label("Link of a map app").fill(f"{HOME['latitude']:.6f}, {HOME['longitude']:.6f}")
    await page.get_by_role("button", name="Use this place").click()
    await page.get_by_role("button", name="Find a safe way").click()
    await page.get_by_role("button", name="Safe way 520 m").click()
    await page.get_by_text("Nothing is registered around here of: emergency bells").wait_for()
    await page.get_by_role("button", name="Safe way 520 m").scroll_into_view_if_needed()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 320
    await picture(page, "c3-trip-safe-way-english-320")
