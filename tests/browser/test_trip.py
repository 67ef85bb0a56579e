"""The way home on her phone: set out, asked, arrived; without a network, after a reload, and with somebody beside her."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from ansim.trust import sealing

from .conftest import Open
from .fixtures import SEOUL, TERMS, ago, asked_about, mapping, over, phone_state, started, street_map, trip_state
from .phone import CODES, KEY, PLACED, enrolled, heading, hold
from .pushing import browser_with, pushed
from .stage import Asked, Refusal, Stage

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.browser

HOME = {"latitude": SEOUL["latitude"] - 330 / 111_320, "longitude": SEOUL["longitude"] - 60 / 88_300}
TRIP = f"/api/trips/{'t' * 32}"
SOS = "SOS 1초 동안 누르기"


@pytest.fixture(autouse=True)
def centre(stage: Stage) -> None:
    key = sealing.public_jwk(KEY.public_key())
    stage.on("GET", "/healthz", {})
    stage.on("GET", "/api/map", street_map())
    stage.on("GET", "/api/citizen/terms", TERMS)
    stage.on(
        "POST",
        "/api/citizen/enrol",
        {"credential": "head.body.sign", "person": "p" * 32, "valid_until": ago(-365 * 86400), "centre_key": key},
    )
    stage.on("POST", "/api/mapping", lambda _: mapping(key, stage.origin))
    stage.on("POST", "/api/trips", lambda asked: started(promised_at=asked.body["promised_at"]))
    stage.on("POST", f"{TRIP}/positions", {"accepted": 1, "rejected": [], "state": trip_state()})
    stage.greet("/live/trip", lambda _: trip_state())


async def choose_home(page: Page) -> None:
    """By coordinates, as somebody does who copies them from a map."""
    await page.get_by_role("button", name="귀가 시작").click()
    await page.get_by_role("button", name="링크나 좌표 붙여넣기").click()
    await page.get_by_label("지도 앱의 링크 또는 좌표").fill(f"{HOME['latitude']:.6f}, {HOME['longitude']:.6f}")
    await page.get_by_role("button", name="이곳으로").click()
    await page.get_by_role("button", name="집", pressed=True).wait_for()


async def set_out(page: Page) -> None:
    await choose_home(page)
    await page.get_by_role("button", name="귀가 시작 ·").click()


async def underway(open_page: Open, **more: Any) -> Page:
    page = await enrolled(open_page, **more)
    await set_out(page)
    await heading(page, "6분 남음")
    return page


async def test_she_sets_out_is_watched_and_arrives(open_page: Open, stage: Stage, picture: Any) -> None:
    stage.on("POST", f"{TRIP}/end", lambda _: over())
    page = await enrolled(open_page)
    await choose_home(page)
    await page.get_by_text("330 m").or_(page.get_by_text("335 m")).wait_for()
    await page.get_by_text("엄마가 출발과 도착을 알게 돼요").wait_for()
    await picture(page, "c3-trip-setting-out")
    await page.get_by_role("button", name="귀가 시작 ·").click()
    await heading(page, "6분 남음")
    (asked,) = stage.asked_for("/api/trips")
    trip = asked.body
    assert trip["mode"] == "walk" and trip["background"] is False
    assert trip["destination"] == {**{k: round(v, 6) for k, v in HOME.items()}, "label": "집"}
    assert abs(trip["position"]["latitude"] - SEOUL["latitude"]) < 1e-6
    assert trip["credential"] == "head.body.sign" and trip["sealed"] and "민지" not in json.dumps(trip)
    text = await page.locator("main").inner_text()
    for words in (
        "집까지",
        "도착 예정",
        "430 m",
        "엄마가 봤어요",
        "언니 알림 받음",
        "물어보고",
        "화면이 꺼져도 시간은 계속",
        "화면이 켜져 있을 때만",
        "배터리",
        "5분 더",
    ):
        assert words in text, words
    await page.locator(".ground .road").first.wait_for(state="attached")
    await picture(page, "c3-citizen-trip")
    await page.get_by_role("button", name="도착했어요").click()
    await heading(page, "도착했어요")
    assert stage.asked_for(f"{TRIP}/end")[0].body == {"secret": "s" * 43, "outcome": "arrived"}
    await page.get_by_text("위치 기록은 지워졌어요").wait_for()
    await picture(page, "c3-trip-arrived")
    await page.get_by_role("button", name="홈으로").click()
    await page.get_by_role("button", name="집까지 귀가 시작").wait_for()


@pytest.mark.whole_browser
async def test_a_question_reaches_her_with_the_screen_off(open_page: Open, stage: Stage, picture: Any) -> None:
    hers = {"endpoint": "https://push.example/hers", "keys": {"p256dh": "BPk", "auth": "c2Vj"}}
    stage.on("GET", "/api/citizen/push-key", {"key": "B" * 87})
    page = await enrolled(open_page, permissions=["geolocation", "notifications"], geolocation=SEOUL)
    await page.add_init_script(browser_with(json.dumps(hers)))
    await page.reload()
    await choose_home(page)
    await page.get_by_text("알림을 켜면 화면이 꺼져 있어도").wait_for()
    wake = page.get_by_role("switch", name="괜찮은지")
    await wake.click()
    await page.get_by_text("괜찮은지 알림으로 물어봐요").wait_for()
    assert await wake.get_attribute("aria-checked") == "true"
    await picture(page, "c3-trip-asked-with-the-screen-off")
    await page.get_by_role("button", name="귀가 시작 ·").click()
    await heading(page, "6분 남음")
    await page.get_by_text("물음은 꺼져 있어도 와요").wait_for()
    (asked,) = stage.asked_for("/api/trips")
    sealed = base64.urlsafe_b64decode(asked.body["sealed"] + "==")
    profile = json.loads(sealing.open(KEY, sealed, b"ansim contacts", asked.body["id"].encode()))
    assert profile["push"] == hers and profile["language"] == "ko"
    note: dict[str, object] = {"title": "괜찮으세요?", "body": "열어서 답해 주세요.", "silent": False, "url": page.url}
    await pushed(page, note, "citizen")
    # and a call for help, which asks nothing, does not say how to reach her browser
    await hold(page, SOS)
    await stage.until(lambda: stage.asked_for("/api/signals"))
    sos = stage.asked_for("/api/signals")[0].body
    sealed = base64.urlsafe_b64decode(sos["sealed"] + "==")
    assert "push" not in json.loads(sealing.open(KEY, sealed, b"ansim contacts", sos["id"].encode()))


async def test_she_says_that_she_is_well_in_one_press(open_page: Open, stage: Stage, picture: Any) -> None:
    stage.on("POST", f"{TRIP}/answer", lambda _: trip_state())
    page = await underway(open_page)
    await stage.say("/live/trip", asked_about("late", left_s=60))
    await heading(page, "괜찮아요?")
    await page.get_by_text("도착한다고 한 시각이 지났어요").wait_for()
    await page.get_by_role("button", name="10분 더 걸려요").wait_for()
    await page.get_by_role("button", name=SOS).wait_for()
    await picture(page, "c3-trip-asked")
    await page.get_by_role("button", name="괜찮아요", exact=True).click()
    await heading(page, "6분 남음")
    assert stage.asked_for(f"{TRIP}/answer")[0].body == {"secret": "s" * 43, "question": "q-late"}


async def test_more_time_is_as_easy_as_having_arrived(open_page: Open, stage: Stage, picture: Any) -> None:
    stage.on("POST", f"{TRIP}/extend", lambda _: trip_state(promised_at=ago(-655), predicted_at=None))
    page = await underway(open_page)
    more, arrived = (page.get_by_role("button", name=name) for name in ("5분 더", "도착했어요"))
    heights = [box["height"] for box in (await more.bounding_box(), await arrived.bounding_box()) if box]
    assert heights[0] == heights[1] >= 56
    await more.click()
    await heading(page, "11분 남음")
    assert stage.asked_for(f"{TRIP}/extend")[0].body == {"secret": "s" * 43, "minutes": 5}
    await stage.say("/live/trip", trip_state(promised_at=ago(130)))
    await heading(page, "2분 지남")
    await page.get_by_text("도착했으면 알려 주세요").wait_for()
    await picture(page, "c3-trip-late")


@pytest.mark.parametrize("code", [CODES["cancel"], CODES["duress"]])
async def test_a_grave_question_takes_her_number_and_both_look_the_same(
    open_page: Open, stage: Stage, picture: Any, code: str
) -> None:
    def answer(asked: Asked) -> Any:
        if asked.body.get("code") not in CODES.values():
            raise Refusal(403, "trip.code")
        return trip_state()

    stage.on("POST", f"{TRIP}/answer", answer)
    page = await underway(open_page)
    await stage.say("/live/trip", asked_about("away"))
    await heading(page, "괜찮아요?")
    assert await page.get_by_role("button", name="10분 더").count() == 0
    well = page.get_by_role("button", name="괜찮아요", exact=True)
    assert await well.is_disabled()
    await page.get_by_label("취소 번호").fill("9999")
    await well.click()
    await page.get_by_text("번호가 맞지 않아요").wait_for()
    await picture(page, "c3-trip-asked-number")
    await page.get_by_label("취소 번호").fill(code)
    await well.click()
    await heading(page, "6분 남음")
    shown = (await page.locator("main").inner_text()).replace(code, "")
    assert "위험" not in shown and "협박" not in shown
    await page.get_by_label("취소 번호").wait_for(state="detached")


async def test_a_mild_question_can_be_answered_with_a_number_too(open_page: Open, stage: Stage) -> None:
    stage.on("POST", f"{TRIP}/answer", lambda _: trip_state())
    page = await underway(open_page)
    await stage.say("/live/trip", asked_about("stopped", left_s=60))
    await page.get_by_role("button", name="번호로 답하기").click()
    await page.get_by_label("취소 번호").fill(CODES["duress"])
    await page.get_by_role("button", name="괜찮아요", exact=True).click()
    await heading(page, "6분 남음")
    assert stage.asked_for(f"{TRIP}/answer")[0].body["code"] == CODES["duress"]


async def test_in_a_car_she_is_asked_what_it_is(open_page: Open, stage: Stage, picture: Any) -> None:
    stage.on("POST", f"{TRIP}/mode", lambda _: trip_state(mode="taxi"))
    page = await underway(open_page)
    await stage.say("/live/trip", asked_about("vehicle", left_s=60))
    await heading(page, "차에 탔어요?")
    await picture(page, "c3-trip-vehicle")
    await page.get_by_role("button", name="택시 탔어요").click()
    await heading(page, "6분 남음")
    assert stage.asked_for(f"{TRIP}/mode")[0].body == {"secret": "s" * 43, "mode": "taxi"}


async def test_the_phone_shakes_while_it_asks(open_page: Open, stage: Stage) -> None:
    page = await underway(open_page)
    await page.evaluate("() => { window.buzzes = []; navigator.vibrate = (how) => buzzes.push(how) > 0; }")
    await stage.say("/live/trip", asked_about("late", left_s=60))
    await heading(page, "괜찮아요?")
    await page.wait_for_function("() => buzzes[0]?.length === 5")
    await stage.say("/live/trip", trip_state())
    await heading(page, "6분 남음")
    await page.wait_for_function("() => buzzes.at(-1) === 0")


async def test_no_answer_then_help_opens_the_screen_of_the_call_for_help(
    open_page: Open, stage: Stage, picture: Any
) -> None:
    stage.greet("/live/signal", lambda _: phone_state())
    page = await underway(open_page)
    calling = asked_about("late", left_s=40, state="calling")
    await stage.say("/live/trip", calling)
    await heading(page, "보호자에게 알렸어요")
    await page.get_by_text("답이 없으면 관제센터에 알려요").wait_for()
    await picture(page, "c3-trip-calling")
    signal = {
        "signal": "g" * 32,
        "receipt": "0048",
        "secret": "x" * 43,
        "incident": "i" * 32,
        "centre": {"id": "centre-0", "name": "강남구 관제센터"},
        "received_at": ago(),
    }
    await stage.say("/live/trip", trip_state(state="signalled", signal=signal))
    await heading(page, "관제센터가 받았어요")
    await page.get_by_text("0048").wait_for()
    first = await stage.open_sockets("/live/signal")[0].heard.get()
    assert first == {"signal": "g" * 32, "secret": "x" * 43}
    await page.reload()
    await heading(page, "관제센터가 받았어요")


async def test_sos_on_the_way_is_one_held_press(open_page: Open, stage: Stage) -> None:
    stage.on("POST", "/api/signals", lambda _: {
        "receipt": "0047", "secret": "s" * 43, "signal": "a" * 32, "incident": "b" * 32,
        "centre": {"id": "centre-0", "name": "강남구 관제센터"}, "received_at": ago(),
    })  # fmt: skip
    stage.greet("/live/signal", lambda _: phone_state())
    page = await underway(open_page)
    await hold(page, SOS, seconds=0.4)
    assert not stage.asked_for("/api/signals")
    await hold(page, SOS)
    await heading(page, "관제센터가 받았어요")
    await stage.say("/live/signal", phone_state(state="closed", closed_at=ago(), destroyed_at=ago()))
    await stage.say("/live/trip", over("signalled"))
    await page.get_by_role("button", name="홈으로").click()
    await heading(page, "상황이 끝났어요")


async def test_far_from_her_destination_an_end_takes_her_number(open_page: Open, stage: Stage, picture: Any) -> None:
    stage.on("POST", f"{TRIP}/end", lambda _: over("ended"))
    page = await underway(open_page)
    await stage.say("/live/trip", trip_state(end_needs_code=True))
    await page.get_by_role("button", name="가는 방법 바꾸기").click()
    await page.get_by_role("button", name="귀가 그만하기").click()
    await page.get_by_role("button", name="한 번 더 누르면 그만해요").click()
    await page.get_by_label("취소 번호").fill(CODES["cancel"])
    await picture(page, "c3-trip-number")
    assert not stage.asked_for(f"{TRIP}/end")
    await page.get_by_role("button", name="끝내기").click()
    await heading(page, "귀가를 마쳤어요")
    assert stage.asked_for(f"{TRIP}/end")[0].body["code"] == CODES["cancel"]


async def test_a_taxi_is_told_with_its_plate(open_page: Open, stage: Stage, picture: Any) -> None:
    page = await enrolled(open_page)
    await choose_home(page)
    await page.get_by_role("button", name="택시").click()
    await page.get_by_label("차량번호").fill("서울 31 바 1234")
    await page.get_by_label("차 색깔이나 기사 이름").fill("은색")
    await picture(page, "c3-trip-taxi")
    await page.get_by_role("button", name="귀가 시작 ·").click()
    await heading(page, "6분 남음")
    asked = stage.asked_for("/api/trips")[0].body
    assert asked["mode"] == "taxi" and asked["vehicle"] == {"plate": "서울 31 바 1234", "note": "은색"}


async def test_a_start_without_network_is_said_kept_and_sent_or_given_up(
    open_page: Open, stage: Stage, picture: Any
) -> None:
    page = await enrolled(open_page)
    await choose_home(page)
    await page.context.set_offline(True)
    await page.get_by_role("button", name="귀가 시작 ·").click()
    await heading(page, "아직 시작되지 않았어요")
    await page.get_by_text("관제센터가 아직 몰라요").wait_for()
    await picture(page, "c3-trip-offline-start")
    await page.get_by_role("button", name="그만두기").click()
    await page.get_by_role("button", name="집까지 귀가 시작").click()
    await page.get_by_role("button", name="귀가 시작 ·").click()
    await heading(page, "아직 시작되지 않았어요")
    await page.context.set_offline(False)
    await heading(page, "6분 남음")
    assert len(stage.asked_for("/api/trips")) == 1


async def test_a_trip_that_the_centre_no_longer_has_is_over(open_page: Open, stage: Stage) -> None:
    page = await underway(open_page)
    await stage.open_sockets("/live/trip")[0].close(4404, "not-found")
    await heading(page, "귀가를 마쳤어요")
    await page.get_by_role("button", name="홈으로").click()
    await page.get_by_role("button", name="집까지 귀가 시작").wait_for()
    await page.wait_for_timeout(500)  # until it is on the disk
    await page.reload()
    await page.get_by_role("button", name="집까지 귀가 시작").wait_for()


async def test_without_a_socket_the_answers_to_fixes_have_to_do(open_page: Open, stage: Stage) -> None:
    page = await underway(open_page)
    stage.on("POST", f"{TRIP}/positions", {"accepted": 1, "rejected": [], "state": asked_about("late", left_s=60)})
    await page.route_web_socket("**/live/trip", lambda socket: socket.close())
    await stage.open_sockets("/live/trip")[0].close(1011)
    await page.get_by_text("관제센터와 다시 연결하는 중").wait_for()
    await page.context.set_geolocation({"latitude": 37.4990, "longitude": 127.0280, "accuracy": 12})
    await heading(page, "괜찮아요?")


async def test_a_refused_start_says_so(open_page: Open, stage: Stage) -> None:
    def refuse(_asked: Asked) -> Any:
        raise Refusal(422, "trip.promised")

    stage.on("POST", "/api/trips", refuse)
    page = await enrolled(open_page)
    await set_out(page)
    await heading(page, "시작하지 못했어요")
    await page.get_by_role("button", name="다시 정하기").click()
    await page.get_by_role("button", name="집", pressed=True).wait_for()


async def test_what_she_says_without_a_network_waits_and_says_that_it_waits(
    open_page: Open, stage: Stage, picture: Any
) -> None:
    stage.on("POST", f"{TRIP}/end", lambda _: over())
    page = await underway(open_page)
    await page.context.set_offline(True)
    await page.get_by_text("관제센터와 다시 연결하는 중").wait_for()
    await page.get_by_role("button", name="도착했어요").click()
    await page.get_by_text("아직 못 알렸어요: 도착").wait_for()
    await page.get_by_text("그때까지 관제센터는 몰라요").wait_for()
    await picture(page, "c3-trip-untold")
    await page.context.set_offline(False)
    await heading(page, "도착했어요")
    assert len(stage.asked_for(f"{TRIP}/end")) == 1


async def test_it_resumes_from_the_cache_after_a_reload_with_what_was_not_told(open_page: Open, stage: Stage) -> None:
    promise = [ago(-355)]
    stage.greet("/live/trip", lambda _: trip_state(promised_at=promise[-1]))
    stage.on("POST", f"{TRIP}/state", lambda _: trip_state(promised_at=promise[-1]))

    def extend(_asked: Asked) -> Any:
        promise.append(ago(-955))
        return trip_state(promised_at=promise[-1])

    stage.on("POST", f"{TRIP}/extend", extend)
    stage.on(
        "POST",
        f"{TRIP}/positions",
        lambda _: {"accepted": 1, "rejected": [], "state": trip_state(promised_at=promise[-1])},
    )
    page = await underway(open_page)
    await page.evaluate("navigator.serviceWorker.ready")
    stage.down = True
    await page.context.set_offline(True)
    await page.get_by_role("button", name="5분 더").click()
    await page.get_by_text("아직 못 알렸어요: 5분 더").wait_for()
    await page.get_by_role("button", name="5분 더").click()
    await page.get_by_text("아직 못 알렸어요: 10분 더").wait_for()
    await page.wait_for_timeout(500)  # until it is on the disk
    await page.reload()
    await heading(page, "6분 남음")
    await page.get_by_text("아직 못 알렸어요: 10분 더").wait_for()
    stage.down = False
    await page.context.set_offline(False)
    await stage.until(lambda: stage.asked_for(f"{TRIP}/extend"))
    await heading(page, "16분 남음")
    assert [one.body["minutes"] for one in stage.asked_for(f"{TRIP}/extend")] == [10]
    assert len(stage.asked_for("/api/trips")) == 1


async def test_what_was_not_told_leaves_after_the_page_is_closed(open_page: Open, stage: Stage) -> None:
    stage.on("POST", f"{TRIP}/end", lambda _: over())
    page = await underway(open_page)
    await page.evaluate("navigator.serviceWorker.ready")
    stage.down = True
    await page.get_by_role("button", name="도착했어요").click()
    await page.get_by_text("아직 못 알렸어요: 도착").wait_for()
    other = await page.context.new_page()
    stage.down = False
    stage.silent = True
    await other.goto("/signin")
    session = await other.context.new_cdp_session(other)
    registrations: list[Any] = []
    session.on("ServiceWorker.workerRegistrationUpdated", lambda event: registrations.extend(event["registrations"]))
    await session.send("ServiceWorker.enable")
    await page.close()
    before = len(stage.asked_for(f"{TRIP}/end"))
    stage.silent = False
    await session.send(
        "ServiceWorker.dispatchSyncEvent",
        {
            "origin": stage.origin,
            "registrationId": registrations[0]["registrationId"],
            "tag": "trips",
            "lastChance": False,
        },
    )
    await stage.until(lambda: len(stage.asked_for(f"{TRIP}/end")) > before)
    assert stage.asked_for(f"{TRIP}/end")[-1].body["outcome"] == "arrived"
    await other.goto("/citizen")
    await heading(other, "도착했어요")


@pytest.mark.full
async def test_she_may_keep_the_screen_on_while_she_is_on_her_way(open_page: Open, stage: Stage) -> None:
    page = await enrolled(open_page)
    await page.evaluate(
        """() => {
            window.locks = [];
            navigator.wakeLock.request = async (kind) => {
                locks.push(kind);
                return { release: async () => void locks.push("released") };
            };
        }"""
    )
    await set_out(page)
    await page.get_by_role("switch", name="화면 켜 두기").click()
    await page.wait_for_function("() => locks.join() === 'screen'")
    await stage.say("/live/trip", over())
    await heading(page, "도착했어요")
    await page.wait_for_function("() => locks.join() === 'screen,released'")


async def test_positions_go_with_the_battery_as_often_as_the_centre_asks(open_page: Open, stage: Stage) -> None:
    page = await underway(open_page)
    await page.context.set_geolocation({"latitude": 37.4990, "longitude": 127.0280, "accuracy": 12})
    await stage.until(
        lambda: [
            fix
            for one in stage.asked_for(f"{TRIP}/positions")
            for fix in one.body["positions"]
            if abs(fix["latitude"] - 37.499) < 1e-6
        ],
        15,
    )
    asked = stage.asked_for(f"{TRIP}/positions")[-1].body
    assert asked["secret"] == "s" * 43 and asked["battery"] == 100


async def test_places_are_read_from_what_is_pasted(open_page: Open, stage: Stage) -> None:
    page = await enrolled(open_page)
    await page.get_by_role("button", name="귀가 시작").click()
    await page.get_by_role("button", name="링크나 좌표 붙여넣기").click()
    field = page.get_by_label("지도 앱의 링크 또는 좌표")
    for text, place in {
        "geo:37.50123,127.03456?q=x": "37.50123, 127.03456",
        "https://map.example/place/x/@37.11111,127.11111,17z/data=!3d37.50123!4d127.03456": "37.50123, 127.03456",
        "https://map.example/?lng=127.03456&lat=37.50123&zoom=15": "37.50123, 127.03456",
        "https://map.example/link/to/%EC%A7%91,37.50123,127.03456": "37.50123, 127.03456",
        "https://map.example/#map=17/37.50123/127.03456": "37.50123, 127.03456",
        "127.03456 37.50123": "37.50123, 127.03456",
    }.items():
        await field.fill(text)
        await page.get_by_text(place).wait_for()
    await field.fill("https://short.example/x9Ab")
    await page.get_by_text("좌표가 들어 있지 않아요").wait_for()
    await field.fill("우리 집")
    await page.get_by_text("좌표를 찾지 못했어요").wait_for()


async def test_a_place_is_chosen_on_the_map_by_keys_and_kept_on_the_phone_alone(
    open_page: Open, stage: Stage, picture: Any
) -> None:
    page = await enrolled(open_page)
    await page.get_by_text("강남구 관제센터와 연결됨").wait_for()
    await page.get_by_role("button", name="귀가 시작").click()
    await page.get_by_role("button", name="지도에서 고르기").click()
    ground = page.get_by_role("application")
    await ground.focus()
    for _ in range(4):
        await page.keyboard.press("ArrowDown")
    await page.get_by_text("남쪽으로 400 m").wait_for()
    await page.locator(".ground .road").first.wait_for(state="attached")
    await picture(page, "c3-trip-map")
    await page.get_by_label("이름", exact=True).fill("우리 집")
    await page.get_by_role("button", name="이곳으로").click()
    await page.get_by_role("button", name="우리 집", pressed=True).wait_for()
    await page.reload()
    await page.get_by_role("button", name="우리 집까지 귀가 시작").wait_for()
    await page.get_by_text("걸어서 8분").wait_for()
    assert not any("400" in json.dumps(one.body) for one in stage.asked if one.path != "/api/mapping")


@pytest.mark.full
async def test_practice_is_the_same_and_reaches_nobody(open_page: Open, stage: Stage, picture: Any) -> None:
    page = await enrolled(open_page)
    await page.get_by_role("button", name="연습하기").click()
    await choose_home(page)
    await page.get_by_role("button", name="연습으로 시작").click()
    await page.get_by_role("heading", name="남음", level=1).wait_for()
    await page.get_by_text("연습 · 관제센터로 가지 않아요").wait_for()
    await heading(page, "괜찮아요?")
    await page.get_by_label("취소 번호").fill("9999")
    await page.get_by_role("button", name="괜찮아요", exact=True).click()
    await page.get_by_text("번호가 맞지 않아요").wait_for()
    await page.get_by_label("취소 번호").fill(CODES["cancel"])
    await page.get_by_role("button", name="괜찮아요", exact=True).click()
    await page.get_by_role("button", name="도착했어요").click()
    await page.get_by_text("연습이었어요").wait_for()
    await picture(page, "c3-trip-practice")
    assert not stage.sockets
    assert not [one.path for one in stage.asked if "/trips" in one.path]


async def test_her_record_has_the_way_home(open_page: Open, stage: Stage, picture: Any) -> None:
    stage.on("POST", f"{TRIP}/end", lambda _: over())
    page = await underway(open_page)
    await page.get_by_role("button", name="도착했어요").click()
    await page.get_by_role("button", name="홈으로").click()
    entries = [
        {"seq": 1, "id": "e", "at": ago(90 - n), "actor": actor, "act": act, "object": object_, "incident": "t" * 32,
         "purpose": "trip", "leaf_hash": "", "details": details}
        for n, (act, actor, object_, details) in enumerate([
            ("link.opened", {"id": "link:1", "role": "guardian"}, "link-1", {"role": "guardian"}),
            ("trip.asked", {"id": "watch", "role": "system"}, "t" * 32, {"why": "late"}),
            ("trip.answered", {"id": "person", "role": "person"}, "t" * 32, None),
            ("trip.ended", {"id": "person", "role": "person"}, "t" * 32, {"why": "arrived"}),
        ])
    ]  # fmt: skip
    stage.on("POST", "/api/record", {"entries": entries})
    await page.get_by_role("button", name="내 기록").click()
    await page.get_by_text("집까지 · 걸어서").click()
    text = await page.locator("main").inner_text()
    for words in ("보호자 1명", "내 위치", "괜찮은지 물음", "괜찮다고 답함", "지워짐", "끝나고 하루 뒤"):
        assert words in text, words
    assert stage.asked_for("/api/record")[-1].body == {"items": [{"incident": "t" * 32, "secret": "s" * 43}]}
    await picture(page, "e2-citizen-record-trip")


async def test_english_on_a_narrow_phone(open_page: Open, stage: Stage, picture: Any) -> None:
    page = await open_page("/citizen", **(PLACED | {"viewport": {"width": 320, "height": 640}, "locale": "en-GB"}))
    await page.get_by_role("button", name="Use SOS without enrolling").click()
    await page.get_by_role("button", name="Start the way home").click()
    await page.get_by_role("button", name="Right here").click()
    await page.get_by_role("button", name="Use this place").click()
    await page.get_by_role("button", name="Home", pressed=True).wait_for()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 320
    await page.get_by_role("button", name="Start · by").click()
    await heading(page, "6 min left")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 320
    await picture(page, "c3-trip-english-320")
    await stage.say("/live/trip", asked_about("late", left_s=60))
    await heading(page, "Are you well?")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.full)])
async def test_everybody_can_use_it(open_page: Open, stage: Stage, accessible: Any, picture: Any, scheme: str) -> None:
    phone = {"letters_px": 15, "targets_px": 48}
    page = await enrolled(open_page, color_scheme=scheme, viewport={"width": 360, "height": 740})
    await choose_home(page)
    await page.get_by_role("button", name="택시").click()
    # What lies half under the tabs is scrolled out from there by whoever wants to press it.
    await page.evaluate("scrollTo(0, document.body.scrollHeight)")
    await accessible(page, **phone)
    await page.get_by_role("button", name="다른 곳").click()
    await page.get_by_role("button", name="지도에서 고르기").click()
    await page.get_by_role("application").wait_for()
    await page.evaluate("scrollTo(0, document.body.scrollHeight)")
    await accessible(page, **phone)
    await page.get_by_role("button", name="귀가 시작 ·").click()
    await heading(page, "6분 남음")
    await page.get_by_role("button", name="가는 방법 바꾸기").click()
    await accessible(page, **phone)
    await page.get_by_role("button", name="접기").click()
    await picture(page, f"c3-trip-{scheme}-360")
    titles = {"away": "괜찮아요?", "vehicle": "차에 탔어요?", "late": "괜찮아요?", "there": "도착했나요?"}
    for reason, title in titles.items():
        await stage.say("/live/trip", asked_about(reason, left_s=60))
        await page.get_by_role("heading", name=title).wait_for()
        await accessible(page, **phone)
        await picture(page, f"c3-trip-asked-{reason}-{scheme}-360")
    # she seems to be there: what is likeliest is one press, and that she is not there yet is the other
    await page.get_by_role("button", name="아직이에요, 괜찮아요").wait_for()
    stage.on("POST", f"{TRIP}/end", lambda _: over())
    await page.get_by_role("button", name="도착했어요").click()
    await heading(page, "도착했어요")
    assert stage.asked_for(f"{TRIP}/end")[-1].body["outcome"] == "arrived"
    await accessible(page, **phone)
