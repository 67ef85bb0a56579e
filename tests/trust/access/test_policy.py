"""The policy table, and every cell of it over HTTP."""

import pytest
import websockets

from ansim.trust.access.actions import issue_token
from ansim.trust.access.model import ABOUT_PERSONS, CHANGES, POLICY, Act, Role, allowed

from .conftest import Centre

# Written out here once more, by hand, so that a slip in the table is seen.
EXPECTED = {
    Act.CENTRE_VIEW: {"operator", "supervisor", "officer", "auditor", "administrator"},
    Act.QUEUE_VIEW: {"operator", "supervisor", "officer"},
    Act.INCIDENT_VIEW: {"operator", "supervisor", "officer"},
    Act.INCIDENT_WORK: {"operator", "supervisor"},
    Act.CAMERA_LIST: {"operator", "supervisor", "officer"},
    Act.CAMERA_WATCH: {"operator", "supervisor", "officer"},
    Act.CAMERA_CALIBRATE: {"supervisor", "administrator"},
    Act.WALL_ARRANGE: {"operator", "supervisor"},
    Act.DISPATCH_REQUEST: {"operator", "supervisor", "officer"},
    Act.LINK_ISSUE: {"operator", "supervisor"},
    Act.GRANT_VIEW: {"operator", "supervisor", "officer", "auditor"},
    Act.GRANT_OVERSEE: {"supervisor"},
    Act.LEDGER_VIEW: {"supervisor", "auditor"},
    Act.CERTIFICATE_VIEW: {"operator", "supervisor", "officer", "auditor"},
    Act.CASE_HOLD: {"supervisor"},
    Act.DESK_ANSWER: {"agency"},
    Act.ACCOUNT_ADMINISTER: {"administrator"},
    Act.ESCORT_DISPATCH: {"operator", "supervisor"},
    Act.ESCORT_ROSTER: {"supervisor"},
    Act.WARD_WORK: {"operator", "supervisor"},
    Act.WARD_SEARCH: {"supervisor"},
    Act.BELL_LIST: {"operator", "supervisor", "officer", "administrator"},
    Act.BELL_MAINTAIN: {"supervisor", "administrator"},
    Act.BELL_COMMISSION: {"administrator"},
    Act.CENTRE_CLOSE: {"supervisor"},
    Act.NATION_VIEW: {"operator", "supervisor", "auditor", "administrator"},
}


def test_the_table_is_the_one_agreed() -> None:
    assert {act: {role.value for role in Role if allowed(role, act)} for act in Act} == EXPECTED


def test_duties_are_separated() -> None:
    assert not POLICY[Role.AUDITOR] & CHANGES
    assert not POLICY[Role.ADMINISTRATOR] & ABOUT_PERSONS
    for role in set(Role) - {Role.ADMINISTRATOR}:
        assert not allowed(role, Act.ACCOUNT_ADMINISTER)


@pytest.mark.parametrize("role", Role)
async def test_every_cell_over_http(centre: Centre, role: Role) -> None:
    account = await centre.account(role)
    async with centre.browser() as browser:
        await centre.signed_in(browser, account)
        for act in Act:
            answer = await browser.get(f"/probe/{act.value}")
            assert answer.status_code == (200 if role.value in EXPECTED[act] else 403), act
            if answer.status_code == 403:
                assert answer.json()["title"] == "You may not do this"


async def test_nobody_in_particular_may_nothing(centre: Centre) -> None:
    async with centre.browser() as browser:
        for header in ({}, {"authorization": "Bearer wrong"}, {"cookie": "ansim_session=wrong"}):
            for act in Act:
                assert (await browser.get(f"/probe/{act.value}", headers=header)).status_code == 401


async def test_a_bearer_token_needs_no_header_and_expires(centre: Centre) -> None:
    async with centre.database.transaction() as tx:
        token = await issue_token(tx, role=Role.ADMINISTRATOR, centre="gangnam", ttl_s=60, actor="machine")
    async with centre.browser() as script:
        script.headers["authorization"] = f"Bearer {token}"
        made = await script.post("/api/accounts", json={"account": "kim", "name": "Kim", "role": "auditor"})
        assert made.status_code == 201
        assert (await script.post("/api/me/password", json={"password": "long enough words"})).status_code == 403
        await centre.clock.advance(60)
        assert (await script.get("/api/accounts")).status_code == 401
    async with centre.database.transaction(readonly=True) as tx:
        kept = str([dict(row) for row in await tx.fetch("SELECT * FROM session")])
    assert token not in kept
    assert sorted(act for act, _, _ in await centre.ledger()) == [
        "account.created",
        "code.issued",
        "token.issued",
    ]


async def test_a_socket_needs_our_origin(centre: Centre) -> None:
    account = await centre.account()
    async with centre.browser() as browser:
        await centre.signed_in(browser, account)
        cookie = {"cookie": f"ansim_session={browser.cookies['ansim_session']}"}
    address = centre.origin.replace("http", "ws") + "/probe/socket"
    async with websockets.connect(address, additional_headers=cookie, origin=websockets.Origin(centre.origin)) as live:
        assert await live.recv() == "hello"
    for headers, origin in ((cookie, "https://evil.example"), (cookie, None), ({}, centre.origin)):
        with pytest.raises(websockets.InvalidStatus) as refused:
            await websockets.connect(
                address,
                additional_headers=headers,
                origin=None if origin is None else websockets.Origin(origin),
            )
        assert refused.value.response.status_code == 403
