"""Passing a case to a colleague: offered, taken, declined, forgotten; and at every step it is exactly one person's."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from ansim.sim.phone import Phone, read
from ansim.trust.access import sessions, store
from ansim.trust.access.model import Actor, Role
from tests.flow.conftest import CENTRE, House, placed
from tests.flow.test_claim_to_close import detail, officer

pytestmark = pytest.mark.flow


async def sits_down(house: House, name: str, role: Role = Role.OPERATOR) -> tuple[Actor, httpx.AsyncClient]:
    """A colleague at a console of her own."""
    account = await house.account(name, role)
    async with house.centre.database.transaction() as tx:
        await store.add_session(
            tx, id=tx.world.id(), hash=sessions.hashed(name), account=account.id, kind="bearer", factor="totp",
            expires_at=house.clock.now().replace(year=2099),
        )  # fmt: skip
    client = await house.client()
    client.headers["authorization"] = f"Bearer {name}"
    return account, client


async def pressed(house: House, operator: httpx.AsyncClient) -> tuple[Phone, str]:
    phone = await house.phone()
    receipt = await phone.sos()
    await house.settle()
    read(await operator.post(f"/api/incidents/{receipt.incident}/claim"))
    await house.settle()
    return phone, receipt.incident


async def rights(house: House) -> list[tuple[str, str | None]]:
    rows = await house.rows("SELECT holder, ended_why FROM access_grant WHERE holder_kind = 'operator' ORDER BY id")
    return [(row["holder"], row["ended_why"]) for row in rows]


async def acts(house: House, id: str) -> list[tuple[str, str]]:
    rows = await house.rows(
        "SELECT actor, act FROM ledger_entry WHERE incident = $1 AND (act LIKE 'incident.offer%'"
        " OR act = 'incident.taken-over') ORDER BY at, id",
        id,
    )
    return [(row["actor"], row["act"]) for row in rows]


async def view(house: House, client: httpx.AsyncClient, incident: dict[str, Any]) -> int:
    """Asks for a token to the first camera of one's own right to this case; the status."""
    [own] = [g for g in incident["grants"] if g["holder"]["kind"] == "operator" and g["ended_at"] is None]
    return (await client.post(f"/api/grants/{own['id']}/tokens", json={"camera": own["cameras"][0]})).status_code


async def test_the_colleague_takes_it_with_everything_and_the_first_sees_nothing_more(house: House) -> None:
    (lee, hers), (park, his) = await sits_down(house, "lee"), await sits_down(house, "park")
    phone, id = await pressed(house, hers)
    _, _, browser = await officer(house, hers, id)
    await browser.open()
    await phone.say("뒤에 남자가 따라와요")
    before = await detail(hers, id)
    offered = read(await hers.post(f"/api/incidents/{id}/offer", json={"to": park.id}))
    assert offered["mine"] and offered["offer"]["to"] == {"id": park.id, "name": "park"}
    # no name and no picture before it is taken
    seen = await detail(his, id)
    assert seen["offer"] and not seen["detailed"] and "김하늘" not in str(seen)
    assert await view(house, hers, before) == 201

    taken = read(await his.post(f"/api/incidents/{id}/take-over"))
    assert taken["mine"] and taken["owner"]["name"] == "park" and taken["offer"] is None
    assert taken["person"]["name"] == "김하늘" and taken["messages"][0]["text"] == "뒤에 남자가 따라와요"
    # at the commit of the take-over, not some time after it
    assert await rights(house) == [(lee.id, "released"), (park.id, None)]
    assert (taken["claimed_at"], taken["procedure"]) == (before["claimed_at"], before["procedure"])
    assert await view(house, his, taken) == 201
    assert await view(house, hers, before) == 403
    left = await detail(hers, id)
    assert not left["mine"] and not left["detailed"] and "김하늘" not in str(left)
    # the unit on its way keeps its link
    assert not (await browser.state())["closed"]
    await house.settle()
    assert await rights(house) == [(lee.id, "released"), (park.id, None)]
    assert await acts(house, id) == [(lee.id, "incident.offered"), (park.id, "incident.taken-over")]
    names = {line["act"]: line["name"] for line in taken["timeline"]}
    assert (names["incident.claimed"], names["incident.taken-over"]) == ("lee", "park")

    # and what is his, he closes
    assert (await hers.post(f"/api/incidents/{id}/close", json={"code": 2})).status_code == 404
    read(await his.post(f"/api/incidents/{id}/close", json={"code": 2}))
    await house.clock.advance(1)
    await house.until(lambda: placed(house))
    assert {"incident.offered", "incident.taken-over"} <= {entry["act"] for entry in await phone.record()}


@pytest.mark.parametrize(("who", "why"), [("colleague", "declined"), ("owner", "withdrawn"), ("clock", "unanswered")])
async def test_what_is_not_taken_stays_whose_it_is(house: House, who: str, why: str) -> None:
    (lee, hers), (park, his) = await sits_down(house, "lee"), await sits_down(house, "park")
    _, id = await pressed(house, hers)
    read(await hers.post(f"/api/incidents/{id}/offer", json={"to": park.id}))
    if who == "clock":
        await house.clock.advance(29)
        assert (await detail(hers, id))["offer"]
        await house.clock.advance(1)
    else:
        read(await {"colleague": his, "owner": hers}[who].post(f"/api/incidents/{id}/offer/end"))

    async def over() -> bool:
        return not (await detail(hers, id))["offer"]

    await house.until(over)
    seen = await detail(hers, id)
    assert seen["mine"] and seen["state"] == "claimed" and await rights(house) == [(lee.id, None)]
    by = {"colleague": park.id, "owner": lee.id, "clock": "clock"}[who]
    assert (await acts(house, id))[-1] == (by, f"incident.offer-{why}")
    late = await his.post(f"/api/incidents/{id}/take-over")
    assert (late.status_code, late.json()["type"]) == (409, "incident.not-offered")
    await house.clock.advance(60)
    assert (await acts(house, id))[-1] == (by, f"incident.offer-{why}")


async def test_taking_and_taking_back_at_once_leaves_one_owner(house: House) -> None:
    (lee, hers), (park, his) = await sits_down(house, "lee"), await sits_down(house, "park")
    _, id = await pressed(house, hers)
    read(await hers.post(f"/api/incidents/{id}/offer", json={"to": park.id}))
    answers = await asyncio.gather(
        *(his.post(f"/api/incidents/{id}/take-over") for _ in range(3)),
        *(hers.post(f"/api/incidents/{id}/offer/end") for _ in range(3)),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]
    await house.settle()
    [row] = await house.rows("SELECT owner, offered_to FROM incident")
    assert row["offered_to"] is None
    assert [holder for holder, ended in await rights(house) if ended is None] == [row["owner"]]
    assert len(await acts(house, id)) == 2 and lee.id != park.id


@pytest.mark.parametrize("verb", ["release", "close"])
async def test_an_offer_ends_with_what_was_offered(house: House, verb: str) -> None:
    (_, hers), (park, his) = await sits_down(house, "lee"), await sits_down(house, "park")
    _, id = await pressed(house, hers)
    read(await hers.post(f"/api/incidents/{id}/offer", json={"to": park.id}))
    read(await hers.post(f"/api/incidents/{id}/{verb}", json={"code": 2} if verb == "close" else None))
    assert (await his.post(f"/api/incidents/{id}/take-over")).status_code == 409
    await house.clock.advance(40)
    await house.settle()
    assert [act for _, act in await acts(house, id)] == ["incident.offered"]


async def test_only_ones_own_and_only_to_a_colleague_who_is_there(house: House) -> None:
    (lee, hers), (park, his) = await sits_down(house, "lee"), await sits_down(house, "park")
    leader, _ = await sits_down(house, "choi", Role.SUPERVISOR)
    auditor, _ = await sits_down(house, "jung", Role.AUDITOR)
    away = await house.account("away")
    _, id = await pressed(house, hers)
    path = f"/api/incidents/{id}/offer"
    assert (await his.post(path, json={"to": lee.id})).status_code == 404
    for nobody in (away.id, auditor.id, lee.id, "somebody"):
        refused = await hers.post(path, json={"to": nobody})
        assert (refused.status_code, refused.json()["field"]) == (422, "to")
    assert (await hers.post(path, json={})).status_code == 400
    for role, status in (("auditor", 403), ("officer", 403), ("administrator", 403)):
        assert (await (await house.client(role)).post(path, json={"to": park.id})).status_code == status
    assert (await his.post(f"{path}/end")).status_code == 409
    assert (await his.post(f"/api/incidents/{id}/take-over")).status_code == 409
    stranger = await house.client("operator", centre="gyeonggi-gwangju")
    assert (await stranger.post(f"/api/incidents/{id}/take-over")).status_code == 404
    read(await hers.post(path, json={"to": leader.id}))
    # another one in its place; the first is not asked any more
    read(await hers.post(path, json={"to": park.id}))
    assert (await detail(hers, id))["offer"]["to"]["id"] == park.id


async def test_colleagues_are_those_signed_in_here_with_the_fewest_cases_first(house: House) -> None:
    (lee, hers), (park, _) = await sits_down(house, "lee"), await sits_down(house, "park")
    kim, busy = await sits_down(house, "kim")
    leader, _ = await sits_down(house, "choi", Role.SUPERVISOR)
    await sits_down(house, "jung", Role.AUDITOR)
    await house.account("away")
    await pressed(house, busy)
    listed = read(await hers.get("/api/colleagues"))["colleagues"]
    assert [(one["id"], one["cases"]) for one in listed] == [(park.id, 0), (leader.id, 0), (kim.id, 1)]
    assert lee.centre == CENTRE and (await (await house.client("auditor")).get("/api/colleagues")).status_code == 403


async def test_consoles_hear_of_it(house: House) -> None:
    (_, hers), (park, his) = await sits_down(house, "lee"), await sits_down(house, "park")
    _, id = await pressed(house, hers)
    async with house.socket("/live", "lee") as one, house.socket("/live", "park") as other:
        await one.first("state")
        await other.first("state")

        async def heard(socket: Any, mine: bool, offered: bool) -> bool:
            said = [m["incident"] for m in socket.heard if m["type"] == "incident" and m["incident"]["id"] == id]
            return bool(said) and said[-1]["mine"] is mine and (said[-1]["offer"] is not None) is offered

        read(await hers.post(f"/api/incidents/{id}/offer", json={"to": park.id}))
        await house.until(lambda: heard(other, False, True))
        read(await his.post(f"/api/incidents/{id}/take-over"))
        await house.until(lambda: heard(other, True, False))
        await house.until(lambda: heard(one, False, False))
        assert "김하늘" not in str(one.heard[-1])
