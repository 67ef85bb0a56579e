"""Wards on the pages: the official's list and keys, a zone drawn on the map, the leader's approval; a guardian's page that shows a place only by an alarm; her own."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from ansim.response.picture.model import WardedLink, WardLink
from ansim.response.wards.model import SearchLine, WardCounts, WardDetail, WardLine, WardPatch, WardPost
from ansim.trust.access.model import Role

from .conftest import PHONE, Open
from .control_room import ME, Room, ago, incident
from .fixtures import fix, street_map
from .phone import heading, hold
from .stage import Asked, Refusal, Stage
from .test_console_states import Sit, card, says
from .test_console_states import room as room
from .test_console_states import sit as sit
from .test_story import Town
from .test_story import town as town

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.browser

TOKEN = "t" * 43
LINK = f"/api/links/{TOKEN}"
SMALL = {"viewport": {"width": 360, "height": 740}}
OFFICIAL = {"id": "a1", "name": "이서연"}
HOME = {
    "name": "집 둘레", "rule": "stay", "hours": [{"days": [1, 2, 3, 4, 5], "from": "19:00", "until": "07:00"}],
    "shape": {"type": "Circle", "latitude": 37.501, "longitude": 127.04, "radius_m": 300}, "valid_until_at": None,
}  # fmt: skip


# -- the official


def alarm(reason: str, seconds: float, **more: Any) -> dict[str, Any]:
    return {
        "reason": reason, "since_at": ago(seconds), "told": 2, "answered_by": None, "answered_at": None,
        "muted_until_at": None, "step_at": ago(-150), "incident": None,
    } | more  # fmt: skip


def answered(by: str) -> dict[str, Any]:
    return {"answered_by": by, "answered_at": ago(5), "muted_until_at": ago(-3500), "step_at": None}


def line(n: int, kind: str = "dementia", **more: Any) -> dict[str, Any]:
    return {
        "id": f"w{n}", "kind": kind, "state": "ok", "alarm": None, "official": OFFICIAL, "mine": True, "heard_at": ago(40),
        "until_at": ago(-40 * 86400), "zones": 1, "guardians": 2, "asked_at": None, "checked_at": None, "search": None,
    } | more  # fmt: skip


def detail(of: dict[str, Any], **more: Any) -> dict[str, Any]:
    return of | {
        "name": "박순자", "note": "분홍 조끼, 왼발을 끕니다", "phone": "", "language": "ko", "ground": "guardian", "reference": "",
        "people": [{"name": "최민호", "relation": "", "phone": "010-2222-3333", "mail": None, "language": "ko"}],
        "places": [HOME], "place": {"word": "outside", "since_at": ago(95)}, "check": None, "silent_after_s": 1800,
        "devices": 1, "enrolled_at": ago(86400), "outcome": None, "ended_at": None,
        "receipts": [{"who": "최민호", "channel": "sms", "state": "delivered", "at": ago(100)}],
    } | more  # fmt: skip


def search(**more: Any) -> dict[str, Any]:
    return {
        "id": "s1", "ward": "w2", "kind": "dementia", "asked_by": OFFICIAL, "asked_at": ago(60), "mine": False,
        "expires_at": ago(-1740), "reason": "두 시간째 연락이 없음", "reference": "2026-0731", "state": "asked",
        "decided_at": None, "until_at": None, "incident": None,
    } | more  # fmt: skip


COUNTS = {"watched": 4, "alarms": 2, "searches": 0, "unassigned": 1}


def test_what_is_staged_here_is_what_the_centre_says() -> None:
    for shown in (line(1), line(2, alarm=alarm("left", 95, **answered("guardian")))):
        msgspec.convert(shown, WardLine)
    msgspec.convert(line(1, official=None), WardLine)
    msgspec.convert(detail(line(2)), WardDetail)
    msgspec.convert(search(), SearchLine)
    msgspec.convert(guardian(), WardLink)
    msgspec.convert(left(incident="i1"), WardLink)
    msgspec.convert(herself(asked_at=ago(1800), answer_until=ago(-1800)), WardedLink)
    msgspec.convert(COUNTS, WardCounts)


@pytest.fixture
def wards(stage: Stage) -> list[dict[str, Any]]:
    other = {"official": {"id": "a2", "name": "박지훈"}, "mine": False}
    lines = [
        line(1, "child", official=None, mine=False),
        line(2, state="alarm", alarm=alarm("left", 95)),
        line(3, "quarantine", state="alarm", alarm=alarm("unchecked", 600, told=0, step_at=None), asked_at=ago(4200), **other),
        line(4, state="silent", alarm=alarm("silent", 900, **answered("guardian")), heard_at=ago(3000)),
    ]  # fmt: skip
    stage.on("GET", "/api/wards", lambda _: {"wards": lines, "counts": COUNTS})
    return lines


async def test_who_needs_a_hand_is_first_and_one_key_takes_it(
    sit: Sit, room: Room, stage: Stage, wards: list[dict[str, Any]], picture: Any, axe: Any
) -> None:
    def taken(_: Asked) -> dict[str, Any]:
        wards[1] = line(2, state="alarm", alarm=alarm("left", 95, **answered("official")))
        return detail(wards[1])

    def renumbered(asked: Asked) -> dict[str, Any]:
        if asked.body["guardians"][0]["phone"] == "010-0000-0000":
            raise Refusal(
                400, "request.form", extra={"field": "guardians[0].phone"}, title="This number cannot be told"
            )
        return detail(wards[1])

    stage.on("POST", "/api/wards/w2/in-hand", taken)
    stage.on("GET", "/api/wards/w2", lambda _: detail(wards[1]))
    stage.on("POST", "/api/wards/w2/search", search(mine=True))
    page = await sit()
    assert await page.locator("[data-part=ward-count]").count() == 0
    await stage.say("/live", {"type": "wards", "wards": COUNTS})
    await says(page.locator("[data-part=ward-count]"), "보호 4", "알림 2")
    await says(page.locator("[data-part=ward-alarms]"), "보호 대상 알림 2건")
    await page.keyboard.press("KeyV")
    sheet = page.locator("[data-part=wards]")
    rows = sheet.locator("tbody tr")
    await says(rows.nth(0), "구역을 벗어남", "보호자 2명에게 알림", "뒤 상황이 됨", "나")
    assert [await rows.nth(n).get_attribute("data-ward") for n in range(4)] == ["w2", "w3", "w4", "w1"]
    await says(rows.nth(1), "안부에 답하지 않음", "담당자에게만 알림", "박지훈", "안부 묻는 중")
    assert await rows.nth(1).get_by_role("button").count() == 1, "another official answers for her"
    await says(rows.nth(2), "보호자가 답함", "50분 전")
    await picture(page, "w1-console-wards")
    await axe(page)
    # whoever calls for help comes first, also here: Enter is hers, and the letter does what Enter did
    await room.put(incident(47))
    await says(card(page, "i47"), "SOS")
    await page.keyboard.press("KeyY")
    await says(sheet.get_by_role("status"), "확인 중으로 표시했습니다")
    await says(sheet.locator("[data-ward=w2]"), "담당자가 확인 중")
    await room.gone("i47")
    await card(page, "i47").wait_for(state="detached")
    assert "박순자" not in await sheet.inner_text(), "no name in the list"
    assert stage.asked_for("/api/wards/w2", "GET") == [], "nobody was opened"
    # what was taken stays under the hand: the same key again opens her, and takes nobody else
    await page.keyboard.press("KeyY")
    await says(
        sheet,
        "박순자",
        "보호자 동의",
        "최민호",
        "집 둘레 · 이 안에 머물기 · 원 · 반지름 300 m · 월화수목금 19:00–07:00",
    )
    assert "37.5" not in await sheet.inner_text(), "no place"
    # a guardian has another number: it is typed here, and nobody is enrolled anew
    stage.on("PATCH", "/api/wards/w2", renumbered)
    await sheet.get_by_text("보호자 번호와 단말 바꾸기").click()
    contact = sheet.get_by_label("휴대폰 번호 또는 이메일")
    assert await contact.input_value() == "010-2222-3333"
    await contact.fill("02")
    await page.keyboard.press("Enter")
    await says(sheet.get_by_role("group", name="보호자 1"), "휴대폰 번호나 이메일을 쓰세요")
    await contact.fill("010-0000-0000")
    await page.keyboard.press("Enter")
    await says(sheet, "받을 수 없는 값입니다 (This number cannot be told)")
    assert await contact.get_attribute("aria-invalid") == "true"
    await picture(page, "w2-console-contacts")
    await axe(page)
    await contact.fill("010-9999-0000")
    await page.keyboard.press("Enter")
    await says(sheet.get_by_role("status"), "저장했습니다")
    (_, sent) = (asked.body for asked in stage.asked_for("/api/wards/w2", "PATCH"))
    assert sent == {"guardians": [{"name": "최민호", "phone": "010-9999-0000", "language": "ko"}]}
    msgspec.convert(sent, WardPatch)
    # twice, by mouse: a pressed button gives the keyboard back, and stays armed
    await sheet.get_by_role("button", name="상황 열기").click()
    await says(sheet, "한 번 더 누르면 상황을 엽니다")
    assert stage.asked_for("/api/wards/w2/case") == []
    await sheet.get_by_text("실종 수색 요청").click()
    await sheet.get_by_label("왜 찾아야 하는지").fill("두 시간째 연락이 없음")
    await page.keyboard.press("Enter")
    await says(sheet, "경찰 접수번호를 쓰세요.")
    assert await sheet.get_by_label("왜 찾아야 하는지").input_value() == "두 시간째 연락이 없음"
    await page.keyboard.type("2026-0731")
    await picture(page, "w2-console-ward")
    await page.keyboard.press("Enter")
    await says(sheet, "다른 사람이 승인해야 열립니다")
    (asked,) = stage.asked_for("/api/wards/w2/search")
    assert asked.body == {"reason": "두 시간째 연락이 없음", "reference": "2026-0731"}
    await axe(page)
    # one whom somebody else answers for has no name here, and can be searched for all the same
    for _ in range(2):
        await page.keyboard.press("Escape")
    await says(rows.nth(0), "안부에 답하지 않음")
    await rows.nth(0).get_by_role("button").click()
    await says(sheet, "박지훈이 담당합니다", "실종 수색 요청")
    assert stage.asked_for("/api/wards/w3", "GET") == []
    for _ in range(2):
        await page.keyboard.press("Escape")
    await sheet.wait_for(state="detached")


async def test_a_second_person_approves_and_never_whoever_asked(
    sit: Sit, stage: Stage, wards: list[dict[str, Any]], picture: Any
) -> None:
    stage.on("GET", "/api/me", ME | {"role": "supervisor", "account": "a9"})
    waiting = [search(), search(id="s2", asked_by={"id": "a9", "name": "최유리"}, mine=True)]

    def approved(_: Asked) -> dict[str, Any]:
        return waiting.pop(0)

    stage.on("GET", "/api/searches", lambda _: {"searches": list(waiting)})
    stage.on("POST", "/api/searches/s1/approve", approved)
    page = await sit()
    await stage.say("/live", {"type": "wards", "wards": COUNTS | {"searches": 2}})
    await says(page.locator("[data-part=ward-count]"), "수색 승인 2", "담당자 없음 1")
    await page.keyboard.press("KeyV")
    sheet = page.locator("[data-part=wards]")
    await says(sheet.locator("[data-search=s1]"), "이서연이 1분 전에 요청", "두 시간째", "2026-0731", "지난 24시간")
    await says(sheet.locator("[data-search=s2]"), "다른 팀장이 승인해야 합니다")
    assert await sheet.locator("[data-search=s2] button").count() == 0
    await says(sheet, "담당자 없음 1")
    assert [await sheet.locator("tbody tr").nth(n).get_attribute("data-ward") for n in range(3)] == ["w2", "w3", "w1"]
    await says(sheet.locator("[data-ward=w1]"), "아동", "담당자 없음")
    await picture(page, "w3-console-search")
    await page.keyboard.press("Enter")
    await says(sheet.locator("[data-search=s1]"), "한 번 더: 승인")
    assert stage.asked_for("/api/searches/s1/approve") == []
    await page.keyboard.press("Enter")
    await says(sheet.get_by_role("status"), "승인했습니다")
    await sheet.locator("[data-search=s1]").wait_for(state="detached")


async def test_a_ward_is_enrolled_with_a_zone_drawn_by_keyboard(
    sit: Sit, stage: Stage, wards: list[dict[str, Any]], picture: Any, axe: Any
) -> None:
    def enrolled(asked: Asked) -> dict[str, Any]:
        if asked.body["guardians"][0]["phone"] == "010-0000-0000":
            raise Refusal(422, "ward.contact", "This number cannot be told", extra={"field": "guardians[0].phone"})
        return {"ward": detail(line(9)), "secret": "s" * 43}

    stage.on("POST", "/api/wards", enrolled)
    stage.on("GET", "/api/wards/w9", detail(line(9)))
    page = await sit(map=True)
    await page.locator(".geo[data-opened=true]").wait_for(timeout=30_000)
    await stage.say("/live", {"type": "wards", "wards": COUNTS})
    await says(page.locator("[data-part=ward-count]"), "보호 4")
    await page.keyboard.press("KeyV")
    await page.keyboard.press("KeyN")
    form = page.get_by_role("form", name="보호 대상 등록")
    await form.get_by_role("button", name="등록", exact=True).click()
    await says(form.get_by_role("alert"), "고칠 곳 4군데")
    await says(form, "휴대폰이나 단말이 하나는 있어야")
    assert await page.evaluate("document.activeElement.getAttribute('aria-describedby')") == "ward-name-wrong"
    await form.get_by_label("이름").nth(0).fill("박순자")
    await form.get_by_label("누구", exact=True).select_option("dementia")
    await form.get_by_label("근거").select_option("guardian")
    first = form.get_by_role("group", name="보호자 1")
    await first.get_by_label("이름").fill("최민호")
    await first.get_by_label("휴대폰 번호 또는 이메일").fill("010-0000-0000")
    await form.get_by_label("본인 휴대폰").fill("010-4444-5555")
    await form.get_by_role("button", name="구역 추가").click()
    zone = form.get_by_role("group", name="구역 1")
    await zone.get_by_label("구역 이름").fill("집 둘레")
    await picture(page, "w4-console-enrol")
    await axe(page)
    await zone.get_by_role("button", name="다각형").click()
    drawing = page.locator("[data-part=drawing]")
    await says(drawing, "집 둘레 그리기")
    assert await drawing.get_by_role("button", name="이대로 쓰기").is_disabled()
    for arrow in ("ArrowUp", "ArrowLeft", "ArrowDown"):
        await page.keyboard.press("Space")
        for _ in range(5):
            await page.keyboard.press(f"Shift+{arrow}")
    await page.keyboard.press("Space")
    await says(drawing, "모서리 4개")
    await page.keyboard.press("Backspace")
    await says(drawing, "모서리 3개")
    await page.locator('[data-mark="corner-2"]').wait_for()
    await picture(page, "w5-console-drawing")
    await page.keyboard.press("Enter")
    await says(zone, "다각형 · 모서리 3개")
    assert await zone.locator("#ward-zones-0-outline:focus").count() == 1, "back where the map was opened"
    await form.get_by_role("button", name="등록", exact=True).click()
    await says(form, "받을 수 없는 값입니다 (This number cannot be told)")
    contact = first.get_by_label("휴대폰 번호 또는 이메일")
    assert await contact.get_attribute("aria-invalid") == "true" and await contact.input_value() == "010-0000-0000"
    await contact.fill("010-2222-3333")
    await page.keyboard.press("Enter")
    await says(page.locator("[data-part=wards]"), "등록했습니다", f"w9.{'s' * 43}", "박순자")
    refused, taken = (asked.body for asked in stage.asked_for("/api/wards"))
    msgspec.convert(taken, WardPost)
    assert refused["id"] == taken["id"] and taken["ground"] == {"kind": "guardian"}
    assert taken["guardians"] == [{"name": "최민호", "phone": "010-2222-3333", "language": "ko"}]
    (drawn,) = taken["zones"]
    assert drawn["rule"] == "stay" and drawn["shape"]["type"] == "Polygon"
    ring = drawn["shape"]["coordinates"][0]
    assert len(ring) == 4 and ring[0] == ring[-1] and len({tuple(corner) for corner in ring}) == 3


# -- her guardian


def guardian(**more: Any) -> dict[str, Any]:
    view = {
        "person": "박순자", "kind": "dementia", "state": "ok", "alarm": None, "heard_at": ago(40), "placed": False,
        "place": {"word": "inside", "since_at": ago(7200)}, "zones": ["집 둘레"], "may_take_back": True, "until_at": ago(-40 * 86400),
        "outcome": None, "ended_at": None,
    } | more  # fmt: skip
    return {
        "kind": "ward", "grant": "g", "closed": False, "until_at": ago(-40 * 86400), "centre": "강남구 관제센터",
        "centre_phone": "02-000-0000", "ward": view,
    }  # fmt: skip


def left(**more: Any) -> dict[str, Any]:
    outside = {"word": "outside", "since_at": ago(120)}
    return guardian(state="alarm", placed=True, place=outside, alarm=alarm("left", 120, **more))


async def page_of(open_page: Open, stage: Stage, state: dict[str, Any], **more: Any) -> Page:
    stage.on("GET", "/api/map", street_map())
    stage.link_state = state
    stage.greet("/live/link", lambda _: stage.link_state)
    return await open_page(f"/l/{TOKEN}", **(SMALL | more))


async def test_a_guardian_sees_a_place_only_by_an_alarm_and_only_when_she_asks(
    open_page: Open, stage: Stage, picture: Any, accessible: Any
) -> None:
    said = {
        "looking": left(**answered("guardian")),
        "missing": left(incident="i1"),
        "take-back": guardian(state="ended", ended_at=ago(0), outcome="taken-back"),
    }
    stage.on("POST", f"{LINK}/ward", lambda asked: said[asked.body["answer"]])
    stage.on("POST", f"{LINK}/ward-place", {"position": fix(40, 10, 125)})
    page = await page_of(open_page, stage, guardian())
    main = page.locator("main")
    await heading(page, "박순자 님은 괜찮아요")
    await says(main, "정해 둔 구역 안에 있어요", "집 둘레", "평소에는 아무도 위치를 볼 수 없어요")
    assert await page.get_by_role("button", name="마지막 위치 보기").count() == 0
    await accessible(page, letters_px=15, targets_px=48)
    await picture(page, "w6-guardian")
    await stage.say("/live/link", left())
    await heading(page, "박순자 님이 구역을 벗어났어요")
    await says(main, "아직 아무도 답하지 않았어요")
    assert stage.asked_for(f"{LINK}/ward-place") == [], "each look is recorded: she decides"
    await page.get_by_role("button", name="마지막 위치 보기").click()
    await page.locator(".plan svg").wait_for()
    await says(main, "마지막 위치", "오차 9 m", "볼 때마다 기록돼요")
    await accessible(page, letters_px=15, targets_px=48)
    await picture(page, "w7-guardian-alarm")
    await page.get_by_role("button", name="제가 찾고 있어요").click()
    await says(main, "보호자가 답했어요")
    await hold(page, "찾을 수 없어요 1초 누르기", seconds=0.3)
    assert [asked.body["answer"] for asked in stage.asked_for(f"{LINK}/ward")] == ["looking"]
    await hold(page, "찾을 수 없어요 1초 누르기")
    await says(main, "관제센터가 맡아서 확인하고 있어요")
    # it is over: the place leaves the page with the alarm
    await stage.say("/live/link", guardian())
    await heading(page, "박순자 님은 괜찮아요")
    assert await page.locator(".plan, a[href^='geo:']").count() == 0
    await page.get_by_role("button", name="동의 철회하고 끝내기").click()
    await page.get_by_role("button", name="한 번 더 누르면 바로 끝나요").click()
    await heading(page, "보호가 끝났어요")
    assert stage.asked_for(f"{LINK}/ward")[-1].body == {"answer": "take-back"}
    await picture(page, "w8-guardian-ended")


# -- herself


def herself(**more: Any) -> dict[str, Any]:
    view = {
        "asked_at": None, "answer_until": None, "checked_at": None, "next_check_at": ago(-80000), "heard_at": ago(5),
        "until_at": ago(-5 * 86400), "called_at": None, "ended_at": None,
    } | more  # fmt: skip
    return {
        "kind": "warded", "grant": "g", "closed": False, "until_at": ago(-5 * 86400), "centre": "강남구 관제센터",
        "centre_phone": "02-000-0000", "ward": view,
    }  # fmt: skip


async def test_she_answers_the_check_shares_her_place_and_calls_for_help(
    open_page: Open, stage: Stage, picture: Any, accessible: Any
) -> None:
    stage.on("POST", f"{LINK}/ward-positions", {"accepted": 1, "rejected": 0})
    stage.on("POST", f"{LINK}/ward-sos", {"receipt": "GN-0047", "received_at": ago(0)})
    tries: list[Asked] = []

    def checked(asked: Asked) -> dict[str, Any]:
        tries.append(asked)
        if len(tries) == 1:
            raise Refusal(503, "not-received")
        return herself(checked_at=ago(0))

    stage.on("POST", f"{LINK}/check", checked)
    place = {"geolocation": {"latitude": 37.5, "longitude": 127.03, "accuracy": 12}, "permissions": ["geolocation"]}
    page = await page_of(open_page, stage, herself(asked_at=ago(1800), answer_until=ago(-1800)), **place)
    await heading(page, "오늘 잘 지내고 있나요?")
    await accessible(page, letters_px=15, targets_px=48)
    await picture(page, "w9-warded")
    await page.get_by_role("button", name="잘 지내요").click()
    await page.get_by_role("alert").filter(has_text="보내지 못했어요").wait_for()
    await page.get_by_label("지금 위치도 보내기").check()
    await page.get_by_role("button", name="잘 지내요").click()
    await says(page.get_by_role("status"), "방금에 답했어요")
    assert "position" not in tries[0].body and tries[1].body["answer"] == "well"
    assert tries[1].body["position"]["accuracy_m"] == 12
    assert stage.asked_for(f"{LINK}/ward-positions") == [], "nothing is shared before she says so"
    await page.get_by_role("button", name="이 휴대폰의 위치 보내기").click()
    await says(page.locator("main"), "보내는 중 · 오차 12 m")
    (first, *_) = await stage.until(lambda: stage.asked_for(f"{LINK}/ward-positions"))
    assert first.body["positions"][0]["latitude"] == 37.5
    await hold(page, "SOS 1초 누르기")
    await says(page.locator("main"), "접수 GN-0047")
    (called,) = stage.asked_for(f"{LINK}/ward-sos")
    assert len(called.body["id"]) == 32 and called.body["position"]["latitude"] == 37.5
    await picture(page, "w10-warded-sharing")
    await accessible(page, letters_px=15, targets_px=48)
    # it is over, and the page opened again: nothing is sent any more
    stage.link_state = herself(ended_at=ago(0))
    await stage.say("/live/link", stage.link_state)
    await heading(page, "보호가 끝났어요")
    before = len(stage.asked)
    await page.reload()
    await heading(page, "보호가 끝났어요")
    assert not [one for one in stage.asked[before:] if "positions" in one.path]


# -- on a real centre


@pytest.mark.flow
@pytest.mark.full
async def test_she_is_enrolled_missed_and_looked_for_by_two_people(town: Town, picture: Any) -> None:
    console = await town.signed_in("operator", Role.OPERATOR, "/console")
    await console.locator(".geo[data-opened=true]").wait_for(timeout=30_000)
    await console.keyboard.press("KeyV")
    await console.keyboard.press("KeyN")
    form = console.get_by_role("form", name="보호 대상 등록")
    await form.get_by_label("누구", exact=True).select_option("dementia")
    await form.get_by_label("이름").nth(0).fill("박순자")
    first = form.get_by_role("group", name="보호자 1")
    await first.get_by_label("이름").fill("최민호")
    await first.get_by_label("휴대폰 번호 또는 이메일").fill("010-2222-3333")
    await form.get_by_label("본인 휴대폰").fill("010-4444-5555")
    await form.get_by_role("button", name="구역 추가").click()
    zone = form.get_by_role("group", name="구역 1")
    await zone.get_by_label("구역 이름").fill("집 둘레")
    await zone.get_by_role("button", name="원 그리기").click()
    await console.keyboard.press("Space")
    await console.keyboard.press("Enter")
    async with console.expect_request(lambda one: one.method == "POST" and one.url.endswith("/api/wards")) as sent:
        await form.get_by_role("button", name="등록", exact=True).click()
    home = json.loads((await sent.value).post_data or "")["zones"][0]["shape"]
    await says(console.locator("[data-part=wards]"), "등록했습니다", "박순자", "집 둘레")

    # her page and her guardian's come by SMS; she shares where she is, and nobody sees it
    inbox = town.centre.inboxes["sms"].inbox
    async with asyncio.timeout(20):
        while len(inbox) < 2:
            await asyncio.sleep(0.05)
    link = {address: notice.link.removeprefix(town.centre.origin) for address, notice in inbox}
    here = {"latitude": home["latitude"], "longitude": home["longitude"], "accuracy": 9}
    her = await town.page(link["010-4444-5555"], PHONE, geolocation=here, permissions=["geolocation"])
    guardian = await town.page(link["010-2222-3333"], PHONE)
    await her.get_by_role("button", name="이 휴대폰의 위치 보내기").click()
    await guardian.get_by_text("정해 둔 구역 안에 있어요").wait_for(timeout=30_000)
    assert await guardian.get_by_role("button", name="마지막 위치 보기").count() == 0

    # her guardian cannot find her: a case at once, and the place as long as it is open
    await hold(guardian, "찾을 수 없어요 1초 누르기")
    await says(guardian.locator("main"), "관제센터가 맡아서")
    await console.get_by_role("heading", name="실종").first.wait_for(timeout=30_000)
    await guardian.get_by_role("button", name="마지막 위치 보기").click()
    await guardian.locator(".plan svg").wait_for(timeout=30_000)
    await picture(guardian, "w12-guardian-real")

    # the operator asks for her last day; another person, who leads, opens it
    await console.get_by_text("실종 수색 요청").click()
    await console.get_by_label("왜 찾아야 하는지").fill("보호자가 찾지 못함")
    await console.get_by_label("경찰 접수번호").fill("2026-0731")
    await console.keyboard.press("Enter")
    await says(console.locator("[data-part=ward]"), "다른 사람이 승인해야 열립니다")
    leader = await town.signed_in("leader", Role.SUPERVISOR, "/console")
    await says(leader.locator("[data-part=ward-count]"), "수색 승인 1")
    await leader.keyboard.press("KeyV")
    await says(leader.locator("[data-search]"), "보호자가 찾지 못함", "2026-0731")
    for _ in range(2):
        await leader.keyboard.press("KeyY")
    await says(leader.locator("[data-part=wards]"), "승인했습니다")
    await picture(leader, "w13-leader-real")
    await says(console.locator("[data-part=ward]"), "승인됨")

    # whoever has the case sees which cameras she passed, and when
    await leader.keyboard.press("Escape")
    await leader.keyboard.press("Enter")
    await leader.locator(".case").get_by_role("heading", name="실종").wait_for(timeout=30_000)
    await leader.get_by_role("button", name="지나간 카메라 찾기").click()
    along = leader.locator("[data-part=along]")
    await says(along, "별빛로")
    await along.scroll_into_view_if_needed()
    await picture(leader, "w14-along-real")


@pytest.mark.full
async def test_the_pages_of_a_ward_in_english(open_page: Open, stage: Stage, picture: Any) -> None:
    page = await page_of(open_page, stage, left(), locale="en-GB")
    await heading(page, "박순자 has left the zone")
    await picture(page, "w11-guardian-english")
    assert not [
        letter for words in await page.locator("main button").all_inner_texts() for letter in words if letter > "\u1100"
    ]
