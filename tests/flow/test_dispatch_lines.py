"""The line to an agency breaks at the worst moments; what it should have carried arrives when it is back."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from ansim.adapters.gateways.desk import DeskGateway
from ansim.core.errors import Unavailable
from ansim.response.dispatch.ports import Ask
from ansim.sim.agency import Officer
from ansim.sim.phone import read
from ansim.trust.access.actions import issue_token
from ansim.trust.access.model import Role
from tests.flow.conftest import CENTRE, House, Socket

pytestmark = pytest.mark.flow


async def asked(house: House) -> tuple[httpx.AsyncClient, httpx.AsyncClient, str, str]:
    """An operator has her case and has asked 112: operator, desk, incident, request."""
    phone, operator = await house.phone(), await house.client("operator")
    receipt = await phone.sos()
    await house.settle()
    read(await operator.post(f"/api/incidents/{receipt.incident}/claim"))
    answer = read(await operator.post(f"/api/incidents/{receipt.incident}/dispatches", json={"agency": "112"}))
    return operator, await house.client("agency", agency="112"), receipt.incident, answer["dispatch"]


async def lies_there(desk: httpx.AsyncClient) -> list[dict[str, Any]]:
    return list(read(await desk.get("/api/desk/requests"))["requests"])


async def works(house: House, link: str) -> bool:
    browser = Officer(house.centre.world, link)
    browser._client = await house.client()
    return bool((await browser.open())["position"])


async def test_a_link_that_did_not_get_through_is_made_again(house: House) -> None:
    _, desk, _, id = await asked(house)
    await house.settle()
    house.centre.desk.reachable = False
    read(await desk.post(f"/api/desk/requests/{id}/accept"))

    async def made() -> bool:
        return bool(await house.rows("SELECT 1 FROM dispatch WHERE handing IS NOT NULL"))

    await house.until(made, settled=False)
    assert (await lies_there(desk))[0]["link"] is None
    house.centre.desk.reachable = True
    await house.clock.advance(1)
    await house.settle()
    [request] = await lies_there(desk)
    assert await works(house, request["link"])
    assert len(await officers_rights(house)) == 1, "the one that never arrived has ended"


async def officers_rights(house: House) -> list[dict[str, Any]]:
    return await house.rows("SELECT 1 FROM access_grant WHERE holder_kind = 'officer' AND ended_at IS NULL")


async def test_dying_while_a_link_is_handed_over_leaves_the_officer_one_that_works(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it arrived nobody knows; the secret died with the process that made it."""
    hand = DeskGateway.hand_link
    links: list[str] = []

    async def dies_first(self: DeskGateway, id: str, url: str) -> None:
        links.append(url)
        await hand(self, id, url)
        if len(links) == 1:
            raise RuntimeError("the process dies here")

    monkeypatch.setattr(DeskGateway, "hand_link", dies_first)
    _, desk, _, id = await asked(house)
    await house.settle()
    read(await desk.post(f"/api/desk/requests/{id}/accept"))

    async def again() -> bool:
        await house.clock.advance(0.2)
        return len(links) == 2 and not await house.rows("SELECT 1 FROM dispatch WHERE handing IS NOT NULL")

    await house.until(again, settled=False)
    [request] = await lies_there(desk)
    assert request["link"] == links[1] and await works(house, request["link"])
    assert len(await officers_rights(house)) == 1
    read(await desk.post(f"/api/desk/requests/{id}/unit", json={"call_sign": "순찰 12호"}))
    await house.settle()
    assert (await lies_there(desk))[0]["link"] == links[1], "one that has arrived stays"


async def test_a_link_that_the_operator_passed_on_herself_stays(house: House) -> None:
    operator, desk, incident, id = await asked(house)
    await house.settle()
    read(await desk.post(f"/api/desk/requests/{id}/accept"))
    await house.settle()
    made = read(await operator.post(f"/api/incidents/{incident}/links", json={"dispatch": id}))
    read(await desk.post(f"/api/desk/requests/{id}/unit", json={"call_sign": "순찰 12호"}))
    await house.settle()
    assert await works(house, made["url"])


async def test_a_request_that_was_still_here_when_its_time_was_up_is_brought_all_the_same(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """We were away for a minute: the operator telephones, and the officer at the desk finds it too."""
    ask, away = DeskGateway.ask, True

    async def later(self: DeskGateway, message: Any) -> str:
        if away:
            raise RuntimeError("the process dies here")
        return await ask(self, message)

    monkeypatch.setattr(DeskGateway, "ask", later)
    operator, desk, incident, id = await asked(house)

    async def unanswered() -> bool:
        return read(await operator.get(f"/api/incidents/{incident}"))["dispatches"][0]["state"] == "no_answer"

    await house.clock.advance(31)
    await house.until(unanswered, settled=False)
    assert await lies_there(desk) == []
    away = False
    await house.clock.advance(31)

    async def there() -> list[dict[str, Any]]:
        return await lies_there(desk)

    [request] = await house.until(there, settled=False)
    assert (request["id"], request["state"]) == (id, "no_answer")
    assert read(await desk.post(f"/api/desk/requests/{id}/accept"))["state"] == "acknowledged"


async def test_an_agency_that_was_not_there_at_the_end_hears_of_it_when_it_is_back(house: House) -> None:
    operator, desk, incident, _ = await asked(house)
    await house.settle()
    house.centre.desk.reachable = False
    read(await operator.post(f"/api/incidents/{incident}/close", json={"code": 2}))

    async def heard() -> list[dict[str, Any]]:
        return await house.rows("SELECT 1 FROM desk_request WHERE closed_at IS NOT NULL")

    async def destroyed() -> list[dict[str, Any]]:
        return await house.rows("SELECT 1 FROM incident WHERE destroyed_at IS NOT NULL")

    await house.until(destroyed, settled=False)
    [request] = await lies_there(desk)
    assert (request["position"], request["place"], request["closed"]) == (None, "", True)
    assert await house.rows("SELECT sealed FROM desk_request") == [{"sealed": None}], "it died with the track"
    assert not await heard()
    house.centre.desk.reachable = True
    await house.clock.advance(31)
    await house.until(heard, settled=False)


async def test_a_desk_forgets_what_has_been_over_for_a_day(house: House) -> None:
    operator, desk, incident, _ = await asked(house)
    await house.settle()
    read(await operator.post(f"/api/incidents/{incident}/close", json={"code": 2}))
    await house.settle()
    assert len(await lies_there(desk)) == 1
    await house.clock.leap(86_401)
    _, _, _, id = await asked(house)
    await house.settle()
    assert [request["id"] for request in await lies_there(desk)] == [id]


async def test_an_agency_that_refused_or_has_finished_keeps_nothing_of_hers(house: House) -> None:
    _, desk, _, id = await asked(house)
    await house.settle()
    refused = read(await desk.post(f"/api/desk/requests/{id}/reject", json={"reason": "관할이 아님"}))
    assert (refused["state"], refused["place"], refused["position"], refused["link"]) == ("refused", "", None, None)
    assert await lies_there(desk) == [refused]


async def test_the_desk_sees_what_the_clock_says(house: House) -> None:
    """Its page is told of every change of the request, also of those that nobody at the desk made."""
    async with house.centre.database.transaction() as tx:
        token = await issue_token(tx, role=Role.AGENCY, centre=CENTRE, ttl_s=600, actor="test", agency="112")
    async with house.socket("/live/desk", token) as socket:
        await asked(house)
        await house.clock.advance(31)
        await house.until(lambda: _heard(socket, "no_answer"), settled=False)


async def _heard(socket: Socket, state: str) -> bool:
    return any(request["state"] == state for message in socket.heard for request in message["requests"])


async def test_a_reference_that_got_lost_is_asked_for_again_though_she_has_answered(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request lies on the desk; that it does, never reached our record, and 112 was quicker than the next try."""
    ask = DeskGateway.ask
    tries: list[str] = []

    async def unheard_at_first(self: DeskGateway, message: Ask) -> str:
        tries.append(message.id)
        reference = await ask(self, message)
        if len(tries) == 1:
            raise Unavailable
        return reference

    monkeypatch.setattr(DeskGateway, "ask", unheard_at_first)
    operator, desk, incident, id = await asked(house)

    async def there() -> list[dict[str, Any]]:
        return await lies_there(desk)

    await house.until(there, settled=False)
    read(await desk.post(f"/api/desk/requests/{id}/accept"))
    await house.clock.advance(0.1)
    await house.settle()
    [request] = await lies_there(desk)
    [dispatch] = read(await operator.get(f"/api/incidents/{incident}"))["dispatches"]
    assert tries == [id, id]
    assert (dispatch["state"], dispatch["reference"]) == ("acknowledged", request["reference"])
