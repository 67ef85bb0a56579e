"""Masks over a clip: drawn by mouse and by keyboard over its own pictures, made, and looked at as they are; and gone with the right to the clip."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ansim.trust.access.model import Role

from .conftest import PHONE
from .control_room import Room, ago, incident, worked
from .feed import _street
from .phone import enrol, hold
from .stage import Asked, Refusal, Stage
from .test_console_states import Sit, card, open_case, room, says, sit
from .test_story import HERE, Town, town

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

pytestmark = pytest.mark.browser
__all__ = ["room", "sit", "town"]

MASKED = (0x33, 0x33, 0x33)
"""What the centre fills a masked place with (tests/flow/test_recordings.py)."""


def clip(id: str = "k1", *, seconds: float = 12, **more: Any) -> dict[str, Any]:
    return {
        "id": id, "camera": "cam-2", "camera_name": "해든로12길 32", "from_at": ago(60), "until_at": ago(60 - seconds),
        "bytes": 3_212_345, "saved_at": ago(40), "saved_by": "이서연", "reason": "뒤따르는 사람", "masked_from": None,
    } | more  # fmt: skip


def jpeg(n: int, burnt: list[dict[str, float]] | None = None) -> bytes:
    image = Image.fromarray(np.ascontiguousarray(_street(12 * n)))
    for mask in burnt or []:
        left, top = mask["x"] * image.width, mask["y"] * image.height
        right, below = left + mask["width"] * image.width, top + mask["height"] * image.height
        ImageDraw.Draw(image).rectangle((left, top, right, below), fill=MASKED)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=88)
    return file.getvalue()


class Kept:
    """The clips of the case as the centre has them. What is made anew is another one."""

    def __init__(self, stage: Stage, room: Room, *clips: dict[str, Any]) -> None:
        self.stage, self.room, self.clips = stage, room, list(clips)
        self.refusal: Refusal | None = None
        line = {
            "id": "t9",
            "at": ago(40),
            "act": "clip.saved",
            "actor": "a1",
            "name": "이서연",
            "text": "뒤따르는 사람",
        }
        self.case = worked()
        self.case["timeline"] = [*self.case["timeline"], line]
        room.have(self.case)
        stage.on("GET", "/api/incidents/i47/clips", lambda _: {"clips": self.clips})
        for one in clips:
            self.show(one["id"])

    def show(self, id: str, burnt: list[dict[str, float]] | None = None) -> None:
        self.stage.on("GET", f"/api/clips/{id}/stills", {"at_s": [0.0, 2.0, 4.0, 6.0, 8.0, 10.0], "masks": burnt or []})
        for n in range(6):
            self.stage.on("GET", f"/api/clips/{id}/stills/{n}", lambda _, n=n: self.still(n, burnt))
        self.stage.on("POST", f"/api/clips/{id}/masked", self.make)

    def still(self, n: int, burnt: list[dict[str, float]] | None) -> bytes:
        if self.refusal:
            raise self.refusal
        return jpeg(n, burnt)

    def make(self, asked: Asked) -> dict[str, Any]:
        if self.refusal:
            raise self.refusal
        self.clips = [*self.clips, clip("k2", masked_from="k1", reason=asked.body["reason"])]
        self.show("k2", asked.body["masks"])
        return self.clips[-1]

    def seen(self, id: str = "k1") -> list[str]:
        start = f"/api/clips/{id}/stills/"
        return [one.path.removeprefix(start) for one in self.stage.asked if one.path.startswith(start)]


def mask(page: Page, n: int) -> Locator:
    return page.locator(f'[data-mask="{n}"]')


async def begin(page: Page) -> Locator:
    """The case, its newest clip, and its first picture."""
    await open_case(page)
    await page.locator('[data-clip="k1"]').wait_for()
    await page.keyboard.press("r")
    await page.locator('[data-part=stage][data-state="shown"] img').wait_for()
    return page.locator("[data-part=masking]")


async def pull(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    box = await page.locator("[data-part=stage]").bounding_box()
    assert box is not None
    spots = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, end)]
    await page.mouse.move(*spots[0])
    await page.mouse.down()
    await page.mouse.move(*spots[1], steps=6)
    await page.mouse.up()


async def share(page: Page, n: int) -> list[float]:
    """Left, top, width and height of a mask, in shares of the picture, as they are on the screen."""
    part = await mask(page, n).bounding_box()
    box = await page.locator("[data-part=stage]").bounding_box()
    assert part is not None and box is not None
    return [
        round((part["x"] - box["x"]) / box["width"], 2), round((part["y"] - box["y"]) / box["height"], 2),
        round(part["width"] / box["width"], 2), round(part["height"] / box["height"], 2),
    ]  # fmt: skip


async def test_she_draws_by_mouse_and_sees_it_filled_as_it_will_be(
    sit: Sit, room: Room, stage: Stage, picture: Callable[..., Any]
) -> None:
    kept = Kept(stage, room, clip())
    page = await sit()
    panel = await begin(page)
    await says(panel, "가리고 내보내기", "해든로12길 32", "아직 아무 데도 가리지 않았습니다")
    await pull(page, (0.4, 0.5), (0.55, 0.8))
    assert await share(page, 1) == [0.4, 0.5, 0.15, 0.3]
    colour = await mask(page, 1).evaluate("(one) => getComputedStyle(one).backgroundColor")
    assert colour == f"rgb{MASKED}"
    # towards the upper left, then moved, then larger by its corner
    await pull(page, (0.3, 0.4), (0.1, 0.1))
    assert await share(page, 2) == [0.1, 0.1, 0.2, 0.3]
    await pull(page, (0.2, 0.3), (0.7, 0.3))
    assert await share(page, 2) == [0.6, 0.1, 0.2, 0.3]
    await pull(page, (0.8, 0.4), (0.9, 0.6))
    assert await share(page, 2) == [0.6, 0.1, 0.3, 0.5]
    await pull(page, (0.2, 0.9), (0.201, 0.901))
    assert await mask(page, 3).count() == 0, "a slip is no mask"
    await picture(page, "console-masks")
    await page.get_by_role("button", name="1번 가림 지우기").click()
    assert await mask(page, 2).count() == 0 and await share(page, 1) == [0.6, 0.1, 0.3, 0.5]
    assert kept.seen() == ["0"], "one picture was opened, and one is in the record"


async def test_she_draws_by_keyboard_says_when_and_sees_what_was_made(
    sit: Sit, room: Room, stage: Stage, picture: Callable[..., Any]
) -> None:
    kept = Kept(stage, room, clip())
    page = await sit()
    panel = await begin(page)
    await page.keyboard.press("+")
    await page.keyboard.press("+")
    for key in ("ArrowRight", "ArrowDown", "Shift+ArrowRight", "Shift+ArrowDown"):
        for _ in range(5):
            await page.keyboard.press(key)
    assert await share(page, 2) == [0.45, 0.4, 0.25, 0.35] and await share(page, 1) == [0.4, 0.35, 0.2, 0.3]
    # from the second picture up to the fourth: also what lies between them and their neighbours
    await page.keyboard.press(".")
    await page.locator('[data-part=stage][data-n="1"][data-state="shown"]').wait_for()
    await page.keyboard.press("[")
    for _ in range(2):
        await page.keyboard.press(".")
    await page.keyboard.press("]")
    await says(panel.locator('[data-line="2"]'), "00:00부터 00:07")
    await page.keyboard.press("1")
    await page.keyboard.press("Delete")
    await page.keyboard.press(".")
    await page.locator('[data-part=stage][data-n="4"][data-state="shown"]').wait_for()
    assert "not-now" in str(await mask(page, 1).get_attribute("class"))
    await picture(page, "console-masks-not-now")
    await page.keyboard.press("Enter")
    await page.locator("[name=reason]:focus").wait_for()
    await page.keyboard.press("Enter")
    assert not stage.asked_for("/api/clips/k1/masked"), "a reason is needed"
    await page.keyboard.type("보험사에 낼 것")
    await page.keyboard.press("Enter")
    await says(page.locator("[data-part=line]"), "가린 영상을 만들었음")
    [sent] = stage.asked_for("/api/clips/k1/masked")
    assert sent.body == {
        "masks": [{"x": 0.45, "y": 0.4, "width": 0.25, "height": 0.35, "from_s": 0.05, "until_s": 7.95}],
        "reason": "보험사에 낼 것",
    }
    # what leaves is looked at, as it is
    await says(panel, "내보낼 영상", "1군데를 가려 만든 영상입니다")
    await page.locator('[data-clip="k2"] [data-part=stage][data-state="shown"] img').wait_for()
    assert kept.seen("k2") == ["0"] and await page.locator("[data-mask]").count() == 0
    assert await panel.locator("a[download]").get_attribute("href") == "/api/clips/k2"
    await picture(page, "console-masks-made")
    await page.keyboard.press("Escape")
    await panel.wait_for(state="detached")


async def test_what_cannot_be_made_is_said_in_her_words_and_nothing_drawn_is_lost(
    sit: Sit, room: Room, stage: Stage, picture: Callable[..., Any], accessible: Callable[..., Any]
) -> None:
    kept = Kept(stage, room, clip(), clip("k3", seconds=300))
    page = await sit(locale="en-GB", before="localStorage.setItem('ansim.theme', 'light')")
    await open_case(page)
    await page.locator('[data-clip="k3"]').wait_for()
    await page.keyboard.press("r")
    panel = page.locator("[data-part=masking]")
    await says(panel, "Two minutes at most can be masked")
    assert await panel.get_by_role("button", name="Make the masked clip").is_disabled()
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Mask and hand out 해든로12길 32").first.click()
    await page.locator('[data-part=stage][data-state="shown"] img').wait_for()
    await page.keyboard.press("+")
    kept.refusal = Refusal(409, "clip.derived", "This clip was made from another")
    await page.keyboard.press("Enter")
    await page.keyboard.type("for the insurer")
    await page.keyboard.press("Enter")
    await says(panel.locator("[data-part=trouble]"), "masked already")
    await accessible(page, letters_px=14, targets_px=20)
    await picture(page, "console-masks-refused")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    await panel.wait_for(state="detached")
    kept.refusal = None
    await page.get_by_role("button", name="Mask and hand out 해든로12길 32").first.click()
    await mask(page, 1).wait_for()


async def test_who_waits_comes_first_and_the_pictures_go_with_the_case(sit: Sit, room: Room, stage: Stage) -> None:
    kept = Kept(stage, room, clip())
    page = await sit()
    panel = await begin(page)
    await page.keyboard.press("+")
    await room.put(incident(48))
    await card(page, "i48").wait_for()
    await page.wait_for_timeout(450)  # the guard: what Enter meant before the alarm
    await page.keyboard.press("Enter")
    await stage.until(lambda: stage.asked_for("/api/incidents/i48/claim"))
    await panel.wait_for(state="detached")
    await open_case(page)
    await page.keyboard.press("r")
    await mask(page, 1).wait_for()
    await room.put(kept.case | {"state": "closed", "closed_at": ago(0), "mine": False})
    await panel.wait_for(state="detached")
    assert await page.locator("[data-part=stage] img").count() == 0


async def test_without_a_clip_the_key_says_so(sit: Sit, room: Room, stage: Stage) -> None:
    room.have(worked())
    page = await sit()
    await open_case(page)
    await page.keyboard.press("r")
    await says(page.locator("[data-part=line]"), "가릴 영상이 없음")


PIXEL = """([x, y]) => {
    const image = document.querySelector("[data-part=stage] img");
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    const ink = canvas.getContext("2d");
    ink.drawImage(image, 0, 0);
    return [...ink.getImageData(x * canvas.width, y * canvas.height, 1, 1).data.slice(0, 3)];
}"""


@pytest.mark.full
async def test_on_a_real_centre_what_she_masked_is_filled_in_what_leaves(town: Town) -> None:
    """Nothing staged: her press, a claim, a recording of a camera that sends, and the clip that is made of it."""
    page = await town.signed_in("operator", Role.OPERATOR, "/console")
    await page.keyboard.press("KeyJ")
    phone = await town.page("/citizen", PHONE, geolocation=HERE, permissions=["geolocation"])
    await enrol(phone)
    await hold(phone)
    await page.locator("[data-part=alarm-line]").wait_for(timeout=30_000)
    await page.wait_for_timeout(500)  # keys keep their old meaning for 400 ms after an alarm
    await page.keyboard.press("Enter")
    await page.locator(".case").wait_for(timeout=30_000)
    await page.wait_for_function(
        "() => document.querySelector('[data-tile=\"1\"] video')?.currentTime > 5", timeout=60_000
    )
    await page.keyboard.press("s")
    await page.locator("[data-part=evidence] input").wait_for()
    await page.keyboard.type("뒤따르는 사람")
    await page.keyboard.press("Enter")
    await says(page.locator("[data-part=line]"), "영상을 저장함")
    await page.locator(".clip").wait_for(timeout=30_000)
    await page.keyboard.press("r")
    shown = page.locator('[data-part=stage][data-state="shown"] img')
    await shown.wait_for()
    await page.keyboard.press("+")
    before = await page.evaluate(PIXEL, [0.8, 0.5])
    await page.keyboard.press("Enter")
    await page.keyboard.type("보험사")
    await page.keyboard.press("Enter")
    await says(page.locator("[data-part=masking]"), "1군데를 가려 만든 영상입니다")
    await shown.wait_for()
    masked, after = [await page.evaluate(PIXEL, [x, 0.5]) for x in (0.5, 0.8)]
    assert max(abs(one - 0x33) for one in masked) < 6, "the grey of a mask, as exactly as a codec keeps it"
    assert max(abs(one - other) for one, other in zip(before, after, strict=True)) < 6, "and nothing beside it"
    async with town.centre.database.transaction(readonly=True) as tx:
        entries = await tx.fetch("SELECT act, object FROM ledger_entry WHERE act LIKE 'clip.%' ORDER BY at, id")
    assert [entry["act"] for entry in entries] == ["clip.saved", "clip.seen", "clip.saved", "clip.seen"]
    assert len({entry["object"] for entry in entries}) == 2
