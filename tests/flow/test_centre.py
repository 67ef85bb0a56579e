"""What a console, an officer and a guardian know of the centre itself: its lines, its leader, whom to call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from ansim.sim.phone import read
from ansim.trust.access import store
from ansim.trust.access.model import Role
from tests.flow.conftest import House, opened
from tests.flow.test_claim_to_close import officer, pressed

pytestmark = pytest.mark.flow


@pytest.fixture
async def house(dsn: str) -> AsyncIterator[House]:
    phones = {"phone": "031-000-1000", "leader_phone": "031-000-1001", "agency_phones": {"112": "031-000-1120"}}
    async with opened(dsn, **phones) as house:
        yield house


async def centre(client: httpx.AsyncClient) -> dict[str, Any]:
    return read(await client.get("/api/centre"))


async def signs_in(house: House, name: str) -> str:
    """A leader at a console; the id of the session."""
    leader = await house.account(name, Role.SUPERVISOR)
    async with house.centre.database.transaction() as tx:
        await store.add_session(
            tx, id=tx.world.id(), hash=name.encode(), account=leader.id, kind="cookie", factor="totp",
            expires_at=house.clock.now().replace(year=2099),
        )  # fmt: skip
        return str(await tx.fetchval("SELECT id FROM session WHERE account = $1", leader.id))


async def test_a_line_says_since_when_it_is_down_and_whom_to_call(house: House) -> None:
    operator = await house.client("operator")
    up = (await centre(operator))["agencies"]
    assert up["112"]["up"] and up["112"]["number"] == "031-000-1120" and up["119"]["number"] == "119"
    await house.clock.advance(30)
    house.centre.desk.reachable = False
    down = (await centre(operator))["agencies"]["112"]
    assert not down["up"] and down["since"] > up["112"]["since"]
    await house.clock.advance(30)
    assert (await centre(operator))["agencies"]["112"] == down


async def test_the_leader_is_who_is_signed_in_and_the_number_stands_without_one(house: House) -> None:
    operator = await house.client("operator")
    assert (await centre(operator))["leader"] == {"name": None, "phone": "031-000-1001"}
    await signs_in(house, "cho")
    await house.clock.advance(1)
    session = await signs_in(house, "choi")
    assert (await centre(operator))["leader"] == {"name": "choi", "phone": "031-000-1001"}
    async with house.centre.database.transaction() as tx:
        await store.end_session(tx, session, "signed-out")
    assert (await centre(operator))["leader"] == {"name": "cho", "phone": "031-000-1001"}


async def test_a_centre_that_names_no_telephone_shows_none(dsn: str) -> None:
    async with opened(dsn) as house:
        _, operator, id = await pressed(house)
        assert (await centre(operator))["leader"] is None
        _, _, browser = await officer(house, operator, id)
        assert (await browser.open())["centre_phone"] is None


async def test_whoever_holds_a_link_can_call_the_centre_and_knows_her_battery(house: House) -> None:
    _, operator, id = await pressed(house)
    _, _, browser = await officer(house, operator, id)
    state = await browser.open()
    assert (state["centre_phone"], state["battery"]) == ("031-000-1000", 34)


async def test_a_cancellation_says_when_it_was_asked(house: House) -> None:
    phone, operator, _ = await pressed(house)
    [seen] = read(await operator.get("/api/incidents"))["incidents"]
    assert seen["cancel_requested_at"] is None
    await house.clock.advance(5)
    asked = house.clock.now()
    await phone.cancel("2580")
    await house.clock.advance(5)
    await house.settle()
    for reader in (operator, await house.client("operator")):
        [seen] = read(await reader.get("/api/incidents"))["incidents"]
        assert seen["cancel_requested_at"][:19] == asked.isoformat()[:19]


@pytest.mark.parametrize("path", ["/api/incidents/%00", "/api/grants?incident=%00"])
async def test_a_nul_is_the_senders_fault(house: House, path: str) -> None:
    refused = await (await house.client("operator")).get(path)
    assert (refused.status_code, refused.json()["type"]) == (400, "request.character")
