"""Signing in and out over HTTP: what works, what is refused, and what the ledger says afterwards."""

import asyncio
import logging
from typing import Literal

import pytest
from argon2 import Parameters, PasswordHasher, extract_parameters

from ansim.trust.access import passwords
from ansim.trust.access.actions import FORGET, forget_account
from ansim.trust.access.model import SESSION_IDLE_S, SESSION_LIMIT_S, Role
from ansim.trust.access.sessions import alive, resolve

from .conftest import PASSWORD, Centre


async def test_password_then_authenticator(centre: Centre) -> None:
    account = await centre.account()
    async with centre.browser() as first:
        await centre.signed_in(first, account)
        secret = await centre.authenticator(first)
    async with centre.browser() as browser:
        asked = await browser.post("/api/signin", json={"account": "Operator ", "password": PASSWORD})
        assert asked.json()["factors"] == ["totp"]
        answer = await browser.post(
            "/api/signin/totp", json={"challenge": asked.json()["challenge"], "code": centre.totp(secret)}
        )
        assert answer.status_code == 200
        me = answer.json()
        assert (me["account"], me["role"], me["centre"]) == (
            account,
            "operator",
            {"id": "gangnam", "name": "Gangnam"},
        )
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Secure" not in cookie
        assert (await browser.get("/api/me")).json() == me
    assert sorted(act for act, _, _ in await centre.ledger()) == [
        "account.created", "code.issued", "session.opened", "session.opened", "totp.begun", "totp.confirmed",
    ]  # fmt: skip


async def test_a_code_is_used_once(centre: Centre) -> None:
    account = await centre.account()
    async with centre.browser() as browser:
        await centre.signed_in(browser, account)
        secret = await centre.authenticator(browser)
        code = centre.totp(secret)
        for expected in (200, 401):
            asked = await browser.post("/api/signin", json={"account": "operator", "password": PASSWORD})
            answer = await browser.post("/api/signin/totp", json={"challenge": asked.json()["challenge"], "code": code})
            assert answer.status_code == expected


async def test_a_challenge_ends_after_five_wrong_codes(centre: Centre) -> None:
    account = await centre.account()
    async with centre.browser() as browser:
        await centre.signed_in(browser, account)
        secret = await centre.authenticator(browser)
        asked = (await browser.post("/api/signin", json={"account": "operator", "password": PASSWORD})).json()
        wrong = "000000" if centre.totp(secret) != "000000" else "000001"
        for code in [wrong] * 5 + [centre.totp(secret)]:
            answer = await browser.post("/api/signin/totp", json={"challenge": asked["challenge"], "code": code})
            assert answer.status_code == 401


async def test_one_time_code_signs_in_once_and_expires(centre: Centre) -> None:
    account = await centre.account()
    code, late = await centre.code(account), await centre.code(account)
    async with centre.browser() as browser:
        assert (await browser.post("/api/signin/code", json={"code": code})).status_code == 200
        assert (await browser.post("/api/signin/code", json={"code": code})).status_code == 401
        await centre.clock.advance(16 * 60)
        assert (await browser.post("/api/signin/code", json={"code": late})).status_code == 401


async def test_unknown_account_and_wrong_password_look_and_cost_the_same(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    await centre.account()
    compared: list[Parameters] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
            compared.append(extract_parameters(str(hash)))
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "_HASHER", Counting(3, 64 * 1024, 1))
    answers = []
    for name in ("operator", "nobody", "no name at all"):
        async with centre.browser() as browser:
            answer = await browser.post("/api/signin", json={"account": name, "password": "wrong"})
            answers.append((answer.status_code, answer.text, sorted(answer.headers)))
    assert answers == [answers[0]] * 3 and answers[0][0] == 401
    # The time goes into the comparison: one each, of a hash made with the same parameters.
    assert compared == [compared[0]] * 3


async def test_failures_cost_time_for_the_pair_not_for_everybody(centre: Centre) -> None:
    await centre.account()
    async with centre.browser("127.0.0.9") as stranger, centre.browser() as operator:
        codes = [
            (await stranger.post("/api/signin", json={"account": "operator", "password": "wrong"})).status_code
            for _ in range(6)
        ]
        assert codes == [401] * 5 + [429]
        blocked = await stranger.post("/api/signin", json={"account": "operator", "password": PASSWORD})
        assert blocked.status_code == 429 and blocked.json()["retry_after_s"] >= 1
        right = {"account": "operator", "password": PASSWORD}
        assert (await operator.post("/api/signin", json=right)).status_code == 200
        await centre.clock.advance(2)
        assert (await stranger.post("/api/signin", json=right)).status_code == 200


async def test_parallel_guesses_are_judged_one_by_one(centre: Centre) -> None:
    await centre.account()
    async with centre.browser() as browser:
        answers = await asyncio.gather(
            *(browser.post("/api/signin", json={"account": "operator", "password": f"wrong {n}"}) for n in range(12))
        )
    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 7


async def test_delays_are_the_same_for_an_account_that_does_not_exist(centre: Centre) -> None:
    async with centre.browser() as browser:
        codes = [
            (await browser.post("/api/signin", json={"account": "nobody", "password": "wrong"})).status_code
            for _ in range(6)
        ]
    assert codes == [401] * 5 + [429]


async def test_every_change_needs_the_page_s_own_header(centre: Centre) -> None:
    account = await centre.account(Role.ADMINISTRATOR)
    async with centre.browser() as browser:
        await centre.signed_in(browser, account)
        new = {"account": "park", "name": "Park", "role": "operator"}
        for header in ("", "wrong"):
            answer = await browser.post("/api/accounts", json=new, headers={"x-csrf-token": header})
            assert (answer.status_code, answer.json()["type"]) == (403, "csrf")
        assert (await browser.post("/api/accounts", json=new)).status_code == 201


async def test_sign_in_is_refused_from_a_foreign_page(centre: Centre) -> None:
    code = await centre.code(await centre.account())
    async with centre.browser() as browser:
        for origin, expected in (("https://evil.example", 403), (centre.origin, 200)):
            answer = await browser.post("/api/signin/code", json={"code": code}, headers={"origin": origin})
            assert answer.status_code == expected


async def test_sign_out_ends_the_session_also_for_a_kept_cookie(centre: Centre) -> None:
    account = await centre.account()
    async with centre.browser() as browser:
        await centre.signed_in(browser, account)
        kept = browser.cookies["ansim_session"]
        assert (await browser.post("/api/signout")).status_code == 204
        assert (await browser.get("/api/me")).status_code == 401
        assert (await browser.get("/api/me", headers={"cookie": f"ansim_session={kept}"})).status_code == 401
    assert "session.ended" in [act for act, _, _ in await centre.ledger()]


async def test_sessions_end_when_idle_and_at_the_end_of_a_shift(centre: Centre) -> None:
    account = await centre.account()
    async with centre.browser() as browser:
        await centre.signed_in(browser, account)
        await centre.clock.advance(SESSION_IDLE_S + 1)
        assert (await browser.get("/api/me")).status_code == 401
        await centre.signed_in(browser, account)
        for _ in range(SESSION_LIMIT_S // 3600 - 1):
            await centre.clock.advance(3600)
            assert (await browser.get("/api/me")).status_code == 200
        await centre.clock.advance(3600)
        assert (await browser.get("/api/me")).status_code == 401


async def test_an_open_socket_keeps_its_session_alive_to_the_end_of_the_shift(centre: Centre) -> None:
    account = await centre.account()
    async with centre.browser() as browser:
        await centre.signed_in(browser, account)
        async with centre.database.transaction() as tx:
            actor = await resolve(tx, browser.cookies["ansim_session"])
        assert actor is not None
        kept = []
        for _ in range(SESSION_LIMIT_S // 3600):
            await centre.clock.advance(3600)
            async with centre.database.transaction() as tx:
                kept.append(await alive(tx, actor))
        assert kept == [True] * 11 + [False]
        await centre.signed_in(browser, account)
        async with centre.database.transaction() as tx:
            actor = await resolve(tx, browser.cookies["ansim_session"])
        assert actor is not None
        await browser.post("/api/signout")
        async with centre.database.transaction() as tx:
            assert not await alive(tx, actor)


async def test_a_new_password_ends_every_other_session(centre: Centre) -> None:
    account = await centre.account()
    async with centre.browser() as here, centre.browser() as there:
        await centre.signed_in(here, account)
        await centre.signed_in(there, account)
        shown = (await here.get("/api/me/sessions")).json()["sessions"]
        assert [one["own"] for one in shown] == [True, False] and {one["factor"] for one in shown} == {"code"}
        change = {"password": "another long password", "current": PASSWORD}
        assert (await here.post("/api/me/password", json=change)).status_code == 204
        assert (await here.get("/api/me")).status_code == 200
        assert (await there.get("/api/me")).status_code == 401
        await centre.signed_in(there, account)
        assert (await there.post("/api/me/sessions/end-others")).json() == {"ended": 1}
        assert (await here.get("/api/me")).status_code == 401
    async with centre.database.transaction(readonly=True) as tx:
        facts = await tx.fetch("SELECT name FROM outbox")
    assert [row["name"] for row in facts] == ["session.ended"] * 2


async def test_a_new_account_from_first_sign_in_to_password(centre: Centre) -> None:
    administrator = await centre.account(Role.ADMINISTRATOR)
    async with centre.browser() as browser, centre.browser() as fresh:
        await centre.signed_in(browser, administrator)
        made = await browser.post("/api/accounts", json={"account": "lee", "name": "Lee", "role": "operator"})
        again = await browser.post("/api/accounts", json={"account": "lee", "name": "Lee", "role": "operator"})
        assert (again.status_code, again.json()["field"]) == (409, "account")
        me = await fresh.post("/api/signin/code", json={"code": made.json()["code"]})
        fresh.headers["x-csrf-token"] = me.json()["csrf"]
        for guessed in ("short", "x" * 129, "aaaaaaaaaaaaaaaa", "Lee in the centre", "ansim gangnam 1"):
            unfit = await fresh.post("/api/me/password", json={"password": guessed})
            assert (unfit.status_code, unfit.json()["field"]) == (422, "password"), guessed
        assert (await fresh.post("/api/me/password", json={"password": "a long new password"})).status_code == 204
        secret = await centre.authenticator(fresh)
        asked = await fresh.post("/api/signin", json={"account": "lee", "password": "a long new password"})
        signed = await fresh.post(
            "/api/signin/totp", json={"challenge": asked.json()["challenge"], "code": centre.totp(secret)}
        )
        assert signed.status_code == 200
        fresh.headers["x-csrf-token"] = signed.json()["csrf"]
        other = {"password": "another long password", "current": "not the current one"}
        assert (await fresh.post("/api/me/password", json=other)).status_code == 403


async def test_a_disabled_account_ends_at_once(centre: Centre) -> None:
    operator, administrator = await centre.account(), await centre.account(Role.ADMINISTRATOR)
    unused = await centre.code(operator)
    async with centre.browser() as browser, centre.browser() as office:
        await centre.signed_in(browser, operator)
        await centre.signed_in(office, administrator)
        assert (await browser.get("/api/me")).status_code == 200
        assert (await office.post(f"/api/accounts/{operator}/disable")).status_code == 204
        assert (await browser.get("/api/me")).status_code == 401
        assert (await browser.post("/api/signin/code", json={"code": unused})).status_code == 401
        right = {"account": "operator", "password": PASSWORD}
        assert (await browser.post("/api/signin", json=right)).status_code == 401
        for nobody in (operator, "unknown", "%00", "a%2Fb"):
            assert (await office.post(f"/api/accounts/{nobody}/disable")).status_code == 404
        own = await office.post(f"/api/accounts/{administrator}/disable")
        assert (own.status_code, own.json()["type"]) == (409, "account.own")
        shown = (await office.get("/api/accounts")).json()["accounts"]
        assert [bool(one["disabled_at"]) for one in shown] == [False, True]
    async with centre.database.transaction(readonly=True) as tx:
        facts = await tx.fetch("SELECT name, body FROM outbox")
    assert [row["name"] for row in facts] == ["account.disabled"]
    assert operator in bytes(facts[0]["body"]).decode()


async def test_a_disabled_account_keeps_no_secret_and_its_name_three_years(centre: Centre) -> None:
    operator, administrator = await centre.account(), await centre.account(Role.ADMINISTRATOR)
    async with centre.browser() as browser, centre.browser() as office:
        await centre.signed_in(browser, operator)
        await centre.authenticator(browser)
        await centre.signed_in(office, administrator)
        assert (await office.post(f"/api/accounts/{operator}/disable")).status_code == 204
    async with centre.database.transaction() as tx:
        row = await tx.fetchrow("SELECT * FROM account WHERE id = $1", operator)
        assert row is not None and row["name"] == "Kim"
        assert (row["password"], row["totp_sealed"], row["totp_slot"]) == (None, None, None)
        timer = await tx.fetchrow("SELECT * FROM timer WHERE kind = $1", FORGET)
        assert timer is not None and timer["subject"] == operator
        await forget_account(tx, operator)
        assert await tx.fetchval("SELECT name FROM account WHERE id = $1", operator) == "Kim"
    await centre.clock.advance((timer["due_at"] - centre.clock.now()).total_seconds())
    async with centre.database.transaction() as tx:
        await forget_account(tx, operator)
        await forget_account(tx, administrator)
        left = await tx.fetch("SELECT account, name FROM account ORDER BY role")
    assert [(row["account"], row["name"]) for row in left] == [("administrator", "Kim"), (operator, "")]


async def test_nobody_sees_accounts_of_another_centre(centre: Centre) -> None:
    administrator = await centre.account(Role.ADMINISTRATOR)
    async with centre.database.transaction() as tx:
        await tx.execute("UPDATE account SET centre = 'busan' WHERE id = $1", await centre.account())
    async with centre.browser() as office:
        await centre.signed_in(office, administrator)
        assert [one["id"] for one in (await office.get("/api/accounts")).json()["accounts"]] == [administrator]


async def test_logs_name_nobody(centre: Centre, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await centre.account()
    async with centre.browser() as browser:
        await browser.post("/api/signin", json={"account": "operator", "password": "wrong secret words"})
        await browser.post("/api/signin", json={"account": "operator", "password": PASSWORD})
    for said in ("wrong secret words", PASSWORD, "operator"):
        assert said not in caplog.text


async def test_bad_input_is_a_4xx(centre: Centre) -> None:
    bodies = [
        b"", b"{", b"[]", b'{"account":1,"password":"x"}', b'{"account":"a"}', b"\xff",
        b'{"account":"a\\u0000","password":"b"}', b'{"challenge":"\\u0000","code":"1"}',
    ]  # fmt: skip
    async with centre.browser() as browser:
        for path in ("", "/totp", "/passkey", "/code"):
            for body in bodies:
                answer = await browser.post(
                    f"/api/signin{path}", content=body, headers={"content-type": "application/json"}
                )
                assert 400 <= answer.status_code < 500, (path, body, answer.text)


async def test_attempts_from_many_addresses_at_once_never_block_each_other(centre: Centre) -> None:
    account = await centre.account()
    async with centre.browser() as browser:
        await centre.signed_in(browser, account)
        secret = await centre.authenticator(browser)
    code = centre.totp(secret)

    async def attempt(number: int) -> list[int]:
        async with centre.browser(f"127.0.1.{number % 3 + 1}") as browser:
            password = PASSWORD if number % 2 else "wrong"
            asked = await browser.post("/api/signin", json={"account": "operator", "password": password})
            if asked.status_code != 200:
                return [asked.status_code]
            answered = await browser.post(
                "/api/signin/totp", json={"challenge": asked.json()["challenge"], "code": code}
            )
            return [asked.status_code, answered.status_code]

    done = await asyncio.gather(*(attempt(number) for number in range(12)))
    assert {status for each in done for status in each} <= {200, 401, 429}
    # One code, one session, however many ask at the same moment.
    assert sum(each[-1] == 200 and len(each) == 2 for each in done) <= 1
