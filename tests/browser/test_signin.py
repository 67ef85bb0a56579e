"""Signing in: a second factor always, words for what is wrong, and a one-time link that leaves no trace in the
address.
"""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import OFFICE, Open
from .fixtures import ago
from .stage import Asked, Refusal, Stage

pytestmark = pytest.mark.browser

ME = {
    "account": "a1",
    "name": "정다은",
    "role": "auditor",
    "centre": {"id": "c", "name": "강남구 관제센터"},
    "csrf": "csrf",
    "expires_at": ago(-3600),
    "agency": None,
}


def question(*factors: str) -> dict[str, Any]:
    return {"challenge": "q" * 43, "factors": list(factors), "passkey": None}


@pytest.fixture(autouse=True)
def away(stage: Stage) -> None:
    def nobody(_asked: Asked) -> Any:
        raise Refusal(401, "signin.needed")

    stage.on("GET", "/api/me", nobody)
    for path in ("ledger", "desk", "console"):
        stage.on("GET", f"/{path}", {})


async def test_password_then_authenticator_then_the_page_of_the_role(
    open_page: Open, stage: Stage, picture: Any
) -> None:
    stage.on("POST", "/api/signin", question("totp"))
    stage.on("POST", "/api/signin/totp", ME)
    page = await open_page("/signin", device=OFFICE)
    await picture(page, "signin")
    await page.get_by_label("계정").fill("daeun")
    await page.get_by_label("비밀번호").fill("correct horse battery")
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name="두 번째 확인").wait_for()
    await picture(page, "signin-second")
    # The field has the focus by itself, a moment after it is there.
    await page.locator("#totp:focus").wait_for()
    await page.keyboard.type("123456")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/ledger")
    assert stage.asked_for("/api/signin")[0].body == {"account": "daeun", "password": "correct horse battery"}
    assert stage.asked_for("/api/signin/totp")[0].body == {"challenge": "q" * 43, "code": "123456"}


async def test_the_way_back_leads_only_to_our_own_pages(open_page: Open, stage: Stage) -> None:
    stage.on("POST", "/api/signin", question("totp"))
    stage.on("POST", "/api/signin/totp", ME)
    page = await open_page("/signin?next=//elsewhere.example/console", device=OFFICE)
    await page.get_by_label("계정").fill("daeun")
    await page.get_by_label("비밀번호").fill("correct horse battery")
    await page.keyboard.press("Enter")
    await page.get_by_label("인증 앱의 여섯 자리 숫자").fill("123456")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/ledger")


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (Refusal(401, "signin.refused"), "계정이나 비밀번호가 맞지 않아요"),
        (Refusal(429, "too-many", extra={"retry_after_s": 90}), "1분 30초 뒤에"),
        (Refusal(503, "unavailable"), "서버에 닿지 않아요"),
    ],
)
async def test_a_refusal_is_said_in_words(open_page: Open, stage: Stage, refusal: Refusal, words: str) -> None:
    def refuse(_asked: Asked) -> Any:
        raise refusal

    stage.on("POST", "/api/signin", refuse)
    page = await open_page("/signin", device=OFFICE)
    await page.get_by_label("계정").fill("x")
    await page.get_by_label("비밀번호").fill("y")
    await page.keyboard.press("Enter")
    await page.get_by_role("alert").get_by_text(words).wait_for()


async def test_a_one_time_link_signs_in_and_leaves_the_address(open_page: Open, stage: Stage) -> None:
    stage.on("POST", "/api/signin/code", ME | {"role": "agency", "agency": "112"})
    stage.on("GET", "/api/me", ME | {"role": "agency", "agency": "112"})
    page = await open_page("/signin#one-time-code", device=OFFICE)
    await page.wait_for_url("**/desk")
    assert stage.asked_for("/api/signin/code")[0].body == {"code": "one-time-code"}
    assert not [one for one in stage.asked if "one-time" in one.path + one.query]


async def test_a_used_link_says_so(open_page: Open, stage: Stage) -> None:
    def used(_asked: Asked) -> Any:
        raise Refusal(401, "signin.code")

    stage.on("POST", "/api/signin/code", used)
    page = await open_page("/signin#used", device=OFFICE)
    await page.get_by_text("이미 쓰였거나 시간이 지났어요").wait_for()
    assert page.url.endswith("/signin")


async def test_a_passkey_signs_in(open_page: Open, stage: Stage) -> None:
    asked: dict[str, Any] = question("passkey", "totp") | {
        "passkey": {"challenge": "AAAA", "rpId": "localhost", "allowCredentials": [], "userVerification": "preferred"}
    }
    stage.on("POST", "/api/signin", asked)
    stage.on("POST", "/api/signin/passkey", ME)
    page = await open_page("/signin", device=OFFICE)
    session = await page.context.new_cdp_session(page)
    await session.send("WebAuthn.enable")
    added = await session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
                "isUserVerified": True, "automaticPresenceSimulation": True,
            }
        },
    )  # fmt: skip
    assert added
    # A passkey of this browser, made as the set-up form makes it.
    await page.evaluate(
        """() => navigator.credentials.create({ publicKey: {
            challenge: new Uint8Array(16), rp: { id: "localhost", name: "x" },
            user: { id: new Uint8Array(4), name: "d", displayName: "d" },
            pubKeyCredParams: [{ type: "public-key", alg: -7 }],
            authenticatorSelection: { residentKey: "required", userVerification: "preferred" } } })"""
    )
    await page.get_by_label("계정").fill("daeun")
    await page.get_by_label("비밀번호").fill("correct horse battery")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="패스키로 확인").click()
    await page.wait_for_url("**/ledger")
    answer = stage.asked_for("/api/signin/passkey")[0].body["credential"]
    assert answer["type"] == "public-key"
    assert set(answer["response"]) >= {"authenticatorData", "clientDataJSON", "signature"}


async def test_whoever_is_signed_in_may_choose_how_next_time(open_page: Open, stage: Stage, picture: Any) -> None:
    stage.on("GET", "/api/me", ME)
    stage.on("POST", "/api/me/password", {})
    stage.on("POST", "/api/me/totp", {"uri": "otpauth://totp/ansim:daeun?secret=JBSWY3DPEHPK3PXP&issuer=ansim"})
    stage.on("POST", "/api/me/totp/confirm", {})
    page = await open_page("/signin", device=OFFICE)
    await page.get_by_text("다음부터 로그인하는 방법").click()
    await page.get_by_label("새 비밀번호").fill("a long enough one")
    await page.get_by_role("button", name="비밀번호 저장").click()
    await page.get_by_text("비밀번호를 저장했어요").wait_for()
    await page.get_by_role("button", name="인증 앱 연결하기").click()
    await page.get_by_text("JBSW Y3DP EHPK 3PXP").wait_for()
    await picture(page, "signin-own")
    await page.get_by_label("인증 앱의 여섯 자리 숫자").fill("654321")
    await page.get_by_role("button", name="확인", exact=True).click()
    await page.get_by_text("인증 앱을 연결했어요").wait_for()
    assert stage.asked_for("/api/me/password")[0].headers["x-csrf-token"] == "csrf"


async def test_everybody_can_use_it(open_page: Open, stage: Stage, accessible: Any) -> None:
    stage.on("POST", "/api/signin", question("totp"))
    page = await open_page("/signin", device=OFFICE)
    await accessible(page, letters_px=14, targets_px=40)
    await page.get_by_label("계정").fill("daeun")
    await page.get_by_label("비밀번호").fill("correct horse battery")
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name="두 번째 확인").wait_for()
    await accessible(page, letters_px=14, targets_px=40)
