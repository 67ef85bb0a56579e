"""Passkeys over HTTP with a software authenticator: registration, sign-in, and every way to be refused."""

from typing import Any

import httpx
import pytest

from .authenticator import SecurityKey
from .conftest import PASSWORD, Centre


async def registered(centre: Centre, browser: httpx.AsyncClient, key: SecurityKey) -> None:
    asked = (await browser.post("/api/me/passkeys/options")).json()
    answer = await browser.post(
        "/api/me/passkeys",
        json={
            "challenge": asked["challenge"],
            "credential": key.create(asked["passkey"], centre.origin),
            "name": "Key",
        },
    )
    assert answer.status_code == 204, answer.text


async def question(browser: httpx.AsyncClient) -> dict[str, Any]:
    asked: dict[str, Any] = (
        await browser.post("/api/signin", json={"account": "operator", "password": PASSWORD})
    ).json()
    return asked


async def test_register_and_sign_in(centre: Centre) -> None:
    account, key = await centre.account(), SecurityKey()
    async with centre.browser() as browser:
        await centre.signed_in(browser, account)
        await registered(centre, browser, key)
        shown = (await browser.get("/api/me/passkeys")).json()["passkeys"]
        assert [one["name"] for one in shown] == ["Key"]
        for _ in range(2):
            asked = await question(browser)
            assert asked["factors"] == ["passkey"]
            answer = await browser.post(
                "/api/signin/passkey",
                json={
                    "challenge": asked["challenge"],
                    "credential": key.get(asked["passkey"], centre.origin),
                },
            )
            assert answer.status_code == 200 and answer.json()["account"] == account
        browser.headers["x-csrf-token"] = answer.json()["csrf"]
        assert (await browser.delete(f"/api/me/passkeys/{shown[0]['id']}")).status_code == 204
        assert (await browser.delete(f"/api/me/passkeys/{shown[0]['id']}")).status_code == 404
        assert (await browser.delete("/api/me/passkeys/%00!")).status_code == 404
        assert (await question(browser))["factors"] == []
    acts = {act for act, _, _ in await centre.ledger()}
    assert {"passkey.registered", "passkey.removed"} <= acts


@pytest.mark.parametrize("lie", ["origin", "challenge", "replay", "unverified", "key", "counter", "shape"])
async def test_false_answers_are_refused(centre: Centre, lie: str) -> None:
    account, key = await centre.account(), SecurityKey()
    async with centre.browser() as browser:
        await centre.signed_in(browser, account)
        await registered(centre, browser, key)
        asked = await question(browser)
        options, origin = asked["passkey"], centre.origin
        answer = key.get(options, origin)
        if lie == "origin":
            answer = key.get(options, "https://evil.example")
        elif lie == "challenge":
            answer = key.get({**options, "challenge": "AAAA"}, origin)
        elif lie == "unverified":
            answer = key.get(options, origin, verified=False)
        elif lie == "key":
            answer = SecurityKey().get(options, origin)
        elif lie == "shape":
            answer = {"id": 7}
        elif lie in ("replay", "counter"):
            body = {"challenge": asked["challenge"], "credential": answer}
            assert (await browser.post("/api/signin/passkey", json=body)).status_code == 200
            if lie == "counter":
                asked = await question(browser)
                key._uses = 0
                answer = key.get(asked["passkey"], origin)
        refused = await browser.post(
            "/api/signin/passkey", json={"challenge": asked["challenge"], "credential": answer}
        )
    assert (refused.status_code, refused.json()["type"]) == (401, "signin.refused")


async def test_a_registration_belongs_to_whoever_began_it(centre: Centre) -> None:
    key = SecurityKey()
    one, other = await centre.account(name="one"), await centre.account(name="other")
    async with centre.browser() as mine, centre.browser() as hers:
        await centre.signed_in(mine, one)
        await centre.signed_in(hers, other)
        asked = (await mine.post("/api/me/passkeys/options")).json()
        body = {
            "challenge": asked["challenge"],
            "credential": key.create(asked["passkey"], centre.origin),
            "name": "Key",
        }
        assert (await hers.post("/api/me/passkeys", json=body)).status_code == 422
        assert (await mine.post("/api/me/passkeys", json={**body, "credential": {}})).status_code == 422
        assert (await mine.post("/api/me/passkeys", json=body)).status_code == 204
        await registered_again(centre, mine, key)


async def registered_again(centre: Centre, browser: httpx.AsyncClient, key: SecurityKey) -> None:
    asked = (await browser.post("/api/me/passkeys/options")).json()
    assert [one["id"] for one in asked["passkey"]["excludeCredentials"]]
    answer = await browser.post(
        "/api/me/passkeys",
        json={
            "challenge": asked["challenge"],
            "credential": key.create(asked["passkey"], centre.origin),
            "name": "Key",
        },
    )
    assert (answer.status_code, answer.json()["type"]) == (409, "passkey.known")
