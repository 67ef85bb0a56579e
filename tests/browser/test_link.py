"""Pages behind links: an officer sees video and the way, a guardian sees where she is and no video, and nothing
stays.
"""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import Open
from .feed import Feed
from .fixtures import SEOUL, ago, ended_link, fix, link_state, street_map, trip_link
from .stage import STATIC, Asked, Refusal, Stage

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.browser

TOKEN = "t" * 43
BASE = f"/api/links/{TOKEN}"
OFFICER_HERE = {
    "geolocation": {
        "latitude": SEOUL["latitude"] - 60 / 111_320,
        "longitude": SEOUL["longitude"] + 205 / 88_300,
        "accuracy": 8,
    },
    "permissions": ["geolocation"],
}


@pytest.fixture
def feed(stage: Stage) -> Feed:
    stage.feed = Feed()
    stage.on("GET", "/api/map", street_map())
    stage.on(
        "POST",
        f"{BASE}/tokens",
        lambda asked: {"token": "m", "url": f"/media/{asked.body['camera']}", "expires_at": ago(-60)},
    )
    stage.on("POST", f"{BASE}/position", {})
    return stage.feed


async def shown(page: Page) -> str:
    return await page.locator("main").inner_text()


async def test_an_officer_sees_time_left_video_way_and_warnings(
    open_page: Open, stage: Stage, feed: Feed, picture: Any
) -> None:
    stage.link_state = link_state("officer")
    page = await open_page(f"/l/{TOKEN}", **OFFICER_HERE)
    await page.get_by_role("heading", name="SOS · 역삼동").wait_for()
    text = await shown(page)
    for words in (
        "순찰 12호 · GN-1121-0047",
        "열람 남음",
        "김민지",
        "사이렌 끄고 접근",
        "길안내",
        "도착",
        "열람은 모두 기록되고",
    ):
        assert words in text
    assert re.search(r"28:[45]\d", text)
    await page.get_by_text(re.compile(r"서쪽 21\d m")).wait_for()
    await page.get_by_text(re.compile(r"실시간 0\.\d초")).wait_for()
    assert await page.evaluate("document.querySelector('video').videoWidth") == 640
    mark = page.locator(".mark span").first
    assert re.fullmatch(r"순찰 12호 · \d\d:\d\d", await mark.inner_text())
    assert await mark.evaluate("node => getComputedStyle(node).color") == "rgba(255, 255, 255, 0.17)"
    assert feed.opened == [("camera-1", {"token": "m", "plays": []})]
    go = await page.get_by_role("link", name="길안내").get_attribute("href")
    assert go and go.startswith("geo:37.4979")
    for name in ("길안내",):
        box = await page.get_by_role("link", name=name).bounding_box()
        assert box and box["height"] >= 56
    await stage.until(lambda: stage.asked_for(f"{BASE}/position"))
    assert not stage.asked_for(f"{BASE}/open")
    await page.wait_for_timeout(400)
    await picture(page, "d1-link-officer")


async def test_the_state_inside_the_page_is_gone_from_its_source(open_page: Open, stage: Stage, feed: Feed) -> None:
    stage.link_state = link_state("officer")
    page = await open_page(f"/l/{TOKEN}")
    await page.get_by_text("김민지").wait_for()
    assert await page.locator("#state").count() == 0


async def test_another_camera_is_one_tap_away_and_stays_chosen(open_page: Open, stage: Stage, feed: Feed) -> None:
    stage.link_state = link_state("officer")
    stage.greet("/live/link", lambda _: link_state("officer"))
    page = await open_page(f"/l/{TOKEN}")
    await page.get_by_role("button", name="역삼로33길 19").click()
    await page.get_by_label("2번 역삼로33길 19", exact=True).wait_for()
    await stage.until(lambda: [one for one in stage.asked_for(f"{BASE}/tokens") if one.body["camera"] == "camera-2"])
    state = link_state("officer")
    state["cameras"] = [state["cameras"][2], *state["cameras"][:2]]
    await stage.say("/live/link", state)
    await page.locator("figcaption").get_by_text("역삼로33길 19").wait_for()
    chosen = page.get_by_role("button", name="역삼로33길 19")
    assert await chosen.get_attribute("aria-pressed") == "true"
    assert (await chosen.inner_text()).startswith("2")
    await page.get_by_role("button", name="역삼로37길 2").wait_for(state="detached")


async def test_a_frozen_picture_looks_old_and_a_lost_one_is_gone(
    open_page: Open, stage: Stage, feed: Feed, picture: Any
) -> None:
    stage.link_state = link_state("officer")
    page = await open_page(f"/l/{TOKEN}")
    await page.get_by_text(re.compile("실시간")).wait_for()
    feed.frozen.set()
    await page.get_by_text(re.compile(r"지연 \d")).wait_for()
    await page.get_by_text(re.compile(r"멈춘 화면 · \d+초 전")).wait_for(timeout=8_000)
    await picture(page, "d1-link-stale")
    feed.frozen.clear()
    await page.get_by_text(re.compile("실시간")).wait_for()


async def test_a_camera_that_sends_one_picture_again_and_again_is_not_live(
    open_page: Open, stage: Stage, feed: Feed, picture: Any
) -> None:
    stage.link_state = link_state("officer")
    page = await open_page(f"/l/{TOKEN}")
    await page.get_by_text(re.compile("실시간")).wait_for()
    feed.same_s = 14.0
    await page.get_by_text("멈춘 화면 · 14초 전").wait_for()
    await page.get_by_text("2번 카메라를 보세요").wait_for()
    assert await page.get_by_text(re.compile("실시간")).count() == 0
    filtered = await page.locator(".picture video").evaluate("e => getComputedStyle(e).filter")
    assert "grayscale" in filtered
    await picture(page, "d1-link-frozen")
    feed.same_s = None
    await page.get_by_text(re.compile("실시간")).wait_for()


async def test_single_pictures_are_said_to_be_that(open_page: Open, stage: Stage, feed: Feed, picture: Any) -> None:
    feed.single = True
    stage.link_state = link_state("officer")
    page = await open_page(f"/l/{TOKEN}")
    await page.get_by_text(re.compile(r"1초마다 한 장 · \d\.\d초 전")).wait_for()
    await page.wait_for_timeout(3_000)
    assert await page.locator(".picture").get_attribute("data-seen") == "live", "each is as old as it is meant to be"
    assert (
        await page.get_by_text(re.compile("실시간")).count() == 0 and await page.locator(".picture .live").count() == 0
    )
    await picture(page, "d1-link-single")
    feed.frozen.set()
    await page.get_by_text(re.compile(r"지연 \d")).wait_for()
    await page.get_by_text(re.compile(r"멈춘 화면 · \d+초 전")).wait_for(timeout=9_000)
    await page.locator('.picture[data-seen="stale"]').wait_for()


async def test_a_revoked_right_takes_the_picture_at_once(open_page: Open, stage: Stage, feed: Feed) -> None:
    stage.link_state = link_state("officer")
    page = await open_page(f"/l/{TOKEN}")
    await page.get_by_text(re.compile("실시간")).wait_for()
    feed.over.set()
    await page.get_by_text("열람이 닫혔습니다").wait_for(timeout=2_000)
    assert await page.evaluate("document.querySelector('video').videoWidth") == 0


async def test_arrival_is_told_and_its_failure_too(open_page: Open, stage: Stage, feed: Feed) -> None:
    stage.link_state = link_state("officer")
    page = await open_page(f"/l/{TOKEN}")
    await page.get_by_role("button", name="도착").click()
    await page.get_by_role("button", name="도착을 알리지 못함").wait_for()
    stage.on("POST", f"{BASE}/arrived", lambda _: link_state("officer", arrived_at=ago()))
    await page.get_by_role("button", name="도착을 알리지 못함").click()
    await page.get_by_role("button", name="도착함").wait_for()


async def test_the_end_leaves_nothing_personal_in_the_page(
    open_page: Open, stage: Stage, feed: Feed, picture: Any
) -> None:
    stage.link_state = link_state("officer")
    stage.greet("/live/link", lambda _: link_state("officer"))
    page = await open_page(f"/l/{TOKEN}")
    await page.get_by_text(re.compile("실시간")).wait_for()
    await stage.say("/live/link", ended_link("officer"))
    await page.get_by_role("heading", name="상황이 끝나 닫혔습니다").wait_for()
    source = await page.content()
    for words in ("김민지", "역삼", "GN-1121", "순찰", "언주로", "37.49", "<video"):
        assert words not in source
    await picture(page, "d3-link-ended")


async def test_time_runs_out_without_the_server(open_page: Open, stage: Stage, feed: Feed) -> None:
    stage.link_state = link_state("guardian", until_at=ago(-8))
    page = await open_page(f"/l/{TOKEN}")
    await page.get_by_text("민지 님 위치").wait_for()
    await page.get_by_role("heading", name="상황이 끝나 닫혔습니다").wait_for(timeout=12_000)
    assert "민지" not in await page.content()


async def test_a_guardian_sees_position_and_advice_and_no_camera(
    open_page: Open, stage: Stage, feed: Feed, picture: Any
) -> None:
    stage.link_state = link_state("guardian")
    page = await open_page(f"/l/{TOKEN}")
    await page.get_by_role("heading", name="민지 님 위치").wait_for()
    await page.locator(".ground .road").first.wait_for(state="attached")
    text = await shown(page)
    for words in (
        "오차 9 m",
        "남음",
        "민지 님이 도움을 요청했어요",
        "조용히 모드라 전화하지 마세요",
        "강남구 관제센터가 확인 중",
        "경찰이 가고 있어요 · 약 2분",
        "직접 찾아가지 마세요",
        "CCTV 영상은 경찰과 관제요원만",
        "민지 님도 볼 수 있어요",
    ):
        assert words in text, words
    assert await page.locator("video").count() == 0
    assert await page.locator(".cam").count() == 0
    assert not feed.opened
    await page.wait_for_timeout(300)
    await picture(page, "d2-link-guardian")


async def test_the_position_moves_and_shows_its_age(open_page: Open, stage: Stage, feed: Feed) -> None:
    stage.link_state = link_state("guardian")
    stage.greet("/live/link", lambda _: link_state("guardian", position=fix(0, 0, 30)))
    page = await open_page(f"/l/{TOKEN}")
    await page.locator(".person.late").wait_for()
    await stage.say("/live/link", link_state("guardian", position=fix(30, 10, 1)))
    await page.locator(".person.fresh").wait_for()
    await stage.say("/live/link", link_state("guardian", position=fix(30, 10, 90)))
    await page.locator(".person.lost").wait_for()
    await page.get_by_text("마지막 위치").wait_for()


async def test_a_guardian_sees_a_trip_its_age_its_vehicle_and_when_it_ends(
    open_page: Open, stage: Stage, feed: Feed, picture: Any
) -> None:
    stage.link_state = trip_link()
    stage.greet("/live/link", lambda _: trip_link())
    page = await open_page(f"/l/{TOKEN}")
    await page.get_by_role("heading", name="민지 님이 집으로 가고 있어요").wait_for()
    await page.locator(".ground .road").first.wait_for(state="attached")
    text = await shown(page)
    for words in ("오차 9 m", "배터리 34%", "6분", "남음", "도착 예정", "지금 속도면", "택시로", "서울 31 바 1234", "출발",
                  "도착하면 알려 드려요", "화면은 켜져 있을 때만", "민지 님도 볼 수 있어요"):  # fmt: skip
        assert words in text, words
    await page.locator(".person.fresh").wait_for()
    await picture(page, "d4-link-trip")
    await stage.say("/live/link", trip_link(position=fix(0, 0, 90), located_at=ago(90)))
    await page.locator(".person.lost").wait_for()
    await page.get_by_text("마지막 위치").wait_for()


async def test_a_guardian_is_told_what_was_asked_and_what_to_do(
    open_page: Open, stage: Stage, feed: Feed, picture: Any
) -> None:
    asked = {"act": "asked", "at": ago(60), "reason": "late"}
    called = {"act": "called", "at": ago(2), "reason": "late"}
    stage.link_state = trip_link(state="calling", told=[asked, called], vehicle=None, promised_at=ago(500))
    stage.greet("/live/link", lambda _: stage.link_state)
    page = await open_page(f"/l/{TOKEN}")
    await page.get_by_role("heading", name="괜찮은지 물었지만 답이 없어요").wait_for()
    await page.get_by_text("전화해 보세요").wait_for()
    await page.get_by_text("지남").wait_for()
    await picture(page, "d4-link-trip-calling")
    away = [{"act": "asked", "at": ago(30), "reason": "away"}, {"act": "signalled", "at": ago(1), "reason": "away"}]
    await stage.say("/live/link", trip_link(state="signalled", told=away))
    await page.get_by_role("heading", name="관제센터에 알렸어요").wait_for()
    await page.get_by_text("전화하지 마세요").wait_for()
    await page.get_by_text("직접 찾아가지 마세요").wait_for()


async def test_after_a_trip_its_page_says_how_it_ended_and_has_no_place(
    open_page: Open, stage: Stage, feed: Feed, picture: Any
) -> None:
    stage.link_state = trip_link()
    stage.greet("/live/link", lambda _: trip_link())
    page = await open_page(f"/l/{TOKEN}")
    await page.locator(".person").wait_for()
    end = trip_link(state="ended", outcome="arrived", ended_at=ago(), position=None, predicted_at=None)
    await stage.say("/live/link", end)
    await page.get_by_role("heading", name="민지 님이 도착했어요").wait_for()
    await page.get_by_text("위치 기록은 지워졌어요").wait_for()
    assert "37.49" not in await page.content() and await page.locator(".ground").count() == 0
    await picture(page, "d4-link-trip-arrived")


async def test_opening_binds_only_by_the_page_itself_and_once(open_page: Open, stage: Stage, feed: Feed) -> None:
    stage.on("POST", f"{BASE}/open", lambda _: link_state("guardian"))
    page = await open_page(f"/l/{TOKEN}")
    await page.get_by_role("heading", name="민지 님 위치").wait_for()
    assert len(stage.asked_for(f"{BASE}/open")) == 1
    stage.link_state = link_state("guardian")
    await page.reload()
    await page.get_by_role("heading", name="민지 님 위치").wait_for()
    assert len(stage.asked_for(f"{BASE}/open")) == 1


@pytest.mark.parametrize(
    ("status", "words"), [(409, "다른 기기에서 열렸어요"), (404, "쓸 수 없는 링크예요"), (503, "연결할 수 없어요")]
)
async def test_what_cannot_be_opened_says_why(
    open_page: Open, stage: Stage, picture: Any, status: int, words: str
) -> None:
    def refuse(_asked: Asked) -> Any:
        raise Refusal(status, "link.refused")

    stage.on("POST", f"{BASE}/open", refuse)
    page = await open_page(f"/l/{TOKEN}")
    await page.get_by_role("heading", name=words).wait_for()
    await picture(page, f"d3-link-{status}")


async def test_a_lost_server_is_said_after_five_seconds(open_page: Open, stage: Stage, feed: Feed) -> None:
    stage.link_state = link_state("guardian")
    stage.greet("/live/link", lambda _: link_state("guardian"))
    page = await open_page(f"/l/{TOKEN}")
    await stage.until(lambda: stage.open_sockets("/live/link"))
    await page.context.set_offline(True)
    for socket in stage.open_sockets("/live/link"):
        await socket.close(1012)
    await page.get_by_text("서버와 끊김").wait_for(timeout=9_000)
    await page.get_by_role("heading", name="민지 님 위치").wait_for()


async def test_english_and_320_pixels_without_sideways_scrolling(
    open_page: Open, stage: Stage, feed: Feed, picture: Any
) -> None:
    for kind in ("officer", "guardian"):
        stage.link_state = link_state(kind)
        page = await open_page(f"/l/{TOKEN}", viewport={"width": 320, "height": 700}, locale="en-GB")
        await page.get_by_text("left").first.wait_for()
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320
        await picture(page, f"d-link-{kind}-english-320")


async def test_her_own_half_asks_one_thing_also_in_english_on_a_narrow_screen(
    open_page: Open, stage: Stage, picture: Any
) -> None:
    stage.link_state = link_state("person", person=None, position=None, track=[], messages=[])
    page = await open_page(f"/l/{TOKEN}", viewport={"width": 320, "height": 700}, locale="en-GB")
    await page.get_by_role("button", name="Send video and position").wait_for()
    assert await page.get_by_role("button").count() == 1 and await page.title() == "Notes"
    assert await page.evaluate("document.documentElement.scrollWidth") <= 320
    await page.wait_for_function("() => document.documentElement.dataset.theme === 'dark'")
    await picture(page, "d-link-person-english-320")


@pytest.mark.parametrize("kind", ["officer", "guardian"])
async def test_everybody_can_use_it(open_page: Open, stage: Stage, feed: Feed, accessible: Any, kind: str) -> None:
    stage.link_state = link_state(kind)
    page = await open_page(f"/l/{TOKEN}", **OFFICER_HERE)
    await page.locator(".ground .road").first.wait_for(state="attached")
    await accessible(page, letters_px=15, targets_px=48)
    stage.link_state = ended_link(kind)
    await page.reload()
    await page.get_by_role("heading", name="상황이 끝나 닫혔습니다").wait_for()
    await accessible(page, letters_px=15, targets_px=48)


async def test_everybody_can_use_a_trips_page(open_page: Open, stage: Stage, feed: Feed, accessible: Any) -> None:
    asked = {"act": "asked", "at": ago(60), "reason": "late"}
    end = trip_link(state="ended", outcome="ended", ended_at=ago(), position=None, predicted_at=None)
    for state in (trip_link(), trip_link(state="calling", told=[asked], promised_at=ago(400)), end):
        stage.link_state = state
        page = await open_page(f"/l/{TOKEN}", viewport={"width": 360, "height": 740})
        await page.locator("main h1").wait_for()
        await accessible(page, letters_px=15, targets_px=48)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360


async def test_a_trips_page_in_english(open_page: Open, stage: Stage, feed: Feed) -> None:
    stage.link_state = trip_link(person={"name": "Minji", "note": ""}, destination="home")
    page = await open_page(f"/l/{TOKEN}", locale="en-GB")
    await page.get_by_role("heading", name="Minji: on the way to home").wait_for()
    await page.get_by_text("You are told of the arrival").wait_for()


@pytest.mark.parametrize("kind", ["officer", "guardian", "trip", "person", "ward", "warded"])
def test_the_page_before_its_map_is_small(kind: str) -> None:
    """What a phone loads before it shows the state and starts the video: at most 30 KB compressed."""
    if not (STATIC / "link" / "index.html").is_file():
        pytest.skip("the pages are not built")
    html = (STATIC / "link" / "index.html").read_text()
    files = set(re.findall(r'(?:src|href)="/static/(assets/[^"]+\.(?:js|css))"', html))
    entry = next(
        (STATIC / name).read_text() for name in files if name.startswith("assets/link-") and name.endswith(".js")
    )
    # Another page may have a part of the same name.
    files |= {f"assets/{one.name}" for one in STATIC.glob(f"assets/{kind}-*.js") if one.name in entry}
    if kind == "officer":
        files |= {f"assets/{one.name}" for one in STATIC.glob("assets/player-*.js")}
    seen: set[str] = set()
    while files - seen:
        name = (files - seen).pop()
        seen.add(name)
        if name.endswith(".js"):
            # Static imports only; what is loaded later says import("…").
            files |= {
                f"assets/{one}" for one in re.findall(r'(?:from|import)\s*"\./([^"]+)"', (STATIC / name).read_text())
            }
    total = sum(len(gzip.compress((STATIC / name).read_bytes())) for name in seen) + len(gzip.compress(html.encode()))
    assert total <= 30 * 1024, (total, sorted(seen))
