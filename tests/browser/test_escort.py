"""Two scouts walk her home: asked for on her phone, met by numbers on both sides, and nothing for a scout to install."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from ansim.trust import sealing

from .conftest import Open
from .fixtures import SEOUL, TERMS, ago, mapping, street_map
from .phone import KEY, enrolled, heading, hold
from .stage import Asked, Refusal, Stage

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.browser

TOKEN = "t" * 43
LINK = f"/api/links/{TOKEN}"
ESCORT = f"/api/escorts/{'e' * 32}"
STOP = {"latitude": SEOUL["latitude"], "longitude": SEOUL["longitude"], "label": "역삼역 3번 출구"}
HOME = {"latitude": SEOUL["latitude"] - 330 / 111_320, "longitude": SEOUL["longitude"], "label": "집"}


def view(**more: Any) -> dict[str, Any]:
    """What her phone, or a scout's page, hears of it."""
    return {
        "side": "walker", "state": "assigned", "meet_at": ago(-1200), "meeting": STOP, "home": HOME,
        "people": ["김나은", "이도윤"], "phone": None, "number": "4821", "locked": False, "here_at": None,
        "met_by_her": False, "met_by_scouts": False, "handing_over": False, "expected_at": None, "asked_until": None,
        "home_by_her": False, "home_by_scouts": False, "late": False, "no_show_from": None, "next_at": None,
        "signal": None, "outcome": None, "ended_at": None, "destroyed_at": None,
    } | more  # fmt: skip


def scout(**more: Any) -> dict[str, Any]:
    seen = view(side="scout", people=["김민지"], phone="010-1111-2222", number="7310", home=None) | more
    return {
        "kind": "escort", "grant": "g", "closed": False, "until_at": ago(-86400), "centre": "강남구 관제센터",
        "centre_phone": "02-000-0000", "escort": seen,
    }  # fmt: skip


def walked(**more: Any) -> dict[str, Any]:
    return {
        "state": "walking",
        "number": None,
        "met_by_her": True,
        "met_by_scouts": True,
        "expected_at": ago(-540),
    } | more


@pytest.fixture(autouse=True)
def centre(stage: Stage) -> None:
    key = sealing.public_jwk(KEY.public_key())
    stage.on("GET", "/healthz", {})
    stage.on("GET", "/api/map", street_map())
    stage.on("GET", "/api/citizen/terms", TERMS)
    enrolment = {
        "credential": "head.body.sign",
        "person": "p" * 32,
        "valid_until": ago(-365 * 86400),
        "centre_key": key,
    }
    stage.on("POST", "/api/citizen/enrol", enrolment)
    stage.on("POST", "/api/mapping", lambda _: mapping(key, stage.origin))
    stage.on("POST", "/api/escorts", lambda asked: begun(asked.body["meet_at"]))
    stage.on("POST", f"{ESCORT}/state", view(state="booked", number=None, people=[]))


def begun(meet_at: str) -> dict[str, Any]:
    named = {"id": "seoul-gangnam", "name": "강남구 관제센터"}
    return {"escort": "e" * 32, "secret": "s" * 43, "centre": named, "meet_at": meet_at}


async def asks(open_page: Open, **more: Any) -> Page:
    """Up to the choice of a time, by coordinates as somebody copies them from a map."""
    page = await enrolled(open_page, **more)
    await page.get_by_role("button", name="귀가 시작").click()
    await page.get_by_role("button", name="스카우트와 함께 가기").click()
    for place in (HOME, STOP):
        await page.get_by_role("button", name="링크나 좌표 붙여넣기").click()
        await page.get_by_label("지도 앱의 링크 또는 좌표").fill(f"{place['latitude']:.6f}, {place['longitude']:.6f}")
        if place is STOP:
            await page.get_by_label("이름", exact=False).fill(STOP["label"])
        await page.get_by_role("button", name="이곳으로").click()
    return page


async def test_she_asks_for_two_scouts_and_sees_who_comes(
    open_page: Open, stage: Stage, picture: Any, accessible: Any
) -> None:
    page = await asks(open_page, viewport={"width": 360, "height": 740})
    await picture(page, "e1-asking")
    await accessible(page, letters_px=15, targets_px=48)
    await page.get_by_role("button", name="에 만나기로 신청").click()
    await heading(page, "스카우트를 찾고 있어요")
    (asked,) = stage.asked_for("/api/escorts")
    assert asked.body["home"]["label"] == "집" and asked.body["meeting"]["label"] == STOP["label"]
    assert asked.body["sealed"] and "김민지" not in json.dumps(asked.body, ensure_ascii=False)
    stage.on("POST", f"{ESCORT}/state", view())
    await page.get_by_text("김나은, 이도윤").wait_for()
    assert await page.get_by_label("내 번호").inner_text() == "4821"
    await picture(page, "e2-assigned")
    await accessible(page, letters_px=15, targets_px=48)
    # the page was closed and comes again: it is still there
    await page.reload()
    await page.get_by_text("김나은, 이도윤").wait_for()
    # it is over and put away: her record says who looked, and when the rest of it dies
    entries = [
        {"seq": n, "id": f"e{n}", "at": ago(1900 - 300 * n), "actor": actor, "act": act, "object": object_,
         "incident": "e" * 32, "purpose": "escort", "leaf_hash": "", "details": details}
        for n, (act, actor, object_, details) in enumerate([
            ("escort.viewed", {"id": "a1", "role": "operator"}, "e" * 32, None),
            ("escort.assigned", {"id": "a1", "role": "operator"}, "e" * 32, None),
            ("link.opened", {"id": "link:1", "role": "scout"}, "link-1", {"role": "scout"}),
            ("link.opened", {"id": "link:2", "role": "scout"}, "link-2", {"role": "scout"}),
            ("escort.walking", {"id": "system", "role": "system"}, "e" * 32, None),
            ("escort.ended", {"id": "person", "role": "person"}, "e" * 32, {"why": "arrived"}),
            ("track.erased", {"id": "system", "role": "system"}, "e" * 32, {"count": 1}),
        ])
    ]  # fmt: skip
    stage.on("POST", "/api/record", {"entries": entries})
    stage.on("POST", f"{ESCORT}/state", view(state="ended", outcome="arrived", ended_at=ago(0), number=None, people=[]))
    await page.get_by_role("button", name="닫기").click()
    await page.get_by_role("button", name="내 기록").click()
    await page.get_by_text("집까지 · 스카우트와 함께").click()
    text = await page.locator("main").inner_text()
    for words in (
        "관제요원 1명",
        "스카우트 2명",
        "이름, 만날 곳, 갈 곳",
        "15분",
        "스카우트를 정함",
        "만나서 출발",
        "지워짐",
        "끝나고 하루 뒤",
    ):
        assert words in text, words
    assert stage.asked_for("/api/record")[-1].body == {"items": [{"incident": "e" * 32, "secret": "s" * 43}]}
    await picture(page, "e2-record")
    await accessible(page, letters_px=15, targets_px=48)


async def test_a_wrong_number_warns_her_and_the_right_one_waits_for_the_other_side(
    open_page: Open, stage: Stage, picture: Any
) -> None:
    stage.on("POST", f"{ESCORT}/state", view())

    def said(asked: Asked) -> dict[str, Any]:
        if asked.body["code"] != "7310":
            raise Refusal(403, "escort.number")
        return view(met_by_her=True)

    stage.on("POST", f"{ESCORT}/say", said)
    page = await asks(open_page, viewport={"width": 360, "height": 740})
    await page.get_by_role("button", name="에 만나기로 신청").click()
    number = page.get_by_label("스카우트의 번호")
    await number.fill("12")
    await page.get_by_role("button", name="번호 확인").click()
    await page.get_by_role("alert").filter(has_text="네 자리 숫자예요").wait_for()
    await number.fill("1111")
    await page.keyboard.press("Enter")
    await page.get_by_role("alert").filter(has_text="이 사람이 아닐 수 있으니").wait_for()
    await picture(page, "e3-wrong")
    stage.on("POST", f"{ESCORT}/state", view(met_by_her=True))
    await number.fill("7310")
    await page.keyboard.press("Enter")
    await page.get_by_text("상대가 내 번호를 확인하면 출발해요").wait_for()


async def test_nobody_is_free_and_the_next_time_is_one_press_away(open_page: Open, stage: Stage, picture: Any) -> None:
    free = ago(-5400)

    def full(asked: Asked) -> dict[str, Any]:
        if asked.body["meet_at"][:16] != free[:16]:
            raise Refusal(409, "escort.full", extra={"next_at": free})
        return begun(asked.body["meet_at"])

    stage.on("POST", "/api/escorts", full)
    page = await asks(open_page, viewport={"width": 360, "height": 740})
    await page.get_by_role("button", name="에 만나기로 신청").click()
    await page.get_by_text("그때는 함께 갈 스카우트가 없어요").wait_for()
    await picture(page, "e4-full")
    await page.get_by_role("button", name="그때로 신청").click()
    await heading(page, "스카우트를 찾고 있어요")
    first, second = stage.asked_for("/api/escorts")
    assert first.body["id"] == second.body["id"]


async def test_a_scout_meets_walks_and_brings_her_home(
    open_page: Open, stage: Stage, picture: Any, accessible: Any
) -> None:
    stage.link_state = scout()
    stage.greet("/live/link", lambda _: stage.link_state)
    shown: dict[str, dict[str, Any]] = {
        "here": scout(here_at=ago(0)),
        "met": scout(**walked(home=HOME)),
        "arrived": scout(**walked(home=HOME, home_by_scouts=True)),
    }

    def said(asked: Asked) -> dict[str, Any]:
        stage.link_state = shown[asked.body["say"]]
        return stage.link_state

    stage.on("POST", f"{LINK}/escort", said)
    page = await open_page(f"/l/{TOKEN}", viewport={"width": 360, "height": 740})
    await page.get_by_text("김민지").wait_for()
    text = await page.locator("main").inner_text()
    assert "역삼역 3번 출구" in text and "7310" in text and "집" not in text
    await picture(page, "e5-scout")
    await accessible(page, letters_px=15, targets_px=48)
    await page.get_by_role("button", name="만날 곳에 왔어요").click()
    await page.get_by_label("그 사람의 번호").fill("4821")
    await page.keyboard.press("Enter")
    await heading(page, "함께 걷고 있어요")
    await picture(page, "e6-walking")
    await accessible(page, letters_px=15, targets_px=48)
    await page.get_by_role("button", name="집까지 데려다줬어요").click()
    await page.get_by_text("상대의 확인을 기다려요").wait_for()
    assert [one.body["say"] for one in stage.asked_for(f"{LINK}/escort")] == ["here", "met", "arrived"]


async def test_asked_on_the_way_and_sos_is_the_scouts_too(open_page: Open, stage: Stage, picture: Any) -> None:
    stage.link_state = scout(**walked(state="asking", home=HOME, asked_until=ago(-90)))
    stage.greet("/live/link", lambda _: stage.link_state)
    stage.on("POST", f"{LINK}/escort", scout(**walked(state="signalled", home=HOME)))
    page = await open_page(f"/l/{TOKEN}", viewport={"width": 360, "height": 740}, locale="en-GB")
    await heading(page, "Are you there?")
    await page.get_by_text(re.compile(r"Without an answer in [89]\d s")).wait_for()
    await picture(page, "e7-asking")
    await hold(page, "SOS hold 1 s", seconds=0.3)
    assert stage.asked_for(f"{LINK}/escort") == []
    await hold(page, "SOS hold 1 s")
    await heading(page, "Help was called")
    assert stage.asked_for(f"{LINK}/escort")[0].body["say"] == "sos"
