"""Somebody becomes a guardian who is told by push, with a link and no account: in real browsers, on a real centre and a
push service that opens what it is given; and every way in which it can fail, said plainly.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ansim.app.centre import Centre
from ansim.app.server import listen, serving
from ansim.app.settings import Settings
from ansim.city.people.contacts import read_contacts
from ansim.trust import sealing
from tests.adapters.loopback import PushService

from .conftest import PHONE, Open
from .fixtures import ago
from .phone import KEY, PLACED, enrol, hold
from .pushing import browser_with, tapped
from .stage import Asked, Refusal, Stage
from .test_citizen import centre as centre  # the stage's answers to her page
from .test_story import Town

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.whole_browser]

COPIED = "navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); };"
INVITE = "전화번호 대신 알림으로 초대하기"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1"
KAKAO = "Mozilla/5.0 (Linux; Android 13; SM-A125N) AppleWebKit/537.36 Chrome/124 Mobile Safari/537.36 KAKAOTALK 10.8"
MAILBOX = "0123456789abcdef0123456789abcdef"
NO_PUSH = "delete window.PushManager;"


async def heading(page: Page, words: str) -> None:
    await page.get_by_role("heading", name=words, level=1).wait_for()


async def invitation(page: Page) -> str:
    """She names her mother, and the link that she would send."""
    await page.get_by_label("관계").fill("엄마")
    await page.get_by_role("button", name=INVITE).click()
    await page.get_by_role("button", name="링크 복사").click()
    link: str = await page.evaluate("window.copied")
    return link


@pytest_asyncio.fixture(loop_scope="session")
async def service() -> AsyncIterator[PushService]:
    async with PushService() as one:
        yield one


@pytest_asyncio.fixture(loop_scope="session")
async def town(dsn: str, browser: Browser, tmp_path: Path) -> AsyncIterator[Town]:
    async with AsyncExitStack() as stack:
        settings = Settings(
            data=str(tmp_path), database=dsn, port=0, push_contact="mailto:duty@centre.example", push_inside=True
        )
        listener, settings = listen(settings)
        centre = await stack.enter_async_context(Centre(settings))
        await stack.enter_async_context(serving(centre, listener))
        town = Town(centre, browser, stack)
        yield town
        assert town.trouble == []


async def test_her_mother_is_told_on_a_phone_that_installed_nothing(
    town: Town, service: PushService, picture: Any
) -> None:
    phone = await town.page("/citizen", PHONE, **PLACED)
    await phone.evaluate(COPIED)
    await enrol(phone, guardian=False)
    await phone.get_by_role("button", name="보호자", exact=True).click()
    link = await invitation(phone)
    await picture(phone, "c5-citizen-invitation")

    mother = await town.page("/healthz", PHONE, permissions=["notifications"])
    await mother.add_init_script(browser_with(service.subscription()))
    await mother.goto(link)
    await heading(mother, "도움 요청을 이 휴대폰으로 알려 드려요")
    await picture(mother, "d3-guardian-invited")
    await mother.get_by_role("button", name="알림 받기").click()
    await heading(mother, "이 휴대폰이 준비됐어요")
    await picture(mother, "d3-guardian-done")
    number = await mother.locator(".number b").inner_text()

    # What lies at the centre is closed to it, and is nobody's.
    async with town.centre.database.transaction() as tx:
        rows = [dict(row) for row in await tx.fetch("SELECT * FROM mailbox")]
        entries = await tx.fetch("SELECT actor, object, details FROM ledger_entry WHERE act LIKE 'mailbox.%'")
    assert b"hers-and-secret" not in repr(rows).encode()
    assert {entry["actor"] for entry in entries} <= {"person", "unknown"}

    await phone.get_by_text(f"알림 연결됨 · 확인 번호 {number}").wait_for(timeout=20_000)
    async with asyncio.timeout(10), town.centre.database.transaction() as tx:
        while await tx.fetchval("SELECT count(*) FROM mailbox"):
            await asyncio.sleep(0.05)
    await picture(phone, "c5-citizen-guardian-by-push")

    await phone.get_by_role("button", name="홈", exact=True).click()
    await hold(phone)
    async with asyncio.timeout(30):
        while not service.calls:
            await asyncio.sleep(0.05)
    shown, *again = service.shown()
    assert all(one == shown for one in again), "sent again where the service is slow, never another"
    assert "김민지" in str(shown["body"]) and str(shown["url"]).startswith(f"{town.centre.origin}/l/")

    # Her mother's worker shows it; a tap on it opens where she is.
    opened = await tapped(mother, shown, "guardian")
    assert opened == shown["url"]
    await mother.goto(opened)
    await mother.get_by_text("민지 님 위치").first.wait_for(timeout=30_000)


class Mailbox:
    """The centre's side of one invitation, on the stage."""

    def __init__(self, stage: Stage) -> None:
        self.sealed: str | None = None
        self.gone = False
        base = f"/api/citizen/mailboxes/{MAILBOX}"
        stage.on(
            "POST", "/api/citizen/mailboxes", {"mailbox": MAILBOX, "secret": "s" * 43, "expires_at": ago(-259_200)}
        )
        stage.on("POST", f"{base}/read", self.read)
        stage.on("POST", f"{base}/close", {})
        stage.on("POST", f"{base}/fill", {})
        stage.on("GET", "/api/citizen/push-key", {"key": "B" * 87})

    def read(self, _: Asked) -> dict[str, Any]:
        if self.gone:
            raise Refusal(404, "mailbox.unknown")
        return {"sealed": self.sealed, "expires_at": ago(-259_200)}


@pytest.fixture
def mailbox(stage: Stage) -> Mailbox:
    return Mailbox(stage)


@pytest.fixture
def link() -> str:
    """An invitation as it was sent."""
    point = sealing.generate().public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return f"/guardian#{MAILBOX}.{base64.urlsafe_b64encode(point).rstrip(b'=').decode()}"


async def invited(open_page: Open, link: str, script: str = "", **more: Any) -> Page:
    page = await open_page("/healthz", **more)
    await page.add_init_script(script)
    await page.goto(link)
    return page


@pytest.mark.parametrize(
    ("status", "said"), [(409, "이미 쓴 초대예요"), (404, "기한이 끝난 초대예요"), (503, "연결할 수 없어요")]
)
async def test_an_invitation_that_cannot_be_answered(
    open_page: Open, stage: Stage, mailbox: Mailbox, link: str, status: int, said: str
) -> None:
    async def refuse(_: Asked) -> None:
        raise Refusal(status)

    fill = f"/api/citizen/mailboxes/{MAILBOX}/fill"
    stage.on("POST", fill, refuse)
    page = await invited(open_page, link, browser_with(PushService().subscription()), permissions=["notifications"])
    await page.get_by_role("button", name="알림 받기").click()
    await heading(page, said)
    if status == 503:  # once it works again the very same is sent: the centre may have it already
        stage.on("POST", fill, {})
        await page.get_by_role("button", name="다시 하기").click()
        await heading(page, "이 휴대폰이 준비됐어요")
        first, second = stage.asked_for(fill)
        assert first.body == second.body


async def test_who_refuses_is_told_how_to_allow(
    open_page: Open, stage: Stage, mailbox: Mailbox, link: str, picture: Any
) -> None:
    asked = """Object.defineProperty(Notification, "permission", {get: () => sessionStorage.getItem("said") ?? "default"});
        Notification.requestPermission = async () => { sessionStorage.setItem("said", "denied"); return "denied"; };"""
    page = await invited(open_page, link, asked)
    await page.get_by_role("button", name="알림 받기").click()
    await heading(page, "알림이 막혀 있어요")
    await picture(page, "d3-guardian-denied")
    await page.reload()
    await heading(page, "알림이 막혀 있어요")
    assert stage.asked_for(f"/api/citizen/mailboxes/{MAILBOX}/fill") == []


@pytest.mark.parametrize(
    ("agent", "said", "button"),
    [
        (IPHONE, "아이폰은 한 단계가 더 필요해요", "링크 복사"),
        (KAKAO, "여기서는 알림을 받을 수 없어요", "링크 복사"),
    ],
)
async def test_a_browser_without_push_says_what_to_do(
    open_page: Open, link: str, picture: Any, agent: str, said: str, button: str
) -> None:
    page = await invited(open_page, link, NO_PUSH, user_agent=agent)
    await heading(page, said)
    await page.get_by_role("button", name=button).wait_for()
    kakao = page.get_by_role("link", name="다른 브라우저로 열기")
    assert await kakao.count() == (1 if agent is KAKAO else 0)
    if agent is KAKAO:
        href = await kakao.get_attribute("href")
        assert href and MAILBOX in href and "%23" in href
    await picture(page, f"d3-guardian-{'iphone' if agent is IPHONE else 'inside-another-app'}")


async def test_a_link_that_was_cut_short_can_be_pasted(
    open_page: Open, link: str, picture: Any, accessible: Any
) -> None:
    page = await invited(open_page, link[:-3])
    await heading(page, "초대 링크가 필요해요")
    await accessible(page, letters_px=15, targets_px=48)
    await page.get_by_label("초대 링크", exact=True).fill("https://centre.example" + link[:-3])
    await page.get_by_role("button", name="다음").click()
    await page.get_by_text("링크가 잘린 것 같아요").wait_for()
    await picture(page, "d3-guardian-cut-short")
    await page.get_by_label("초대 링크", exact=True).fill("https://centre.example" + link)
    await page.get_by_role("button", name="다음").click()
    await page.wait_for_function("() => document.querySelector('h1').textContent.includes('초대') === false")


async def test_a_push_service_that_is_away(open_page: Open, mailbox: Mailbox, link: str) -> None:
    broken = "PushManager.prototype.subscribe = async () => { throw new DOMException('away', 'AbortError'); };"
    page = await invited(
        open_page, link, browser_with(PushService().subscription()) + broken, permissions=["notifications"]
    )
    await page.get_by_role("button", name="알림 받기").click()
    await heading(page, "이 브라우저의 알림 서비스에 닿지 않아요")


async def test_who_is_a_guardian_may_stop(
    open_page: Open, mailbox: Mailbox, link: str, accessible: Any, picture: Any
) -> None:
    page = await invited(open_page, link, browser_with(PushService().subscription()), permissions=["notifications"])
    await accessible(page, letters_px=15, targets_px=48)
    await page.get_by_role("button", name="알림 받기").click()
    await heading(page, "이 휴대폰이 준비됐어요")
    await accessible(page, letters_px=15, targets_px=48)
    assert "#" not in page.url
    await page.reload()
    await heading(page, "이 휴대폰은 알림을 받고 있어요")
    await page.get_by_role("button", name="그만 받기").click()
    await page.get_by_role("button", name="한 번 더 누르면 그만 받아요").click()
    await heading(page, "이제 알림이 오지 않아요")
    await page.reload()
    await heading(page, "초대 링크가 필요해요")


async def test_an_invitation_never_leaves_her_phone(
    open_page: Open, stage: Stage, mailbox: Mailbox, accessible: Any
) -> None:
    page = await open_page("/citizen", **PLACED)
    await page.evaluate(COPIED)
    await enrol(page)
    await page.get_by_role("button", name="보호자", exact=True).click()
    await page.get_by_role("button", name="알림으로도 알리기").click()
    await page.get_by_text("초대했어요 · 답을 기다려요").wait_for()
    await page.get_by_role("img", name="보호자 초대 QR 코드").wait_for()
    await accessible(page, letters_px=15, targets_px=48)
    await page.get_by_role("button", name="홈", exact=True).click()
    await hold(page)
    await stage.until(lambda: stage.asked_for("/api/signals"))
    [sos] = stage.asked_for("/api/signals")
    plain = sealing.open(
        KEY, base64.urlsafe_b64decode(sos.body["sealed"] + "=="), b"ansim contacts", sos.body["id"].encode()
    )  # as the centre that answers would
    assert json.loads(plain)["guardians"] == [{"name": "엄마", "relation": "엄마", "phone": "010-0000-0000"}]
    assert read_contacts(plain).flaws == []


async def test_what_is_over_is_said_and_what_is_taken_back_is_destroyed(
    open_page: Open, stage: Stage, mailbox: Mailbox
) -> None:
    page = await open_page("/citizen", **PLACED)
    await page.evaluate(COPIED)
    await enrol(page, guardian=False)
    await page.get_by_role("button", name="보호자", exact=True).click()
    await invitation(page)
    mailbox.gone = True
    await page.get_by_text("아직 알릴 방법이 없어요").wait_for(timeout=15_000)
    mailbox.gone = False
    await page.get_by_role("button", name="알림으로도 알리기").click()
    await page.get_by_text("초대했어요 · 답을 기다려요").wait_for()
    await page.get_by_role("button", name="엄마 지우기").click()
    await stage.until(lambda: stage.asked_for(f"/api/citizen/mailboxes/{MAILBOX}/close"))


async def test_without_a_name_or_a_centre_nobody_is_invited(open_page: Open, stage: Stage, mailbox: Mailbox) -> None:
    async def refuse(_: Asked) -> None:
        raise Refusal(429, "too-many")

    page = await open_page("/citizen", **PLACED)
    await enrol(page, guardian=False)
    await page.get_by_role("button", name="보호자", exact=True).click()
    await page.get_by_role("button", name=INVITE).click()
    await page.get_by_text("관계나 이름을 써 주세요").wait_for()
    stage.on("POST", "/api/citizen/mailboxes", refuse)
    await page.get_by_label("관계").fill("엄마")
    await page.get_by_role("button", name=INVITE).click()
    await page.get_by_text("지금은 초대를 만들 수 없어요").wait_for()
    assert await page.get_by_text("초대했어요").count() == 0
