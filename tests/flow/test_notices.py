"""A notice to a guardian is tried again while that can help, and its receipt says how it ended."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from ansim.adapters.channels.simulated import SimulatedChannel
from ansim.response.notify.actions import Channels
from ansim.response.notify.ports import Notice, NotSent
from ansim.sim.phone import read
from tests.flow.conftest import House

pytestmark = pytest.mark.flow


class Line(SimulatedChannel):
    """Counts how often it was asked."""

    tries = 0

    async def send(self, address: str, notice: Notice) -> Literal["sent", "delivered"]:
        self.tries += 1
        return await super().send(address, notice)


async def pressed(house: House, why: NotSent) -> tuple[Line, str]:
    """Her call is stored; the first message by this line has failed."""
    line = Line("sms")
    line.fail = why
    house.centre.database.use(Channels)["sms"] = line
    receipt = await (await house.phone()).sos()
    await asked(house, line, 1)
    return line, receipt.incident


async def asked(house: House, line: Line, times: int) -> None:
    async def holds() -> bool:
        return line.tries >= times

    await house.until(holds, settled=False)


async def ended(house: House) -> dict[str, Any]:
    async def holds() -> list[dict[str, Any]]:
        sql = "SELECT state, reason, tries FROM guardian_notice WHERE channel = 'sms' AND state <> 'queued'"
        return await house.rows(sql)

    found: list[dict[str, Any]] = await house.until(holds, settled=False)
    return found[0]


async def test_what_is_busy_now_is_asked_again_ever_more_slowly(house: House) -> None:
    line, _ = await pressed(house, NotSent("busy"))
    for times, pause in ((2, 1), (3, 2)):
        await house.clock.advance(pause - 0.5)
        assert line.tries == times - 1
        await house.clock.advance(0.5)
        await asked(house, line, times)
    line.fail = None
    await house.clock.advance(4)
    assert await ended(house) == {"state": "delivered", "reason": None, "tries": 4}
    assert len(line.inbox) == 1


async def test_after_four_times_it_is_said_to_have_failed(house: House) -> None:
    line, _ = await pressed(house, NotSent("busy"))
    for times, pause in ((2, 1), (3, 2), (4, 4)):
        await house.clock.advance(pause)
        await asked(house, line, times)
    assert await ended(house) == {"state": "failed", "reason": "busy", "tries": 4}
    entries = await house.rows("SELECT act FROM ledger_entry WHERE act LIKE 'guardian.%told' ORDER BY at")
    assert {"act": "guardian.not-told"} in entries and line.tries == 4


async def test_a_dead_address_is_asked_once(house: House) -> None:
    line, _ = await pressed(house, NotSent("no such number", final=True))
    assert await ended(house) == {"state": "failed", "reason": "no such number", "tries": 1}
    await house.settle()
    assert line.tries == 1


async def test_when_the_case_has_closed_nobody_is_alarmed_any_more(house: House) -> None:
    line, incident = await pressed(house, NotSent("busy"))
    operator = await house.client("operator")
    read(await operator.post(f"/api/incidents/{incident}/claim"))
    read(await operator.post(f"/api/incidents/{incident}/close", json={"code": 2, "note": "잘못 눌렀어요"}))
    line.fail = None
    await house.clock.advance(5)
    await house.settle()
    assert list(line.inbox) == [] and line.tries == 1


async def test_a_line_that_hangs_does_not_hold_up_the_claim(house: House) -> None:
    line, incident = await pressed(house, NotSent("busy"))
    operator = await house.client("operator")
    read(await operator.post(f"/api/incidents/{incident}/claim"))

    async def granted() -> list[dict[str, Any]]:
        return await house.rows("SELECT 1 FROM access_grant WHERE holder_kind = 'operator'")

    assert await house.until(granted, settled=False) and line.tries == 1
