"""A closed case kept as evidence: later than the rule, by the leader, for a reason, and never for ever."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from ansim.sim.phone import Phone, read
from tests.flow.conftest import House, placed
from tests.flow.test_claim_to_close import detail, pressed

pytestmark = pytest.mark.flow

RULE = timedelta(days=180)
EVIDENCE = {"days": 300, "ground": "investigation", "reason": "분당경찰서 요청, 접수 2026-441"}


async def closed(house: House) -> tuple[Phone, httpx.AsyncClient, str]:
    phone, operator, id = await pressed(house)
    await phone.say("뒤에 남자가 따라와요")
    read(await operator.post(f"/api/incidents/{id}/close", json={"code": 1, "note": "안전 확인"}))
    await house.settle()
    return phone, operator, id


async def due(house: House, id: str) -> datetime:
    [row] = await house.rows("SELECT due_at FROM destruction WHERE incident = $1 AND scope = 'case'", id)
    at: datetime = row["due_at"]
    return at


async def kept(house: House) -> bool:
    await house.settle()
    return (await house.rows("SELECT case_slot FROM incident"))[0]["case_slot"] is not None


async def gone(house: House) -> bool:
    return not await kept(house)


async def holds(house: House, id: str) -> list[dict[str, Any]]:
    return await house.rows("SELECT * FROM ledger_entry WHERE incident = $1 AND act LIKE 'case.h%' ORDER BY at", id)


async def test_what_is_held_outlives_the_rule_and_dies_at_the_end_of_the_hold(house: House) -> None:
    phone, operator, id = await closed(house)
    leader, began = await house.client("supervisor"), house.clock.now()
    answer = read(await leader.post(f"/api/incidents/{id}/hold", json=EVIDENCE))
    assert datetime.fromisoformat(answer["due_at"]) == await due(house, id) == began + timedelta(days=300)
    [entry] = await holds(house, id)
    assert (entry["act"], json.loads(entry["details"])) == ("case.held", {"count": 300, "why": "investigation"})
    # the reason may name anybody: it is for whoever has the case, not for a record that is never erased
    assert "경찰" not in str(entry)
    assert EVIDENCE["reason"] in [line["text"] for line in (await detail(operator, id))["timeline"]]

    await house.clock.advance(1)
    await house.until(lambda: placed(house))
    assert "case.held" in {entry["act"] for entry in await phone.record()}
    await house.clock.leap(RULE.total_seconds() + 60)
    assert await kept(house)
    await house.clock.leap(timedelta(days=121).total_seconds())
    await house.until(lambda: gone(house))
    assert (await house.rows("SELECT 1 FROM message")) == []


async def test_a_hold_that_ends_gives_the_case_back_to_the_rule(house: House) -> None:
    _, _, id = await closed(house)
    leader, ruled = await house.client("supervisor"), await due(house, id)
    assert (await leader.post(f"/api/incidents/{id}/hold/end", json={"reason": "끝남"})).json()["type"] == "hold.none"
    read(await leader.post(f"/api/incidents/{id}/hold", json=EVIDENCE))
    read(await leader.post(f"/api/incidents/{id}/hold/end", json={"reason": "불송치"}))
    assert await due(house, id) == ruled
    read(await leader.post(f"/api/incidents/{id}/hold", json=EVIDENCE))
    await house.clock.leap(timedelta(days=200).total_seconds())
    assert await kept(house)
    leader = await house.client("supervisor")
    read(await leader.post(f"/api/incidents/{id}/hold/end", json={"reason": "판결 확정"}))
    await house.until(lambda: gone(house))


async def test_a_hold_only_adds_time_and_says_what_is_wrong(house: House) -> None:
    _, operator, id = await pressed(house)
    leader = await house.client("supervisor")
    path = f"/api/incidents/{id}/hold"
    early = await leader.post(path, json=EVIDENCE)
    assert (early.status_code, early.json()["type"]) == (409, "incident.state")
    read(await operator.post(f"/api/incidents/{id}/close", json={"code": 2}))
    await house.settle()
    for wrong, field in (
        ({"days": 30}, "days"),
        ({"days": 367}, "days"),
        ({"ground": "curiosity"}, "ground"),
        ({"reason": ""}, "reason"),
    ):
        refused = await leader.post(path, json=EVIDENCE | wrong)
        assert (refused.status_code // 100, refused.json()["field"]) == (4, field)
    assert await holds(house, id) == []


async def test_only_a_leader_of_the_centre_holds(house: House) -> None:
    _, operator, id = await closed(house)
    auditor, other = await house.client("auditor"), await house.client("supervisor", centre="gyeonggi-gwangju")
    for who, status in ((operator, 403), (auditor, 403), (other, 404), (await house.client(), 401)):
        assert (await who.post(f"/api/incidents/{id}/hold", json=EVIDENCE)).status_code == status
        assert (await who.post(f"/api/incidents/{id}/hold/end", json={"reason": "x"})).status_code == status


async def test_nothing_stops_a_destruction_that_was_ordered(house: House) -> None:
    _, _, id = await closed(house)
    await house.clock.leap(RULE.total_seconds() + 60)
    await house.until(lambda: gone(house))
    late = await (await house.client("supervisor")).post(f"/api/incidents/{id}/hold", json=EVIDENCE)
    assert (late.status_code, late.json()["type"]) == (409, "destruction.ordered")
