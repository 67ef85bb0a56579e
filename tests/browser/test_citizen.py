"""The citizen's page: an SOS leaves at once, survives no network, reload and closing, and nothing on the screen
betrays her.
"""

from __future__ import annotations

import asyncio
import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from ansim.trust import sealing

from .conftest import Open
from .fixtures import SEOUL, TERMS, ago, mapping, phone_state, receipt, watched
from .phone import CODES, KEY, PLACED, enrol, enrolled, heading, hold
from .stage import Asked, Refusal, Stage

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def centre(stage: Stage) -> None:
    key = sealing.public_jwk(KEY.public_key())
    stage.on("GET", "/healthz", {})
    stage.on("GET", "/api/citizen/terms", TERMS)
    stage.on(
        "POST",
        "/api/citizen/enrol",
        {"credential": "head.body.sign", "person": "p" * 32, "valid_until": ago(-365 * 86400), "centre_key": key},
    )
    stage.on("POST", "/api/mapping", lambda _: mapping(key, stage.origin))
    stage.on("POST", "/api/signals", lambda _: receipt())
    stage.on("POST", "/api/positions", lambda asked: {"accepted": len(asked.body["positions"]), "rejected": []})
    stage.greet("/live/signal", lambda _: phone_state())


async def test_one_consent_screen_with_one_button_makes_a_key_that_cannot_be_read(
    open_page: Open, stage: Stage, picture: Any
) -> None:
    page = await open_page("/citizen", **PLACED)
    await page.get_by_text("건강 정보").wait_for()
    await picture(page, "c0-citizen-consent")
    await enrol(page)
    (asked,) = stage.asked_for("/api/citizen/enrol")
    assert asked.body["consents"] == ["location", "contacts"]
    assert asked.body["terms_version"] == "1"
    assert set(asked.body["public_key"]) == {"kty", "crv", "x", "y"}
    assert "김민지" not in json.dumps(asked.body)
    exported = await page.evaluate(
        """async () => {
            const open = indexedDB.open("ansim");
            const database = await new Promise(done => open.onsuccess = () => done(open.result));
            const all = (store) => new Promise(done => {
                const request = database.transaction(store).objectStore(store).getAll();
                request.onsuccess = () => done(request.result);
            });
            const keys = (await all("keys")).flatMap(key => key.privateKey ?? key);
            const sealed = (await all("sealed")).map(bytes => new TextDecoder().decode(bytes)).join("");
            const plain = sealed.includes("민지") || sealed.includes("1234");
            return { extractable: keys.map(key => key.extractable), plain };
        }"""
    )
    assert exported == {"extractable": [False, False], "plain": False}


async def test_without_the_consent_nothing_of_it_is_asked_or_sent(open_page: Open, stage: Stage, picture: Any) -> None:
    page = await open_page("/citizen", **PLACED)
    await page.get_by_role("button", name="동의하고 시작하기").click()
    await page.get_by_role("heading", name="이름과 보호자").wait_for()
    assert await page.get_by_label("이름", exact=True).count() == 0
    await picture(page, "c0-citizen-ask")
    await page.get_by_role("button", name="나중에").click()
    await page.get_by_label("진짜로 취소하는 번호").fill(CODES["cancel"])
    await page.get_by_label("협박당할 때 누르는 번호").fill(CODES["duress"])
    await page.get_by_role("button", name="저장").click()
    await page.get_by_role("button", name="보호자", exact=True).click()
    await page.get_by_role("button", name="동의하고 쓰기").click()
    await page.get_by_label("관계").wait_for()
    assert [one.body["consents"] for one in stage.asked_for("/api/citizen/enrol")] == [
        ["location"],
        ["location", "contacts"],
    ]
    first, second = (one.body["public_key"] for one in stage.asked_for("/api/citizen/enrol"))
    assert first == second


async def test_home_says_where_it_goes_and_quiet_is_on(open_page: Open, picture: Any) -> None:
    page = await enrolled(open_page)
    await heading(page, "역삼동에 있어요")
    await page.get_by_text("강남구 관제센터와 연결됨").wait_for()
    assert await page.get_by_role("switch", name="조용히 보내기").get_attribute("aria-checked") == "true"
    box = await page.get_by_role("button", name="SOS 1초 동안 누르기").bounding_box()
    assert box and box["width"] >= 231 and box["height"] >= 231
    await page.get_by_text("보호자 엄마").wait_for()
    await picture(page, "c1-citizen-home")


async def test_a_held_press_sends_with_position_and_sealed_contacts(open_page: Open, stage: Stage) -> None:
    page = await enrolled(open_page)
    await heading(page, "역삼동에 있어요")
    await hold(page)
    await heading(page, "관제센터가 받았어요")
    (asked,) = stage.asked_for("/api/signals")
    sos = asked.body
    assert sos["kind"] == "sos" and sos["trigger"] == "button" and sos["silent"] is True
    assert abs(sos["position"]["latitude"] - SEOUL["latitude"]) < 1e-6
    assert sos["position"]["accuracy_m"] == 9 and sos["position"]["source"] == "web"
    sealed = base64.urlsafe_b64decode(sos["sealed"] + "==")
    profile = json.loads(sealing.open(KEY, sealed, b"ansim contacts", sos["id"].encode()))
    assert profile["name"] == "김민지" and profile["codes"] == CODES
    assert profile["guardians"] == [{"name": "엄마", "relation": "엄마", "phone": "010-0000-0000"}]
    assert sos["credential"] == "head.body.sign" and len(sos["proof"]) == 86
    assert "민지" not in json.dumps(sos, ensure_ascii=False)


async def test_guardians_have_an_order_and_quiet_hours(open_page: Open, stage: Stage, picture: Any) -> None:
    page = await enrolled(open_page)
    await heading(page, "역삼동에 있어요")
    await page.get_by_role("button", name="보호자", exact=True).click()
    await page.get_by_role("button", name="보호자 더하기").click()
    await page.get_by_label("관계").fill("언니")
    await page.get_by_label("전화번호").fill("010-2222-2222")
    await page.get_by_role("button", name="보호자 더하기").click()
    await page.get_by_role("button", name="언니를 앞으로").click()
    first = page.locator("li.guardian").first
    await first.get_by_text("언니").first.wait_for()
    assert await first.get_by_role("button", name="언니를 앞으로").count() == 0, "nobody stands before her"
    await first.get_by_role("switch", name="조용한 시간").click()
    await page.get_by_label("조용한 시간 시작").fill("23:30")
    await picture(page, "c-guardians-quiet")
    await page.get_by_role("button", name="홈", exact=True).click()
    await hold(page)
    await heading(page, "관제센터가 받았어요")
    (asked,) = stage.asked_for("/api/signals")
    sealed = base64.urlsafe_b64decode(asked.body["sealed"] + "==")
    profile = json.loads(sealing.open(KEY, sealed, b"ansim contacts", asked.body["id"].encode()))
    assert profile["guardians"] == [
        {"name": "언니", "relation": "언니", "phone": "010-2222-2222", "quiet_from": "23:30", "quiet_until": "07:00"},
        {"name": "엄마", "relation": "엄마", "phone": "010-0000-0000"},
    ]


async def test_a_short_press_sends_nothing_and_says_so(open_page: Open, stage: Stage) -> None:
    page = await enrolled(open_page)
    await hold(page, seconds=0.4)
    await page.get_by_text("조금 더 길게, 1초 동안 눌러 주세요").wait_for()
    assert not stage.asked_for("/api/signals")


async def test_the_keyboard_holds_and_a_screen_reader_activates_twice(open_page: Open, stage: Stage) -> None:
    page = await enrolled(open_page)
    button = page.get_by_role("button", name="SOS 1초 동안 누르기")
    await button.focus()
    await page.keyboard.down("Space")
    await page.wait_for_timeout(1150)
    await page.keyboard.up("Space")
    await heading(page, "관제센터가 받았어요")
    other = await enrolled(open_page)
    await other.evaluate("document.querySelector('.sos').click()")
    await other.get_by_text("한 번 더 누르면 보내요").wait_for()
    assert len(stage.asked_for("/api/signals")) == 1
    await other.evaluate("document.querySelector('.sos').click()")
    await heading(other, "관제센터가 받았어요")


async def test_the_sent_screen_says_all_in_order(open_page: Open, stage: Stage, picture: Any) -> None:
    stage.greet("/live/signal", lambda _: watched())
    page = await enrolled(open_page)
    await hold(page)
    await heading(page, "관제센터가 보고 있어요")
    assert await page.locator("html").get_attribute("data-theme") == "dark"
    text = (await page.locator("main").inner_text()).replace("\n", " ")
    order = ["보고 있어요", "0047", "관제센터가 받음", "강남구 관제센터가 확인", "CCTV 4대", "경찰이 오고 있어요",
        "순찰 12호",
             "엄마", "읽음", "언니", "문자 도착", "안심지킴이집", "네, 갈게요", "사이렌", "112 전화",
             "취소"]  # fmt: skip
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    assert await page.get_by_role("link", name="112 전화").get_attribute("href") == "tel:112"
    first = await stage.sockets[-1].heard.get()
    assert set(first) == {"signal", "secret"}
    await picture(page, "c2-citizen-sos-sent")


async def test_without_an_answer_it_says_so_after_three_seconds_and_offers_a_text_after_six(
    open_page: Open, stage: Stage, picture: Any
) -> None:
    page = await enrolled(open_page)
    await heading(page, "역삼동에 있어요")
    stage.silent = True
    await hold(page)
    await heading(page, "보내고 있어요")
    await page.wait_for_timeout(2_600)
    await heading(page, "다시 보내는 중이에요")
    assert await page.get_by_role("link", name="112에 문자 보내기").count() == 0
    await page.wait_for_timeout(3_200)
    await page.get_by_role("link", name="112에 문자 보내기").wait_for()
    href = await page.get_by_role("link", name="112에 문자 보내기").get_attribute("href")
    assert href and href.startswith("sms:112") and "37.49790" in href
    await picture(page, "c2-citizen-again")
    assert len({one.body["id"] for one in stage.asked_for("/api/signals")}) == 1
    assert len(stage.asked_for("/api/signals")) >= 2
    stage.silent = False
    await heading(page, "관제센터가 받았어요")
    assert await page.get_by_role("link", name="112에 문자 보내기").count() == 0


async def test_an_sos_without_network_waits_on_the_phone_and_leaves_within_a_second_of_it(
    open_page: Open, stage: Stage, picture: Any
) -> None:
    page = await enrolled(open_page)
    await heading(page, "역삼동에 있어요")
    await page.context.set_offline(True)
    await page.get_by_text("지금은 인터넷이 없어요").wait_for()
    await hold(page)
    await heading(page, "아직 못 보냈어요")
    await page.get_by_role("link", name="112에 문자 보내기").wait_for()
    await picture(page, "c2-citizen-offline")
    queued = await page.evaluate(QUEUED)
    assert queued == {"waiting": 1, "plain": False}
    await page.context.set_offline(False)
    await stage.until(lambda: stage.asked_for("/api/signals"), 1.5)
    await heading(page, "관제센터가 받았어요")
    await page.wait_for_timeout(200)
    assert await page.evaluate(QUEUED) == {"waiting": 0, "plain": False}


QUEUED = """async () => {
    const open = indexedDB.open("ansim");
    const database = await new Promise(done => open.onsuccess = () => done(open.result));
    const store = database.transaction("sealed").objectStore("sealed");
    const range = IDBKeyRange.bound("queue:", "queue:\\uffff");
    const values = await new Promise(done => { const r = store.getAll(range); r.onsuccess = () => done(r.result); });
    const text = values.map(bytes => new TextDecoder().decode(bytes)).join("");
    database.close();
    return { waiting: values.length, plain: text.includes("sos") || text.includes("37.4") };
}"""


@pytest.mark.whole_browser
async def test_it_opens_from_its_cache_and_a_queued_sos_survives_closing(open_page: Open, stage: Stage) -> None:
    page = await enrolled(open_page)
    await heading(page, "역삼동에 있어요")
    await page.evaluate("navigator.serviceWorker.ready")
    # The service worker has a network of its own: the server is away for it, too.
    stage.down = True
    await page.context.set_offline(True)
    await page.reload()
    await page.get_by_role("button", name="SOS 1초 동안 누르기").wait_for()
    await hold(page)
    await heading(page, "아직 못 보냈어요")
    await page.reload()
    await heading(page, "아직 못 보냈어요")
    stage.down = False
    await page.context.set_offline(False)
    await heading(page, "관제센터가 받았어요")
    assert len({one.body["id"] for one in stage.asked_for("/api/signals")}) == 1


async def test_the_service_worker_delivers_after_the_page_is_closed(open_page: Open, stage: Stage) -> None:
    page = await enrolled(open_page)
    await heading(page, "역삼동에 있어요")
    await page.evaluate("navigator.serviceWorker.ready")
    stage.down = True
    await hold(page)
    await heading(page, "다시 보내는 중이에요")
    other = await page.context.new_page()
    stage.down = False
    stage.silent = True
    await other.goto("/signin")
    session = await other.context.new_cdp_session(other)
    registrations: list[Any] = []
    session.on("ServiceWorker.workerRegistrationUpdated", lambda event: registrations.extend(event["registrations"]))
    await session.send("ServiceWorker.enable")
    await page.close()
    before = len(stage.asked_for("/api/signals"))
    stage.silent = False
    await other.wait_for_timeout(300)
    assert len(stage.asked_for("/api/signals")) == before
    await session.send(
        "ServiceWorker.dispatchSyncEvent",
        {
            "origin": stage.origin,
            "registrationId": registrations[0]["registrationId"],
            "tag": "queue",
            "lastChance": False,
        },
    )
    await stage.until(lambda: len(stage.asked_for("/api/signals")) > before)
    await other.goto("/citizen")
    await heading(other, "관제센터가 받았어요")
    assert len({one.body["id"] for one in stage.asked_for("/api/signals")}) == 1


async def test_a_server_that_is_down_is_passed_over_for_the_next_of_the_mapping(open_page: Open, stage: Stage) -> None:
    key = sealing.public_jwk(KEY.public_key())
    # Port 9 of this machine answers nobody; another loopback name counts as another centre.
    stage.on("POST", "/api/mapping", lambda _: mapping(key, stage.origin))
    answered: list[str] = []

    async def slow_first(asked: Asked) -> Any:
        answered.append(asked.body["id"])
        if len(answered) == 1:
            await asyncio.sleep(20)
        return receipt()

    stage.on("POST", "/api/signals", slow_first)
    page = await enrolled(open_page)
    await heading(page, "역삼동에 있어요")
    await hold(page)
    await heading(page, "관제센터가 받았어요")
    assert len(answered) == 2 and answered[0] == answered[1]


async def test_a_refused_extra_never_refuses_the_call(open_page: Open, stage: Stage) -> None:
    def picky(asked: Asked) -> Any:
        if "sealed" in asked.body:
            raise Refusal(422, "signal.sealed")
        return receipt()

    stage.on("POST", "/api/signals", picky)
    page = await enrolled(open_page)
    await heading(page, "역삼동에 있어요")
    await hold(page)
    await heading(page, "관제센터가 받았어요")
    first, second = stage.asked_for("/api/signals")
    assert first.body["id"] == second.body["id"] and "credential" not in second.body


async def test_an_sos_works_without_enrolling(open_page: Open, stage: Stage) -> None:
    page = await open_page("/citizen", **PLACED)
    await page.get_by_role("button", name="등록하지 않고 SOS 쓰기").click()
    await hold(page)
    await heading(page, "관제센터가 받았어요")
    assert "sealed" not in stage.asked_for("/api/signals")[0].body
    await hold(page, "잘못 눌렀어요")
    await page.get_by_text("정해 둔 취소 번호가 없어서").wait_for()


async def test_reload_keeps_everything_of_a_running_case(open_page: Open, stage: Stage) -> None:
    stage.greet("/live/signal", lambda _: watched())
    page = await enrolled(open_page)
    await hold(page)
    await heading(page, "관제센터가 보고 있어요")
    await page.reload()
    await heading(page, "관제센터가 보고 있어요")
    await page.get_by_text("0047").wait_for()
    # said once more where the answer is late; it is the same press
    assert len({asked.body["id"] for asked in stage.asked_for("/api/signals")}) == 1


async def test_positions_follow_while_the_screen_is_open(open_page: Open, stage: Stage) -> None:
    page = await enrolled(open_page)
    await hold(page)
    await heading(page, "관제센터가 받았어요")
    await page.context.set_geolocation({"latitude": 37.4990, "longitude": 127.0280, "accuracy": 12})
    await stage.until(
        lambda: [
            fix
            for one in stage.asked_for("/api/positions")
            for fix in one.body["positions"]
            if abs(fix["latitude"] - 37.499) < 1e-6
        ]
    )
    asked = stage.asked_for("/api/positions")[0]
    assert asked.body["secret"] == "s" * 43


async def cancelled_screen(page: Page, code: str, picture: Any = None) -> bytes:
    await hold(page, "잘못 눌렀어요")
    await page.get_by_label("번호", exact=True).fill(code)
    if picture:
        await picture(page, "c2-citizen-cancel")
    await page.get_by_role("button", name="취소하기").click()
    await heading(page, "취소됐어요")
    await page.wait_for_timeout(150)
    return await page.screenshot(animations="disabled")


async def test_duress_and_cancel_look_the_same_to_the_last_pixel(open_page: Open, stage: Stage, picture: Any) -> None:
    asked: list[Asked] = []

    def cancel(one: Asked) -> Any:
        asked.append(one)
        return {"state": "cancelled"}

    async def run(code: str) -> tuple[bytes, str, Page]:
        page = await enrolled(open_page)
        await hold(page)
        await heading(page, "관제센터가 받았어요")
        signal = stage.asked_for("/api/signals")[-1].body["id"]
        stage.on("POST", f"/api/signals/{signal}/cancel", cancel)
        shown = await cancelled_screen(page, code, picture)
        return shown, await page.locator("#app").inner_html(), page

    first, first_page, _ = await run(CODES["cancel"])
    second, second_page, page = await run(CODES["duress"])
    assert [one.body["code"] for one in asked] == [CODES["cancel"], CODES["duress"]]
    assert first_page == second_page
    assert first == second
    # Whatever the centre says afterwards shows nothing, also after a reload.
    await stage.say("/live/signal", watched())
    await page.wait_for_timeout(300)
    assert await page.locator("#app").inner_html() == second_page
    await page.reload()
    await heading(page, "취소됐어요")
    await page.wait_for_timeout(300)
    assert "경찰" not in await page.locator("main").inner_text()
    await picture(page, "c2-citizen-cancelled")


async def test_a_wrong_number_does_not_cancel(open_page: Open, stage: Stage) -> None:
    page = await enrolled(open_page)
    await hold(page)
    await heading(page, "관제센터가 받았어요")
    signal = stage.asked_for("/api/signals")[-1].body["id"]

    def wrong(_asked: Asked) -> Any:
        raise Refusal(403, "signal.code")

    stage.on("POST", f"/api/signals/{signal}/cancel", wrong)
    await hold(page, "잘못 눌렀어요")
    await page.get_by_label("번호", exact=True).fill("9999")
    await page.get_by_role("button", name="취소하기").click()
    await page.get_by_text("번호가 맞지 않아요").wait_for()


async def test_a_message_shows_that_it_was_sent_or_not(open_page: Open, stage: Stage) -> None:
    page = await enrolled(open_page)
    await hold(page)
    await heading(page, "관제센터가 받았어요")
    signal = stage.asked_for("/api/signals")[-1].body["id"]
    await page.get_by_role("button", name="따라와요").click()
    await page.get_by_role("button", name="보내지 못함").wait_for()
    stage.on("POST", f"/api/signals/{signal}/messages", {})
    await page.get_by_role("button", name="보내지 못함").click()
    await page.get_by_text("보냄").wait_for()
    assert stage.asked_for(f"/api/signals/{signal}/messages")[-1].body["text"] == "따라와요"


async def test_the_memo_hides_everything_and_still_talks(open_page: Open, stage: Stage, picture: Any) -> None:
    stage.greet("/live/signal", lambda _: watched())
    page = await enrolled(open_page)
    await hold(page)
    await heading(page, "관제센터가 보고 있어요")
    signal = stage.asked_for("/api/signals")[-1].body["id"]
    stage.on("POST", f"/api/signals/{signal}/messages", {})
    await page.get_by_role("button", name="화면 숨기기").click()
    await heading(page, "장보기")
    assert await page.title() == "메모"
    assert await page.locator("html").get_attribute("data-theme") == "light"
    await page.get_by_text("안심지킴이집이에요").wait_for()
    await page.get_by_label("메모 쓰기").fill("두 명이 뒤에 있음")
    await page.keyboard.press("Enter")
    await stage.until(lambda: stage.asked_for(f"/api/signals/{signal}/messages"))
    await page.get_by_text("두 명이 뒤에 있음").wait_for()
    await picture(page, "c4-citizen-disguise")
    shown = await page.locator("body").inner_text()
    for word in ("SOS", "112", "경찰", "관제"):
        assert word not in shown
    await page.evaluate(
        """Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
           document.dispatchEvent(new Event("visibilitychange"))"""
    )
    await page.get_by_text("안심지킴이집이에요").wait_for(state="detached")
    assert "두 명" not in await page.locator("body").inner_text()


async def test_practice_never_reaches_anybody(open_page: Open, stage: Stage, picture: Any) -> None:
    page = await enrolled(open_page)
    await page.get_by_role("button", name="연습하기").click()
    await page.get_by_text("연습 · 관제센터로 가지 않아요").wait_for()
    await hold(page)
    await heading(page, "관제센터가 받았어요")
    await heading(page, "관제센터가 보고 있어요")
    await page.get_by_text("연습 · 관제센터로 가지 않아요").wait_for()
    await picture(page, "c2-citizen-practice")
    await cancelled_screen(page, CODES["cancel"])
    await page.get_by_role("button", name="홈으로").click()
    await page.get_by_role("button", name="SOS 1초 동안 누르기").wait_for()
    assert not stage.asked_for("/api/signals")
    assert not stage.sockets
    assert await page.evaluate(QUEUED) == {"waiting": 0, "plain": False}


async def test_who_saw_me(open_page: Open, stage: Stage, picture: Any) -> None:
    page = await enrolled(open_page)
    await page.get_by_role("button", name="내 기록").click()
    await page.get_by_text("아직 나를 본 사람이 없어요").wait_for()
    await page.get_by_role("button", name="홈", exact=True).click()
    await hold(page)
    await heading(page, "관제센터가 받았어요")
    await stage.say("/live/signal", phone_state(state="closed", closed_at=ago()))
    await heading(page, "상황이 끝났어요")
    await page.get_by_text("지우는 중이에요").wait_for()
    await stage.say("/live/signal", phone_state(state="closed", closed_at=ago(), destroyed_at=ago()))
    await page.get_by_text("지워졌어요").wait_for()
    incident = "b" * 32
    operator = {"id": "account-1", "role": "operator"}

    def entry(seconds: float, actor: dict[str, str], act: str, object: str) -> dict[str, Any]:
        return {"seq": 1, "id": "e", "at": ago(seconds), "actor": actor, "act": act, "object": object,
            "incident": incident,
                "purpose": "incident", "leaf_hash": ""}  # fmt: skip

    entries = [
        entry(900, {"id": "person", "role": "person"}, "signal.received", "x"),
        *(entry(800, operator, "view.opened", f"camera-{n}") for n in range(4)),
        *(entry(440, operator, "view.ended", f"camera-{n}") for n in range(4)),
        entry(790, {"id": "link:1", "role": "guardian"}, "link.opened", "link-1"),
        entry(600, {"id": "account-9", "role": "operator"}, "view.refused", "camera-1"),
        *(entry(500 - n, operator, "clip.saved", f"clip-{n}") for n in range(2)),
        entry(480, operator, "clip.downloaded", "clip-1"),
        entry(470, operator, "clip.downloaded", "clip-1"),
        entry(100, operator, "incident.closed", incident),
    ]
    stage.on("POST", "/api/record", {"entries": entries})
    await page.get_by_role("button", name="누가 나를 보았나").click()
    await page.get_by_text("관제요원 1명", exact=True).wait_for()
    text = await page.locator("main").inner_text()
    for words in (
        "주변 CCTV 4대",
        "6분",
        "보호자 1명",
        "내 위치",
        "권한 없는 사람",
        "막혔어요",
        "영상 2개를 저장했고, 1개를 내려받았어요.",
        "저장한 영상 2개",
        "1개는 파일로 내려받았어요",
        "지워지는 날",
        "CCTV 영상\n보관 기간이 끝날 때",
        "지워짐",
    ):
        assert words in text
    assert stage.asked_for("/api/record")[-1].body == {"items": [{"incident": incident, "secret": "s" * 43}]}
    await picture(page, "e2-citizen-record")
    # whoever consented to the watch over somebody else has a number on paper
    ward = "d" * 32
    looks = [
        entry(900, operator, "ward.viewed", ward),
        entry(800, {"id": "link:2", "role": ""}, "ward.place-seen", ward),
        entry(700, {"id": "clock", "role": ""}, "ward.asked", ward),
    ]
    stage.on("POST", "/api/record", {"entries": looks})
    await page.get_by_text("종이에 적힌 번호로 보기").click()
    await page.get_by_label("번호", exact=True).fill(ward)
    await page.keyboard.press("Enter")
    await page.get_by_text("점까지 그대로").wait_for()
    await page.get_by_label("번호", exact=True).fill(f" {ward}.{'s' * 43}")
    await page.keyboard.press("Enter")
    paper = page.locator(".paper")
    await paper.get_by_text("이름과 구역을 봄").wait_for()
    assert await paper.locator("li").count() == 2, "looks and answers, not the clock"
    assert (await paper.locator("li").first.inner_text()).startswith("마지막 위치를 봄\n보호자")
    assert stage.asked_for("/api/record")[-1].body == {"items": [{"incident": ward, "secret": "s" * 43}]}
    await paper.scroll_into_view_if_needed()
    await picture(page, "e3-citizen-paper")


async def test_three_hard_shakes_send_and_a_run_does_not(open_page: Open, stage: Stage) -> None:
    page = await enrolled(open_page)
    await page.get_by_role("button", name="설정").click()
    shaking = page.get_by_role("switch", name="흔들어 보내기")
    await page.evaluate("DeviceMotionEvent.requestPermission = async () => 'denied'")
    await shaking.click()
    await page.get_by_text("휴대폰이 움직임을 알려 주지 않아요").wait_for()
    await page.evaluate("DeviceMotionEvent.requestPermission = async () => 'granted'")
    await shaking.click()
    await page.get_by_role("meter").wait_for()
    await page.get_by_role("button", name="뒤로").click()
    shake = """async (strength) => {
        for (const way of [1, -1, 1]) {
            dispatchEvent(Object.assign(new Event("devicemotion"), { acceleration: { x: way * strength, y: 0, z: 0 } }));
            await new Promise((done) => setTimeout(done, 200));
        }
    }"""
    await page.evaluate(shake, 12)
    assert not stage.asked_for("/api/signals")
    await page.evaluate(shake, 24)
    await heading(page, "관제센터가 받았어요")
    assert stage.asked_for("/api/signals")[0].body["trigger"] == "shake"


async def test_a_tracker_gets_a_name_of_its_own(open_page: Open, stage: Stage) -> None:
    stage.on("POST", "/api/citizen/devices", {"device": "0123456789abcdef0123"})
    page = await enrolled(open_page)
    await page.get_by_role("button", name="설정").click()
    await page.get_by_role("button", name="추적기 이름 받기").click()
    await page.get_by_text("0123456789abcdef0123").wait_for()
    assert stage.asked_for("/api/citizen/devices")[0].body["credential"] == "head.body.sign"
    await page.get_by_role("button", name="뒤로").click()
    await page.get_by_role("button", name="설정").click()
    await page.get_by_text("0123456789abcdef0123").wait_for()


async def test_a_pendant_is_added_by_its_number(open_page: Open, stage: Stage, picture: Any) -> None:
    stage.on("POST", "/api/citizen/devices", {"device": "864717003664467"})
    page = await enrolled(open_page)
    await page.get_by_role("button", name="설정").click()
    number = page.get_by_label("기기에 적힌 번호")
    await number.fill("864717003664467")
    await number.press("Enter")
    await page.locator("code", has_text="864717003664467").wait_for()
    await page.get_by_role("button", name="추적기 이름 받기").scroll_into_view_if_needed()
    await picture(page, "c5-citizen-devices")
    (asked,) = stage.asked_for("/api/citizen/devices")
    assert asked.body["number"] == "864717003664467" and asked.body["proof"]

    def taken(_asked: Any) -> Any:
        raise Refusal(409, "device.taken")

    stage.on("POST", "/api/citizen/devices", taken)
    await number.fill("4210209006")
    await page.get_by_role("button", name="기기 등록하기").click()
    await page.get_by_role("alert").get_by_text("다른 사람이 이미 등록한 번호예요.").wait_for()


async def test_withdrawal_leaves_nothing_on_the_phone(open_page: Open, stage: Stage, picture: Any) -> None:
    stage.on("POST", "/api/citizen/withdraw", {})
    page = await enrolled(open_page)
    await page.get_by_role("button", name="설정").click()
    await page.get_by_text("나에 대해 남는 것").wait_for()
    await picture(page, "c5-citizen-settings")
    await page.get_by_role("button", name="탈퇴하기").click()
    await page.get_by_role("button", name="한 번 더 누르면 탈퇴해요").click()
    await page.get_by_text("탈퇴했어요").wait_for()
    (asked,) = stage.asked_for("/api/citizen/withdraw")
    assert asked.body["credential"] == "head.body.sign"
    await page.reload()
    await page.get_by_role("button", name="동의하고 시작하기").wait_for()


async def test_english_and_a_narrow_phone(open_page: Open, picture: Any) -> None:
    page = await open_page("/citizen", viewport={"width": 320, "height": 640}, locale="en-GB", **PLACED)
    await page.get_by_role("switch", name="Name and guardians").click()
    await page.get_by_role("button", name="Agree and start").click()
    await page.get_by_label("Name", exact=True).fill("Minji")
    await page.get_by_role("button", name="Next").click()
    await page.get_by_role("button", name="Later").click()
    await page.get_by_text("Hold for 1 second").wait_for()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 320
    await picture(page, "c1-citizen-english-320")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_everybody_can_use_it(open_page: Open, stage: Stage, accessible: Any, scheme: str) -> None:
    stage.greet("/live/signal", lambda _: watched())
    phone = {"letters_px": 15, "targets_px": 48}
    page = await open_page("/citizen", color_scheme=scheme, **PLACED)
    await page.get_by_text("건강 정보").wait_for()
    await accessible(page, **phone)
    await enrol(page)
    await page.get_by_text("강남구 관제센터와 연결됨").wait_for()
    await accessible(page, **phone)
    for name in ("보호자", "내 기록"):
        await page.get_by_role("button", name=name, exact=True).click()
        await page.get_by_role("heading", level=1).wait_for()
        await accessible(page, **phone)
    await page.get_by_role("button", name="홈", exact=True).click()
    await page.get_by_role("button", name="설정").click()
    await page.get_by_text("나에 대해 남는 것").wait_for()
    await accessible(page, **phone)
    await page.get_by_role("button", name="뒤로").click()
    await hold(page)
    await heading(page, "관제센터가 보고 있어요")
    await accessible(page, **phone)
    await page.get_by_role("button", name="화면 숨기기").click()
    await heading(page, "장보기")
    await accessible(page, **phone)
