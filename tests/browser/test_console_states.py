"""The operator's console: every state that a case, a picture, a position, a line or the server can be in says what
it is.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from .conftest import Open
from .control_room import (
    CAMERAS,
    COLLEAGUE,
    COLLEAGUES,
    ME,
    Room,
    ago,
    at,
    camera,
    dispatch,
    fix,
    grant,
    incident,
    offer,
    place,
    taken_by_colleague,
    worked,
)
from .stage import Asked, Refusal, Stage

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

pytestmark = pytest.mark.browser

CONSOLE: dict[str, Any] = {
    "viewport": {"width": 1920, "height": 1080},
    "locale": "ko-KR",
    "timezone_id": "Asia/Seoul",
    "reduced_motion": "reduce",
}
LISTEN = "window.tones = []; document.addEventListener('ansim-tone', (e) => window.tones.push(e.detail.tone))"

Sit = Callable[..., Awaitable["Page"]]


@pytest_asyncio.fixture(loop_scope="session")
async def room(stage: Stage) -> AsyncIterator[Room]:
    async with Room(stage) as one:
        yield one


@pytest_asyncio.fixture(loop_scope="session")
async def sit(open_page: Open, room: Room) -> Sit:
    """Sits down at the console. Without its map, which takes seconds to draw here, unless a test is about it."""

    async def down(*, map: bool = False, clock: bool = False, before: str = "", **device: Any) -> Page:
        page = await open_page("/healthz", device=CONSOLE | device)
        if not map:
            await page.route(re.compile(r"/assets/mapview-.*\.js"), lambda route: route.abort())
        if clock:
            await page.clock.install()
        await page.add_init_script(LISTEN + ";" + before)
        await page.goto("/console")
        # there first, then gone: before the first picture there are none either
        await page.locator(".queue").wait_for()
        await page.locator(".queue .skeletons").wait_for(state="detached")
        return page

    return down


async def says(spot: Locator, *words: str) -> None:
    for word in words:
        await spot.filter(has_text=word).first.wait_for()


def card(page: Page, id: str) -> Locator:
    return page.locator(f'[data-card="{id}"]')


async def tones(page: Page) -> list[str]:
    return list(await page.evaluate("window.tones"))


async def hears(page: Page, tone: str) -> None:
    await page.wait_for_function("(tone) => window.tones.includes(tone)", arg=tone)


async def forget_tones(page: Page) -> None:
    await page.evaluate("window.tones.length = 0")


async def open_case(page: Page, id: str = "i47") -> None:
    """A list that is still settling may move a card from under the first click, as from under a hand."""
    from playwright.async_api import TimeoutError as NotInTime

    opened = page.locator(f'.case[data-case="{id}"]')
    await card(page, id).click()
    with suppress(NotInTime):
        return await opened.wait_for(timeout=5_000)
    await card(page, id).click()
    await opened.wait_for()


# -- the states of a case


async def test_an_unclaimed_sos_is_the_loudest_thing_in_the_room(sit: Sit, room: Room) -> None:
    page = await sit()
    await forget_tones(page)
    await room.put(incident(48))
    alarm = card(page, "i48")
    await says(
        alarm,
        "SOS · 앱",
        "강남구 해든동",
        "조용히 모드",
        "오차 ±100 m",
        "카메라 4대 준비됨 — 접수하면 열림",
        "팀장과 전 요원 경보까지",
    )
    assert await alarm.locator(".glyph.inv").count() == 1
    await page.locator("[data-part=alarm-line]").wait_for()
    await says(page.locator("[data-part=alarm-chip]"), "새 SOS · 강남구 해든동", "접수할 때까지 울림")
    await says(page.locator("[data-part=announcement]"), "새 SOS, 강남구 해든동, 접수하려면 Enter")
    await says(alarm.get_by_role("button", name="접수하고 옮겨가기"), "Enter")
    await says(alarm.get_by_role("button", name="접수만"), "Shift Enter")
    await hears(page, "p1")
    await forget_tones(page)
    await hears(page, "p1")  # again and again, until somebody claims


async def test_before_the_claim_there_is_no_name_and_no_picture(sit: Sit, room: Room, stage: Stage) -> None:
    room.have(incident(48))
    page = await sit()
    await page.keyboard.press("j")
    await says(page.locator(".case"), "접수하면 대상자와 영상이 열립니다")
    assert await page.locator(".tile.locked").count() == 4
    await says(page.locator('[data-tile="1"]'), "열람권한 없음", "상황을 접수하면 열림")
    assert not stage.open_sockets("/media/cam-1")
    assert "김" not in await page.locator(".case").inner_text()


async def test_a_claim_stops_the_tone_and_opens_the_case(sit: Sit, room: Room, stage: Stage) -> None:
    room.have(incident(48))
    page = await sit()
    await page.wait_for_timeout(450)
    await page.keyboard.press("Enter")
    await stage.until(lambda: stage.asked_for("/api/incidents/i48/claim"))
    assert stage.asked_for("/api/incidents/i48/claim")[0].headers["x-csrf-token"] == "c" * 43
    await page.locator('.case[data-case="i48"]').wait_for()
    await says(page.locator(".steps li.done"), "접수")
    await says(page.locator('.steps li[aria-current="step"]'), "확인")
    assert await page.locator("[data-part=alarm-line]").count() == 0
    await forget_tones(page)
    await page.wait_for_timeout(2700)
    assert "p1" not in await tones(page)
    # the claim's own answer opened the picture; nothing more was asked for it
    [socket] = stage.open_sockets("/media/cam-1")
    assert socket.heard.get_nowait()["token"] == "token for cam-1"
    assert not [one for one in stage.asked_for("/api/grants/g1/tokens") if one.body["camera"] == "cam-1"]


async def test_a_stationed_officer_sees_what_happens_and_takes_nothing(
    sit: Sit, room: Room, stage: Stage, picture: Any
) -> None:
    stage.on("GET", "/api/me", ME | {"role": "officer", "name": "박도현"})
    room.have(incident(48))
    page = await sit()
    await page.wait_for_timeout(450)
    await page.keyboard.press("j")
    await says(page.locator(".case"), "대상자와 영상은 접수한 요원에게만 열립니다")
    await says(page.locator('[data-tile="1"]'), "열람권한 없음", "접수한 요원에게만 열림")
    assert await page.get_by_role("button", name="접수").count() == 0
    await page.keyboard.press("w")
    for key in ("Enter", "d"):
        await page.keyboard.press(key)
        await says(page.locator("[data-part=line]"), "상주 경찰은 상황을 접수하지 않음")
    assert not stage.asked_for("/api/incidents/i48/claim") and await page.locator("[data-part=walls]").count() == 0
    await picture(page, "console-officer")


async def test_an_answer_never_undoes_what_the_socket_said_later(sit: Sit, room: Room, stage: Stage) -> None:
    room.have(incident(48))
    older = worked(48, grants=[], dispatches=[])

    async def answer(_: Asked) -> dict[str, Any]:
        await room.put(worked(48, grants=[grant(incident="i48")], dispatches=[]))
        await stage.until(lambda: stage.open_sockets("/media/cam-1"))
        return older

    stage.on("POST", "/api/incidents/i48/claim", answer)
    page = await sit()
    await page.wait_for_timeout(450)
    await page.keyboard.press("Enter")
    await says(page.locator('[data-grant="g1"]'), "이서연 · 영상 7대")
    await page.wait_for_timeout(500)
    assert len([one for one in stage.sockets if one.path == "/media/cam-1"]) == 1
    assert stage.open_sockets("/media/cam-1")


async def test_shift_enter_claims_and_stays_here(sit: Sit, room: Room, stage: Stage) -> None:
    room.have(worked(), incident(48))
    page = await sit()
    await open_case(page)
    await page.wait_for_timeout(450)
    await page.keyboard.press("Shift+Enter")
    await stage.until(lambda: stage.asked_for("/api/incidents/i48/claim"))
    await page.locator('[data-card="i48"].mine').wait_for()
    assert await page.locator('.case[data-case="i47"]').count() == 1


async def test_priority_two_is_amber_and_slower(sit: Sit, room: Room) -> None:
    page = await sit()
    await forget_tones(page)
    due = {"level": 0, "next": "leader", "due_at": ago(-41)}
    await room.put(incident(50, kind="trip", trigger="late", priority=2, silent=False, escalation=due))
    await says(page.locator('[data-card="i50"].wait2'), "귀가 지연", "안부 확인 응답 없음", "팀장 호출까지")
    await hears(page, "p2")
    assert await page.locator("[data-part=alarm-line]").count() == 0


async def test_a_flag_is_one_silent_line(sit: Sit, room: Room) -> None:
    page = await sit()
    await forget_tones(page)
    await room.put(incident(60, kind="flag", priority=3, escalation=None))
    await says(page.locator('[data-card="i60"].flag'), "선별 관찰")
    await says(page.locator(".queue"), "AI · 소리 없음")
    await page.wait_for_timeout(1200)
    assert await tones(page) == []
    await room.put(incident(48))
    await says(page.locator(".queue"), "선별 관찰 1건 접어 둠")
    assert await card(page, "i60").count() == 0


async def test_a_cancel_is_asked_not_done(sit: Sit, room: Room) -> None:
    room.have(worked(marks=["cancel_pending"], cancel_requested_at=ago(72)))
    page = await sit()
    await open_case(page)
    await says(card(page, "i47").locator(".chip"), "취소 요청 01:1")
    await says(page.locator("[data-part=cancel-pending]"), "안전을 확인한 뒤 종결하세요")
    await room.put(worked(marks=["duress"]))
    await says(card(page, "i47").locator(".chip"), "협박 의심")
    await says(page.locator("[data-part=duress]"), "휴대전화로 연락하지 마세요")
    assert await page.locator("[data-part=cancel-pending]").count() == 0


async def test_escalation_says_who_is_next_and_when(sit: Sit, room: Room) -> None:
    room.have(incident(48))
    page = await sit()
    bar = card(page, "i48").locator(".esc")
    left, width = await bar.evaluate(
        "e => [e.querySelector('b').innerText, e.querySelector('.bar i').offsetWidth / e.querySelector('.bar').offsetWidth]"
    )
    await says(bar, "팀장과 전 요원 경보까지")
    seconds = 0 if left == "지금" else int(left.removeprefix("00:"))
    assert seconds < 15
    assert abs(width - (1 - seconds / 20)) < 0.06
    await room.put(incident(48, escalation={"level": 1, "next": "neighbour", "due_at": ago(-9)}))
    await says(bar, "이웃 센터와 당직자 호출까지")
    await room.put(incident(48, escalation={"level": 2, "next": None, "due_at": None}))
    await says(bar, "팀장·이웃 센터·당직자에게 알림")


async def test_a_colleagues_case_is_an_outline_without_pictures(sit: Sit, room: Room) -> None:
    room.have(taken_by_colleague())
    page = await sit()
    assert await card(page, "i31").locator(".glyph.out").count() == 1
    await says(card(page, "i31"), "박지훈", "현장 도착")
    await open_case(page, "i31")
    await says(page.locator('[data-tile="1"]'), "박지훈이 맡음 · 담당 요원만 봄")
    await says(page.locator(".case"), "박지훈이 맡고 있습니다")


async def test_confirmed_is_the_second_step(sit: Sit, room: Room, stage: Stage) -> None:
    room.have(worked(state="claimed", confirmed_at=None, requested_at=None, dispatches=[]))
    room.accept("i47", "confirm", lambda _: worked(requested_at=None, dispatches=[]))
    page = await sit()
    await open_case(page)
    await page.keyboard.press("y")
    await stage.until(lambda: stage.asked_for("/api/incidents/i47/confirm"))
    await says(page.locator(".steps li.done"), "확인")
    await page.locator("[data-part=confirm]").wait_for(state="detached")


# -- dispatch


def agency(page: Page, state: str, name: str = "112") -> Locator:
    return page.locator(f'[data-agency="{name}"][data-state="{state}"]')


async def test_a_request_takes_two_keys_and_shows_that_it_waits(sit: Sit, room: Room, stage: Stage) -> None:
    room.have(worked(requested_at=None, dispatches=[]))
    room.accept("i47", "dispatches", {"dispatch": "d112"})
    page = await sit()
    await open_case(page)
    await page.keyboard.press("d")
    await says(agency(page, "prepared"), "Enter로 보냄", "Esc 그만두기")
    assert not stage.asked_for("/api/incidents/i47/dispatches")
    await page.keyboard.press("Escape")
    await agency(page, "none").wait_for()
    await page.keyboard.press("d")
    await page.keyboard.press("Enter")
    await stage.until(lambda: stage.asked_for("/api/incidents/i47/dispatches"))
    assert stage.asked_for("/api/incidents/i47/dispatches")[0].body == {"agency": "112"}
    await forget_tones(page)
    await room.put(worked(dispatches=[dispatch(state="requested", requested_at=ago(11))]))
    await says(agency(page, "requested"), "응답 기다림 00:1")
    await hears(page, "tick")
    await says(page.locator(".steps li.done"), "출동요청")


async def test_a_unit_on_its_way_is_said_and_heard(sit: Sit, room: Room) -> None:
    room.have(worked(dispatches=[dispatch(state="requested", requested_at=ago(3))]))
    page = await sit()
    await open_case(page)
    await forget_tones(page)
    await room.put(worked(dispatches=[dispatch(state="acknowledged")]))
    await says(agency(page, "acknowledged"), "112 수신확인")
    await hears(page, "receipt")
    await room.put(worked(dispatches=[dispatch(state="en_route")]))
    await says(agency(page, "en_route"), "순찰 12호 출동 중")
    await says(card(page, "i47"), "순찰 12호 출동 중 · 1분 50초")
    await says(page.locator('.steps li[aria-current="step"]'), "현장 도착1분 50초")
    await room.put(worked(arrived_at=ago(2), dispatches=[dispatch(state="arrived")]))
    await says(agency(page, "arrived"), "순찰 12호 현장 도착")
    await says(page.locator(".steps li.done"), "현장 도착")


async def test_a_refusal_is_amber_and_asked_again(sit: Sit, room: Room, stage: Stage) -> None:
    room.have(worked(dispatches=[dispatch(state="refused", reason="관할 아님")]))
    room.accept("i47", "dispatches", {"dispatch": "d2"})
    page = await sit()
    await open_case(page)
    await says(agency(page, "refused"), "112 거절됨 — 다시", "관할 아님")
    await hears(page, "p2")
    await page.keyboard.press("d")
    await page.keyboard.press("Enter")
    await stage.until(lambda: stage.asked_for("/api/incidents/i47/dispatches"))


async def test_a_full_case_never_loses_its_note_field(sit: Sit, room: Room, picture: Any) -> None:
    page = await sit()
    await room.put(worked(confirmed_at=None, state="claimed", marks=["cancel_pending", "repeated"]))
    await open_case(page)
    confirm = page.locator("[data-part=confirm]")
    await confirm.wait_for()
    await picture(page, "console-full-case")
    panel, hints = page.locator(".case"), page.locator(".hints")
    edges = [await spot.bounding_box() for spot in (panel, page.locator(".case .note"), hints)]
    assert all(edges)
    whole, note, below = (edge for edge in edges if edge)
    assert note["height"] >= 40 and note["y"] + note["height"] <= whole["y"] + whole["height"] <= below["y"] + 1
    # what does not fit above it can be scrolled to, the last line of the rights included
    last = page.locator(".rights .grant").last
    await last.scroll_into_view_if_needed()
    box, record = await last.bounding_box(), await page.locator(".case .record").bounding_box()
    assert box and record and box["y"] + box["height"] <= record["y"]


async def test_no_answer_leads_to_the_phone_and_its_number(sit: Sit, room: Room, stage: Stage, picture: Any) -> None:
    room.have(worked(dispatches=[dispatch(state="no_answer", requested_at=ago(40))]))
    room.accept("i47", "dispatches/d112/phone")
    page = await sit()
    await forget_tones(page)
    await open_case(page)
    await says(agency(page, "no_answer"), "112 응답 없음", "00:", "전화 02-3000-1120")
    await picture(page, "console-no-answer")
    await page.keyboard.press("d")
    field = page.get_by_label("112 접수번호, Enter로 저장")
    await field.wait_for()
    await page.keyboard.type("2026-1122")
    await page.keyboard.press("Enter")
    await stage.until(lambda: stage.asked_for("/api/incidents/i47/dispatches/d112/phone"))
    assert stage.asked_for("/api/incidents/i47/dispatches/d112/phone")[0].body["number"] == "2026-1122"
    await room.put(worked(dispatches=[dispatch(state="no_answer", phone="2026-1122")]))
    await says(agency(page, "by_phone"), "접수번호 2026-1122")
    await forget_tones(page)
    await page.wait_for_timeout(1200)
    assert "p2" not in await tones(page)


async def test_thirty_seconds_without_answer_sound(sit: Sit, room: Room) -> None:
    room.have(worked(dispatches=[dispatch(state="requested", requested_at=ago(31))]))
    page = await sit()
    await open_case(page)
    await says(agency(page, "no_answer"), "112 응답 없음")
    await hears(page, "p2")


async def test_a_line_that_is_down_is_a_band(sit: Sit, room: Room) -> None:
    page = await sit()
    room.agencies["112"] |= {"up": False, "since": ago(40)}
    await room.status()
    await says(
        page.locator("[data-part=agency-112]"),
        "112 연계 끊김 · 00:4",
        "02-3000-1120에 전화로 요청하고 D에 접수번호 적기",
    )
    await says(page.locator("[data-part=links]"), "112 연계 끊김 00:4", "119 연계")


async def test_the_top_bar_says_who_takes_whose_cases_and_the_leader_closes_the_centre(
    sit: Sit, room: Room, stage: Stage, picture: Any
) -> None:
    stage.on("GET", "/api/me", ME | {"role": "supervisor", "name": "최유리"})
    room.covers = [
        cover("own", "강남구", "서초구", "unstaffed", until=ago(-3600)),
        cover("ours", "송파구", "강남구", "silent"),
        cover("near", "관악구", None, "overloaded"),
    ]
    page = await sit()
    line = page.locator("[data-part=cover]")
    await says(line, "우리 센터 닫음", "까지: 서초구가 대신 받음", "외 2")
    await picture(page, "console-covers")
    await line.click()
    await says(page.locator(".cover-list"), "송파구 응답 없음: 우리가 대신 받음", "관악구 밀림: 대신 받는 곳 없음")
    stage.on("POST", "/api/country/duty", None)
    await page.get_by_role("button", name="지금 닫기").click()
    await page.get_by_role("button", name="시간표대로").click()
    await stage.until(lambda: len(stage.asked_for("/api/country/duty")) == 2)
    assert [one.body for one in stage.asked_for("/api/country/duty")] == [{"state": "unstaffed"}, {"state": None}]
    await picture(page, "console-covers-sheet")
    room.covers = []
    await room.status()
    await line.wait_for(state="detached")


def cover(part: str, centre: str, by: str | None, why: str, until: str | None = None) -> dict[str, Any]:
    def name(short: str) -> dict[str, str]:
        return place(f"{short} 통합관제센터", f"{short} Centre")

    return {"centre": name(centre), "by": by and name(by), "why": why, "until": until, "part": part}


# -- passing on


def kept(act: str, **more: Any) -> dict[str, Any]:
    """My case after an offer that ended so."""
    case = worked()
    line = {"id": "t9", "at": ago(1), "act": act, "actor": "a2", "name": "박지훈", "text": None}
    return case | {"timeline": [*case["timeline"], line], **more}


async def test_b_passes_my_case_to_the_first_colleague_or_to_the_one_of_a_digit(
    sit: Sit, room: Room, stage: Stage, picture: Any
) -> None:
    room.have(worked())
    stage.on("GET", "/api/colleagues", {"colleagues": COLLEAGUES})
    page = await sit()
    await open_case(page)
    await page.keyboard.press("b")
    sheet = page.locator("[data-part=passing]")
    await says(sheet, "박지훈", "맡은 상황 없음", "오상민", "팀장 · 맡은 상황 2건", "받을 때까지 내 상황")
    await picture(page, "console-pass")
    await page.keyboard.press("Escape")
    await sheet.wait_for(state="detached")
    assert not stage.asked_for("/api/incidents/i47/offer")

    stage.on("POST", "/api/incidents/i47/offer", lambda _: worked(offer=offer()))
    await page.keyboard.press("b")
    await says(sheet, "최유리")  # a digit means somebody once the list is there
    await page.keyboard.press("3")
    await says(page.locator("[data-part=line]"), "최유리에게 넘기는 중 · 받을 때까지 내 상황")
    assert stage.asked_for("/api/incidents/i47/offer")[0].body == {"to": "a4"}
    await says(card(page, "i47").locator("[data-part=offer]"), "박지훈에게 넘기는 중 00:2")
    # it is mine meanwhile: its pictures and everything in it
    await page.locator("[data-part=pass]").filter(has_text="되돌림").wait_for()
    assert await page.locator('[data-tile="1"]').get_attribute("data-state") != "locked"
    await picture(page, "console-passing")
    room.accept("i47", "offer/end", kept("incident.offer-withdrawn"))
    await page.keyboard.press("b")
    await says(page.locator("[data-part=line]"), "되돌림 · 그대로 내 상황")


async def test_what_became_of_an_offer_is_said_and_heard(sit: Sit, room: Room) -> None:
    room.have(worked(offer=offer()))
    page = await sit()
    await open_case(page)
    await page.keyboard.press("m")
    await forget_tones(page)
    await room.put(kept("incident.offer-declined"))
    await says(page.locator("[data-part=line]"), "받지 않음 · 그대로 내 상황")
    await hears(page, "handed")
    await room.put(worked(offer=offer()))
    await forget_tones(page)
    await room.put(kept("incident.offer-unanswered"))
    await says(page.locator("[data-part=line]"), "답 없음 · 그대로 내 상황")
    await hears(page, "handed")
    await room.put(worked(offer=offer()))
    await room.put(taken_by_colleague(47))
    await says(page.locator("[data-part=line]"), "박지훈이 받음")
    # with it go name and pictures
    await says(page.locator(".case"), "박지훈이 맡고 있습니다")
    assert await page.locator('[data-tile="1"]').get_attribute("data-state") == "locked"
    assert "김수민" not in await page.locator("main").inner_text()


async def test_a_case_offered_to_me_rings_until_i_take_it_or_not(
    sit: Sit, room: Room, stage: Stage, picture: Any
) -> None:
    page = await sit()
    await page.keyboard.press("m")
    await forget_tones(page)
    mine = {"id": "a1", "name": "이서연"}
    await room.put(taken_by_colleague(31, offer=offer(mine)))
    await hears(page, "p1")
    waits = card(page, "i31")
    await says(waits, "박지훈이 넘김 · 받으면 내 상황", "박지훈에게 돌아감까지", "00:2", "받고 옮겨가기", "받지 않기")
    await says(page.locator("[data-part=alarm-chip]"), "너른동")
    assert "김수민" not in await page.locator("main").inner_text()
    await picture(page, "console-offered")
    room.accept("i31", "offer/end", taken_by_colleague(31))
    await page.wait_for_timeout(450)
    await page.keyboard.press("b")
    await page.locator("[data-part=alarm-line]").wait_for(state="detached")
    await says(waits, "박지훈")

    await room.put(taken_by_colleague(31, offer=offer(mine)))
    await page.locator("[data-part=alarm-line]").wait_for()
    room.accept("i31", "take-over", worked(31))
    await page.wait_for_timeout(450)
    await page.keyboard.press("Enter")
    await stage.until(lambda: stage.asked_for("/api/incidents/i31/take-over"))
    await page.locator('.case[data-case="i31"]').filter(has_text="김○○").wait_for()
    assert not stage.asked_for("/api/incidents/i31/claim")
    await page.locator("[data-part=alarm-line]").wait_for(state="detached")


async def test_an_offer_that_is_over_is_a_line_and_no_dialog(sit: Sit, room: Room, stage: Stage) -> None:
    room.have(taken_by_colleague(31, offer=offer({"id": "a1", "name": "이서연"})))

    def gone(_: Asked) -> dict[str, Any]:
        raise Refusal(409, "incident.not-offered", "It is not offered to you any more")

    page = await sit()
    stage.on("POST", "/api/incidents/i31/take-over", gone)
    await page.wait_for_timeout(450)
    await page.keyboard.press("Enter")
    await says(page.locator("[data-part=line]"), "이미 거두어졌거나 다른 사람이 받음")


async def test_nobody_to_pass_to_is_said(sit: Sit, room: Room, stage: Stage) -> None:
    room.have(worked())
    stage.on("GET", "/api/colleagues", {"colleagues": []})
    page = await sit()
    await open_case(page)
    await page.keyboard.press("b")
    await says(page.locator("[data-part=passing]"), "로그인한 동료가 없습니다")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Escape")
    await page.locator("[data-part=passing]").wait_for(state="detached")
    # no key stands in the list that does nothing
    await page.keyboard.press("?")
    listed = await page.locator(".key-list kbd").all_inner_texts()
    assert "B" in listed and not {";", "'", "["} & set(listed)


# -- closing


async def test_closing_names_what_it_ends_and_wants_a_note_where_it_matters(sit: Sit, room: Room, stage: Stage) -> None:
    room.have(worked())
    done = worked(state="closed", closed_at=ago(0), close_code=1, grants=[], cameras=[])
    room.accept("i47", "close", lambda _: done)
    page = await sit(clock=True)
    await open_case(page)
    await page.keyboard.press("x")
    strip = page.locator("[data-part=closing]")
    await says(
        strip, "1–5로 고르기", "이서연 열람 닫힘", "순찰 12호 열람 닫힘", "순찰 12호 링크 닫힘", "위치와 이동 경로 삭제"
    )
    await page.keyboard.press("1")
    await page.get_by_label("메모 (필요)").wait_for()
    await page.keyboard.press("Enter")
    assert not stage.asked_for("/api/incidents/i47/close")
    await page.keyboard.type("안전하게 인계")
    await page.keyboard.press("Enter")
    await stage.until(lambda: stage.asked_for("/api/incidents/i47/close"))
    assert stage.asked_for("/api/incidents/i47/close")[0].body == {"code": 1, "note": "안전하게 인계"}
    await says(card(page, "i47"), "종결됨")
    await says(page.locator('[data-tile="1"]'), "상황이 끝나 닫힘")
    room.speaking = False
    await page.clock.fast_forward(11_000)
    await card(page, "i47").wait_for(state="detached")
    room.speaking = True
    await page.keyboard.press("/")
    await page.keyboard.type("0047")
    await says(page.locator("#found"), "SN-1122-0047")


async def test_a_mistake_closes_without_a_note(sit: Sit, room: Room, stage: Stage) -> None:
    room.have(worked())
    room.accept("i47", "close")
    page = await sit()
    await open_case(page)
    for key in ("x", "2", "Enter"):
        await page.keyboard.press(key)
    await stage.until(lambda: stage.asked_for("/api/incidents/i47/close"))
    assert stage.asked_for("/api/incidents/i47/close")[0].body == {"code": 2}


# -- pictures


def tile(page: Page, n: int) -> Locator:
    return page.locator(f'[data-tile="{n}"]')


async def test_an_old_picture_looks_old(sit: Sit, room: Room) -> None:
    room.have(worked())
    room.pictures |= {
        "cam-1": {"state": "live", "age_s": 0.4},
        "cam-2": {"state": "late", "age_s": 3.2},
        "cam-3": {"state": "stale", "age_s": 14.0},
        "cam-4": {"state": "lost", "age_s": 33.0},
    }
    page = await sit()
    await open_case(page)
    await says(tile(page, 1).locator(".age"), "실시간 0.")
    await says(tile(page, 2).locator(".age"), "지연 3.")
    await says(tile(page, 3), "멈춘 화면 · 14초 전", "다시 연결하는 중")
    assert await page.locator(".tile.stale").count() == 1
    hatch = await tile(page, 3).locator(".v").evaluate("e => getComputedStyle(e, '::after').backgroundImage")
    assert "repeating-linear-gradient" in hatch
    await says(tile(page, 4), "연결 끊김", "대신 봄")
    assert await tile(page, 4).locator("video").evaluate("e => getComputedStyle(e).visibility") == "hidden"
    room.pictures["cam-4"] = {"state": "lost", "age_s": 60.0}
    await page.locator('[data-tile="4"][data-camera="cam-5"]').wait_for()
    assert await tile(page, 1).get_attribute("data-camera") == "cam-1"


async def test_a_camera_that_sends_one_picture_again_and_again_is_not_live(sit: Sit, room: Room, picture: Any) -> None:
    room.have(worked())
    live = {"state": "live", "age_s": 0.3}
    room.pictures |= {f"cam-{n}": live for n in range(1, 6)} | {
        "cam-2": {"state": "frozen", "age_s": 0.3, "frozen_s": 14.0}
    }
    page = await sit()
    await open_case(page)
    await says(tile(page, 1).locator(".age"), "실시간 0.")
    await says(tile(page, 2), "멈춘 화면 · 14초째 같은 화면", "카메라가 같은 화면만 보냄")
    assert await tile(page, 2).get_attribute("data-state") == "frozen"
    hatch = await tile(page, 2).locator(".v").evaluate("e => getComputedStyle(e, '::after').backgroundImage")
    assert "repeating-linear-gradient" in hatch
    await picture(page, "console-frozen")
    # another camera takes its place once it has been so for long
    room.pictures["cam-2"] = {"state": "frozen", "age_s": 0.3, "frozen_s": 40.0}
    await page.locator('[data-tile="2"][data-camera="cam-5"]').wait_for()
    # a socket that ends while all was the same is stale first of all
    room.pictures["cam-1"] = {"state": "stale", "age_s": 8.0, "frozen_s": 20.0}
    await page.locator('[data-tile="1"][data-state="stale"]').wait_for()


async def test_single_pictures_are_said_to_be_that_and_are_missed_when_they_do_not_come(
    sit: Sit, room: Room, stage: Stage, picture: Any
) -> None:
    room.have(worked())
    single = {"state": "live", "every_s": 2.0}
    room.pictures |= {f"cam-{n}": {"state": "live", "age_s": 0.3} for n in range(1, 6)}
    room.pictures |= {
        "cam-2": single | {"age_s": 1.9},
        "cam-3": single | {"age_s": 4.4},
        "cam-4": single | {"age_s": 8.0},
    }
    page = await sit()
    await open_case(page)
    await says(tile(page, 1).locator(".age"), "실시간 0.")
    await says(tile(page, 2).locator(".age"), "초 전")
    await says(tile(page, 2), "2초마다 한 장")
    assert "실시간" not in await tile(page, 2).inner_text()
    assert await tile(page, 2).get_attribute("data-state") == "live"
    assert await tile(page, 2).locator(".age .live").count() == 0, "nothing pulses where nothing moves"
    assert "H.265" in str(await tile(page, 2).locator("[data-part=single]").get_attribute("title"))
    await says(tile(page, 3).locator(".age"), "지연 4.")
    await says(tile(page, 4), "멈춘 화면")
    await page.locator('[data-tile="4"][data-state="stale"]').wait_for()
    await picture(page, "console-single")
    await _a_neighbours_camera_stands_among_them(page, room, stage, picture)


async def _a_neighbours_camera_stands_among_them(page: Page, room: Room, stage: Stage, picture: Any) -> None:
    """It says whose it is, and its picture comes from the neighbour's own node with a token of its own; it goes when it is taken back."""
    seocho = {"id": "seocho", "name": "서초구 통합관제센터"}
    token = {"token": "c" * 40, "url": f"{stage.origin}/media/cam-1", "expires_at": ago(-60)}
    stage.on("POST", "/api/incidents/i47/borrowed", token)
    room.pictures["cam-1"] = {"state": "live", "age_s": 0.3}
    lent = CAMERAS[0] | {"name": "반포천 2", "probability": 0.99}
    borrowed = {"centre": seocho, "grant": "g9", "until_at": ago(-900), "origin": stage.origin, "cameras": [lent]}
    await room.put(worked(borrowed=[borrowed]))
    theirs = page.locator('[data-camera="seocho/cam-1"]')
    await says(theirs, "반포천 2", "서초구 통합관제센터", "실시간 0.")
    assert stage.asked_for("/api/incidents/i47/borrowed")[0].body == {"centre": "seocho", "camera": "cam-1"}
    assert await tile(page, 1).get_attribute("data-camera") == "cam-1", "ours of the same name stays ours"
    await picture(page, "console-lent")
    await room.put(worked(borrowed=[]))
    await theirs.wait_for(state="detached")


async def test_an_open_socket_without_new_frames_becomes_stale(sit: Sit, room: Room, stage: Stage) -> None:
    room.have(worked())
    room.pictures["cam-1"] = {"state": "live", "age_s": 0.3}
    page = await sit(clock=True)
    await open_case(page)
    await says(tile(page, 1).locator(".age"), "실시간")
    del room.pictures["cam-1"]
    await page.clock.fast_forward(5_000)
    await page.clock.run_for(2_000)
    await says(tile(page, 1), "멈춘 화면")


def ranked(*order: int, **more: Any) -> list[dict[str, Any]]:
    """The server's choice, best first; `more` is of the first."""
    known = {camera["id"]: camera for camera in CAMERAS}
    return [known[f"cam-{n}"] | {"order": at} | (more if at == 1 else {}) for at, n in enumerate(order, 1)]


async def moved(stage: Stage, cameras: list[dict[str, Any]], probability: float = 0.9) -> None:
    position = fix(12, 8, age=1)
    sight = {"probability": probability, "map": "roads"}
    await stage.say(
        "/live", {"type": "position", "incident": "i47", "position": position, "cameras": cameras, "sight": sight}
    )


async def test_pictures_follow_what_the_server_chooses_and_each_keeps_its_place(
    sit: Sit, room: Room, stage: Stage
) -> None:
    room.have(worked())
    page = await sit()
    await open_case(page)
    await moved(stage, ranked(3, 1, 5, 4, 2))
    await page.locator('[data-tile="2"][data-camera="cam-5"]').wait_for()
    seated = [await tile(page, n).get_attribute("data-camera") for n in (1, 2, 3, 4)]
    assert seated == ["cam-1", "cam-5", "cam-3", "cam-4"], "only the place of the one that left has changed"


async def test_a_held_picture_is_never_replaced(sit: Sit, room: Room, stage: Stage, picture: Any) -> None:
    room.have(worked())
    page = await sit()
    await open_case(page)
    await page.keyboard.press("2")
    await page.keyboard.press("h")
    await says(page.locator("main, body").first, "2번 화면 고정")
    await page.locator('[data-tile="2"] [aria-label="고정한 화면"]').wait_for()
    await moved(stage, ranked(5, 6, 7, 3, 1))
    await page.locator('[data-tile="1"][data-camera="cam-5"]').wait_for()
    assert await tile(page, 2).get_attribute("data-camera") == "cam-2"
    await picture(page, "console-held")
    await page.keyboard.press("h")
    await moved(stage, ranked(5, 6, 7, 3, 1))
    await page.locator('[data-tile="2"]:not([data-camera="cam-2"])').wait_for()


async def test_the_chance_is_said_and_that_perhaps_nobody_sees_her(
    sit: Sit, room: Room, stage: Stage, picture: Any
) -> None:
    room.have(worked())
    page = await sit()
    await open_case(page)
    await says(tile(page, 1), "보일 확률 85 %")
    assert not await page.locator(".unseen").count()
    aim = {"bearing_deg": 170.0, "view_deg": 36.0}
    await moved(stage, ranked(1, 2, 3, 4, 5, probability=0.04, azimuth_deg=None, aim=aim), probability=0.06)
    await says(page.locator(".unseen"), "어느 화면에도 안 보일 수 있음", "5 %")
    await says(tile(page, 1), "남향으로 돌리면 5 %")
    await picture(page, "console-unseen")


async def test_opening_shows_no_old_still(sit: Sit, room: Room) -> None:
    room.have(worked())
    page = await sit()
    await open_case(page)
    await says(tile(page, 1), "여는 중", "마지막 정지 화면은 보여 주지 않음")
    assert await tile(page, 1).get_attribute("data-state") == "opening"


async def test_an_ended_right_takes_the_picture_and_says_how_to_get_it(sit: Sit, room: Room, stage: Stage) -> None:
    room.have(worked())
    room.pictures["cam-1"] = {"state": "live", "age_s": 0.3}
    page = await sit()
    await open_case(page)
    await says(tile(page, 1).locator(".age"), "실시간")
    for socket in stage.open_sockets("/media/cam-1"):
        await socket.close(4403, "grant ended")
    await says(tile(page, 1), "열람 닫힘", "다시 보려면 E 연장")
    assert not await tile(page, 1).locator("video").evaluate("e => e.src")


async def test_five_to_nine_open_in_the_fourth_place(sit: Sit, room: Room) -> None:
    room.have(worked())
    page = await sit()
    await open_case(page)
    await page.keyboard.press("2")
    await page.locator('.tile.best[data-tile="2"]').wait_for()
    await page.keyboard.press("5")
    await page.locator('.tile.best[data-camera="cam-5"]').wait_for()
    assert await page.locator(".wall .tile").nth(3).get_attribute("data-tile") == "5"
    await page.keyboard.press("5")
    await page.locator('.tile[data-camera="cam-4"]').wait_for()


async def test_a_picture_enlarged_covers_the_map_and_nothing_else(sit: Sit, room: Room) -> None:
    room.have(worked())
    page = await sit()
    await open_case(page)
    await page.keyboard.press("1")
    await page.locator(".tile.enlarged").wait_for()
    large = await page.locator(".tile.enlarged").bounding_box()
    middle = await page.locator(".middle").bounding_box()
    assert large and middle
    assert all(abs(large[side] - middle[side]) <= 3 for side in ("x", "y", "width", "height"))
    second = await tile(page, 2).bounding_box()
    assert second and second["x"] > 300
    await page.keyboard.press("Escape")
    await page.locator(".tile.enlarged").wait_for(state="detached")


# -- her position, the units, the map


async def test_the_map_draws_what_is_known_and_how_well(sit: Sit, room: Room, stage: Stage, picture: Any) -> None:
    far = {**at(-1000, 990), "accuracy_m": 100.0, "at": ago(1), "coarse": True}
    room.have(worked(), incident(48, kind="trip", trigger="away", position=far))
    page = await sit(map=True)
    await page.locator('.geo[data-opened="true"]').wait_for()
    await open_case(page)
    where = page.locator("[data-part=where]")
    await room.put(worked())
    await page.locator('[data-mark="person"].fresh').wait_for()
    await says(where, "해든동 해든로16길 24", "오차 ±9 m", "초 전", "걷는 중")
    assert await page.locator(".mark-camera").count() == 4
    await stage.say("/live", {"type": "borders", "borders": [neighbours_case()]})
    await says(page.locator('[data-mark="border-b1"]'), "1")
    await picture(page, "a-console-map")
    await says(page.locator(".mark-unit"), "순찰 12호", "1분 50초")
    await says(page.locator("[data-part=edge]"), "새 귀가 · 멀어짐", "북서쪽 1.4 km")
    await room.put(worked(position=fix(0, 0, age=30)))
    await page.locator('[data-mark="person"].late').wait_for()
    await says(where, "원이 시간만큼 커짐")
    await room.put(worked(position=fix(0, 0, age=75), dispatches=[dispatch(position={**at(150, 0), "at": ago(90)})]))
    await says(page.locator('[data-mark="person"].lost'), "?")
    await says(where, "마지막 위치")
    await page.locator(".mark-unit.old").wait_for()
    await room.put(worked(position=fix(0, 0, age=2, accuracy_m=480)))
    await says(where, "기지국 위치 · 점 없음")
    await page.locator('[data-mark="person"]').wait_for(state="detached")
    room.pictures["cam-4"] = {"state": "stale", "age_s": 14.0}
    await says(page.locator(".mark-camera.old"), "4")


async def test_the_map_never_moves_under_the_operators_hand(sit: Sit, room: Room) -> None:
    room.have(worked())
    page = await sit(map=True)
    await page.locator('.geo[data-opened="true"]').wait_for()
    await open_case(page)
    mark = page.locator('[data-mark="person"]')
    await mark.wait_for()
    box = await page.locator(".middle").bounding_box()
    assert box
    await page.mouse.move(box["x"] + 700, box["y"] + 500)
    await page.mouse.down()
    await page.mouse.move(box["x"] + 400, box["y"] + 400, steps=4)
    await page.mouse.up()
    await page.wait_for_timeout(600)
    before = await mark.bounding_box()
    await room.stage.say("/live", {"type": "position", "incident": "i47", "position": fix(-70, 0)})
    await page.wait_for_timeout(1500)
    after = await mark.bounding_box()
    assert before and after
    # She went 70 m west, about 148 pixels; a map that followed her would have stayed under her.
    assert -175 < after["x"] - before["x"] < -120
    await page.keyboard.press("0")
    await page.wait_for_function(
        "() => Math.abs(document.querySelector('[data-mark=person]').getBoundingClientRect().x - "
        "document.querySelector('.middle').getBoundingClientRect().x - document.querySelector('.middle').clientWidth / 2) < 20"
    )


async def test_a_map_that_cannot_be_drawn_says_so(sit: Sit, room: Room) -> None:
    room.have(worked())
    page = await sit()
    await says(page.locator(".map-failed"), "지도를 그릴 수 없습니다")
    await open_case(page)
    await says(page.locator("[data-part=where]"), "해든동 해든로16길 24")


# -- the server


async def test_silence_of_the_server_is_said_and_writes_wait(sit: Sit, room: Room, stage: Stage) -> None:
    room.have(worked(requested_at=None, dispatches=[]))
    room.accept("i47", "notes")
    page = await sit(clock=True)
    await open_case(page)
    await page.locator(".top").click(position={"x": 5, "y": 5})
    room.speaking = False
    await page.route("**/api/**", lambda route: route.abort())
    await page.clock.fast_forward(2_400)
    await says(page.locator("[data-part=links]"), "연결 확인 중")
    assert await page.locator("[data-part=server-cut]").count() == 0
    await page.clock.fast_forward(3_000)
    band = page.locator("[data-part=server-cut]")
    await says(
        band,
        "서버와 끊김 · 00:0",
        "보이는 내용은",
        "새 신고는 옆 자리에서 울림",
        "112 02-3000-1120",
        "119",
        "팀장 최유리 02-0000-0000",
    )
    await hears(page, "cut")
    await page.keyboard.press("n")
    await page.keyboard.type("흰 승합차")
    await page.keyboard.press("Enter")
    await says(page.locator("[data-part=links]"), "보내지 못함 1")
    await says(band, "보내지 못함 1")
    assert not stage.asked_for("/api/incidents/i47/notes")
    await page.unroute("**/api/**")
    room.speaking = True
    await stage.until(lambda: stage.asked_for("/api/incidents/i47/notes"))
    assert stage.asked_for("/api/incidents/i47/notes")[0].body == {"text": "흰 승합차"}
    await band.wait_for(state="detached")
    await page.locator("[data-part=links]").filter(has_not_text="보내지 못함").wait_for()


async def test_a_lost_socket_comes_back_with_everything(sit: Sit, room: Room, stage: Stage) -> None:
    room.have(worked())
    page = await sit()
    room.incidents["i48"] = incident(48)
    for socket in stage.open_sockets("/live"):
        await socket.close(1012)
    await says(card(page, "i48"), "SOS")


async def test_an_empty_room_shows_that_the_system_lives(sit: Sit) -> None:
    page = await sit()
    await says(page.locator("[data-part=queue-empty]"), "기다리는 상황 없음", "카메라 1,812대 살아 있음")
    await says(page.locator(".case"), "고른 상황 없음")


async def test_trips_are_counted_and_listed_without_a_name_or_a_place(
    sit: Sit, room: Room, stage: Stage, picture: Any
) -> None:
    def trip(n: int, **more: Any) -> dict[str, Any]:
        return {
            "id": f"t{n}", "state": "walking", "reason": None, "ready": False, "mode": "walk", "started_at": ago(600),
            "promised_at": ago(-300), "heard_at": ago(4), "located_at": ago(40), "battery": 61, "background": False,
            "guardians": 2,
        } | more  # fmt: skip

    counts = {"watched": 3, "asking": 1, "ready": 1}
    trips = [
        trip(1, state="asking", reason="fast", ready=True),
        trip(2, mode="taxi", promised_at=ago(240), battery=None, background=True),
        trip(3, heard_at=None, located_at=None, guardians=0),
    ]
    stage.on("GET", "/api/trips", {"counts": counts, "trips": trips})
    room.trips = {"watched": 24, "asking": 0, "ready": 0}
    page = await sit()
    await says(page.locator("[data-part=queue-empty]"), "지켜보는 귀가 24건")
    count = page.locator("[data-part=trip-count]")
    await says(count, "귀가 24")
    assert await page.locator("[data-part=ready-trips]").count() == 0
    await stage.say("/live", {"type": "trips", "trips": counts})
    await says(count, "묻는 중 1")
    await says(page.locator("[data-part=ready-trips]"), "귀가 1건 준비됨", "아직 볼 것 없음")
    assert await tones(page) == [] or "p1" not in await tones(page)
    await page.keyboard.press("KeyI")
    sheet = page.locator("[data-part=trips]")
    await says(sheet.locator("tr[data-ready=true]"), "준비됨", "안부 확인 중", "빨라짐", "화면이 켜져 있을 때만")
    await says(sheet.locator("tr[data-trip=t2]"), "택시", "4분 지남", "—")
    await says(sheet.locator("tr[data-trip=t3]"), "아직 없음")
    assert "동" not in await sheet.locator("tbody").inner_text(), "no place"
    await picture(page, "a-console-trips")
    await page.keyboard.press("KeyI")
    await sheet.wait_for(state="detached")
    await _a_neighbours_case_at_our_border_is_quiet(page, stage, picture)


def neighbours_case() -> dict[str, Any]:
    return {
        "id": "b1", "centre": {"id": "seocho", "name": "서초구 통합관제센터"}, "number": "SC-1122-0007", "kind": "sos",
        "trigger": "button", "priority": 1, "silent": True, "claimed": True, "received_at": ago(95), "heard_at": ago(4),
        "place": place("서초구", "Seocho-gu"), "wish": None, "lends": True,
        "position": {**at(-90, 40), "accuracy_m": 100.0, "at": ago(4), "coarse": True},
    }  # fmt: skip


async def _a_neighbours_case_at_our_border_is_quiet(page: Page, stage: Stage, picture: Any) -> None:
    """Theirs: no alarm, no name, a cell on the map; what we would do is said to them by keyboard. And of ours, who knows of it beyond."""
    case = neighbours_case()
    stage.on("POST", "/api/borders/b1/wish", None)
    heard = await tones(page)
    await stage.say("/live", {"type": "borders", "borders": [case]})
    border = page.locator("[data-border=b1]")
    await says(border, "SOS", "서초구 통합관제센터", "담당 요원 있음", "약 100 m 칸")
    assert await tones(page) == heard, "no alarm"
    await border.get_by_role("button", name="돕겠다고 알리기").focus()
    await page.keyboard.press("Enter")
    await says(page.locator("[data-part=line]"), "서초구 통합관제센터에 알림")
    assert [one.body for one in stage.asked_for("/api/borders/b1/wish")] == [{"wish": "help"}]
    late = case | {"heard_at": ago(400), "wish": "help"}
    ours = incident(
        48, priority=2, escalation=None, beyond=[{"centre": case["centre"], "since": ago(30), "wish": "take"}]
    )
    await stage.say("/live", {"type": "borders", "borders": [late]})
    await stage.say("/live", {"type": "incident", "incident": ours})
    await says(border, "돕겠다고 알림", "소식 없음")
    await says(page.locator("[data-part=beyond]").first, "서초구 통합관제센터: 넘겨받겠음")
    await picture(page, "a-console-border")
    await stage.say("/live", {"type": "borders", "borders": []})
    await border.wait_for(state="detached")


async def test_an_escort_is_given_to_a_pair_by_keyboard_and_the_slower_one_is_told(
    sit: Sit, stage: Stage, picture: Any
) -> None:
    place = {"latitude": 37.5, "longitude": 127.03}
    pairs = [
        {"duty": "d1", "area": "역삼역", "centre": "gangnam", "distance_m": 180, "free": True, "scouts": ["김나은", "이도윤"]},
        {"duty": "d2", "area": "선릉역", "centre": "gangnam", "distance_m": 900, "free": False, "scouts": ["박서연", "최민재"]},
    ]  # fmt: skip
    detail: dict[str, Any] = {
        "id": "e1", "state": "booked", "marks": ["unassigned"], "booked_by_phone": False, "meet_at": ago(-540), "name": "김민지",
        "phone": "010-1111-2222", "meeting": place | {"label": "역삼역 3번 출구"}, "home": place | {"label": "별빛로 7"},
        "duty": None, "incoming": None, "scouts": [], "proposals": pairs, "receipts": [], "outcome": None,
    }  # fmt: skip
    line = {"id": "e1", "state": "booked", "marks": ["unassigned"], "meet_at": ago(-540), "area": None, "outcome": None}
    counts = {"booked": 1, "assigned": 0, "walking": 0, "marked": 1}
    stage.on("GET", "/api/escorts", {"counts": counts, "escorts": [line]})
    stage.on("GET", "/api/escorts/e1", detail)
    stage.on("GET", "/api/escort-duties", {"duties": []})
    quicker = Refusal(409, "escort.assigned")

    def slow(_asked: Any) -> dict[str, Any]:
        raise quicker

    stage.on("POST", "/api/escorts/e1/assign", slow)
    page = await sit()
    assert await page.locator("[data-part=escort-count]").count() == 0
    trips = {"watched": 0, "asking": 0, "ready": 0}
    await stage.say("/live", {"type": "trips", "trips": trips, "escorts": counts})
    await says(page.locator("[data-part=escort-count]"), "동행 1", "살필 것 1")
    await page.keyboard.press("KeyQ")
    sheet = page.locator("[data-part=escorts]")
    await says(sheet.locator("tr[data-escort=e1]"), "배정 전", "아직 배정 안 됨")
    assert "김민지" not in await sheet.inner_text(), "no name in the list"
    await picture(page, "e8-console-escorts")
    await sheet.get_by_role("button", name="열기").focus()
    await page.keyboard.press("Enter")
    await says(sheet, "김민지", "역삼역 3번 출구", "180 m")
    await picture(page, "e9-console-escort")
    assert await sheet.get_by_role("button", name="선릉역 조 보내기").is_disabled()
    await sheet.get_by_role("button", name="역삼역 조 보내기").focus()
    await page.keyboard.press("Enter")
    await says(sheet.get_by_role("alert"), "다른 요원이 먼저 배정했습니다")
    scouts = [{"name": "김나은", "phone": "010-0000-0001"}]
    stage.on(
        "POST", "/api/escorts/e1/assign", detail | {"state": "assigned", "marks": [], "duty": "d1", "scouts": scouts}
    )
    await page.keyboard.press("Enter")
    await says(sheet, "배정됨", "김나은 010-0000-0001")
    assert stage.asked_for("/api/escorts/e1/assign")[-1].body == {"duty": "d1", "instead_of": None}
    await page.keyboard.press("Escape")
    await sheet.wait_for(state="detached")


async def test_a_caller_is_booked_for_and_the_leader_plans_a_pair(
    sit: Sit, room: Room, stage: Stage, picture: Any
) -> None:
    stage.on("GET", "/api/me", ME | {"role": "supervisor"})
    duty = {"id": "d1", "area": "역삼역", "starts_at": ago(0), "ends_at": ago(-7200), "scouts": ["김나은", "이도윤"]}
    stage.on("GET", "/api/escorts", {"counts": {"booked": 0, "assigned": 0, "walking": 0, "marked": 0}, "escorts": []})
    stage.on("GET", "/api/escort-duties", {"duties": [duty]})
    stage.on("POST", "/api/escort-duties", duty)
    stage.on("DELETE", "/api/escort-duties/d1", {})

    def full(_asked: Any) -> dict[str, Any]:
        raise Refusal(409, "escort.full", extra={"next_at": ago(-5400)})

    stage.on("POST", "/api/escort-calls", full)
    page = await sit()
    await page.keyboard.press("KeyQ")
    call = page.get_by_role("form", name="전화로 신청 받기")
    await page.get_by_text("전화로 신청 받기").click()
    for label, value in {
        "이름": "정하나", "전화": "010-5555-6666", "만날 곳 · 좌표 (위도, 경도)": "37.5, 127.03", "만날 곳 · 부르는 이름": "역삼역",
        "갈 곳 · 좌표 (위도, 경도)": "37.503, 127.03", "갈 곳 · 부르는 이름": "집",
    }.items():  # fmt: skip
        await call.get_by_label(label, exact=True).fill(value)
    # Esc leaves the field; what was typed is there, and so is the sheet
    await page.keyboard.press("Escape")
    last = call.get_by_label("갈 곳 · 부르는 이름", exact=True)
    assert await last.input_value() == "집" and await page.evaluate("document.activeElement === document.body")
    await last.press("Enter")
    await says(call.get_by_role("status"), "그때는 빈 조가 없습니다. 다음:")
    stage.on("POST", "/api/escort-calls", {"escort": "e1"})
    await page.keyboard.press("Enter")
    await says(call.get_by_role("status"), "신청했습니다")
    first, second = (asked.body for asked in stage.asked_for("/api/escort-calls"))
    assert first["id"] == second["id"] and first["meeting"] == {
        "latitude": 37.5,
        "longitude": 127.03,
        "label": "역삼역",
    }
    await page.locator("summary", has_text="근무 넣기").click()
    plan = page.get_by_role("form", name="근무 넣기")
    for label, value in {
        "지역 이름": "선릉역", "좌표 (위도, 경도)": "37.504, 127.049", "시작": "2026-11-23T20:00", "끝": "2026-11-24T00:00",
        "스카우트 1 이름": "박서연", "스카우트 1 전화": "010-0000-0003", "스카우트 2 이름": "최민재",
        "스카우트 2 전화": "010-0000-0004",
    }.items():  # fmt: skip
        await plan.get_by_label(label, exact=True).fill(value)
    await plan.get_by_label("스카우트 2 언어").select_option("en")
    await picture(page, "e10-console-rota")
    await plan.get_by_label("스카우트 2 전화").press("Enter")
    planned = (await stage.until(lambda: stage.asked_for("/api/escort-duties")))[0].body
    assert planned["reach_m"] == 2000 and planned["starts_at"] < planned["ends_at"]
    assert [(one["name"], one["language"]) for one in planned["scouts"]] == [("박서연", "ko"), ("최민재", "en")]
    await page.get_by_role("button", name="역삼역 빼기").click()
    await stage.until(lambda: stage.asked_for("/api/escort-duties/d1", "DELETE"))


async def test_a_trip_that_became_a_case_says_what_went_wrong(sit: Sit, room: Room, picture: Any) -> None:
    page = await sit()
    due = {"level": 0, "next": "leader", "due_at": ago(-41)}
    for n, reason in enumerate(("stopped", "lost", "silent"), start=50):
        await room.put(incident(n, kind="trip", trigger=reason, priority=2, silent=False, escalation=due))
    await room.put(incident(60, kind="trip", trigger="away", escalation=due))
    await says(page.locator('[data-card="i60"].wait1'), "귀가 · 멀어짐", "도착지에서 멀어짐, 응답 없음")
    await says(page.locator("[data-part=alarm-chip]"), "새 귀가 · 멀어짐")
    for n, title in enumerate(("귀가 · 멈춤", "귀가 · 위치 끊김", "귀가 · 단말 조용함"), start=50):
        await says(page.locator(f'[data-card="i{n}"].wait2'), title)
    await room.put(incident(61, kind="trip", trigger="duress", escalation=due, received_at=ago(30)))
    await says(page.locator('[data-card="i61"].wait1'), "귀가 · 협박 의심", "협박 번호로 답함")
    await picture(page, "a-console-trip-cases")


async def test_loading_shows_lines_not_a_promise(sit: Sit, room: Room, open_page: Open) -> None:
    room.speaking = False
    page = await open_page("/console", device=CONSOLE)
    await page.locator(".queue .skeletons").wait_for()
    assert await page.locator("[data-part=queue-empty]").count() == 0


async def test_a_server_that_does_not_answer_is_tried_again(room: Room, stage: Stage, open_page: Open) -> None:
    def away(_: Asked) -> None:
        raise Refusal(503, "database.away", "Not now")

    stage.on("GET", "/api/me", away)
    page = await open_page("/console", device=CONSOLE)
    await says(page.get_by_role("alert"), "관제 화면을 열 수 없습니다")


# -- the hand


async def test_keys_work_with_hangul_on(sit: Sit, room: Room, stage: Stage) -> None:
    room.have(worked(requested_at=None, dispatches=[]))
    page = await sit()
    await open_case(page)
    await page.evaluate(
        "document.querySelector('#console').dispatchEvent(new KeyboardEvent('keydown', {code: 'KeyD', key: 'ㅇ', "
        "bubbles: true}))"
    )
    await agency(page, "prepared").wait_for()
    await page.keyboard.press("Escape")
    await page.evaluate(
        "document.querySelector('#console').dispatchEvent(new KeyboardEvent('keydown', {code: 'KeyX', key: "
        "'Process', bubbles: true}))"
    )
    await page.locator("[data-part=closing]").wait_for()


async def test_a_letter_moves_to_another_key_and_stays_there(sit: Sit, room: Room, stage: Stage, picture: Any) -> None:
    room.have(worked(confirmed_at=None))
    room.accept("i47", "confirm", worked())
    page = await sit()
    await open_case(page)
    await page.keyboard.press("?")
    moving = page.locator("[data-part=moving]")
    await page.get_by_role("button", name="실제 상황 확인 키 바꾸기, 지금 Y").click()
    await says(moving, "새 키를 누르세요")
    await page.keyboard.press("x")
    await says(moving, "이미 ‘종결’ 키입니다")
    await picture(page, "console-keys")
    await page.keyboard.press("5")
    await says(moving, "바꿀 수 없는 키")
    await page.keyboard.press(";")
    await page.get_by_role("button", name="실제 상황 확인 키 바꾸기, 지금 ;").wait_for()
    await page.keyboard.press("Escape")
    # what stands on the buttons is what works
    await says(page.locator("[data-part=confirm] kbd"), ";")
    await page.keyboard.press("y")
    assert not stage.asked_for("/api/incidents/i47/confirm")
    await page.keyboard.press(";")
    await stage.until(lambda: stage.asked_for("/api/incidents/i47/confirm"))

    await page.reload()
    await page.locator(".queue").wait_for()
    await page.locator(".queue .skeletons").wait_for(state="detached")
    await page.keyboard.press("?")
    await page.get_by_role("button", name="지금 ;").wait_for()
    await page.get_by_role("button", name="키 처음대로").click()
    await page.get_by_role("button", name="실제 상황 확인 키 바꾸기, 지금 Y").wait_for()
    assert await page.evaluate("localStorage.getItem('ansim.console.keys')") is None


async def test_a_choice_of_keys_that_cannot_be_is_not_believed(sit: Sit, room: Room) -> None:
    page = await sit(before="localStorage.setItem('ansim.console.keys', '{\"confirm\":\"KeyX\"}')")
    await page.keyboard.press("?")
    await page.get_by_role("button", name="실제 상황 확인 키 바꾸기, 지금 Y").wait_for()


async def test_keys_are_letters_inside_a_field(sit: Sit, room: Room) -> None:
    room.have(worked(dispatches=[]))
    page = await sit()
    await open_case(page)
    await page.keyboard.press("n")
    await page.keyboard.type("dxf12")
    assert await page.get_by_label("메모, Enter로 저장").input_value() == "dxf12"
    assert await page.locator("[data-part=closing]").count() == 0
    await page.keyboard.press("Escape")
    await page.keyboard.press("x")
    await page.locator("[data-part=closing]").wait_for()


async def test_enter_keeps_its_old_meaning_for_400_ms(sit: Sit, room: Room, stage: Stage) -> None:
    room.have(worked(), incident(51, priority=2, kind="trip", trigger="late", escalation=None))
    page = await sit(clock=True)
    await open_case(page)
    await page.clock.pause_at(await page.evaluate("Date.now() / 1000 + 1"))
    await room.put(incident(48))
    await card(page, "i48").wait_for()
    await page.keyboard.press("Enter")
    await stage.until(lambda: stage.asked_for("/api/incidents/i51/claim"))
    assert not stage.asked_for("/api/incidents/i48/claim")
    await page.locator('.case[data-case="i51"]').wait_for()
    await page.clock.run_for(500)
    await page.keyboard.press("Enter")
    await stage.until(lambda: stage.asked_for("/api/incidents/i48/claim"))


async def test_a_click_just_after_an_alarm_hits_what_it_aimed_at(sit: Sit, room: Room, stage: Stage) -> None:
    room.have(incident(51, priority=2, kind="trip", trigger="late", escalation=None), taken_by_colleague())
    page = await sit(clock=True)
    await page.clock.run_for(1000)
    box = await card(page, "i51").bounding_box()
    assert box
    await page.clock.pause_at(await page.evaluate("Date.now() / 1000 + 1"))
    await room.put(incident(48))
    await card(page, "i48").wait_for()
    await page.mouse.click(box["x"] + 80, box["y"] + 40)
    await page.locator('.case[data-case="i51"]').wait_for()
    assert not stage.asked_for("/api/incidents/i48/claim")


async def test_the_list_stands_still_under_a_pressed_button(sit: Sit, room: Room) -> None:
    room.have(worked())
    page = await sit()
    box = await card(page, "i47").bounding_box()
    assert box
    await page.mouse.move(box["x"] + 50, box["y"] + 30)
    await page.mouse.down()
    await room.put(incident(48))
    await page.locator("[data-part=alarm-chip]").wait_for()
    assert await card(page, "i48").count() == 0
    await page.mouse.up()
    await card(page, "i48").wait_for()
    await page.locator('.case[data-case="i47"]').wait_for()


async def test_the_loser_of_a_claim_is_told_in_a_line(sit: Sit, room: Room, stage: Stage) -> None:
    room.have(incident(48))
    page = await sit()
    await page.wait_for_timeout(450)
    room.incidents["i48"] = taken_by_colleague(48, state="claimed")
    await page.keyboard.press("Enter")
    await says(page.locator("[data-part=line]"), "박지훈이 먼저 접수")
    assert await page.get_by_role("dialog").count() == 0
    await page.locator('[data-card="i48"] .glyph.out').wait_for()
    assert COLLEAGUE["name"] in await card(page, "i48").inner_text()


async def test_a_half_written_note_survives_other_cases_and_a_reload(sit: Sit, room: Room) -> None:
    room.have(worked(), worked(46))
    page = await sit()
    await open_case(page)
    await page.keyboard.press("n")
    await page.keyboard.type("흰 승합차 12가")
    await page.keyboard.press("Escape")
    await open_case(page, "i46")
    field = page.get_by_label("메모, Enter로 저장")
    assert await field.input_value() == ""
    await open_case(page)
    assert await field.input_value() == "흰 승합차 12가"
    await page.reload()
    await page.locator('.case[data-case="i47"]').wait_for()
    assert await field.input_value() == "흰 승합차 12가"
    await room.gone("i47")
    await page.reload()
    await page.locator(".queue .skeletons").wait_for(state="detached")
    await page.wait_for_function("() => !JSON.stringify(sessionStorage).includes('승합차')")


async def test_space_ticks_the_lit_step_and_shift_takes_it_back(sit: Sit, room: Room, stage: Stage) -> None:
    room.have(worked())
    room.accept("i47", "procedure")
    page = await sit()
    await open_case(page)
    await says(page.locator(".sop .next"), "가까운 안심지킴이집으로 안내")
    await page.keyboard.press("Space")
    await page.keyboard.press("Space")
    await says(page.locator(".sop"), "모두 마침")
    await stage.until(lambda: len(stage.asked_for("/api/incidents/i47/procedure")) == 2)
    async with page.expect_response("**/procedure"):
        await page.keyboard.press("Shift+Space")
    await says(page.locator(".sop .next"), "출동대에 상황 전하기")
    await stage.until(lambda: len(stage.asked_for("/api/incidents/i47/procedure")) == 3)
    bodies = [(one.body["step"], one.body["done"]) for one in stage.asked_for("/api/incidents/i47/procedure")]
    assert bodies == [("guide", True), ("hand-to-unit", True), ("hand-to-unit", False)]

    def gone(_: Asked) -> None:
        raise Refusal(409, "incident.state", "Not in this state", "The incident is closed.")

    room.accept("i47", "procedure", gone)
    await page.keyboard.press("Space")
    await says(page.locator("[data-part=line]"), "안 됨: The incident is closed.")
    await says(page.locator(".sop .next"), "출동대에 상황 전하기")


async def test_rights_show_their_time_and_are_extended_and_revoked(sit: Sit, room: Room, stage: Stage) -> None:
    seen = {**worked()["links"][0], "refused": 2}
    guardian = grant("g3", "보호자 1", "guardian", video=False, cameras=[], left=86_000)
    room.have(worked(grants=[grant(), grant("g2", "순찰 12호", "officer", left=95), guardian], links=[seen]))
    stage.on("POST", "/api/grants/g2/extend", {})
    stage.on("POST", "/api/grants/g1/revoke", {})
    page = await sit()
    await open_case(page)
    await says(page.locator('[data-grant="g2"]'), "01:", "곧 닫힘", "순찰 12호 · 영상 4대", "열음")
    assert await page.locator('[data-grant="g2"] .grant-clock.low').count() == 1
    await says(page.locator('[data-grant="g2"]'), "다른 기기 2번 막음")
    await says(page.locator('[data-grant="g1"]'), "남음")
    await says(page.locator('[data-grant="g3"]'), "보호자 1 · 위치만", "회수")
    await page.locator('[data-grant="g2"]').get_by_role("button", name="연장").click()
    await page.keyboard.press("Enter")
    await stage.until(lambda: stage.asked_for("/api/grants/g2/extend"))
    assert stage.asked_for("/api/grants/g2/extend")[0].body == {"reason": "상황이 이어짐"}
    await page.locator('[data-grant="g1"]').get_by_role("button", name="회수").click()
    await page.get_by_label("회수하는 이유").wait_for()
    await page.keyboard.press("Enter")
    await stage.until(lambda: stage.asked_for("/api/grants/g1/revoke"))


async def test_guardians_show_what_reached_them(sit: Sit, room: Room) -> None:
    failed = {
        "name": "x",
        "relation": "아버지",
        "receipts": [{"channel": "mail", "state": "failed", "at": ago(3), "reason": "away"}],
        "phone": "",
    }
    room.have(worked(guardians=[*worked()["guardians"], failed]))
    page = await sit()
    await open_case(page)
    await says(page.locator(".receipt.read"), "어머니", "읽음")
    await says(page.locator(".receipt.delivered"), "언니", "문자 도착 · 아직 안 읽음")
    await says(page.locator(".receipt.failed"), "아버지", "메일 실패 — 다음 방법으로")


async def test_when_no_guardian_looks_it_says_whom_to_ring_first(sit: Sit, room: Room, picture: Any) -> None:
    mother, sister = worked()["guardians"]
    unread = [{"channel": "sms", "state": "delivered", "at": ago(61), "reason": None}]
    mother, sister = ({**one, "receipts": unread} for one in (mother, sister))
    room.have(worked(guardians=[mother, {**sister, "phone": "010-2222-2222"}]))
    page = await sit()
    await open_case(page)
    await says(page.locator("[data-part=ring]"), "아무도 읽지 않음 — 언니에게 전화", "010-2222-2222")
    await picture(page, "a-console-unread")
    await room.put(worked(guardians=[{**mother, "phone": "010-1111-1111"}, {**sister, "phone": "010-2222-2222"}]))
    await says(page.locator("[data-part=ring]"), "어머니에게 전화", "010-1111-1111")
    await room.put(worked())
    await page.locator("[data-part=ring]").wait_for(state="detached")


async def test_a_digit_sends_a_stock_phrase(sit: Sit, room: Room, stage: Stage) -> None:
    room.have(worked())
    room.accept("i47", "messages")
    page = await sit()
    await open_case(page)
    await page.keyboard.press("c")
    await says(page.locator("[data-part=chat]"), "뒤에 남자가 따라와요")
    await page.keyboard.press("2")
    await stage.until(lambda: stage.asked_for("/api/incidents/i47/messages"))
    assert stage.asked_for("/api/incidents/i47/messages")[0].body == {"text": "경찰이 가고 있어요."}
    await page.keyboard.type("3분")
    # the 3 was a phrase; the rest is a sentence
    await stage.until(lambda: len(stage.asked_for("/api/incidents/i47/messages")) == 2)


async def test_a_flood_folds_by_place_and_drops_none(sit: Sit, room: Room, stage: Stage) -> None:
    here = {**at(0, 0), "accuracy_m": 100.0, "at": ago(1), "coarse": True}
    room.have(*(incident(70 + n, received_at=ago(60 - n), position=here) for n in range(8)))
    room.have(*(incident(90 + n, received_at=ago(60 - n), position={**here, **at(900 * n, 700)}) for n in range(1, 4)))
    room.have(incident(60, kind="flag", priority=3, escalation=None))
    page = await sit()
    await says(page.locator("[data-part=flood]"), "11건 미접수", "한 장으로 묶음")
    assert await page.locator(".card.wait1").count() == 4
    await says(card(page, "i70"), "신호 8건")
    await says(page.locator(".queue"), "선별 관찰 1건 접어 둠")
    await page.wait_for_timeout(450)
    await page.keyboard.press("Enter")
    await stage.until(lambda: all(stage.asked_for(f"/api/incidents/i{70 + n}/claim") for n in range(8)))


async def test_a_name_is_whole_only_when_asked_for(sit: Sit, room: Room) -> None:
    room.have(worked())
    page = await sit()
    await open_case(page)
    assert await page.locator("[data-part=person]").inner_text() == "김○○"
    await page.get_by_role("button", name="이름 보기").click()
    assert await page.locator("[data-part=person]").inner_text() == "김수민"


async def test_audio_that_is_suspended_is_amber_and_any_key_wakes_it(sit: Sit, room: Room, stage: Stage) -> None:
    mute = "AudioContext.prototype.resume = function () { return Promise.resolve() }; Object.defineProperty(AudioContext.prototype, 'state', { get() { return window.awake ? 'running' : 'suspended' } })"
    page = await sit(before=mute)
    await says(page.locator(".top.silent [data-part=links]"), "소리 꺼짐 — 아무 키나")
    await page.keyboard.press("j")
    await says(page.locator(".top.silent [data-part=links]"), "소리 꺼짐 — 아무 키나")
    await page.evaluate("window.awake = true")
    await page.keyboard.press("j")
    await says(page.locator("[data-part=links]"), "소리 켜짐")
    live = stage.open_sockets("/live")[0]
    said = [live.heard.get_nowait() for _ in range(live.heard.qsize())]
    assert said[0] == {"type": "sound", "on": False}
    assert said[-1] == {"type": "sound", "on": True}


async def test_an_alarm_can_be_softer_for_ten_seconds_but_never_silent(sit: Sit, room: Room) -> None:
    room.have(incident(48))
    page = await sit()
    await page.keyboard.press("m")
    await says(page.locator("[data-part=links]"), "소리 줄임")
    await forget_tones(page)
    await hears(page, "p1")


# -- for everybody


async def test_it_speaks_english_and_light(sit: Sit, room: Room) -> None:
    room.have(worked(), incident(48))
    page = await sit()
    await page.keyboard.press("Shift+Slash")
    await page.get_by_role("dialog").get_by_role("button", name="English").click()
    await page.get_by_role("dialog").get_by_role("button", name="Light screen").click()
    await page.keyboard.press("Escape")
    assert await page.evaluate("document.documentElement.dataset.theme + document.documentElement.lang") == "lighten"
    await says(card(page, "i48"), "Claim and go there", "Haedeun-dong, Gangnam-gu")
    left = await page.evaluate(
        "document.body.innerText.replace(/이서연|한국어|뒤에 남자가 따라와요|천식, 흰 패딩|어머니|언니|순찰 12호|해든로\\S* \\S+|지어낸 동네/g, "
        "'').match(/[가-힣]+/g)"
    )
    assert left is None


@pytest.mark.parametrize("theme", ["dark", pytest.param("light", marks=pytest.mark.full)])
async def test_axe_finds_nothing(sit: Sit, room: Room, axe: Callable[[Page], Awaitable[None]], theme: str) -> None:
    room.have(
        worked(marks=["cancel_pending"]),
        incident(48),
        incident(50, kind="trip", trigger="late", priority=2),
        taken_by_colleague(),
        incident(60, kind="flag", priority=3),
    )
    room.pictures |= {
        "cam-1": {"state": "live", "age_s": 0.4},
        "cam-2": {"state": "late", "age_s": 3.2},
        "cam-3": {"state": "stale", "age_s": 14.0},
    }
    page = await sit(map=True, before=f"localStorage.setItem('ansim.theme', '{theme}')")
    await open_case(page)
    await page.locator(".tile.stale").wait_for()
    for keys in ((), ("x", "1"), ("Escape", "Escape", "c"), ("Escape", "Escape", "Shift+Slash")):
        for key in keys:
            await page.keyboard.press(key)
        await axe(page)


async def test_no_letter_is_smaller_than_14_px(sit: Sit, room: Room) -> None:
    room.have(worked(marks=["cancel_pending"]), incident(48), taken_by_colleague())
    page = await sit()
    await open_case(page)
    small = await page.evaluate(
        """() => {
          const small = []
          const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
          while (walk.nextNode()) {
            const element = walk.currentNode.parentElement
            if (!walk.currentNode.data.trim() || element.closest('script, .sr')) continue
            if (parseFloat(getComputedStyle(element).fontSize) < 14) small.push(element.outerHTML.slice(0, 120))
          }
          return small
        }"""
    )
    assert small == []


async def test_the_newest_alarm_is_the_brightest_card_in_grey(sit: Sit, room: Room) -> None:
    room.have(worked(), incident(48), incident(50, kind="trip", trigger="late", priority=2), taken_by_colleague())
    page = await sit()
    light = await page.evaluate(
        """() => {
          const luma = (colour) => { const [r, g, b] = colour.match(/[\\d.]+/g).map(Number); return 0.2126 * r + 0.7152 * g + 0.0722 * b }
          const ground = (card) => luma(getComputedStyle(card.querySelector('.hd') ?? card).backgroundColor)
          return Object.fromEntries([...document.querySelectorAll('[data-card]')].map((card) => [card.dataset.card, ground(card)]))
        }"""
    )
    assert max(light, key=light.get) == "i48"


async def test_nothing_scrolls_and_nothing_covers_video_at_both_sizes(sit: Sit, room: Room) -> None:
    room.have(worked(), incident(48))
    page = await sit()
    await open_case(page)
    for width, height in ((1920, 1080), (1600, 900)):
        await page.set_viewport_size({"width": width, "height": height})
        assert await page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == [
            width,
            height,
        ]
        covering = await page.evaluate(
            """() => [...document.querySelectorAll('.wall .tile')].flatMap((tile) => {
              const box = tile.getBoundingClientRect()
              return [[.5, .5], [.1, .9], [.9, .1]].map(([x, y]) => document.elementFromPoint(box.x + box.width * x, box.y + box.height * y)).filter((e) => !tile.contains(e)).map((e) => e?.outerHTML.slice(0, 80))
            })"""
        )
        assert covering == []


@pytest.mark.full
async def test_a_wide_screen_has_six_pictures_and_the_same_digits(sit: Sit, room: Room, picture: Any) -> None:
    room.have(worked(), incident(48))
    page = await sit(map=True, viewport={"width": 2560, "height": 1440})
    await open_case(page)
    await page.locator(".wall .tile").nth(5).wait_for()
    assert await page.locator(".wall .tile .num").all_inner_texts() == ["1", "2", "3", "4", "5", "6"]
    cameras = [await page.locator(f'[data-tile="{n}"]').get_attribute("data-camera") for n in range(1, 7)]
    assert cameras == [f"cam-{n}" for n in range(1, 7)]
    rows = {round((await tile(page, n).bounding_box() or {"y": 0})["y"]) for n in range(1, 7)}
    assert len(rows) == 2
    box = await page.locator(".wall .tile .v").first.bounding_box()
    assert box and 1.6 < box["width"] / box["height"] < 1.95
    await page.keyboard.press("5")
    assert "best" in (await tile(page, 5).get_attribute("class") or "")
    # what is further away opens in the last place
    await page.keyboard.press("7")
    await page.locator('[data-tile="7"][data-camera="cam-7"]').wait_for()
    await page.locator('.wall .tile:nth-child(6)[data-tile="7"]').wait_for()
    await page.locator(".geo canvas").wait_for()
    await picture(page, "console-wide")
    await page.keyboard.press("z")
    large = await page.locator(".tile.enlarged").bounding_box()
    below = await tile(page, 1).bounding_box()
    assert large and below and large["y"] + large["height"] <= below["y"]
    await page.keyboard.press("Escape")
    # a smaller screen takes it down to four
    await page.set_viewport_size({"width": 1920, "height": 1080})
    await page.locator(".wall .tile").nth(4).wait_for(state="detached")
    assert await page.locator(".wall .tile .num").all_inner_texts() == ["1", "2", "3", "4"]


async def test_a_narrow_screen_keeps_shapes_and_timers_and_opens_on_j(sit: Sit, room: Room) -> None:
    room.have(worked(), incident(48))
    page = await sit(viewport={"width": 1366, "height": 768})
    rail = await page.locator(".queue").bounding_box()
    assert rail and rail["width"] < 80
    await card(page, "i48").locator(".glyph").wait_for()
    assert re.fullmatch(r"1?\s*\d\d:\d\d\s*", await card(page, "i48").inner_text())
    await page.keyboard.press("j")
    await says(card(page, "i48"), "접수하고 옮겨가기")
    await page.keyboard.press("Escape")
    await card(page, "i48").get_by_text("접수하고 옮겨가기").wait_for(state="hidden")


async def test_a_leader_sees_the_case_of_an_operator_but_not_the_pictures(sit: Sit, room: Room, stage: Stage) -> None:
    room.have(worked(mine=False, owner=COLLEAGUE))
    page = await sit()
    await open_case(page)
    await says(page.locator(".case"), "뒤에 남자가 따라와요", "112 출동요청 → 수신확인")
    assert await page.locator(".case .agency, .case .note, .case .sop").count() == 0
    assert await page.locator(".tile.locked").count() == 4
    assert not stage.open_sockets("/media/cam-1")


async def test_places_and_cameras_are_found_by_name(sit: Sit, room: Room) -> None:
    room.have(incident(48, place=place("강남구 달빛동", "Dalbit-dong")))
    page = await sit()
    await page.keyboard.press("/")
    await page.keyboard.type("달빛")
    await says(page.locator("#found"), "SN-1122-0048")
    await page.keyboard.press("Enter")
    await page.locator('[data-card="i48"].chosen').wait_for()
    await page.keyboard.press("/")
    await page.keyboard.type(CAMERAS[0]["name"])
    await says(page.locator("#found"), CAMERAS[0]["name"])
    assert camera(1, 0, 0, None)["name"] == CAMERAS[0]["name"]


async def test_s_keeps_the_last_seconds_of_the_chosen_camera_and_asks_why(
    sit: Sit, room: Room, stage: Stage, picture: Any
) -> None:
    mine = worked()
    saved = {
        "id": "k1", "camera": "cam-2", "camera_name": "해든로12길 32", "from_at": ago(31), "until_at": ago(0),
        "bytes": 7_812_345, "saved_at": ago(0), "saved_by": "이서연", "reason": "뒤따르는 사람", "masked_from": "k0",
    }  # fmt: skip
    clips: list[dict[str, Any]] = []
    room.have(mine)
    stage.on("GET", f"/api/incidents/{mine['id']}/clips", lambda _: {"clips": clips})
    stage.on("POST", f"/api/incidents/{mine['id']}/clips", saved)
    page = await sit()
    await open_case(page)
    part = page.locator("[data-part=evidence]")
    await part.scroll_into_view_if_needed()
    await says(part, "아직 없음", "지난 30초 저장")
    await page.keyboard.press("2")
    await page.keyboard.press("s")
    field = part.locator("input")
    await field.wait_for()
    assert "지난 30초" in str(await field.get_attribute("placeholder"))
    await page.keyboard.press("Enter")
    assert not stage.asked_for("/api/incidents/i47/clips"), "a reason is needed"
    await page.keyboard.type("뒤따르는 사람")
    await page.keyboard.press("Enter")
    await stage.until(lambda: stage.asked_for("/api/incidents/i47/clips"))
    [sent] = stage.asked_for("/api/incidents/i47/clips")
    assert sent.body["reason"] == "뒤따르는 사람" and sent.body["camera"].startswith("cam-")
    clips.append(saved)
    line = {"id": "t9", "at": ago(0), "act": "clip.saved", "actor": "a1", "name": "이서연", "text": "뒤따르는 사람"}
    await room.put(mine | {"timeline": [*mine["timeline"], line]})
    await says(part, "해든로12길 32", "가린 것", "7.8 MB", "ansim verify")
    link = part.locator("a[download]")
    assert await link.get_attribute("href") == "/api/clips/k1"
    await says(page.locator(".tl"), "영상 저장: 뒤따르는 사람")
    await part.scroll_into_view_if_needed()
    await picture(page, "console-clips")


async def test_a_clip_that_is_refused_says_why(sit: Sit, room: Room, stage: Stage) -> None:
    mine = worked()
    room.have(mine)

    def nothing(_: Asked) -> dict[str, Any]:
        raise Refusal(409, "clip.nothing", "Nothing was recorded there", "Choose another time or camera.")

    stage.on("POST", f"/api/incidents/{mine['id']}/clips", nothing)
    page = await sit(locale="en-GB")
    await open_case(page)
    await page.keyboard.press("s")
    await page.locator("[data-part=evidence] input").fill("somebody follows her")
    await page.keyboard.press("Enter")
    await page.get_by_text("Choose another time or camera.").first.wait_for()


TURNING = {
    "presets": [{"id": "a", "name": "정위치"}, {"id": "b", "name": "골목 입구"}],
    "direction": {"pan": 0.0, "tilt": 0.0, "zoom": 0.0},
    "moving": False,
}


async def test_p_turns_the_chosen_camera_to_a_preset(sit: Sit, room: Room, stage: Stage, picture: Any) -> None:
    room.have(worked())
    stage.on("GET", "/api/grants/g1/cameras/cam-2/turning", TURNING)
    stage.on("POST", "/api/grants/g1/cameras/cam-2/turn", {"returns_s": None})
    page = await sit()
    await open_case(page)
    await page.keyboard.press("2")
    await page.keyboard.press("p")
    sheet = page.locator("[data-part=turning]")
    await says(sheet, "정위치", "돌아오는 곳", "골목 입구", "프리셋 밖은 이유가 있어야")
    await picture(page, "console-turn")
    await page.keyboard.press("p")
    await sheet.wait_for(state="detached")
    assert not stage.asked_for("/api/grants/g1/cameras/cam-2/turn")
    await page.keyboard.press("p")
    await says(sheet, "골목 입구")
    await page.keyboard.press("2")
    await says(page.locator("[data-part=line]"), "골목 입구")
    [sent] = stage.asked_for("/api/grants/g1/cameras/cam-2/turn")
    assert sent.body == {"preset": "b"}
    assert await page.locator("[data-part=beyond]").count() == 0


async def test_beyond_its_presets_a_camera_turns_for_a_reason_only_and_says_so(
    sit: Sit, room: Room, stage: Stage, picture: Any
) -> None:
    room.have(worked())
    path = "/api/grants/g1/cameras/cam-2/turn"
    stage.on("GET", "/api/grants/g1/cameras/cam-2/turning", TURNING)
    stage.on("POST", path, {"returns_s": 60})
    page = await sit()
    await open_case(page)
    await page.keyboard.press("2")
    await page.keyboard.press("p")
    sheet = page.locator("[data-part=turning]")
    await says(sheet, "골목 입구")
    await page.keyboard.press("ArrowRight")
    field = sheet.locator("input")
    await field.wait_for()
    await page.keyboard.press("Enter")
    assert not stage.asked_for(path), "a reason is needed"
    await page.keyboard.type("전봇대 뒤로 들어감")
    await page.keyboard.press("Enter")
    await stage.until(lambda: stage.asked_for(path))
    await says(sheet, "이유: 전봇대 뒤로 들어감")
    # the reason holds for the next steps
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("+")
    await stage.until(lambda: len(stage.asked_for(path)) == 3)
    assert [one.body["direction"] for one in stage.asked_for(path)] == [
        {"pan": 0.1, "tilt": 0, "zoom": 0}, {"pan": 0.1, "tilt": 0.1, "zoom": 0}, {"pan": 0.1, "tilt": 0.1, "zoom": 0.1},
    ]  # fmt: skip
    assert {one.body["reason"] for one in stage.asked_for(path)} == {"전봇대 뒤로 들어감"}
    await says(page.locator('[data-tile="2"] [data-part=beyond]'), "프리셋 밖")
    await picture(page, "console-turn-beyond")


async def test_a_camera_that_does_not_turn_says_so(sit: Sit, room: Room, stage: Stage) -> None:
    room.have(worked())

    def refuses(type: str) -> Callable[[Asked], dict[str, Any]]:
        def answer(_: Asked) -> dict[str, Any]:
            raise Refusal(409, type, "No")

        return answer

    stage.on("GET", "/api/grants/g1/cameras/cam-1/turning", refuses("camera.fixed"))
    stage.on("GET", "/api/grants/g1/cameras/cam-2/turning", refuses("camera.unanswered"))
    page = await sit()
    await open_case(page)
    for key, words in (("1", "이 카메라는 돌릴 수 없습니다"), ("2", "카메라가 답하지 않습니다")):
        await page.keyboard.press(key)
        await page.keyboard.press("p")
        await says(page.locator("[data-part=turning]"), words)
        await page.keyboard.press("Escape")


def ailing(id: str, **more: Any) -> dict[str, Any]:
    """A camera's health; well, but for `more`."""
    return {
        "id": id, "state": "live", "codec": "H264", "last_frame_at": ago(0.4), "fps": 9.8, "bitrate_bps": 812_000, "key_interval_s": 1.0,
        "lost_packets": 0, "clock_offset_s": 0.2, "frozen_s": None, "dark": False, "blurred": False, "trouble": "",
    } | more  # fmt: skip


async def test_cameras_that_ail_are_counted_listed_first_and_say_why(
    sit: Sit, room: Room, stage: Stage, picture: Any
) -> None:
    stage.on(
        "GET",
        "/api/cameras/health",
        {
            "cameras": [
                ailing("cam-1"),
                ailing("cam-2", clock_offset_s=-3600.4),
                ailing("cam-3", blurred=True, lost_packets=1204),
                ailing(
                    "cam-4", state="lost", last_frame_at=None, fps=0, key_interval_s=None, trouble="no answer in time"
                ),
                ailing("cam-5", state="frozen", frozen_s=41),
                ailing("cam-6", codec="H265", state="late", trouble="the camera answers SETUP with 500"),
            ]
        },
    )
    page = await sit(map=True)
    button = page.locator("[data-part=videos]")
    await says(button, "이상 5")
    await button.click()
    sheet = page.locator("[data-part=cameras]")
    await says(
        sheet,
        "이상 5 / 연결된 6대",
        "시계 1시간",
        "초점 흐림",
        "1,204",
        "답이 없음",
        "H.265 ·",
        "같은 화면 41초",
        "정상",
    )
    await says(sheet, "the camera answers SETUP with 500")
    rows = sheet.locator("tbody tr")
    assert await rows.nth(0).get_attribute("data-camera") == "cam-2"
    assert await rows.last.get_attribute("data-sick") == "false"
    await picture(page, "console-cameras")
    await page.keyboard.press("Escape")
    await sheet.wait_for(state="detached")
    await picture(page, "console-cameras-map")
