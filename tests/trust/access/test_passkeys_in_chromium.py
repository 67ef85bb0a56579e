"""Passkeys as a real browser makes them, with Chromium's virtual security key."""

from typing import TYPE_CHECKING

import pytest

from .conftest import PASSWORD, Centre

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = pytest.mark.browser

REGISTER = """
async ([csrf]) => {
  const headers = { "content-type": "application/json", "x-csrf-token": csrf };
  const asked = await (await fetch("/api/me/passkeys/options", { method: "POST", headers })).json();
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(asked.passkey);
  const credential = (await navigator.credentials.create({ publicKey })).toJSON();
  const body = JSON.stringify({ challenge: asked.challenge, credential, name: "Key" });
  return (await fetch("/api/me/passkeys", { method: "POST", headers, body })).status;
}
"""
SIGN_IN = """
async ([account, password]) => {
  const headers = { "content-type": "application/json" };
  const post = (path, body) => fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  const asked = await (await post("/api/signin", { account, password })).json();
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(asked.passkey);
  const credential = (await navigator.credentials.get({ publicKey })).toJSON();
  const answer = await post("/api/signin/passkey", { challenge: asked.challenge, credential });
  return [answer.status, (await answer.json()).account];
}
"""


async def test_register_sign_out_and_sign_in_again(centre: Centre, browser: "Browser") -> None:
    account = await centre.account()
    page = await browser.new_page()
    session = await page.context.new_cdp_session(page)
    await session.send("WebAuthn.enable")
    key = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    await session.send("WebAuthn.addVirtualAuthenticator", {"options": key})
    await page.goto(f"{centre.origin}/probe/page")
    me = await page.evaluate(
        """async (code) => (await fetch("/api/signin/code", { method: "POST",
             headers: { "content-type": "application/json" }, body: JSON.stringify({ code }) })).json()""",
        await centre.code(account),
    )
    assert await page.evaluate(REGISTER, [me["csrf"]]) == 204
    await page.context.clear_cookies()
    assert await page.evaluate(SIGN_IN, ["operator", PASSWORD]) == [200, account]
    assert await page.evaluate("async () => (await fetch('/api/me')).status") == 200
    # No script of the page can read the session.
    assert await page.evaluate("document.cookie") == ""
    await page.close()
