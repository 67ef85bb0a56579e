"""The wall screen: blurred outside incidents, sharp where a case of one's own gives the right, as old as it is, and never quieter than the console."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
import pytest_asyncio

from ansim.nodes.media.glimpse import blurred
from ansim.nodes.media.watcher import HEAD
from ansim.trust.access.model import Role

from .control_room import ME, Room, ago, incident, worked
from .feed import _street, fragments
from .stage import Asked, Refusal, Stage
from .test_console_states import Sit, card, hears, says
from .test_console_states import room as room
from .test_console_states import sit as sit
from .test_story import Town
from .test_story import town as town

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.browser

ON_WALL = [f"cam-{n}" for n in (1, 2, 3, 4, 20, 21)]
EVENING = {"id": "w1", "name": "해든로 저녁", "columns": 3, "cameras": ON_WALL, "changed_at": ago(9000)}
SCHOOLS = {
    "id": "w2", "name": "학교 앞", "columns": 10, "changed_at": ago(9000),
    "cameras": [*ON_WALL, *(f"cam-{n}" for n in range(22, 46)), "cam-5", "cam-6", "cam-7"],
}  # fmt: skip
REFUSES = "the camera refuses the account"


class Node:
    """The media node's side of a wall. `ages`: of each camera's newest picture, seconds; one that is not here has none. `ails`: what is told of one."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.walls = stage, [EVENING, SCHOOLS]
        self.ages = dict.fromkeys([*EVENING["cameras"], *SCHOOLS["cameras"]], 1.0)
        self.ails: dict[str, dict[str, Any]] = {}
        self.sent: dict[int, int] = {}
        self._pictures: dict[str, bytes] = {}
        stage.on("GET", "/api/walls", lambda _: {"walls": self.walls})
        for wall in self.walls:
            stage.on("POST", f"/api/walls/{wall['id']}/rights", lambda _, wall=wall: self.right(wall))
        stage.on("POST", "/api/routine-rights/r1/tokens", {"token": "t" * 40, "url": "", "expires_at": ago(-60)})
        stage.on("POST", "/api/routine-rights/r1/end", None)

    def right(self, wall: dict[str, Any], *, left: float = 3590) -> dict[str, Any]:
        return {
            "id": "r1", "wall": wall["id"], "holder": "a1", "cameras": wall["cameras"], "from_at": ago(1),
            "until_at": ago(-left),
        }  # fmt: skip

    def picture(self, camera: str) -> bytes:
        """What the real node would send of this street."""
        if camera not in self._pictures:
            street = np.ascontiguousarray(_street(int(camera.rpartition("-")[2]) * 7))
            self._pictures[camera] = blurred(av.VideoFrame.from_ndarray(street, format="rgb24"))
        return self._pictures[camera]

    async def serve(self) -> None:
        while True:
            for wall in self.walls:
                for socket in self.stage.open_sockets(f"/pictures/{wall['id']}"):
                    if socket.heard.empty() and id(socket) not in self.sent:
                        continue
                    with suppress(Exception):
                        if id(socket) not in self.sent:
                            self.sent[id(socket)] = 0
                            await socket.say({"type": "start", "cameras": wall["cameras"]})
                            for place, camera in enumerate(wall["cameras"]):
                                if camera in self.ages:
                                    head = HEAD.pack(place, int(self.ages[camera] * 1000))
                                    await socket._send({"type": "websocket.send", "bytes": head + self.picture(camera)})
                                    self.sent[id(socket)] += len(head) + len(self.picture(camera))
                        well = {"state": "live", "frozen_s": None, "why": ""}
                        told = [well | self.ails.get(camera, {}) for camera in wall["cameras"]]
                        await socket.say({"type": "health", "cameras": told})
            await asyncio.sleep(0.1)

    async def close(self, code: int, reason: str) -> None:
        for socket in self.stage.open_sockets("/pictures/w1"):
            await socket.close(code, reason)


@pytest_asyncio.fixture(loop_scope="session")
async def node(stage: Stage) -> AsyncIterator[Node]:
    node = Node(stage)
    serving = asyncio.create_task(node.serve())
    yield node
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


def glimpse(page: Page, camera: str) -> Any:
    return page.locator(f'[data-glimpse="{camera}"]')


async def look(page: Page) -> None:
    await page.keyboard.press("w")
    await says(page.locator("[data-part=walls]"), "해든로 저녁", "흐린 화면 보기")
    await page.keyboard.press("Enter")
    await page.locator('[data-glimpse][data-state="fresh"]').first.wait_for()


async def test_nothing_is_shown_until_she_says_so_and_then_blurred_and_why(
    sit: Sit, room: Room, stage: Stage, node: Node, picture: Callable[..., Any]
) -> None:
    page = await sit()
    await page.keyboard.press("w")
    walls = page.locator("[data-part=walls]")
    await says(walls, "카메라마다 열람 기록에 남음", "알아볼 수 없게 흐린 화면만", "맡았을 때만")
    assert await page.locator('[data-glimpse][data-state="closed"]').count() == len(ON_WALL)
    assert not stage.open_sockets("/pictures/w1") and not stage.asked_for("/api/walls/w1/rights")
    await page.keyboard.press("Enter")
    await page.locator('[data-glimpse="cam-21"][data-state="fresh"] img').wait_for()
    await says(page.locator("[data-part=look]"), "남음", "기록에 남는 중")
    await says(glimpse(page, "cam-1"), "해든로11길 31", "초 전")
    [socket] = stage.open_sockets("/pictures/w1")
    assert await socket.heard.get() == {"token": "t" * 40}
    await stage.until(lambda: not socket.heard.empty())
    # what came is acknowledged, so that a right that ends takes all of it along
    acknowledged = 0
    while not socket.heard.empty():
        acknowledged = (await socket.heard.get())["bytes"]
    assert acknowledged == node.sent[id(socket)]
    wide = await glimpse(page, "cam-1").locator("img").evaluate("(img) => img.naturalWidth")
    assert wide == 64
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowDown")
    await page.locator('[data-part=focus][data-camera="cam-20"]').wait_for()
    await picture(page, "walls")
    # leaving gives the right back, and the pictures go
    await page.keyboard.press("Escape")
    await walls.wait_for(state="detached")
    await stage.until(lambda: stage.asked_for("/api/routine-rights/r1/end"))
    await stage.until(lambda: not stage.open_sockets("/pictures/w1"))


async def test_a_picture_looks_as_old_as_it_is_and_a_lost_one_says_why(
    sit: Sit, room: Room, stage: Stage, node: Node, picture: Callable[..., Any]
) -> None:
    node.ages |= {"cam-2": 14.0, "cam-3": 45.0}
    del node.ages["cam-4"]
    node.ails = {"cam-4": {"state": "lost", "why": REFUSES}, "cam-20": {"state": "frozen", "frozen_s": 41.0}}
    page = await sit()
    await look(page)
    await says(page.locator('[data-glimpse="cam-2"][data-state="stale"]'), "멈춘 화면", "초 전")
    await says(page.locator('[data-glimpse="cam-3"][data-state="lost"]'), "연결 끊김", "영상 없음")
    assert await glimpse(page, "cam-3").locator("img").count() == 0
    await says(page.locator('[data-glimpse="cam-4"][data-state="lost"]'), "계정을 거절함")
    await says(page.locator('[data-glimpse="cam-20"][data-state="frozen"]'), "같은 화면만", "41초 전")
    await picture(page, "walls-stale")
    # no newer picture comes: what was fresh is so no longer, though the socket is open and the node speaks
    await says(page.locator('[data-glimpse="cam-1"][data-state="stale"]'), "멈춘 화면")


@pytest.mark.parametrize(
    ("code", "reason", "words"),
    [(4403, "revoked", "팀장이 열람을 끝냄"), (4403, "changed", "벽의 카메라가 바뀌어 닫힘")],
)
async def test_an_end_takes_every_picture_and_says_why(
    sit: Sit, room: Room, node: Node, code: int, reason: str, words: str
) -> None:
    page = await sit()
    await look(page)
    await node.close(code, reason)
    await says(page.locator("[data-part=look]"), words, "흐린 화면 보기")
    assert await page.locator("[data-part=walls] img").count() == 0


async def test_a_broken_connection_takes_every_picture_and_comes_back_under_the_same_right(
    sit: Sit, room: Room, stage: Stage, node: Node
) -> None:
    page = await sit()
    await look(page)
    await node.close(4408, "lease lost")
    await page.locator('[data-glimpse="cam-1"][data-state="opening"]').wait_for()
    assert await page.locator("[data-part=walls] img").count() == 0
    await page.locator('[data-glimpse="cam-1"][data-state="fresh"]').wait_for()
    assert len(stage.asked_for("/api/walls/w1/rights")) == 1


async def test_a_case_of_ones_own_makes_the_large_picture_sharp_and_no_other(
    sit: Sit, room: Room, stage: Stage, node: Node, picture: Callable[..., Any]
) -> None:
    room.have(worked())
    room.pictures |= {"cam-2": {"state": "live", "age_s": 0.3}}
    room.clips["cam-2"] = fragments()
    page = await sit()
    await look(page)
    await page.keyboard.press("ArrowRight")
    focus = page.locator('[data-part=focus][data-camera="cam-2"]')
    await says(focus, "실시간 · 맡은 상황 SN-1122-0047의 권한")
    await focus.locator('[data-part=focus-live][data-state="live"]').wait_for()
    assert stage.open_sockets("/media/cam-2")
    await page.wait_for_function("() => document.querySelector('[data-part=focus-live] video').videoWidth === 640")
    # in the grid it is blurred as all others are
    assert await glimpse(page, "cam-2").locator("video").count() == 0
    await picture(page, "walls-sharp")
    await page.keyboard.press("ArrowDown")
    await says(page.locator('[data-part=focus][data-camera="cam-20"]'), "흐린 화면만")
    await stage.until(lambda: not stage.open_sockets("/media/cam-2"))
    assert {one.path for one in stage.sockets if one.path.startswith("/media/")} == {"/media/cam-1", "/media/cam-2"}


async def test_an_sos_is_as_loud_here_and_one_key_claims_it(
    sit: Sit, room: Room, stage: Stage, node: Node, picture: Callable[..., Any]
) -> None:
    page = await sit()
    await look(page)
    await page.evaluate("window.tones.length = 0")
    await room.put(incident(48))
    await page.locator("[data-part=alarm-line]").wait_for()
    await says(page.locator("[data-part=alarm-chip]"), "새 SOS · 강남구 해든동")
    await says(page.locator("[data-part=announcement]"), "접수하려면 Enter")
    await says(card(page, "i48"), "접수하고 옮겨가기")
    await hears(page, "p1")
    await picture(page, "walls-alarm")
    await page.wait_for_timeout(450)  # the guard against a key that was meant for something else
    await page.keyboard.press("Enter")
    await stage.until(lambda: stage.asked_for("/api/incidents/i48/claim"))
    await page.locator('.case[data-case="i48"]').wait_for()
    await page.locator("[data-part=walls]").wait_for(state="detached")
    await stage.until(lambda: stage.asked_for("/api/routine-rights/r1/end"))
    await stage.until(lambda: not stage.open_sockets("/pictures/w1"))


async def test_a_wall_is_made_with_the_keyboard_alone(
    sit: Sit, room: Room, stage: Stage, node: Node, picture: Callable[..., Any]
) -> None:
    made: dict[str, Any] = {}

    def save(asked: Asked) -> dict[str, Any]:
        if asked.body["name"] == "학교 앞":
            raise Refusal(409, "wall.taken", "Another wall has this name", extra={"field": "name"})
        made.update(asked.body, id="w3")
        node.walls = [*node.walls, made]
        return made

    stage.on("POST", "/api/walls", save)
    page = await sit()
    await page.keyboard.press("w")
    new = page.get_by_role("button", name="새 벽")
    await new.focus()
    await page.keyboard.press("Enter")
    editor = page.locator("[data-part=wall-editor]")
    await page.keyboard.type("학교 앞")
    await page.keyboard.press("Tab")
    await page.keyboard.type("2")
    await page.keyboard.press("Tab")
    for name in ("해든로11길", "해든로13길", "해든로12길"):
        await page.keyboard.type(name)
        await page.keyboard.press("Enter")
    assert await editor.locator("ol li").count() == 3
    await editor.get_by_role("button", name="해든로12길 32 앞으로").focus()
    await page.keyboard.press("Enter")
    await picture(page, "walls-editor")
    await editor.get_by_role("button", name="저장").focus()
    await page.keyboard.press("Enter")
    await says(editor, "같은 이름의 벽이 있습니다")
    assert await editor.locator("input[name=name]").get_attribute("aria-invalid") == "true"
    await editor.locator("input[name=name]").fill("새 이름")
    await page.keyboard.press("Enter")
    await editor.wait_for(state="detached")
    assert made["cameras"] == ["cam-1", "cam-2", "cam-3"] and made["name"] == "새 이름"
    await page.locator('[aria-pressed="true"]').filter(has_text="새 이름").wait_for()


async def test_a_wall_is_changed_and_deleted_with_a_second_press(
    sit: Sit, room: Room, stage: Stage, node: Node
) -> None:
    stage.on("PUT", "/api/walls/w1", lambda asked: EVENING | asked.body)

    def delete(_: Asked) -> None:
        node.walls = [SCHOOLS]

    stage.on("DELETE", "/api/walls/w1", delete)
    page = await sit(locale="en-GB")
    await page.keyboard.press("w")
    await page.get_by_role("button", name="Change").click()
    editor = page.locator("[data-part=wall-editor]")
    await editor.locator('[data-camera="cam-3"] button').last.click()
    await editor.get_by_role("button", name="Save").click()
    await stage.until(lambda: stage.asked_for("/api/walls/w1", "PUT"))
    [sent] = stage.asked_for("/api/walls/w1", "PUT")
    assert sent.body == {"name": "해든로 저녁", "columns": 3, "cameras": [one for one in ON_WALL if one != "cam-3"]}
    await editor.wait_for(state="detached")
    await page.get_by_role("button", name="Change").click()
    await editor.get_by_role("button", name="Delete wall").click()
    assert not stage.asked_for("/api/walls/w1", "DELETE")
    await editor.get_by_role("button", name="Press again to delete").click()
    await stage.until(lambda: stage.asked_for("/api/walls/w1", "DELETE"))
    await page.locator('[aria-pressed="true"]').filter(has_text="학교 앞").wait_for()


async def test_a_large_wall_fits_and_is_accessible(
    sit: Sit, room: Room, stage: Stage, node: Node, picture: Callable[..., Any], accessible: Callable[..., Any]
) -> None:
    page = await sit(before="localStorage.setItem('ansim.theme', 'light')")
    await page.keyboard.press("w")
    await says(page.locator("[data-part=walls]"), "학교 앞")
    await page.keyboard.press("2")
    await page.keyboard.press("Enter")
    await page.locator('[data-glimpse="cam-7"][data-state="fresh"] img').wait_for()
    for width, height in ((1920, 1080), (1600, 900)):
        await page.set_viewport_size({"width": width, "height": height})
        whole = await page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.scrollHeight, document.querySelector('.walls').scrollHeight - document.querySelector('.walls').clientHeight]"
        )
        assert whole == [width, height, 0]
    await page.set_viewport_size({"width": 1920, "height": 1080})
    await picture(page, "walls-large")
    await accessible(page, letters_px=14, targets_px=24)


async def test_the_key_is_in_the_list_and_can_be_moved(sit: Sit, room: Room, node: Node) -> None:
    page = await sit()
    await page.keyboard.press("Shift+Slash")
    await says(page.get_by_role("dialog"), "여러 카메라를 흐리게")
    await page.get_by_role("button", name=re.compile("벽: .* 키 바꾸기, 지금 W")).click()
    await page.keyboard.press(";")
    await page.keyboard.press("Escape")
    await page.keyboard.press("w")
    assert await page.locator("[data-part=walls]").count() == 0
    await page.keyboard.press(";")
    await page.locator("[data-part=walls]").wait_for()


@pytest.mark.full
async def test_on_a_real_centre_a_wall_is_made_looked_at_and_ended_by_the_leader(town: Town) -> None:
    """Nothing staged: real HTTP, sockets, PostgreSQL and RTSP."""
    page = await town.signed_in("operator", Role.OPERATOR, "/console")
    await page.locator(".queue").wait_for()
    await page.keyboard.press("w")
    walls = page.locator("[data-part=walls]")
    await says(walls, "저장한 벽이 없습니다")
    await walls.get_by_role("button", name="새 벽").click()
    await page.locator("input[name=name]").fill("별빛로")
    await walls.get_by_role("button", name="저장").click()
    await says(walls, "카메라를 1대에서 64대까지 더하세요")
    for _ in range(2):
        await page.locator("input[name=add]").fill("별빛로")
        await page.keyboard.press("Enter")
    await walls.get_by_role("button", name="저장").click()
    await page.locator("[data-part=wall-editor]").wait_for(state="detached")
    await page.keyboard.press("Enter")
    await page.locator('[data-glimpse][data-state="fresh"]').nth(1).wait_for()
    assert await page.locator("[data-glimpse] img").first.evaluate("(img) => img.naturalWidth") == 64
    async with town.centre.database.transaction(readonly=True) as tx:
        opened = [row["object"] for row in await tx.fetch("SELECT object FROM ledger_entry WHERE act = 'view.opened'")]
    assert sorted(opened) == ["story-1", "story-2"]
    leader = await town.signed_in("leader", Role.SUPERVISOR, "/console")
    await leader.locator(".queue").wait_for()
    await leader.keyboard.press("w")
    looks = leader.locator("[data-part=looks]")
    await says(looks, "별빛로", "operator", "남음")
    await leader.keyboard.press("x")
    await leader.keyboard.press("1")
    await says(leader.locator("[data-part=line]"), "팀장이 끝냄")
    await says(looks.locator('[data-state="ended"]'), "operator", "팀장이 끝냄")
    await says(page.locator("[data-part=look]"), "팀장이 열람을 끝냄")
    assert await page.locator("[data-part=walls] img").count() == 0


# -- the leader, over those who look


def line(id: str, name: str, *, began: float, wall: str | None = "해든로 저녁", **more: Any) -> dict[str, Any]:
    return {
        "id": id, "wall": "w1", "wall_name": wall, "holder": f"of-{id}", "holder_name": name, "cameras": ON_WALL,
        "from_at": ago(began), "until_at": ago(began - 3600), "ended_at": None, "ended_why": None,
    } | more  # fmt: skip


class Watched:
    """Who looks, as the server tells it; ending one ends it there."""

    def __init__(self, stage: Stage) -> None:
        self.lines = [
            line("r7", "박지훈", began=1500), line("r8", "오상민", began=600, wall="학교 앞"),
            line("r9", "이서연", began=20, holder="a1"),
            line("r6", "최유리", began=2000, ended_at=ago(50), ended_why="released"),
        ]  # fmt: skip
        self.answers = True
        stage.on("GET", "/api/me", {**ME, "role": "supervisor"})
        stage.on("GET", "/api/routine-rights", self.read)
        for one in self.lines:
            stage.on("POST", f"/api/routine-rights/{one['id']}/end", lambda _, id=one["id"]: self.end(id, "revoked"))

    def read(self, _: Asked) -> dict[str, Any]:
        if not self.answers:
            raise Refusal(503, "not-received", "Not now")
        return {"rights": self.lines}

    def end(self, id: str, why: str) -> None:
        self.lines = [one | {"ended_at": ago(0), "ended_why": why} if one["id"] == id else one for one in self.lines]


async def test_the_leader_sees_who_looks_and_ends_it_with_two_keys(
    sit: Sit, room: Room, stage: Stage, node: Node, picture: Callable[..., Any]
) -> None:
    watched = Watched(stage)
    page = await sit()
    await look(page)
    looks = page.locator("[data-part=looks]")
    await says(looks.locator('[data-look="r7"]'), "박지훈", "해든로 저녁", "부터", "35분 남음")
    await says(looks.locator('[data-look="r8"]'), "오상민", "학교 앞")
    await says(looks.locator('[data-look="r6"][data-state="ended"]'), "최유리", "스스로 그만 봄")
    assert await looks.locator('[data-look="r9"]').count() == 0, "her own has its own line"
    await picture(page, "walls-looks")
    # a digit alone still chooses a wall; after the key it says whose
    await page.keyboard.press("x")
    await says(looks, "누구의 열람을?")
    await page.keyboard.press("Escape")
    await says(looks, "열람 끝내기")
    assert await page.locator("[data-part=walls]").count() == 1
    # the digit of one stays hers when somebody above her stops
    watched.end("r7", "released")
    await says(page.locator("[data-part=line]"), "박지훈 열람 끝남: 스스로 그만 봄")
    await page.keyboard.press("x")
    await page.keyboard.press("1")
    assert not stage.asked_for("/api/routine-rights/r7/end")
    await page.keyboard.press("x")
    await page.keyboard.press("2")
    await stage.until(lambda: stage.asked_for("/api/routine-rights/r8/end"))
    await says(page.locator("[data-part=line]"), "오상민 열람 끝남: 팀장이 끝냄")
    await says(looks.locator('[data-look="r8"][data-state="ended"]'), "팀장이 끝냄")
    await picture(page, "walls-looks-ended")
    assert not stage.asked_for("/api/routine-rights/r9/end"), "her own goes on"
    await page.keyboard.press("x")
    await says(page.locator("[data-part=line]"), "끝낼 열람이 없음")


async def test_what_the_leader_sees_of_looks_looks_as_old_as_it_is(
    sit: Sit, room: Room, stage: Stage, node: Node, picture: Callable[..., Any], accessible: Callable[..., Any]
) -> None:
    watched = Watched(stage)
    page = await sit(locale="en-GB", before="localStorage.setItem('ansim.theme', 'light')")
    await page.keyboard.press("w")
    looks = page.locator("[data-part=looks]")
    await says(looks.locator('[data-look="r7"][data-state="live"]'), "35 min left")
    watched.answers = False
    await says(looks, "the server does not answer")
    await looks.locator('[data-look="r7"][data-state="old"]').wait_for()
    await picture(page, "walls-looks-old")
    await accessible(page, letters_px=14, targets_px=24)
    stage.on("POST", "/api/routine-rights/r7/end", watched.read)
    await looks.locator('[data-look="r7"] button').click()
    await says(page.locator("[data-part=line]"), "could not be ended")


async def test_operators_do_not_oversee_each_other(sit: Sit, room: Room, stage: Stage, node: Node) -> None:
    page = await sit()
    await look(page)
    await page.keyboard.press("x")
    assert await page.locator("[data-part=looks]").count() == 0
    assert not stage.asked_for("/api/routine-rights", "GET")
