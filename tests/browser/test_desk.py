"""The simulated desk of 112: requests arrive by themselves and are answered by keys or clicks."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import OFFICE, Open
from .fixtures import ago, fix
from .stage import Asked, Refusal, Stage
from .test_signin import ME

pytestmark = pytest.mark.browser


def request(id: str = "r1", **more: Any) -> dict[str, Any]:
    return {
        "id": id, "agency": "112", "reference": f"112-000{id[-1]}", "number": "GN-1121-0047",
        "centre": "강남구 관제센터",
        "kind": "sos", "silent": True, "place": "역삼동", "position": fix(0, 0, 4), "at": ago(8), "state": "requested",
        "unit": None, "eta_s": None, "reason": None, "link": None, "closed": False,
    } | more  # fmt: skip


@pytest.fixture(autouse=True)
def signed_in(stage: Stage) -> None:
    stage.on("GET", "/api/me", ME | {"role": "agency", "agency": "112", "name": "112 상황실"})
    stage.greet("/live/desk", None)


async def desk(open_page: Open, stage: Stage, *requests: dict[str, Any]) -> Any:
    page = await open_page("/desk", device=OFFICE)
    await stage.until(lambda: stage.open_sockets("/live/desk"))
    await stage.say("/live/desk", {"requests": list(requests)})
    if requests:
        await page.get_by_text("SOS").first.wait_for()
    return page


async def test_an_empty_desk_says_that_it_lives(open_page: Open, stage: Stage, picture: Any) -> None:
    page = await desk(open_page, stage)
    await page.get_by_text("기다리는 요청 없음").wait_for()
    await picture(page, "desk-empty")


async def test_a_request_goes_from_new_to_completed_by_keys(open_page: Open, stage: Stage, picture: Any) -> None:
    page = await desk(open_page, stage, request())
    await page.get_by_role("heading", name="SOS · 역삼동").wait_for()
    await page.get_by_text("오차 9 m").wait_for()
    await picture(page, "desk-new")
    link = "/l/" + "t" * 43
    stage.on("POST", "/api/desk/requests/r1/accept", request(state="acknowledged", link=link))
    stage.on("POST", "/api/desk/requests/r1/unit", request(state="en_route", unit="순찰 12호", eta_s=180, link=link))
    stage.on("POST", "/api/desk/requests/r1/arrived", request(state="arrived", unit="순찰 12호", link=link))
    stage.on("POST", "/api/desk/requests/r1/completed", request(state="completed", unit="순찰 12호"))
    await page.keyboard.press("KeyA")
    await page.get_by_role("button", name="출동대 보내기").wait_for()
    assert await page.get_by_role("link", name="현장 링크 열기").get_attribute("href") == link
    await page.keyboard.press("KeyU")
    await page.get_by_label("호출명").fill("순찰 12호")
    await page.keyboard.press("Enter")
    await page.get_by_text("순찰 12호 출동 중").first.wait_for()
    await page.get_by_text("약 3분 뒤 도착").wait_for()
    await picture(page, "desk-on-the-way")
    assert stage.asked_for("/api/desk/requests/r1/unit")[0].body == {"call_sign": "순찰 12호", "eta_s": 180}
    await page.keyboard.press("KeyS")
    await page.get_by_text("순찰 12호 현장 도착").first.wait_for()
    await page.keyboard.press("KeyC")
    await page.get_by_text("종료").first.wait_for()
    assert all(one.headers["x-csrf-token"] == "csrf" for one in stage.asked if one.method == "POST")


async def test_what_is_over_is_named_by_its_number_and_says_nothing_of_where_she_was(
    open_page: Open, stage: Stage, picture: Any
) -> None:
    page = await desk(
        open_page, stage, request(state="completed", unit="순찰 12호", place="", position=None, closed=True)
    )
    await page.get_by_text("GN-1121-0047").first.click()
    await page.get_by_role("heading", name="SOS · GN-1121-0047").wait_for()
    await picture(page, "desk-over")


async def test_a_rejection_needs_a_reason(open_page: Open, stage: Stage) -> None:
    page = await desk(open_page, stage, request())
    stage.on("POST", "/api/desk/requests/r1/reject", request(state="refused", reason="출동대 없음"))
    await page.get_by_role("button", name="거절").click()
    assert await page.get_by_role("button", name="거절 보내기").is_disabled()
    await page.get_by_role("button", name="출동대 없음").click()
    await page.get_by_role("button", name="거절 보내기").click()
    await page.get_by_text("거절함").first.wait_for()
    assert stage.asked_for("/api/desk/requests/r1/reject")[0].body == {"reason": "출동대 없음"}


async def test_a_new_request_moves_nothing_under_the_hand(open_page: Open, stage: Stage) -> None:
    page = await desk(open_page, stage, request())
    await page.keyboard.press("KeyR")
    await page.locator("#reason").fill("관할")
    await stage.say("/live/desk", {"requests": [request(), request("r2", place="논현동", at=ago(0))]})
    await page.get_by_text("새 112 요청, 논현동").wait_for(state="attached")
    assert await page.locator("#reason").input_value() == "관할"
    assert (await page.title()).startswith("(2)")
    await page.keyboard.press("Escape")
    await page.keyboard.press("KeyJ")
    await page.get_by_role("heading", name="SOS · 논현동").wait_for()


async def test_an_overdue_request_and_a_failed_answer_are_said(open_page: Open, stage: Stage) -> None:
    def away(_asked: Asked) -> Any:
        raise Refusal(503, "unavailable", "The database is away")

    page = await desk(open_page, stage, request(at=ago(40)))
    await page.get_by_text("응답 시간이 지남").wait_for()
    stage.on("POST", "/api/desk/requests/r1/accept", away)
    await page.get_by_role("button", name="수신확인").click()
    await page.get_by_text("보내지 못함: The database is away").wait_for()


async def test_a_closed_case_shows_no_place_any_more(open_page: Open, stage: Stage) -> None:
    page = await desk(
        open_page, stage, request(closed=True, position=None, link=None, state="en_route", unit="순찰 12호")
    )
    await page.get_by_text("상황 종결").first.wait_for()
    await page.get_by_role("button", name="SOS").click()
    await page.get_by_text("위치 없음").wait_for()
    assert await page.get_by_role("link", name="현장 링크 열기").count() == 0


async def test_a_lost_server_is_said(open_page: Open, stage: Stage) -> None:
    page = await desk(open_page, stage, request())
    await page.context.set_offline(True)
    for socket in stage.open_sockets("/live/desk"):
        await socket.close(1012)
    await page.get_by_text("서버와 끊김").wait_for(timeout=9_000)


async def test_everybody_can_use_it(open_page: Open, stage: Stage, accessible: Any) -> None:
    page = await desk(open_page, stage, request(), request("r2", state="en_route", unit="순찰 12호", link="/l/x"))
    await page.get_by_role("heading", name="SOS · 역삼동").wait_for()
    await accessible(page, letters_px=14, targets_px=40)
    await page.keyboard.press("KeyR")
    await accessible(page, letters_px=14, targets_px=40)
