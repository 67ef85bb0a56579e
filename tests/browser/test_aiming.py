"""Cameras that follow her, and how a head is calibrated: what an operator and her leader see, in Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ansim.trust.access.model import Role

from .conftest import Open
from .control_room import CAMERAS, ME, Room, at, camera, quarter, worked
from .stage import Asked, Refusal, Stage
from .test_console_states import CONSOLE, Sit, open_case, room, says, sit
from .test_story import Town, town

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.browser
__all__ = ["room", "sit", "town"]

AIM = {"bearing_deg": 129.0, "view_deg": 20.0}
TURNS = camera(1, -52, 42, None, aim=AIM, calibrated=True)
PATH = "/api/grants/g1/cameras/cam-1/aim"


def turned(state: str, **more: Any) -> dict[str, Any]:
    told = {"state": state, "why": "", "looks": None, "follows": state != "hand", "mode": "find", "probability": None}
    return {**TURNS, "turned": told | more}


def case(first: dict[str, Any]) -> dict[str, Any]:
    return worked() | {"cameras": [first, *CAMERAS[1:]]}


def chip(page: Page) -> Any:
    return page.locator('[data-tile="1"] [data-part=turned]')


async def test_a_turns_the_chosen_camera_and_the_tile_says_how_it_goes(
    sit: Sit, room: Room, stage: Stage, picture: Any
) -> None:
    room.have(case(TURNS))
    stage.on("POST", PATH, {"aim": AIM})
    page = await sit(map=True)
    await page.locator('.geo[data-opened="true"]').wait_for()
    await open_case(page)
    await says(page.locator('[data-tile="1"]'), "남동향으로 돌리면 85 %")
    await picture(page, "console-aim-planned")
    await page.keyboard.press("a")
    await says(page.locator("[data-part=line]"), "대상자 쪽으로 돌리는 중")
    [sent] = stage.asked_for(PATH)
    assert sent.body == {"follow": True, "mode": "find"}
    await room.put(case(turned("moving", looks={"bearing_deg": 40.0, "view_deg": 60.0}, probability=0.12)))
    await says(chip(page), "북동향으로 가는 중 · 10 %")
    await picture(page, "console-aim-moving")
    await room.put(case(turned("there", looks=AIM, probability=0.83)))
    await says(chip(page), "남동향 따라가는 중 · 85 %")
    await picture(page, "console-aim-there")
    # closer in, and the same again leaves it
    await page.keyboard.press("Shift+a")
    await stage.until(lambda: len(stage.asked_for(PATH)) == 2)
    await room.put(case(turned("there", looks=AIM, mode="identify", probability=0.6)))
    await says(chip(page), "가까이 따라가는 중")
    await page.keyboard.press("Shift+a")
    await stage.until(lambda: len(stage.asked_for(PATH)) == 3)
    assert [one.body for one in stage.asked_for(PATH)[1:]] == [{"follow": True, "mode": "identify"}, {"follow": False}]


async def test_a_held_picture_stays_and_its_camera_too(sit: Sit, room: Room, stage: Stage) -> None:
    room.have(case(turned("there", looks=AIM, probability=0.83)))
    stage.on("POST", PATH, {"aim": None})
    page = await sit()
    await open_case(page)
    await chip(page).wait_for()
    await page.keyboard.press("h")
    await stage.until(lambda: stage.asked_for(PATH))
    assert stage.asked_for(PATH)[0].body == {"follow": False}
    await room.put(case(TURNS))
    await chip(page).wait_for(state="detached")
    await page.keyboard.press("a")
    await says(page.locator("[data-part=line]"), "고정한 화면이라 돌리지 않음")
    assert len(stage.asked_for(PATH)) == 1


@pytest.mark.parametrize(
    ("why", "words"), [("moving", "다른 곳에서 움직이는 중"), ("slow", "15초 넘게 걸림"), ("sign-in", "계정 거절")]
)
async def test_a_head_that_does_not_turn_says_why(sit: Sit, room: Room, picture: Any, why: str, words: str) -> None:
    room.have(case(turned("refused", why=why)))
    page = await sit()
    await open_case(page)
    await says(chip(page), f"돌지 않음: {words}")
    await picture(page, f"console-aim-not-{why}")
    await room.put(case(turned("hand")))
    await says(chip(page), "직접 돌림")
    await room.put(case(turned("untold")))
    await says(chip(page), "방향을 알리지 않음")


async def test_why_a_camera_is_not_turned_is_said(sit: Sit, room: Room, stage: Stage) -> None:
    room.have(case(TURNS))

    def refuse(_: Asked) -> Any:
        raise Refusal(409, "aim.uncalibrated", "Nobody has found out yet")

    stage.on("POST", PATH, refuse)
    page = await sit()
    await open_case(page)
    await page.keyboard.press("a")
    await says(page.locator("[data-part=line]"), "방향 보정이 없음")


# -- calibration


def head(n: int, state: str, spot: tuple[float, float], **more: Any) -> dict[str, Any]:
    return {
        "id": f"cam-{n}", "name": f"해든로1{n}길 3{n}", **at(*spot), "state": state, "connected": True,
        "calibrated_at": None, "calibrated_by": None, "calibration": None,
    } | more  # fmt: skip


DONE = {"calibrated_at": "2026-01-02T03:04:00Z", "calibrated_by": "최유리", "calibration": {"residual_deg": 0.6}}
HEADS = [
    head(1, "none", (-52, 42)), head(2, "good", (-60, -38), **DONE),
    head(3, "moved", (4, -52), **DONE, connected=False),
]  # fmt: skip
FIT = {
    "calibration": {
        "azimuth_deg": 201.3, "clockwise": True, "pan_range_deg": 360.0, "wide_deg": 60.0, "narrow_deg": 5.0,
        "residual_deg": 0.7,
    },
    "misses_deg": [0.6, -0.9, 0.3], "tilt_misses_deg": [0.1, 0.0, -0.1],
}  # fmt: skip


async def cameras(page: Page) -> None:
    """The list of cameras. A key first wakes the sound, whose word in the same bar then changes its width."""
    await page.keyboard.press("j")
    await page.locator("[data-part=videos]").click()
    await page.locator("[data-part=cameras]").wait_for()


class Head:
    """A camera's head as the server tells of it."""

    def __init__(self, stage: Stage) -> None:
        self.at = {"pan": 0.0, "tilt": 0.6, "zoom": 0.0}
        self.refusal: Refusal | None = None
        stage.on("GET", "/api/me", {**ME, "role": "supervisor"})
        stage.on("GET", "/api/cameras/heads", {"heads": HEADS})
        stage.on("GET", "/api/cameras/cam-1/head", lambda _: {"direction": dict(self.at), "moving": False})
        stage.on("POST", "/api/cameras/cam-1/head", self.steer)
        for method in ("POST", "PUT"):
            stage.on(method, "/api/cameras/cam-1/calibration", self.judge)

    def steer(self, asked: Asked) -> dict[str, Any]:
        if self.refusal:
            raise self.refusal
        self.at = asked.body
        return {}

    def judge(self, asked: Asked) -> dict[str, Any]:
        if self.refusal:
            raise self.refusal
        return {**FIT, "misses_deg": FIT["misses_deg"][: len(asked.body["points"])]}


async def test_a_leader_steers_clicks_and_keeps_what_comes_out(
    sit: Sit, room: Room, stage: Stage, picture: Any
) -> None:
    Head(stage)
    page = await sit(map=True)
    await page.locator('.geo[data-opened="true"]').wait_for()
    await cameras(page)
    sheet = page.locator("[data-part=heads]")
    await says(sheet, "기둥이 옮겨져 무효", "보정 안 됨", "보정됨", "연결 안 됨", "3대 가운데 2대를 보정해야")
    await says(sheet.locator('[data-head="cam-1"]'), "한 번도 안 함")
    await says(sheet.locator('[data-head="cam-2"]'), "최유리", "0.6°")
    await picture(page, "console-heads")
    await sheet.locator('[data-head="cam-1"] button').click()
    panel = page.locator("[data-part=calibrate]")
    await says(panel, "좌우 0.000", "여기에는 영상이 없습니다", "0곳 골랐음")
    await panel.get_by_role("button", name="오른쪽으로").click()
    await says(panel, "좌우 0.050")
    await page.keyboard.press("ArrowLeft")
    await says(panel, "좌우 0.000")
    box = await page.locator(".geo").bounding_box()
    assert box is not None
    for n, (x, y) in enumerate(((0.75, 0.3), (0.8, 0.6), (0.65, 0.8)), 1):
        await page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
        await panel.locator(f'[data-spot="{n}"]').wait_for()
        await panel.get_by_role("button", name="오른쪽으로").click()
        await says(panel, f"좌우 {0.05 * n:.3f}")
    await says(panel.locator("[data-part=solution]"), "0점은 201.3°", "시계 방향", "오차 0.7°")
    await says(panel, "0.9° 어긋남")
    await picture(page, "console-calibrate")
    tried = stage.asked_for("/api/cameras/cam-1/calibration")[-1].body
    assert len(tried["points"]) == 3 and tried["mount"]["height_m"] == 5
    assert tried["points"][1]["pan"] == 0.05 and abs(tried["points"][0]["latitude"] - 37.501) < 0.01
    await panel.get_by_role("button", name="저장").click()
    await says(page.locator("[data-part=line]"), "방향 보정 저장, 오차 0.7°")
    await panel.wait_for(state="detached")
    assert stage.asked_for("/api/cameras/cam-1/calibration", "PUT")


async def test_what_does_not_fit_is_said_and_cannot_be_kept(sit: Sit, room: Room, stage: Stage, picture: Any) -> None:
    head = Head(stage)
    page = await sit(map=True)
    await page.locator('.geo[data-opened="true"]').wait_for()
    await cameras(page)
    await page.locator('[data-head="cam-1"] button').click()
    panel = page.locator("[data-part=calibrate]")
    await says(panel, "0곳 골랐음")
    head.refusal = Refusal(
        422, "calibration.points.misfit", "They do not fit", extra={"field": "points[1]", "misses_deg": [2.0, -9.4]}
    )
    box = await page.locator(".geo").bounding_box()
    assert box is not None
    for n, (x, y) in enumerate(((0.75, 0.3), (0.8, 0.6)), 1):
        await page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
        await panel.locator(f'[data-spot="{n}"]').wait_for()
    await says(panel.locator("[data-part=misfit]"), "2번:", "3° 넘게 어긋납니다")
    await says(panel.locator('[data-spot="2"]'), "9.4° 어긋남")
    assert await panel.get_by_role("button", name="저장").is_disabled()
    await picture(page, "console-calibrate-misfit")
    head.refusal = Refusal(409, "camera.in-use", "An open case may need it")
    await panel.get_by_role("button", name="왼쪽으로").click()
    await says(panel.locator("[data-part=misfit]"), "열린 상황이 이 카메라를 쓸 수 있어")
    await page.keyboard.press("Escape")
    await panel.wait_for(state="detached")


async def test_who_works_cases_does_not_calibrate(sit: Sit, room: Room, stage: Stage) -> None:
    page = await sit()
    await cameras(page)
    await page.locator("[data-part=cameras]").wait_for()
    assert not stage.asked_for("/api/cameras/heads") and await page.locator("[data-part=heads]").count() == 0


OF_AN_ADMINISTRATOR = {
    "/api/me", "/api/map", "/api/map/borders", "/api/cameras/heads", "/api/cameras/cam-1/head",
    "/api/cameras/cam-1/calibration",
}  # fmt: skip
"""All that her console asks for: nothing of it knows of a person."""


async def test_an_administrator_calibrates_in_a_console_without_cases(
    open_page: Open, stage: Stage, picture: Any, accessible: Any
) -> None:
    Head(stage)
    stage.on("GET", "/api/me", {**ME, "name": "한지우", "role": "administrator"})
    stage.on("GET", "/api/map", quarter())
    stage.on("GET", "/api/map/borders", {"type": "FeatureCollection", "features": []})
    page = await open_page("/console", device=CONSOLE)
    await page.locator('.geo[data-opened="true"]').wait_for()
    heads = page.locator("[data-part=heads]")
    await says(heads, "3대 가운데 2대를 보정해야 합니다", "보정해야 함 · 2", "보정됨 · 1")
    await picture(page, "commissioning")
    await accessible(page, letters_px=14, targets_px=24)
    # the list by keyboard, the head by keyboard
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    panel = page.locator("[data-part=calibrate]")
    await says(panel, "좌우 0.000")
    await page.keyboard.press("ArrowRight")
    await says(panel, "좌우 0.050")
    box = await page.locator(".geo").bounding_box()
    assert box is not None
    for n, (x, y) in enumerate(((0.75, 0.3), (0.8, 0.6)), 1):
        await page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
        await panel.locator(f'[data-spot="{n}"]').wait_for()
        await page.keyboard.press("ArrowRight")
        await says(panel, f"좌우 {0.05 * (n + 1):.3f}")
    # a place without a mouse: the map is moved under the cross
    for _ in range(40):
        await page.keyboard.press("Shift+ArrowRight")
        await page.keyboard.press("Shift+ArrowDown")
    await page.keyboard.press("Space")
    await panel.locator('[data-spot="3"]').wait_for()
    await says(panel.locator("[data-part=solution]"), "0점은 201.3°")
    chosen = stage.asked_for("/api/cameras/cam-1/calibration")[-1].body["points"][2]
    assert 0.0002 < chosen["longitude"] - HEADS[0]["longitude"] < 0.002
    assert -0.002 < chosen["latitude"] - HEADS[0]["latitude"] < -0.0002
    await picture(page, "commissioning-calibrate")
    await page.keyboard.press("Enter")
    await says(page.locator("[data-part=line]"), "방향 보정 저장, 오차 0.7°")
    assert {one.path for one in stage.asked} == OF_AN_ADMINISTRATOR and not stage.sockets


async def test_a_list_of_heads_looks_as_old_as_it_is(open_page: Open, stage: Stage, picture: Any) -> None:
    Head(stage)
    stage.on("GET", "/api/me", {**ME, "role": "administrator"})
    page = await open_page("/healthz", device=CONSOLE | {"locale": "en-GB"})
    await page.clock.install()
    await page.goto("/console")
    heads = page.locator("[data-part=heads]")
    await says(heads, "Of 3 cameras that turn, 2 need to be calibrated")

    def silent(_: Asked) -> Any:
        raise Refusal(503, "not-received", "Not now")

    stage.on("GET", "/api/cameras/heads", silent)
    await page.clock.run_for(20_000)
    await says(heads, "the server does not answer")
    await picture(page, "commissioning-old")


@pytest.mark.full
async def test_on_a_real_centre_an_administrator_is_refused_nothing_and_shown_nobody(town: Town) -> None:
    """Nothing staged: what her console asks for is what her role may have."""
    page = await town.signed_in("administrator", Role.ADMINISTRATOR, "/console")
    refused: list[str] = []
    page.on("response", lambda answer: refused.append(answer.url) if answer.status >= 400 else None)
    await page.reload()
    await says(page.locator("[data-part=heads]"), "이 센터에는 돌리는 카메라가 없습니다")
    await page.locator('.geo[data-opened="true"]').wait_for()
    assert refused == []
    assert await page.locator(".case, .wall, [data-card]").count() == 0
