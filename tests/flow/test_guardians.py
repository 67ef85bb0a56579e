"""Her guardians, one after the other: who is told when, and what happens while none of them looks."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ansim.response.incidents.guardians import AGAIN
from ansim.response.notify.ports import HERS, Notice
from ansim.sim.agency import Officer
from ansim.sim.phone import Guardian, read
from tests.flow.conftest import HER, House
from tests.flow.test_trips import started, until

pytestmark = pytest.mark.flow

MOTHER = Guardian(name="어머니", relation="어머니", mail="mother@example.org", phone="010-1111-2222")
SISTER = Guardian(name="언니", relation="언니", phone="010-3333-4444")
BOTH = msgspec.structs.replace(HER, guardians=[MOTHER, SISTER])


def sms(house: House) -> list[tuple[str, Notice]]:
    """What her guardians were told; her mother has her number, too."""
    return [(address, notice) for address, notice in house.centre.inboxes["sms"].inbox if notice.occasion not in HERS]


def told(house: House, *, since: int) -> set[tuple[str, str]]:
    """Who was told of what; nobody waits for anybody else's message."""
    return {(address, notice.occasion) for address, notice in sms(house)[since:]}


async def pressed(house: House) -> tuple[Any, str]:
    receipt = await (await house.phone(profile=BOTH)).sos()
    await house.settle()
    operator = await house.client("operator")
    read(await operator.post(f"/api/incidents/{receipt.incident}/claim"))
    await house.settle()
    return operator, receipt.incident


async def passed(house: House, seconds: float) -> None:
    await house.clock.advance(seconds)
    await house.settle()


async def phones(house: House, operator: Any, incident: str) -> list[str]:
    return [one["phone"] for one in read(await operator.get(f"/api/incidents/{incident}"))["guardians"]]


async def test_while_nobody_looks_they_are_told_again_and_the_operator_learns_whom_to_ring(house: House) -> None:
    operator, incident = await pressed(house)
    assert told(house, since=0) == {(MOTHER.phone, "sos"), (SISTER.phone, "sos")}
    assert await phones(house, operator, incident) == ["", ""], "nobody's number before it is needed"
    await passed(house, AGAIN[0].total_seconds() - 1)
    assert len(sms(house)) == 2
    await passed(house, 1)

    async def told_again() -> bool:
        return len(sms(house)) == 4

    await house.until(told_again)
    assert told(house, since=2) == {(MOTHER.phone, "sos.unread"), (SISTER.phone, "sos.unread")}
    assert "아직 아무도 보지 않았어요" in sms(house)[-1][1].text()
    assert {notice.link for _, notice in sms(house)[2:]} == {notice.link for _, notice in sms(house)[:2]}
    assert await phones(house, operator, incident) == [MOTHER.phone, SISTER.phone]
    case = read(await operator.get(f"/api/incidents/{incident}"))
    assert "guardians.unread" in [line["act"] for line in case["timeline"]]
    await passed(house, AGAIN[1].total_seconds())

    async def told_thrice() -> bool:
        return len(sms(house)) == 6

    await house.until(told_thrice)
    await passed(house, 3600)
    assert len(sms(house)) == 6, "and then it is for the operator to ring"
    entries = await house.rows("SELECT details FROM ledger_entry WHERE act = 'guardians.unread'")
    assert [msgspec.json.decode(entry["details"])["count"] for entry in entries] == [2, 2]


async def test_once_one_of_them_looks_the_others_are_left_in_peace(house: House) -> None:
    operator, incident = await pressed(house)
    links = {address: notice.link for address, notice in sms(house)}
    sister = Officer(house.centre.world, links[SISTER.phone or ""])
    sister._client = await house.client()
    await sister.open()
    await house.settle()
    await passed(house, 3600)
    assert len(sms(house)) == 2 and await phones(house, operator, incident) == ["", ""]
    assert await house.rows("SELECT 1 FROM ledger_entry WHERE act = 'guardians.unread'") == []


async def test_a_case_that_is_closed_alarms_nobody_again(house: House) -> None:
    operator, incident = await pressed(house)
    read(await operator.post(f"/api/incidents/{incident}/close", json={"code": 2, "note": ""}))
    await passed(house, 3600)
    assert len(sms(house)) == 2


async def test_quiet_hours_keep_back_a_trip_that_goes_well_and_no_call_for_help(house: House) -> None:
    """It is thirteen minutes to midnight."""
    asleep = msgspec.structs.replace(SISTER, quiet_from="22:00", quiet_until="07:00")
    phone = await house.phone(profile=msgspec.structs.replace(HER, guardians=[MOTHER, asleep]))
    walk = await started(house, phone)
    assert [address for address, _ in sms(house)] == [MOTHER.phone]
    state = await walk.state()
    assert {(one["who"], one["state"]) for one in state["receipts"]} == {("어머니", "delivered"), ("언니", "quiet")}
    await walk.later(15 * 60 + 450 + 1)
    await until(house, walk, state="asking")
    await passed(house, 60)
    await until(house, walk, state="calling")
    assert told(house, since=1) == {(MOTHER.phone, "trip.unanswered"), (SISTER.phone, "trip.unanswered")}
    await passed(house, 40)
    await until(house, walk, state="signalled")
    assert told(house, since=3) == {(MOTHER.phone, "sos"), (SISTER.phone, "sos")}
